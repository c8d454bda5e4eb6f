#include "daemon/review/rolled_up.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kpi {
namespace {

constexpr std::int64_t kMostOfADay = 86'400;

/// Least, most and last as they were; the others share what is left of the sum.
std::vector<double> values_of(const DailySamples& day) {
  std::vector<double> values;
  if (day.least != day.last) {
    values.push_back(day.least);
  }
  if (day.most != day.last) {
    values.push_back(day.most);
  }
  double left = day.total - day.last;
  for (const double value : values) {
    left -= value;
  }
  const std::int64_t others = std::min(day.samples, kMostOfADay) - static_cast<std::int64_t>(values.size()) - 1;
  for (std::int64_t i = 0; i < others; ++i) {
    values.push_back(left / static_cast<double>(others));
  }
  values.push_back(day.last);
  return values;
}

std::pair<Slot, Slot> extent_of(Slot day, const Metric& metric) {
  const auto slot = [&](Slot of) { return Slot{start_of(of, Grain{}, metric.zone).time_since_epoch().count()}; };
  const Slot next{day.ms + kDayMs};
  return metric.grain.is_civil() ? std::pair(day, next) : std::pair(slot(day), slot(next));
}

}  // namespace

std::vector<Sample> samples_of(const DailySamples& day, const Metric& metric) {
  std::vector<Sample> samples;
  const auto [start, end] = extent_of(day.day, metric);
  const bool is_interval = metric.grain.unit == Grain::Unit::kInterval;
  if (day.samples == 0) {
    for (Slot at = start; at < end; at.ms += is_interval ? metric.grain.interval_ms : end.ms - start.ms) {
      samples.push_back({at, std::nan("")});
    }
    return samples;
  }
  const std::vector<double> values = values_of(day);
  const auto count = static_cast<std::int64_t>(values.size());
  const std::int64_t step = is_interval ? metric.grain.interval_ms : (end.ms - start.ms) / count;
  Slot at{std::max(start.ms, end.ms - count * step)};  // the last one is that of the day's end
  for (const double value : values) {
    samples.push_back({at, value});
    at.ms += step;
  }
  return samples;
}

void RolledUp::add(std::uint32_t id, const DailySamples& day, const Metric& metric) {
  const auto [start, end] = extent_of(day.day, metric);
  if (day.samples > 1) {
    several.insert(id);
  }
  if (metric.grain.unit == Grain::Unit::kInterval && day.samples * metric.grain.interval_ms < end.ms - start.ms) {
    with_gaps.insert(id);
  }
}

bool is_changed_by_rolling(const RuleSet& rules, const Kpi& kpi, const RolledUp& rolled_up) {
  const bool is_combined = kpi.value.metrics.size() > 1;  // of the parts of a day that all of them have
  const auto is_changed = [&](const MetricInput& input) {
    const Metric& metric = rules.metrics[input.metric];
    if (is_combined && rolled_up.with_gaps.contains(input.metric)) {
      return true;
    }
    if (!rolled_up.several.contains(input.metric) || input.is_weight) {
      return false;
    }
    switch (input.how) {
      case Aggregate::kByKind:
      case Aggregate::kAverage:
        return input.weight.has_value();
      case Aggregate::kSum:
      case Aggregate::kCount:
      case Aggregate::kLast:
        return false;
      case Aggregate::kMin:
      case Aggregate::kMax:
        return !metric.labels.empty();  // of several series the least of each is at another time
      default:
        return true;
    }
  };
  const auto reads_rolled_up = [&](const MetricInput& input) { return rolled_up.several.contains(input.metric); };
  const bool is_by_grain = !kpi.value.nested.empty() && std::ranges::any_of(kpi.value.metrics, reads_rolled_up);
  return is_by_grain || std::ranges::any_of(kpi.value.metrics, is_changed) ||
         std::ranges::any_of(kpi.value.kpis, [&](const KpiInput& input) {
           return !input.is_self && is_changed_by_rolling(rules, rules.kpis[input.kpi], rolled_up);
         });
}

}  // namespace kpi

#include "daemon/review/rolled_up.hpp"

#include <algorithm>

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

}  // namespace

std::vector<Sample> samples_of(const DailySamples& day, const Metric& metric) {
  std::vector<Sample> samples;
  if (day.samples == 0) {
    return samples;
  }
  const bool is_civil = metric.grain.is_civil();
  const Slot start = is_civil ? day.day : Slot{start_of(day.day, Grain{}, metric.zone).time_since_epoch().count()};
  const std::vector<double> values = values_of(day);
  const std::int64_t step = metric.grain.unit == Grain::Unit::kInterval
                                ? metric.grain.interval_ms
                                : kDayMs / static_cast<std::int64_t>(values.size());
  Slot at = start;
  for (const double value : values) {
    samples.push_back({at, value});
    at.ms += step;
  }
  return samples;
}

bool is_changed_by_rolling(const RuleSet& rules, const Kpi& kpi, const std::set<std::uint32_t>& rolled_up) {
  const auto is_changed = [&](const MetricInput& input) {
    const Metric& metric = rules.metrics[input.metric];
    if (!rolled_up.contains(input.metric) || input.is_weight) {
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
  const auto reads_rolled_up = [&](const MetricInput& input) { return rolled_up.contains(input.metric); };
  const bool is_by_grain = !kpi.value.nested.empty() && std::ranges::any_of(kpi.value.metrics, reads_rolled_up);
  return is_by_grain || std::ranges::any_of(kpi.value.metrics, is_changed) ||
         std::ranges::any_of(kpi.value.kpis, [&](const KpiInput& input) {
           return !input.is_self && is_changed_by_rolling(rules, rules.kpis[input.kpi], rolled_up);
         });
}

}  // namespace kpi

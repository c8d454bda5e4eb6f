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

}  // namespace kpi

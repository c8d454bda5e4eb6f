#include "rules/judge/reach.hpp"

#include "rules/expr/history.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// Months are counted as 30.44 days: a few days more serve February and leap years.
constexpr std::int64_t kSlackMs = 4 * kDayMs;

std::int64_t reach_of(const MetricInput& input, const Kpi& kpi) {
  const Span window = input.since ? Grain{*input.since, 0}.span() : input.window.value_or(kpi.over);
  std::int64_t ms = window.approximate_ms() + kpi.every.span().approximate_ms() + kSlackMs;
  for (const Span& back : input.back) {
    ms += back.approximate_ms();
  }
  return ms;
}

}  // namespace

std::map<std::uint32_t, std::int64_t> reaches_of(const Kpi& kpi) {
  std::map<std::uint32_t, std::int64_t> reaches;
  const auto look = [&](const Program& program) {
    for (const MetricInput& input : program.metrics) {
      if (!is_of_history(input.how) && input.how != Aggregate::kAge) {
        std::int64_t& longest = reaches[input.metric];
        longest = std::max(longest, reach_of(input, kpi));
      }
    }
  };
  look(kpi.value);
  if (kpi.thresholds) {
    each_threshold_program(*kpi.thresholds, look);
  }
  for (const AlertRule& alert : kpi.alerts) {
    look(alert.when);
  }
  return reaches;
}

}  // namespace kpi

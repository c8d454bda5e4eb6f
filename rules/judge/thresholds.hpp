#pragma once
// Whether a value misses its limits. Equal to a limit is met.

#include "rules/judge/alert_state.hpp"
#include "rules/model/kpi.hpp"
#include "rules/model/value.hpp"

#include <array>
#include <optional>

namespace kpi {

/// The limits of one period, evaluated. Absent: the rule has no such limit.
struct Limits {
  std::optional<Value> warning;
  std::optional<Value> critical;
  std::optional<Value> recover;

  /// The mildest limit there is, or null.
  [[nodiscard]] const Value* mildest() const;
};

struct ThresholdStanding {
  std::array<Standing, 3> rungs{};      ///< info, warning, critical
  Severity severity = Severity::kNone;  ///< The worst limit that was crossed.
};

/// Whether `value` lies on the bad side of `limit`. Equal is not beyond, and what differs by less than rounding may
/// bring (rules/base/rounding.hpp) is equal: ten days of 0.1 are 1, though their sum in binary is less. REQUIRES better
/// not kWithin.
bool is_beyond(double value, double limit, const Better& better);

/// The bound of a band that is nearer to the value: of one outside the bound that it has crossed. REQUIRES better
/// kWithin.
double bound_near(double value, const Better& better);

/// Where a value may truly lie.
struct Interval {
  double low = 0;
  double high = 0;
};

/// The Wilson score interval of a share p = part / whole of n = whole counts, z = `deviations`:
/// (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n). Nothing where part / whole is no share from 0 to 1.
std::optional<Interval> wilson_interval(double part, double whole, double deviations);

/// So many standard deviations on both sides hold the share `confidence` of a normal distribution: 1.96 for 0.95.
/// REQUIRES 0 < confidence < 1.
double deviations_for(double confidence);

/// What a period says about each severity. A band (`better: {within: …}`) is a warning outside of it. With an interval,
/// a rung is missed only where all of it lies beyond the limit; `severity` goes by the value alone.
ThresholdStanding judge_thresholds(const Value& value,
                                   const Limits& limits,
                                   const Better& better,
                                   const std::optional<Interval>& interval = std::nullopt);

}  // namespace kpi

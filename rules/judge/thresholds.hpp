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

/// Whether `value` lies on the bad side of `limit`. REQUIRES better not kWithin.
bool is_beyond(double value, double limit, const Better& better);

/// What a period says about each severity. A band (`better: {within: …}`) is a warning outside of it.
ThresholdStanding judge_thresholds(const Value& value, const Limits& limits, const Better& better);

}  // namespace kpi

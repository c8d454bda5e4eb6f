#pragma once
// Conditions that contradict themselves: weekday() == 8, value > 3 and value < 2. Pure; any thread.

#include "rules/expr/program.hpp"

#include <limits>

namespace kpi {

/// What a number can be, from `least` to `most`. An open end is not among it.
struct Bounds {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool is_least_open = false;
  bool is_most_open = false;

  bool operator==(const Bounds&) const = default;

  [[nodiscard]] bool is_empty() const { return least > most || (least == most && (is_least_open || is_most_open)); }

  [[nodiscard]] bool is_one() const { return least == most; }
};

/// Whether `condition` is true for no values at all, when the KPI's own value lies within `value`. False where that
/// cannot be told by looking at it.
bool can_never_hold(const Program& condition, const Bounds& value);

/// What a limit can be, likewise.
Bounds bounds_of(const Program& number, const Bounds& value);

}  // namespace kpi

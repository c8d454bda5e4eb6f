#pragma once
// A number, or why there is none.

#include "rules/model/verdict.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace kpi {

/// The result of an expression. Unknown spreads through every operation; zero is a value.
struct Value {
  double number = std::numeric_limits<double>::quiet_NaN();
  Reason reason = Reason::kNone;  ///< Why it is unknown; kNone for a number.
  /// Which input it came from when unknown: an index into the program's inputs (metrics first, then KPIs); -1: none.
  std::int16_t input = -1;

  static Value of(double number) { return {number, Reason::kNone, -1}; }

  static Value unknown(Reason reason, std::int16_t input = -1) {
    return {std::numeric_limits<double>::quiet_NaN(), reason, input};
  }

  [[nodiscard]] bool is_known() const { return reason == Reason::kNone; }

  /// Unknown though its data came, or was not to come yet: that starts no alert about missing data.
  [[nodiscard]] bool is_excused() const { return reason == Reason::kWarmingUp || reason == Reason::kTooFew; }

  [[nodiscard]] bool is_true() const { return is_known() && number != 0; }
};

}  // namespace kpi

#pragma once
// Intervals on a zone's wall clock: shared by calendar.cpp and period.cpp, for nobody else. Thread-safe.

#include "rules/base/calendar.hpp"

#include <cstdint>

namespace kpi {

/// The largest multiple of `step` that is not above `value`.
constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

/// Cuts time into intervals, in milliseconds, as slot_at promises. A stretch of one offset that ends without a move of
/// the clock cuts nothing.
class WallClock {
 public:
  WallClock(const Zone& zone, std::int64_t interval_ms) : table_(zone.zone_), interval_(interval_ms) {}

  /// When the interval that holds `instant` begins.
  [[nodiscard]] std::int64_t begin_of(std::int64_t instant) const;
  /// When the interval that begins at `begin` ends.
  [[nodiscard]] std::int64_t end_of(std::int64_t begin) const;
  /// The begin of the interval `count` further. REQUIRES that `begin` begins an interval.
  [[nodiscard]] std::int64_t step(std::int64_t begin, std::int64_t count) const;

 private:
  const void* table_;
  std::int64_t interval_;
};

}  // namespace kpi

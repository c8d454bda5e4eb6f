#pragma once
// Recurring stretches of civil time: business hours, nights, weekends. Pure: the zone and the calendar are given.

#include "rules/base/calendar.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace kpi {

/// A window of each of these days, half-open. One that ends at or before its start lasts into the next day and belongs
/// to the day on which it starts.
struct Hours {
  enum class Holidays : std::uint8_t {
    kLikeOtherDays,
    kLeftOut,
    kOnly,  ///< The window is there on holidays alone.
  };

  std::uint8_t days = 0x7F;  ///< Bit 0 is Monday.
  std::chrono::minutes start{0};
  std::chrono::minutes end{24 * 60};
  Holidays holidays = Holidays::kLikeOtherDays;

  bool operator==(const Hours&) const = default;
};

/// Monday to Friday without holidays, for `2 business days` where no hours of that name are defined.
inline constexpr Hours kBusinessDays{0x1F, {}, std::chrono::hours{24}, Hours::Holidays::kLeftOut};

/// Where and by which calendar hours are read.
struct CivilGround {
  Zone zone;
  CalendarRules calendar;
};

/// When the window that holds `at` ends; nothing when none does.
std::optional<Instant> end_of_window(const Hours& hours, Instant at, const CivilGround& ground);

/// When the first window after `at` begins; nothing when there is none in the next three years.
std::optional<Instant> start_of_window(const Hours& hours, Instant at, const CivilGround& ground);

/// The same time of day `count` such days later: with business days Friday 14:00 and 2 is Tuesday 14:00.
Instant after_days(const Hours& hours, int count, Instant from, const CivilGround& ground);

}  // namespace kpi

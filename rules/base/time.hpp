#pragma once
// Instants, civil dates and spans. Nothing here reads a clock: `now` is always a parameter.

#include "rules/base/result.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

/// A point in time, UTC, in milliseconds.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;
/// A civil date, without a zone.
using Date = std::chrono::year_month_day;

/// Where a period begins on its time axis, in milliseconds: UTC for grains finer than a day; for day grain and coarser
/// the civil date's midnight read as if it were UTC, so that days of different zones join by date.
struct Slot {
  std::int64_t ms = 0;

  auto operator<=>(const Slot&) const = default;
};

inline constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;

Slot slot_of(Date date);
/// The civil date of a slot on the date axis.
Date date_of(Slot slot);

/// A length in civil time: "2 days" is two dates further, "1 month" follows the calendar, milliseconds are exact.
/// At most one of the three is not zero.
struct Span {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::int64_t ms = 0;

  bool operator==(const Span&) const = default;

  [[nodiscard]] bool is_zero() const { return months == 0 && days == 0 && ms == 0; }

  [[nodiscard]] Span operator-() const { return {-months, -days, -ms}; }

  /// Roughly how long, for ordering and limits: a month is 30.44 days.
  [[nodiscard]] std::int64_t approximate_ms() const;
  /// "2 days", "1 week", "5m": as it would be written in YAML.
  [[nodiscard]] std::string text() const;
};

/// `30s 5m 2h` and `3 days`, `2 weeks`, `1 month`, `1 quarter`, `1 year`, `1.5h` is refused. "0" is zero.
Result<Span> parse_span(std::string_view text);

/// "2026-03-31T06:00:00Z", with ".123" only where milliseconds are not zero.
std::string rfc3339(Instant instant);
/// RFC 3339 with an offset or Z.
std::optional<Instant> parse_rfc3339(std::string_view text);

/// "2026-03-31".
std::string date_text(Date date);
/// `YYYY-MM-DD`, an existing date.
std::optional<Date> parse_date(std::string_view text);

/// A local date and time of day, `YYYY-MM-DD[ HH:MM[:SS]]`; its zone is the reader's to know.
std::optional<std::chrono::local_time<Duration>> parse_local(std::string_view text);

}  // namespace kpi

#pragma once
// Civil time: zones, grains and periods. calendar.cpp is the only user of the time zone library. All periods are
// half-open.

#include "rules/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// An IANA time zone; a cheap handle on a table that is read once from the system's zone database and then shared by
/// all threads. Default: UTC, which needs no database. Changes of the clock after 2037 follow the rules of that year.
class Zone {
 public:
  Zone() = default;
  /// kNotFound for an unknown name, with the nearest known one in the message; kUnavailable when the system has no zone
  /// database.
  static Result<Zone> find(std::string_view name);

  [[nodiscard]] const std::string& name() const;
  /// A local time that does not exist is taken at the end of the gap, one that occurs twice the first time.
  [[nodiscard]] Instant to_instant(std::chrono::local_time<Duration> local) const;
  [[nodiscard]] std::chrono::local_time<Duration> to_local(Instant instant) const;

  bool operator==(const Zone& other) const { return zone_ == other.zone_; }

 private:
  friend class WallClock;  // Knows where the clock is moved.

  explicit Zone(const void* zone) : zone_(zone) {}

  const void* zone_ = nullptr;  // The table in calendar.cpp, which lives for ever; none is UTC.
};

/// Days with a name. Dates ascend, each once.
struct NamedDays {
  std::vector<Date> holidays;
  std::map<std::string, std::vector<Date>, std::less<>> events;

  bool operator==(const NamedDays&) const = default;
};

/// How the organisation cuts weeks and years, and which days it names.
struct CalendarRules {
  std::chrono::weekday week_starts = std::chrono::Monday;
  /// First day of the fiscal year; quarters follow from it, three months each. Its day is at most 28, so that every
  /// quarter begins on the same day of its month (loaders refuse others; here they count as 28).
  std::chrono::month_day year_starts{std::chrono::January, std::chrono::day{1}};
  std::shared_ptr<const NamedDays> days{};  ///< Shared, because rules are copied for each period that is looked at.

  /// Whether a date from <= date < to is a holiday.
  [[nodiscard]] bool has_holiday(Date from, Date to) const;
  /// Whether a date from <= date < to is one of the event.
  [[nodiscard]] bool has_event(std::string_view name, Date from, Date to) const;

  bool operator==(const CalendarRules& other) const;
};

/// The length of a metric's or KPI's period.
struct Grain {
  enum class Unit : std::uint8_t { kInstant, kInterval, kDay, kWeek, kMonth, kQuarter, kYear };

  Unit unit = Unit::kDay;
  std::int64_t interval_ms = 0;  ///< For kInterval only; divides a day evenly and is shorter than one.

  bool operator==(const Grain&) const = default;
  /// Coarser or equal sorts later. kInstant is the finest.
  [[nodiscard]] bool is_finer_than(const Grain& other) const;

  /// Whether slots are civil dates (day and coarser) rather than UTC instants.
  [[nodiscard]] bool is_civil() const { return unit >= Unit::kDay; }

  /// One period as a span.
  [[nodiscard]] Span span() const;
  /// "day", "5m", "instant".
  [[nodiscard]] std::string text() const;
};

/// `minute hour day week month quarter year instant`, or an interval such as `5m`, `2h` that divides a day evenly.
Result<Grain> parse_grain(std::string_view text);

/// A half-open stretch of time.
struct Period {
  Instant start;
  Instant end;

  bool operator==(const Period&) const = default;
};

/// The period of `grain` that holds `instant`, as its slot. Intervals are cut on the zone's wall clock, counted from
/// midnight: with `2h` a period lasts from when the clock reaches 02:00 until it completes 04:00 or leaves these two
/// hours. So where the clock is moved a period may be shorter or longer, none overlap, and a repeated hour is its own.
Slot slot_at(Instant instant, Grain grain, const Zone& zone, const CalendarRules& rules);
/// The slot of the period of `grain` that begins with or holds the civil date `date`. REQUIRES grain.is_civil().
Slot slot_at(Date date, Grain grain, const CalendarRules& rules);
/// The slot `count` periods later (earlier when negative). REQUIRES `slot` to begin a period of `grain`. For intervals
/// this adds so many intervals, which is exact unless the clock is moved in between by less than whole intervals (`2h`
/// across any change, `1h` on Lord Howe); the form with a zone is always exact.
Slot next_slot(Slot slot, Grain grain, int count = 1);
Slot next_slot(Slot slot, Grain grain, const Zone& zone, int count = 1);
/// When the slot of `grain` begins, as an instant.
Instant start_of(Slot slot, Grain grain, const Zone& zone);
Period period_of(Slot slot, Grain grain, const Zone& zone);

/// A civil date moved by a span; months are clamped to the last day of the month. Spans of milliseconds move by whole
/// days only. For slots of grains finer than a day see shift_instant.
Slot shift_date(Slot date, const Span& span);
/// An instant moved by a span in the zone's civil time: "1 day" later is the same wall time.
Instant shift_instant(Instant instant, const Span& span, const Zone& zone);

/// The fiscal quarter or year label and such are the review's; here only where they begin.
Slot start_of_year(Date date, const CalendarRules& rules);

}  // namespace kpi

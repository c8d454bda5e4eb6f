#include "rules/base/calendar.hpp"
#include "rules/base/text.hpp"
#include "rules/base/wall_clock.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace kpi {

namespace {

constexpr std::int64_t kMinuteMs = 60LL * 1000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;

struct NamedUnit {
  std::string_view name;
  Grain::Unit unit;
  Span span;
};

constexpr std::array kNamedUnits = {
    NamedUnit{"instant", Grain::Unit::kInstant, {0, 0, 1}},
    NamedUnit{"day", Grain::Unit::kDay, {0, 1, 0}},
    NamedUnit{"week", Grain::Unit::kWeek, {0, 7, 0}},
    NamedUnit{"month", Grain::Unit::kMonth, {1, 0, 0}},
    NamedUnit{"quarter", Grain::Unit::kQuarter, {3, 0, 0}},
    NamedUnit{"year", Grain::Unit::kYear, {12, 0, 0}},
};

const NamedUnit& named(Grain::Unit unit) {
  return *std::ranges::find(kNamedUnits, unit, &NamedUnit::unit);
}

tl::unexpected<Error> bad_grain(std::string_view text, const std::string& remedy) {
  return fail(ErrorKind::kInvalid, "\"" + printable(text, 40) + "\" is not a grain; " + remedy);
}

std::string grain_remedy(std::string_view text) {
  static const std::vector<std::string> names = {
      "minute", "hour", "day", "week", "month", "quarter", "year", "instant"};
  const auto span = parse_span(text);
  for (const NamedUnit& unit : kNamedUnits) {
    if (span && (*span == unit.span || (unit.unit == Grain::Unit::kDay && span->ms == kDayMs))) {
      return "write \"" + std::string(unit.name) + "\"";
    }
  }
  const std::string near = did_you_mean(text, names);
  return near.empty() ? "write minute, hour, day, week, month, quarter, year, instant, or an interval such as 5m or 2h"
                      : near;
}

std::string divisor_remedy(std::int64_t interval_ms) {
  const std::int64_t step = interval_ms % kMinuteMs == 0 ? kMinuteMs : 1000;
  std::int64_t shorter = interval_ms;
  std::int64_t longer = interval_ms;
  while (kDayMs % shorter != 0) {
    shorter -= step;
  }
  while (kDayMs % longer != 0) {
    longer += step;
  }
  return "an interval must divide a day evenly: write " + Grain{Grain::Unit::kInterval, shorter}.text() + " or " +
         (longer == kDayMs ? "day" : Grain{Grain::Unit::kInterval, longer}.text());
}

std::chrono::year_month_day first_of_year(std::chrono::year year, const CalendarRules& rules) {
  constexpr std::chrono::day latest{28};
  return year / rules.year_starts.month() / std::min(rules.year_starts.day(), latest);
}

Slot start_of_quarter(Date date, const CalendarRules& rules) {
  constexpr std::chrono::months length{3};
  Date quarter = date_of(start_of_year(date, rules));
  while (quarter + length <= date) {
    quarter += length;
  }
  return slot_of(quarter);
}

bool has_date(const std::vector<Date>& dates, Date from, Date to) {
  const auto first = std::ranges::lower_bound(dates, from);
  return first != dates.end() && *first < to;
}

}  // namespace

bool CalendarRules::has_holiday(Date from, Date to) const {
  return days != nullptr && has_date(days->holidays, from, to);
}

bool CalendarRules::has_event(std::string_view name, Date from, Date to) const {
  if (days == nullptr) {
    return false;
  }
  const auto found = days->events.find(name);
  return found != days->events.end() && has_date(found->second, from, to);
}

bool CalendarRules::operator==(const CalendarRules& other) const {
  const bool same_days = days == other.days || (days != nullptr && other.days != nullptr && *days == *other.days);
  return week_starts == other.week_starts && year_starts == other.year_starts && same_days;
}

bool Grain::is_finer_than(const Grain& other) const {
  return unit != other.unit ? unit < other.unit : interval_ms < other.interval_ms;
}

Span Grain::span() const {
  return unit == Unit::kInterval ? Span{0, 0, interval_ms} : named(unit).span;
}

std::string Grain::text() const {
  if (unit != Unit::kInterval) {
    return std::string(named(unit).name);
  }
  return interval_ms == kMinuteMs ? "minute" : interval_ms == kHourMs ? "hour" : span().text();
}

Result<Grain> parse_grain(std::string_view text) {
  if (text == "minute" || text == "hour") {
    return Grain{Grain::Unit::kInterval, text == "hour" ? kHourMs : kMinuteMs};
  }
  if (const auto found = std::ranges::find(kNamedUnits, text, &NamedUnit::name); found != kNamedUnits.end()) {
    return Grain{found->unit, 0};
  }
  const auto span = parse_span(text);
  if (!span || span->ms <= 0 || span->ms >= kDayMs) {
    return bad_grain(text, grain_remedy(text));
  }
  if (kDayMs % span->ms != 0) {
    return bad_grain(text, divisor_remedy(span->ms));
  }
  return Grain{Grain::Unit::kInterval, span->ms};
}

Slot slot_at(Instant instant, Grain grain, const Zone& zone, const CalendarRules& rules) {
  const std::int64_t ms = instant.time_since_epoch().count();
  if (grain.unit == Grain::Unit::kInstant) {
    return {ms};
  }
  if (grain.unit == Grain::Unit::kInterval) {
    return {WallClock(zone, grain.interval_ms).begin_of(ms)};
  }
  constexpr Grain days{Grain::Unit::kDay, 0};
  Slot day{floor_to(zone.to_local(instant).time_since_epoch().count(), kDayMs)};
  // A clock set back over midnight shows the day before once more, but the day has begun.
  while (instant >= start_of(next_slot(day, days), days, zone)) {
    day = next_slot(day, days);
  }
  return grain == days ? day : slot_at(date_of(day), grain, rules);
}

Slot slot_at(Date date, Grain grain, const CalendarRules& rules) {
  switch (grain.unit) {
    case Grain::Unit::kWeek: {
      const std::chrono::sys_days day{date};
      return slot_of(Date{day - (std::chrono::weekday{day} - rules.week_starts)});
    }
    case Grain::Unit::kMonth:
      return slot_of(date.year() / date.month() / 1);
    case Grain::Unit::kQuarter:
      return start_of_quarter(date, rules);
    case Grain::Unit::kYear:
      return start_of_year(date, rules);
    case Grain::Unit::kInstant:
    case Grain::Unit::kInterval:
    case Grain::Unit::kDay:
      break;
  }
  return slot_of(date);
}

Slot next_slot(Slot slot, Grain grain, int count) {
  const Span span = grain.span();
  if (span.months != 0) {
    return slot_of(date_of(slot) + (std::chrono::months{span.months} * count));
  }
  return {slot.ms + (((span.days * kDayMs) + span.ms) * count)};
}

Slot next_slot(Slot slot, Grain grain, const Zone& zone, int count) {
  if (grain.unit == Grain::Unit::kInterval) {
    return {WallClock(zone, grain.interval_ms).step(slot.ms, count)};
  }
  return next_slot(slot, grain, count);
}

Instant start_of(Slot slot, Grain grain, const Zone& zone) {
  return grain.is_civil() ? zone.to_instant(std::chrono::local_time<Duration>{Duration{slot.ms}})
                          : Instant{Duration{slot.ms}};
}

Period period_of(Slot slot, Grain grain, const Zone& zone) {
  if (grain.unit == Grain::Unit::kInterval) {
    return {Instant{Duration{slot.ms}}, Instant{Duration{WallClock(zone, grain.interval_ms).end_of(slot.ms)}}};
  }
  return {start_of(slot, grain, zone), start_of(next_slot(slot, grain), grain, zone)};
}

Slot shift_date(Slot date, const Span& span) {
  const std::int64_t days = (span.days + (span.ms / kDayMs)) * kDayMs;
  if (span.months == 0) {
    return {floor_to(date.ms, kDayMs) + days};
  }
  Date shifted = date_of(date) + std::chrono::months{span.months};
  if (!shifted.ok()) {
    shifted = shifted.year() / shifted.month() / std::chrono::last;
  }
  return {slot_of(shifted).ms + days};
}

Instant shift_instant(Instant instant, const Span& span, const Zone& zone) {
  if (span.months == 0 && span.days == 0) {
    return instant + Duration{span.ms};
  }
  const std::int64_t local = zone.to_local(instant).time_since_epoch().count();
  const Slot day{floor_to(local, kDayMs)};
  const std::int64_t shifted = shift_date(day, span).ms + (local - day.ms);
  return zone.to_instant(std::chrono::local_time<Duration>{Duration{shifted}});
}

Slot start_of_year(Date date, const CalendarRules& rules) {
  const Date year = first_of_year(date.year(), rules);
  return slot_of(date < year ? first_of_year(date.year() - std::chrono::years{1}, rules) : year);
}

}  // namespace kpi

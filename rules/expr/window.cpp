#include "rules/expr/evaluate.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr Grain kDay{Grain::Unit::kDay, 0};

Instant instant_of(Slot slot) {
  return Instant{Duration{slot.ms}};
}

Slot slot_of_instant(Instant instant) {
  return Slot{instant.time_since_epoch().count()};
}

/// How many intervals begin in [from, to): the length says it but for where the clock is moved.
std::int64_t count_intervals(Slot from, Slot to, const Grain& grain, const Zone& zone) {
  auto count = static_cast<int>((to.ms - from.ms) / grain.interval_ms);
  Slot at = next_slot(from, grain, zone, count);
  while (at < to) {
    at = next_slot(at, grain, zone);
    ++count;
  }
  while (at > to) {
    at = next_slot(at, grain, zone, -1);
    --count;
  }
  return count;
}

std::int64_t count_periods(Slot from, Slot to, const Grain& grain, const Zone& zone) {
  switch (grain.unit) {
    case Grain::Unit::kInstant:
      return 0;
    case Grain::Unit::kInterval:
      return count_intervals(from, to, grain, zone);
    case Grain::Unit::kDay:
      return (to.ms - from.ms) / kDayMs;
    case Grain::Unit::kWeek:
      return (to.ms - from.ms) / (7 * kDayMs);
    case Grain::Unit::kMonth:
    case Grain::Unit::kQuarter:
    case Grain::Unit::kYear:
      break;
  }
  std::int64_t count = 0;
  for (Slot at = from; at < to; at = next_slot(at, grain)) {
    ++count;
  }
  return count;
}

/// The window of a frame with its shifts, on both axes. Of whole days the instants are found when they are asked for,
/// which is seldom.
struct Extent {
  Slot civil_from;
  Slot civil_to;
  Instant begin;               // without a zone
  Instant end;                 // likewise
  const Zone* zone = nullptr;  // of whole days
  std::int64_t over_ms = 0;    // of whole days: the part of the window that is none

  [[nodiscard]] Instant to() const { return zone == nullptr ? end : start_of(civil_to, kDay, *zone); }

  [[nodiscard]] Instant from() const {
    if (zone == nullptr) {
      return begin;
    }
    return over_ms != 0 ? to() - Duration{over_ms} : start_of(civil_from, kDay, *zone);
  }
};

void set_civil(Extent& extent, const Frame& frame, Slot to, const Span& over) {
  extent.civil_to = to;
  extent.civil_from = shift_date(to, -over);
  extent.zone = &frame.zone;
  extent.over_ms = over.ms;
}

/// Where a month is all of a month and not the same day of another.
bool is_of_months(const Span& over) {
  return over.months != 0 && over.days == 0 && over.ms == 0;
}

/// A window of whole months is shifted by its end: that of all of February is all of January.
Extent extent_of_months(const Frame& frame, const Span& over, std::span<const Span> back) {
  Extent extent;
  const Slot end = next_slot(frame.slot, frame.every, frame.zone);
  if (frame.every.is_civil()) {
    Slot to = end;
    for (const Span& span : back) {
      to = shift_date(to, -span);
    }
    set_civil(extent, frame, to, over);
    return extent;
  }
  Instant to = instant_of(end);
  for (const Span& span : back) {
    to = shift_instant(to, -span, frame.zone);
  }
  extent.end = instant_of(slot_at(to, frame.every, frame.zone, frame.calendar));
  extent.begin = shift_instant(extent.end, -over, frame.zone);
  return extent;
}

/// What is shifted is the period itself, by its begin: a month before 28 March is 28 February, and so is a month before
/// the 31st.
Extent extent_of(const Frame& frame, const Span& over, std::span<const Span> back) {
  if (is_of_months(over)) {
    return extent_of_months(frame, over, back);
  }
  Extent extent;
  if (frame.every.is_civil()) {
    Slot begin = frame.slot;
    for (const Span& span : back) {
      begin = shift_date(begin, -span);
    }
    set_civil(extent, frame, shift_date(begin, frame.every.span()), over);
    return extent;
  }
  Instant begin = instant_of(frame.slot);
  for (const Span& span : back) {
    begin = shift_instant(begin, -span, frame.zone);
  }
  const Slot slot = slot_at(begin, frame.every, frame.zone, frame.calendar);
  extent.end = instant_of(next_slot(slot, frame.every, frame.zone));
  extent.begin = shift_instant(extent.end, -over, frame.zone);
  return extent;
}

/// From the begin of the unit that the period ends in. Shifted by a month, 31 March is 28 February, and all of that
/// month is compared with all of this one; a week is shifted by its last day, because it belongs to the month of that.
Extent extent_to_date(const Frame& frame, Grain unit, std::span<const Span> back) {
  Extent extent;
  if (!frame.every.is_civil()) {
    extent = extent_of(frame, frame.every.span(), back);
    const Slot from = slot_at(extent.end - Duration{1}, unit, frame.zone, frame.calendar);
    extent.begin = start_of(from, unit, frame.zone);
    return extent;
  }
  const bool by_last_day = frame.every.unit == Grain::Unit::kWeek;
  Slot at = by_last_day ? Slot{next_slot(frame.slot, frame.every).ms - kDayMs} : frame.slot;
  for (const Span& span : back) {
    at = shift_date(at, -span);
  }
  set_civil(extent, frame, by_last_day ? Slot{at.ms + kDayMs} : shift_date(at, frame.every.span()), Span{});
  extent.civil_from = slot_at(date_of(Slot{extent.civil_to.ms - kDayMs}), unit, frame.calendar);
  return extent;
}

Extent extent_of(const Frame& frame, const MetricInput& input) {
  constexpr Span longest{0, 3660, 0};  // how old the newest sample may be: ten years
  if (input.since) {
    return extent_to_date(frame, Grain{*input.since, 0}, input.back);
  }
  return extent_of(frame, input.how == Aggregate::kAge ? longest : input.window.value_or(frame.over), input.back);
}

/// How many units begin one after the other in [from, to), the last one in part.
double count_units(Slot from, Slot to, const Grain& unit) {
  const Span one = unit.span();
  if (one.months == 0) {
    return static_cast<double>(to.ms - from.ms) / static_cast<double>(one.days * kDayMs + one.ms);
  }
  int whole = 0;
  Slot at = from;
  Slot next = shift_date(from, one);
  while (next <= to) {
    ++whole;
    at = next;
    next = shift_date(from, Span{one.months * (whole + 1), 0, 0});
  }
  return whole + static_cast<double>(to.ms - at.ms) / static_cast<double>(next.ms - at.ms);
}

/// The periods of `grain`, cut in `zone`, that end in the extent: from the first that begins after one has ended at or
/// before `from`.
Window window_on(const Extent& extent, const Grain& grain, const Zone& zone, const CalendarRules& calendar) {
  Window window;
  if (grain.is_civil()) {
    window.from = slot_at(date_of(extent.civil_from), grain, calendar);
    window.to = slot_at(date_of(extent.civil_to), grain, calendar);
  } else {
    window.from = slot_at(extent.from(), grain, zone, calendar);
    window.to = slot_at(extent.to(), grain, zone, calendar);
  }
  if (grain.unit == Grain::Unit::kInstant) {
    window.from = slot_of_instant(extent.from());
    window.to = slot_of_instant(extent.to());
  }
  window.periods = count_periods(window.from, window.to, grain, zone);
  return window;
}

}  // namespace

Window window_of(const Frame& frame, const MetricInput& input, const Metric& metric) {
  return window_on(extent_of(frame, input), metric.grain, metric.zone, frame.calendar);
}

Window last_grain_of(const Frame& frame, const Window& window, const Metric& metric) {
  Slot last = frame.slot;
  if (metric.grain.unit != Grain::Unit::kInstant) {
    last = next_slot(window.to, metric.grain, metric.zone, -1);
  } else if (frame.every.is_civil()) {
    last = slot_of_instant(start_of(frame.slot, frame.every, frame.zone));
  }
  return {last, window.to};
}

Window window_of(const Frame& frame, const KpiInput& input, const Grain& grain) {
  const Extent extent = extent_of(frame, input.window.value_or(frame.every.span()), input.back);
  return window_on(extent, grain, frame.zone, frame.calendar);
}

std::pair<Date, Date> days_of(const Frame& frame, std::span<const Span> back) {
  if (frame.every.is_civil()) {
    const Extent extent = extent_of(frame, frame.every.span(), back);
    return {date_of(extent.civil_from), date_of(extent.civil_to)};
  }
  Instant begin = instant_of(frame.slot);
  for (const Span& span : back) {
    begin = shift_instant(begin, -span, frame.zone);
  }
  const auto day = std::chrono::floor<std::chrono::days>(frame.zone.to_local(begin));
  return {Date{day}, Date{day + std::chrono::days{1}}};
}

double units_in(const Frame& frame, const UnitCount& count) {
  const Extent extent = count.since ? extent_to_date(frame, Grain{*count.since, 0}, count.back)
                                    : extent_of(frame, count.window.value_or(frame.over), count.back);
  if (count.unit.unit == Grain::Unit::kInterval) {
    return static_cast<double>((extent.to() - extent.from()).count()) / static_cast<double>(count.unit.interval_ms);
  }
  if (frame.every.is_civil()) {
    return count_units(extent.civil_from, extent.civil_to, count.unit);
  }
  const auto on_clock = [&](Instant at) { return Slot{frame.zone.to_local(at).time_since_epoch().count()}; };
  return count_units(on_clock(extent.from()), on_clock(extent.to()), count.unit);
}

double days_since(const Frame& frame, const MetricInput& input, const Metric& metric, Slot newest) {
  const Extent extent = extent_of(frame, input);
  const Slot end = metric.grain.unit == Grain::Unit::kInstant ? newest : next_slot(newest, metric.grain, metric.zone);
  const std::int64_t ms = frame.every.is_civil() && metric.grain.is_civil()
                              ? extent.civil_to.ms - end.ms
                              : (extent.to() - start_of(end, metric.grain, metric.zone)).count();
  return static_cast<double>(std::max<std::int64_t>(0, ms)) / static_cast<double>(kDayMs);
}

}  // namespace kpi

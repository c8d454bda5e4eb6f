#include "rules/expr/evaluate.hpp"

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

/// The window of a frame with its shifts, on both axes.
struct Extent {
  Slot civil_from;
  Slot civil_to;
  Instant from;
  Instant to;
};

/// What is shifted is the period itself, by its begin: a month before 28 March is 28 February, and so is a month before
/// the 31st.
Extent extent_of(const Frame& frame, const Span& over, std::span<const Span> back) {
  Extent extent;
  if (frame.every.is_civil()) {
    Slot begin = frame.slot;
    for (const Span& span : back) {
      begin = shift_date(begin, -span);
    }
    extent.civil_to = shift_date(begin, frame.every.span());
    extent.civil_from = shift_date(extent.civil_to, -over);
    extent.to = start_of(extent.civil_to, kDay, frame.zone);
    extent.from = over.ms != 0 ? extent.to - Duration{over.ms} : start_of(extent.civil_from, kDay, frame.zone);
    return extent;
  }
  Instant begin = instant_of(frame.slot);
  for (const Span& span : back) {
    begin = shift_instant(begin, -span, frame.zone);
  }
  const Slot slot = slot_at(begin, frame.every, frame.zone, frame.calendar);
  extent.to = instant_of(next_slot(slot, frame.every, frame.zone));
  extent.from = shift_instant(extent.to, -over, frame.zone);
  return extent;
}

/// The periods of `grain`, cut in `zone`, that end in the extent: from the first that begins after one has ended at or
/// before `from`.
Window window_on(const Extent& extent, const Grain& grain, const Zone& zone, const CalendarRules& calendar) {
  Window window;
  if (grain.is_civil()) {
    window.from = slot_at(date_of(extent.civil_from), grain, calendar);
    window.to = slot_at(date_of(extent.civil_to), grain, calendar);
  } else {
    window.from = slot_at(extent.from, grain, zone, calendar);
    window.to = slot_at(extent.to, grain, zone, calendar);
  }
  if (grain.unit == Grain::Unit::kInstant) {
    window.from = slot_of_instant(extent.from);
    window.to = slot_of_instant(extent.to);
  }
  window.periods = count_periods(window.from, window.to, grain, zone);
  return window;
}

}  // namespace

Window window_of(const Frame& frame, const MetricInput& input, const Metric& metric) {
  const Extent extent = extent_of(frame, input.window.value_or(frame.over), input.back);
  return window_on(extent, metric.grain, metric.zone, frame.calendar);
}

Window window_of(const Frame& frame, const KpiInput& input, const Grain& grain) {
  const Extent extent = extent_of(frame, input.window.value_or(frame.every.span()), input.back);
  return window_on(extent, grain, frame.zone, frame.calendar);
}

}  // namespace kpi

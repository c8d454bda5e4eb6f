// What must hold in every zone at any time. Instants are drawn near changes of the clock as often as not.

#include "rules/base/calendar.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace kpi {
namespace {

Zone any_zone() {
  const auto name = *rc::gen::element<std::string>("UTC",
                                                   "Europe/Stockholm",
                                                   "America/New_York",
                                                   "America/St_Johns",
                                                   "America/Havana",
                                                   "America/Sao_Paulo",
                                                   "Africa/Cairo",
                                                   "Africa/Casablanca",
                                                   "Asia/Kolkata",
                                                   "Asia/Kathmandu",
                                                   "Australia/Lord_Howe",
                                                   "Pacific/Apia",
                                                   "Pacific/Kwajalein",
                                                   "Antarctica/Troll");
  return Zone::find(name).value();
}

std::int64_t offset_at(const Zone& zone, Instant instant) {
  return (zone.to_local(instant).time_since_epoch() - instant.time_since_epoch()).count();
}

/// The first change of the offset after an instant, found by halving; the instant itself where none is near.
Instant next_change(const Zone& zone, Instant from) {
  Instant low = from;
  Instant high = from + std::chrono::days{120};
  if (offset_at(zone, low) == offset_at(zone, high)) {
    return from;
  }
  while (high - low > Duration{1}) {
    const Instant middle = low + (high - low) / 2;
    (offset_at(zone, middle) == offset_at(zone, from) ? low : high) = middle;
  }
  return high;
}

Instant any_instant(const Zone& zone) {
  const Instant instant{
      Duration{*rc::gen::inRange<std::int64_t>(-2'500'000'000'000, 4'500'000'000'000)}};  // 1890 to 2112
  if (*rc::gen::arbitrary<bool>()) {
    return instant;
  }
  return next_change(zone, instant) + std::chrono::minutes{*rc::gen::inRange(-2000, 2000)};
}

Grain any_grain() {
  const auto text = *rc::gen::element<std::string>(
      "instant", "minute", "15m", "hour", "2h", "3h", "4h", "12h", "day", "week", "month", "quarter", "year");
  return parse_grain(text).value();
}

CalendarRules any_rules() {
  const auto month = *rc::gen::inRange(1U, 13U);
  const auto first = *rc::gen::inRange(1U, 29U);
  return {.week_starts = std::chrono::weekday{*rc::gen::inRange(0U, 7U)},
          .year_starts = std::chrono::month{month} / std::chrono::day{first}};
}

RC_GTEST_PROP(ZoneProperty, TakesALocalTimeBackToTheFirstInstantThatShowsIt, ()) {
  const Zone zone = any_zone();
  const Instant instant = any_instant(zone);
  const auto local = zone.to_local(instant);
  const Instant back = zone.to_instant(local);
  RC_ASSERT(back <= instant);
  RC_ASSERT(zone.to_local(back) == local);
}

RC_GTEST_PROP(ZoneProperty, TakesASkippedLocalTimeToTheEndOfTheGap, ()) {
  const Zone zone = any_zone();
  const std::chrono::local_time<Duration> local{any_instant(zone).time_since_epoch()};
  const Instant instant = zone.to_instant(local);
  if (zone.to_local(instant) != local) {
    RC_ASSERT(zone.to_local(instant) > local);
    RC_ASSERT(zone.to_local(instant - Duration{1}) < local);
  }
}

RC_GTEST_PROP(SlotProperty, HoldsItsInstant, ()) {
  const Zone zone = any_zone();
  const Grain grain = any_grain();
  const CalendarRules rules = any_rules();
  const Instant instant = any_instant(zone);
  const Period period = period_of(slot_at(instant, grain, zone, rules), grain, zone);
  RC_ASSERT(period.start <= instant);
  RC_ASSERT(instant < period.end);
}

RC_GTEST_PROP(SlotProperty, IsTheSameAtBothEndsOfItsPeriodAndAnotherOutside, ()) {
  const Zone zone = any_zone();
  const Grain grain = any_grain();
  const CalendarRules rules = any_rules();
  const Slot slot = slot_at(any_instant(zone), grain, zone, rules);
  const Period period = period_of(slot, grain, zone);
  RC_ASSERT(slot_at(period.start, grain, zone, rules) == slot);
  RC_ASSERT(slot_at(period.end - Duration{1}, grain, zone, rules) == slot);
  RC_ASSERT(slot_at(period.start - Duration{1}, grain, zone, rules) < slot);
  RC_ASSERT(slot_at(period.end, grain, zone, rules) > slot);
}

RC_GTEST_PROP(SlotProperty, TilesTheTimeAxis, ()) {
  const Zone zone = any_zone();
  const Grain grain = any_grain();
  Slot slot = slot_at(any_instant(zone), grain, zone, any_rules());
  for (int i = 0; i < 30; ++i) {
    const Slot next = next_slot(slot, grain, zone);
    RC_ASSERT(period_of(slot, grain, zone).end == start_of(next, grain, zone));
    RC_ASSERT(next_slot(next, grain, zone, -1) == slot);
    slot = next;
  }
}

RC_GTEST_PROP(SlotProperty, IsReachedInOneStepAsInMany, ()) {
  const Zone zone = any_zone();
  const Grain grain = any_grain();
  const Slot first = slot_at(any_instant(zone), grain, zone, any_rules());
  const int count = *rc::gen::inRange(0, 60);
  Slot walked = first;
  for (int i = 0; i < count; ++i) {
    walked = next_slot(walked, grain, zone);
  }
  RC_ASSERT(next_slot(first, grain, zone, count) == walked);
  RC_ASSERT(next_slot(walked, grain, zone, -count) == first);
}

RC_GTEST_PROP(SlotProperty, OfAnIntervalBeginsOnAFullWallClockOrWhereTheClockIsMoved, ()) {
  const Zone zone = any_zone();
  const Grain grain = parse_grain(*rc::gen::element<std::string>("15m", "hour", "2h", "4h")).value();
  const Slot slot = slot_at(any_instant(zone), grain, zone, {});
  const Instant start = start_of(slot, grain, zone);
  const bool whole = zone.to_local(start).time_since_epoch().count() % grain.interval_ms == 0;
  RC_ASSERT(whole || offset_at(zone, start) != offset_at(zone, start - Duration{1}));
}

}  // namespace
}  // namespace kpi

#include "rules/base/calendar.hpp"

#include "rules/base/text.hpp"
#include "rules/base/wall_clock.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

namespace {

// The offsets of all zones, ever, lie within a day of UTC, and no clock was ever moved by more than a day.
constexpr std::int64_t kWidestOffsetMs = kDayMs;
// Some 27,000 years either way: what a civil date can still say.
constexpr std::int64_t kFirstMs = -10'000'000LL * kDayMs;
constexpr std::int64_t kLastMs = 10'000'000LL * kDayMs;
// The database is written out to this year; the library does not read the rule for what follows.
constexpr std::chrono::year kLastRuleYear{2037};

/// A stretch of time [begin, end) in which a zone keeps one offset from UTC.
struct Stretch {
  std::int64_t begin = kFirstMs;
  std::int64_t end = kLastMs;
  std::int64_t offset = 0;

  [[nodiscard]] bool holds(std::int64_t instant) const { return begin <= instant && instant < end; }
};

/// What the database knows of one zone, copied once: its own look-ups build a string each time and may throw.
struct ZoneTable {
  std::string name;
  std::vector<Stretch> stretches;  ///< Without gaps, from kFirstMs to kLastMs or, where it goes on, to the rules' end.
  /// The clock still changes in the last year of the rules, so it is meant to go on.
  bool goes_on = false;
};

std::int64_t ms_of(date::sys_seconds second) {
  return second.time_since_epoch().count() * 1000;
}

/// Throws what the library throws.
ZoneTable read_table(const date::time_zone& zone) {
  ZoneTable table{.name = zone.name(), .stretches = {}, .goes_on = false};
  for (std::int64_t at = kFirstMs; at < kLastMs;) {
    const date::sys_info info = zone.get_info(date::sys_seconds{std::chrono::seconds{at / 1000}});
    const std::int64_t end =
        info.end > date::sys_seconds{std::chrono::seconds{kLastMs / 1000}} ? kLastMs : ms_of(info.end);
    table.stretches.push_back({at, end, info.offset.count() * 1000});
    at = end;
  }
  table.goes_on = date_of({table.stretches.back().begin}).year() == kLastRuleYear;
  if (table.goes_on) {
    table.stretches.back().end = slot_of(kLastRuleYear / 12 / 31).ms + kDayMs;
  }
  return table;
}

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<const ZoneTable>, std::less<>> tables;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

tl::unexpected<Error> no_database(std::string_view reason) {
  return fail(ErrorKind::kUnavailable,
              "the time zone database cannot be read (" + printable(reason) + "); install the package tzdata");
}

tl::unexpected<Error> unknown_zone(std::string_view name) {
  std::vector<std::string> names;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    names.push_back(zone.name());
  }
  std::string remedy = did_you_mean(name, names);
  // "Stockholm" alone is a common slip too.
  const std::string city = "/" + to_lower_ascii(name);
  const auto whole =
      std::ranges::find_if(names, [&city](const std::string& known) { return to_lower_ascii(known).ends_with(city); });
  if (remedy.empty() && whole != names.end() && city.size() > 1) {
    remedy = "did you mean \"" + *whole + "\"?";
  }
  if (remedy.empty()) {
    remedy = R"(write an IANA name such as "Europe/Stockholm", or "UTC")";
  }
  return fail(ErrorKind::kNotFound, "unknown time zone \"" + printable(name, 64) + "\"; " + remedy);
}

/// A month of years after the database's last rules, seen in a year that has them: months whose first is the same
/// weekday change their clocks on the same days. `shift` is the later minus the earlier instant.
struct Twin {
  std::int64_t month_begin = 0;
  std::int64_t month_end = 0;
  std::int64_t shift = 0;
};

Twin twin_of(std::int64_t instant) {
  const Date date = date_of({instant});
  const std::chrono::year_month month{date.year(), date.month()};
  const std::int64_t begin = slot_of(month / 1).ms;
  const std::chrono::weekday first{std::chrono::sys_days{month / 1}};
  std::chrono::year_month twin{kLastRuleYear, date.month()};
  while (std::chrono::weekday{std::chrono::sys_days{twin / 1}} != first) {
    twin -= std::chrono::years{1};
  }
  return {begin, slot_of((month + std::chrono::months{1}) / 1).ms, begin - slot_of(twin / 1).ms};
}

Stretch look_up(const ZoneTable& table, std::int64_t instant) {
  const auto after = std::ranges::upper_bound(table.stretches, instant, {}, &Stretch::begin);
  const Stretch& found = after == table.stretches.begin() ? *after : *(after - 1);
  if (!table.goes_on || instant < table.stretches.back().end || instant >= kLastMs) {
    return found;
  }
  const Twin twin = twin_of(instant);
  Stretch rule = look_up(table, instant - twin.shift);
  rule.begin = std::max(rule.begin + twin.shift, twin.month_begin);
  rule.end = std::min(rule.end + twin.shift, twin.month_end);
  return rule;
}

/// The stretch that holds `instant`. Judging walks through thousands of days of one zone after the other, so each
/// thread remembers the last stretch of the zones it met last.
const Stretch& stretch_at(const ZoneTable& table, std::int64_t instant) {
  struct Remembered {
    const ZoneTable* table = nullptr;
    Stretch stretch;
  };

  thread_local std::array<Remembered, 16> remembered;
  Remembered& slot = remembered.at((reinterpret_cast<std::uintptr_t>(&table) >> 4U) % remembered.size());
  if (slot.table != &table || !slot.stretch.holds(instant)) {
    slot = {&table, look_up(table, instant)};
  }
  return slot.stretch;
}

std::int64_t to_utc(const ZoneTable& table, std::int64_t local) {
  // Most often the stretch at hand holds the instant so far from its begin that no earlier one can.
  const Stretch& near = stretch_at(table, local);
  if (const std::int64_t instant = local - near.offset;
      instant < near.end && instant - near.begin > 2 * kWidestOffsetMs) {
    return instant;
  }
  Stretch stretch = stretch_at(table, local - kWidestOffsetMs);
  while (local - stretch.offset >= stretch.end) {
    const Stretch next = stretch_at(table, stretch.end);
    if (local - next.offset < next.begin) {
      return next.begin;  // The clock skipped this time.
    }
    stretch = next;
  }
  return local - stretch.offset;
}

const ZoneTable* table_of(const void* zone) {
  return static_cast<const ZoneTable*>(zone);
}

Stretch stretch_or_utc(const void* zone, std::int64_t instant) {
  return zone == nullptr ? Stretch{} : stretch_at(*table_of(zone), instant);
}

}  // namespace

std::int64_t WallClock::begin_of(std::int64_t instant) const {
  Stretch stretch = stretch_or_utc(table_, instant);
  const std::int64_t wall = floor_to(instant + stretch.offset, interval_);
  while (wall - stretch.offset <= stretch.begin) {
    const std::int64_t moved = stretch.begin;
    stretch = stretch_or_utc(table_, moved - 1);
    const std::int64_t before = moved + stretch.offset;
    if (before <= wall || before >= wall + interval_) {
      return moved;  // The clock was set into this interval, or this one was complete and is repeated.
    }
  }
  return wall - stretch.offset;
}

std::int64_t WallClock::end_of(std::int64_t begin) const {
  Stretch stretch = stretch_or_utc(table_, begin);
  const std::int64_t wall = floor_to(begin + stretch.offset, interval_);
  while (wall + interval_ - stretch.offset > stretch.end) {
    const std::int64_t moved = stretch.end;
    stretch = stretch_or_utc(table_, moved);
    if (floor_to(moved + stretch.offset, interval_) != wall) {
      return moved;
    }
  }
  return wall + interval_ - stretch.offset;
}

std::int64_t WallClock::step(std::int64_t begin, std::int64_t count) const {
  while (count != 0) {
    const Stretch stretch = stretch_or_utc(table_, begin);
    const bool whole = floor_to(begin + stretch.offset, interval_) == begin + stretch.offset;
    const std::int64_t ahead = (stretch.end - begin) / interval_;
    const std::int64_t behind = (begin - stretch.begin - 1) / interval_;
    const std::int64_t jump = whole ? std::clamp(count, -behind, ahead) : 0;
    if (jump != 0) {
      begin += jump * interval_;
      count -= jump;
    } else {
      begin = count > 0 ? end_of(begin) : begin_of(begin - 1);
      count -= count > 0 ? 1 : -1;
    }
  }
  return begin;
}

Result<Zone> Zone::find(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC") {
    return Zone();
  }
  Registry& known = registry();
  const std::scoped_lock lock(known.mutex);
  if (const auto found = known.tables.find(name); found != known.tables.end()) {
    return Zone(found->second.get());
  }
  try {
    const auto& zones = date::get_tzdb().zones;
    if (zones.empty()) {
      return no_database("it is empty");
    }
    const auto zone =
        std::ranges::find_if(zones, [name](const date::time_zone& entry) { return entry.name() == name; });
    if (zone == zones.end()) {
      return unknown_zone(name);
    }
    auto table = std::make_unique<const ZoneTable>(read_table(*zone));
    return Zone(known.tables.emplace(name, std::move(table)).first->second.get());
  } catch (const std::exception& failure) {
    return no_database(trim(failure.what()));
  }
}

const std::string& Zone::name() const {
  static const std::string utc = "UTC";
  return zone_ == nullptr ? utc : table_of(zone_)->name;
}

Instant Zone::to_instant(std::chrono::local_time<Duration> local) const {
  const std::int64_t ms = local.time_since_epoch().count();
  return Instant{Duration{zone_ == nullptr ? ms : to_utc(*table_of(zone_), ms)}};
}

std::chrono::local_time<Duration> Zone::to_local(Instant instant) const {
  const std::int64_t ms = instant.time_since_epoch().count();
  const std::int64_t offset = zone_ == nullptr ? 0 : stretch_at(*table_of(zone_), ms).offset;
  return std::chrono::local_time<Duration>{Duration{ms + offset}};
}

}  // namespace kpi

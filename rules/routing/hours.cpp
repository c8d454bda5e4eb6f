#include "rules/routing/hours.hpp"

namespace kpi {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_time;

constexpr int kDaysAhead = 3 * 366;

bool has_day(const Hours& hours, local_days day, const CivilGround& ground) {
  const std::chrono::weekday weekday{day};
  if ((hours.days >> (weekday.iso_encoding() - 1) & 1U) == 0) {
    return false;
  }
  if (hours.holidays == Hours::Holidays::kLikeOtherDays) {
    return true;
  }
  const bool is_holiday = ground.calendar.has_holiday(Date{day}, Date{day + days{1}});
  return is_holiday == (hours.holidays == Hours::Holidays::kOnly);
}

/// The window that starts on a day; empty where the clock skips it.
Period window_of(const Hours& hours, local_days day, const CivilGround& ground) {
  const local_days last = hours.end > hours.start ? day : day + days{1};
  return {ground.zone.to_instant(local_time<Duration>{day + hours.start}),
          ground.zone.to_instant(local_time<Duration>{last + hours.end})};
}

local_days day_of(Instant at, const CivilGround& ground) {
  return std::chrono::floor<days>(ground.zone.to_local(at));
}

}  // namespace

std::optional<Instant> end_of_window(const Hours& hours, Instant at, const CivilGround& ground) {
  const local_days today = day_of(at, ground);
  for (const local_days day : {today, today - days{1}}) {
    if (!has_day(hours, day, ground)) {
      continue;
    }
    const Period window = window_of(hours, day, ground);
    if (window.start <= at && at < window.end) {
      return window.end;
    }
  }
  return std::nullopt;
}

std::optional<Instant> start_of_window(const Hours& hours, Instant at, const CivilGround& ground) {
  local_days day = day_of(at, ground) - days{1};
  for (int i = 0; i < kDaysAhead; ++i, day += days{1}) {
    if (!has_day(hours, day, ground)) {
      continue;
    }
    const Period window = window_of(hours, day, ground);
    if (window.start > at && window.start < window.end) {
      return window.start;
    }
  }
  return std::nullopt;
}

Instant after_days(const Hours& hours, int count, Instant from, const CivilGround& ground) {
  const local_time<Duration> local = ground.zone.to_local(from);
  local_days day = std::chrono::floor<days>(local);
  const auto time_of_day = local - day;
  for (int tries = 0; count > 0 && tries < kDaysAhead; ++tries) {
    day += days{1};
    count -= has_day(hours, day, ground) ? 1 : 0;
  }
  return ground.zone.to_instant(day + time_of_day);
}

}  // namespace kpi

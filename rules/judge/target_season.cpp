#include "rules/judge/target_season.hpp"

#include "rules/judge/target_plan.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace kpi {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// A year earlier on the same weekday.
constexpr days kSeason{364};
/// So much of last year must be known.
constexpr double kSeasonKnown = 0.9;
/// An event is the same one within half a year, a holiday within six weeks: Easter moves by five.
constexpr days kEventMoves{182};
constexpr days kHolidayMoves{45};
/// So many weeks around it an ordinary day is looked for.
constexpr int kWeeksAround = 4;

bool contains(const std::vector<Date>& dates, sys_days day) {
  return std::ranges::binary_search(dates, Date{day});
}

bool has_name(sys_days day, const NamedDays& named) {
  return contains(named.holidays, day) ||
         std::ranges::any_of(named.events, [&](const auto& event) { return contains(event.second, day); });
}

/// The first day of the run of days that `day` is in.
sys_days run_begin(const std::vector<Date>& dates, sys_days day) {
  while (contains(dates, day - days{1})) {
    day -= days{1};
  }
  return day;
}

/// The day as far into the event's occurrence nearest to 52 weeks before as `day` is into its own.
std::optional<sys_days> same_of_event(sys_days day, const std::vector<Date>& dates) {
  const sys_days begin = run_begin(dates, day);
  const sys_days wanted = begin - kSeason;
  std::optional<sys_days> nearest;
  for (const Date& date : dates) {
    const sys_days other{date};
    const bool is_begin = run_begin(dates, other) == other;
    const days apart = std::chrono::abs(other - wanted);
    if (is_begin && apart < kEventMoves && (!nearest || apart < std::chrono::abs(*nearest - wanted))) {
      nearest = other;
    }
  }
  for (days into{0}; nearest && into < day - begin && contains(dates, *nearest + days{1}); ++into) {
    *nearest += days{1};
  }
  return nearest;
}

std::optional<sys_days> same_holiday(sys_days day, const std::vector<Date>& holidays) {
  const Date date{day};
  const Date year_before{date.year() - std::chrono::years{1}, date.month(), date.day()};
  if (year_before.ok() && contains(holidays, sys_days{year_before})) {
    return sys_days{year_before};
  }
  const sys_days wanted = day - kSeason;
  const auto rank = [&](sys_days other) {
    const bool is_other_weekday = std::chrono::weekday{other} != std::chrono::weekday{day};
    return std::pair(is_other_weekday, std::chrono::abs(other - wanted));
  };
  std::optional<sys_days> best;
  for (const Date& holiday : holidays) {
    const sys_days other{holiday};
    if (std::chrono::abs(other - wanted) <= kHolidayMoves && (!best || rank(other) < rank(*best))) {
      best = other;
    }
  }
  return best;
}

sys_days ordinary_day(sys_days day, const NamedDays& named) {
  const sys_days before = day - kSeason;
  for (int week = 0; week <= kWeeksAround; ++week) {
    for (const sys_days near : {before - days{7 * week}, before + days{7 * week}}) {
      if (!has_name(near, named)) {
        return near;
      }
    }
  }
  return before;
}

/// The end of a period, a year later.
Slot season_end(Slot slot, const Kpi& kpi) {
  const Slot end = civil_slot(next_slot(slot, kpi.every, kpi.zone), kpi);
  return kpi.every.span().months > 0 ? shift_date(end, Span{12, 0, 0}) : Slot{end.ms + kSeason.count() * kDayMs};
}

/// The end of the plan, with the latest of its changes.
Slot last_end(const TargetPlan& plan) {
  Slot end = plan.end;
  for (const TargetTurn& turn : plan.turns) {
    end = std::max(end, turn.end);
  }
  return end;
}

double periods_of(const TargetPlan& plan, const Kpi& kpi) {
  return static_cast<double>(last_end(plan).ms - plan.start.ms) /
         static_cast<double>(kpi.every.span().approximate_ms());
}

bool is_enough(std::size_t known, double periods) {
  return static_cast<double>(known) >= std::floor(kSeasonKnown * periods);
}

/// Calls `use` with the end of each period of the plan, the period of last year that it is like and its value. Of what
/// is not days, those that were judged only.
template <class Use>
void each_of_season(
    const TargetPlan& plan, const Kpi& kpi, const JudgedSeries& judged, const CalendarRules& calendar, const Use& use) {
  const Slot end = last_end(plan);
  if (kpi.every.unit == Grain::Unit::kDay) {
    for (Slot day = plan.start; day < end; day.ms += kDayMs) {
      const Slot before = slot_of(like_last_year(date_of(day), calendar));
      const Sample* like = judged.at(before);
      use(Slot{day.ms + kDayMs}, before, like != nullptr ? like->value : std::nan(""));
    }
    return;
  }
  const auto& values = judged.values;
  const auto ended_before = [&](const Sample& sample) { return season_end(sample.slot, kpi) <= plan.start; };
  for (auto at = std::partition_point(values.begin(), values.end(), ended_before);
       at != values.end() && season_end(at->slot, kpi) <= end;
       ++at) {
    use(season_end(at->slot, kpi), at->slot, at->value);
  }
}

}  // namespace

Date like_last_year(Date day, const CalendarRules& calendar) {
  const sys_days at{day};
  if (calendar.days == nullptr) {
    return Date{at - kSeason};
  }
  const NamedDays& named = *calendar.days;
  for (const auto& [name, dates] : named.events) {
    if (contains(dates, at)) {
      const auto same = same_of_event(at, dates);
      return Date{same ? *same : ordinary_day(at, named)};
    }
  }
  if (contains(named.holidays, at)) {
    const auto same = same_holiday(at, named.holidays);
    return Date{same ? *same : ordinary_day(at, named)};
  }
  return Date{ordinary_day(at, named)};
}

std::vector<PathPoint> season_of(const TargetPlan& plan,
                                 const Kpi& kpi,
                                 const JudgedSeries& judged,
                                 const CalendarRules& calendar) {
  std::vector<PathPoint> points;
  double sum = 0;
  each_of_season(plan, kpi, judged, calendar, [&](Slot end, Slot /*like*/, double value) {
    if (!std::isnan(value)) {
      sum += value;
      points.push_back({end, sum});
    }
  });
  return is_enough(points.size(), periods_of(plan, kpi)) && sum > 0 ? points : std::vector<PathPoint>{};
}

SeasonGap season_gap(
    const TargetPlan& plan, const Kpi& kpi, const JudgedSeries& judged, Slot newest, const CalendarRules& calendar) {
  const double periods = periods_of(plan, kpi);
  SeasonGap gap;
  gap.periods = std::llround(periods);
  const Slot first = judged.values.empty() ? next_slot(newest, kpi.every, kpi.zone) : judged.values.front().slot;
  std::int64_t before = 0;  // those that end before the history begins
  std::int64_t lost = 0;
  each_of_season(plan, kpi, judged, calendar, [&](Slot /*end*/, Slot like, double value) {
    gap.known += std::isnan(value) ? 0 : 1;
    lost += std::isnan(value) && like <= newest ? 1 : 0;
  });
  if (kpi.every.unit != Grain::Unit::kDay) {
    const double missing = static_cast<double>(season_end(first, kpi).ms - plan.start.ms) /
                           static_cast<double>(kpi.every.span().approximate_ms());
    before = std::llround(std::clamp(missing - 1, 0.0, periods));
  }
  gap.may_be_filled =
      is_enough(static_cast<std::size_t>(std::max<std::int64_t>(0, gap.periods - lost - before)), periods);
  return gap;
}

}  // namespace kpi

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

/// Adds up the values that it is given.
class Season {
 public:
  void add(Slot end, double value) {
    if (!std::isnan(value)) {
      sum_ += value;
      points_.push_back({end, sum_});
    }
  }

  [[nodiscard]] std::vector<PathPoint> points(double periods) && {
    const bool is_enough = static_cast<double>(points_.size()) >= std::floor(kSeasonKnown * periods) && sum_ > 0;
    return is_enough ? std::move(points_) : std::vector<PathPoint>{};
  }

 private:
  std::vector<PathPoint> points_;
  double sum_ = 0;
};

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
  Slot end = plan.end;
  for (const TargetTurn& turn : plan.turns) {
    end = std::max(end, turn.end);
  }
  Season season;
  if (kpi.every.unit == Grain::Unit::kDay) {
    for (Slot day = plan.start; day < end; day.ms += kDayMs) {
      const Sample* like = judged.at(slot_of(like_last_year(date_of(day), calendar)));
      season.add(Slot{day.ms + kDayMs}, like != nullptr ? like->value : std::nan(""));
    }
  } else {
    const auto& values = judged.values;
    const auto ended_before = [&](const Sample& sample) { return season_end(sample.slot, kpi) <= plan.start; };
    for (auto at = std::partition_point(values.begin(), values.end(), ended_before);
         at != values.end() && season_end(at->slot, kpi) <= end;
         ++at) {
      season.add(season_end(at->slot, kpi), at->value);
    }
  }
  const double periods =
      static_cast<double>(end.ms - plan.start.ms) / static_cast<double>(kpi.every.span().approximate_ms());
  return std::move(season).points(periods);
}

}  // namespace kpi

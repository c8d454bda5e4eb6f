#pragma once
// The seasonal path of a target: how last year's periods added up, moved to this year. Pure; any thread may call it.

#include "rules/judge/target_path.hpp"
#include "rules/model/sample_table.hpp"

#include <vector>

namespace kpi {

/// The day of the year before that a day is to be like. A day of an event is like the same day of the event's nearest
/// occurrence around 52 weeks before, a holiday like the same date or the nearest holiday (of the same weekday, if
/// there is one); any other day like the same weekday 52 weeks before, or where that had a name, the nearest of the
/// weeks around it that had none.
Date like_last_year(Date day, const CalendarRules& calendar);

/// What last year's periods had added up to at the end of each of this year's; empty where less than nine tenths of
/// them have a value, or they add up to nothing. Days are moved by like_last_year(), shorter periods and weeks by 52
/// weeks, longer ones by a year.
std::vector<PathPoint> season_of(const TargetPlan& plan,
                                 const Kpi& kpi,
                                 const JudgedSeries& judged,
                                 const CalendarRules& calendar);

/// What a seasonal plan has of last year.
struct SeasonGap {
  std::int64_t known = 0;     ///< Periods with a value.
  std::int64_t periods = 0;   ///< Of so many.
  bool may_be_filled = true;  ///< It is enough, or becomes so when what is still to come has values.
};

/// `newest`: the newest period that was due; what was before it and has no value gets none any more.
SeasonGap season_gap(
    const TargetPlan& plan, const Kpi& kpi, const JudgedSeries& judged, Slot newest, const CalendarRules& calendar);

}  // namespace kpi

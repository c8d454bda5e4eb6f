#include "rules/expr/day_marks.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace kpi {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

bool has_day(const std::vector<Date>& dates, Date from, Date to) {
  const auto first = std::ranges::lower_bound(dates, from);
  return first != dates.end() && *first < to;
}

bool is_marked(const Grain& grain) {
  return grain.unit == Grain::Unit::kInterval || grain.unit == Grain::Unit::kDay || grain.unit == Grain::Unit::kWeek;
}

}  // namespace

DayMarks::DayMarks(const CalendarRules* calendar, const Grain& grain, const Zone& zone) : grain_(grain), zone_(zone) {
  if (calendar != nullptr && calendar->days != nullptr && is_marked(grain) &&
      !(calendar->days->holidays.empty() && calendar->days->events.empty())) {
    days_ = calendar->days.get();
  }
}

forecast::Mark DayMarks::of(Slot slot) const {
  const sys_days day{grain_.is_civil() ? date_of(slot)
                                       : Date{std::chrono::floor<days>(zone_.to_local(Instant{Duration{slot.ms}}))}};
  const bool is_week = grain_.unit == Grain::Unit::kWeek;
  const Date from{day};
  const Date to{day + days{is_week ? 7 : 1}};
  const unsigned weekend = !is_week && std::chrono::weekday{day}.iso_encoding() > 5 ? 1 : 0;
  unsigned kind = 1;
  for (const auto& [name, dates] : days_->events) {
    if (has_day(dates, from, to)) {
      return static_cast<forecast::Mark>(2 * kind + weekend);
    }
    ++kind;
  }
  return has_day(days_->holidays, from, to) ? static_cast<forecast::Mark>(2 * kind + weekend) : forecast::Mark{0};
}

}  // namespace kpi

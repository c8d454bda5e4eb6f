#pragma once
// What a review is about: a closed stretch of civil days, the one before it, and the same one a year ago. Pure; any
// thread.

#include "rules/base/calendar.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kpi {

/// Civil days from `from` to before `to`. A KPI's period belongs to the review in which it ends.
struct ReviewPeriod {
  enum class Kind : std::uint8_t { kWeek, kMonth, kQuarter, kYear, kRange };

  Kind kind = Kind::kRange;
  Date from;
  Date to;  ///< Not included.
  std::string
      name;  ///< As it would be asked for: "2026-Q3", "2026-09", "2026-W39", "2026", "2026-07-01 to 2026-08-15".

  bool operator==(const ReviewPeriod&) const = default;
};

/// "2026-Q3", "2026-09", "2026-W39" (as ISO 8601 counts weeks, cut where the calendar's weeks begin), "2026". Quarters
/// and years are fiscal: the year is named by the calendar year in which it begins. The error says what to write.
Result<ReviewPeriod> parse_review_period(ReviewPeriod::Kind kind, std::string_view text, const CalendarRules& calendar);

/// The one of that kind which holds the day. REQUIRES that it is no range.
ReviewPeriod review_period_holding(ReviewPeriod::Kind kind, Date day, const CalendarRules& calendar);

/// Any days; kInvalid when there is none.
Result<ReviewPeriod> review_range(Date from, Date to);

/// The last one of its kind that had ended on the day `today`; REQUIRES that it is no range.
ReviewPeriod last_review_period(ReviewPeriod::Kind kind, Date today, const CalendarRules& calendar);

/// The one before it: as long, and of a range as many days.
ReviewPeriod previous_of(const ReviewPeriod& period, const CalendarRules& calendar);
/// The same one a year ago; of weeks the one 52 weeks before, so that weekdays meet weekdays.
ReviewPeriod year_ago_of(const ReviewPeriod& period, const CalendarRules& calendar);

/// The part of `other` that stands beside the part of `period` before `until`: as many days, of periods of months or
/// longer as many of them. REQUIRES that `until` lies within the period.
ReviewPeriod first_part(const ReviewPeriod& other, const ReviewPeriod& period, Date until, Grain every);

}  // namespace kpi

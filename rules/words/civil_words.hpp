#pragma once
// Days, times, periods and lengths in the reader's language. Pure; any thread.
//
//                    en                    sv                       da                       nb
//   date             31 March 2026         31 mars 2026             31. marts 2026           31. mars 2026
//   time             31 March 2026 14:05   31 mars 2026 kl. 14:05   31. marts 2026 kl. 14.05 31. mars 2026 kl. 14:05
//   week             week 13, 23–29 March  v. 13, 23–29 mars 2026   uge 13, 23.–29. marts …  uke 13, 23.–29. mars …
//   quarter          Q1 2026               kvartal 1 2026           1. kvartal 2026          1. kvartal 2026
//
// Weeks that start on Monday are numbered as ISO 8601 says; others are given by their dates. Quarters and years are
// fiscal, and belong to the calendar year in which the fiscal year begins.

#include "rules/base/calendar.hpp"
#include "rules/base/units.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace kpi {

std::string date_words(Date date, Language language);
/// "Tuesday".
std::string_view weekday_words(Date date, Language language);
/// "Tuesday 31 March 2026".
std::string weekday_date_words(Date date, Language language);
/// "31 March".
std::string day_words(Date date, Language language);
/// "March"; "Mar". `month` counts from 1.
std::string_view month_words(unsigned month, Language language);
std::string_view short_month_words(unsigned month, Language language);
/// "14:05".
std::string clock_words(Instant instant, const Zone& zone, Language language);
/// "31 March 2026 14:05".
std::string time_words(Instant instant, const Zone& zone, Language language);
/// "23–29 March 2026", "30 March – 5 April 2026": both days included.
std::string dates_words(Date first, Date last, Language language);

/// How periods are cut, and where the reader is.
struct PeriodPlace {
  Zone zone;  ///< For periods shorter than a day.
  CalendarRules calendar;
};

/// The period of `every` that begins with `slot`: "30 March 2026", "week 13, 23–29 March 2026", "March 2026",
/// "Q1 2026", "2026", "30 March 2026 14:00–15:00".
std::string period_words(Slot slot, const Grain& every, const PeriodPlace& place, Language language);
/// Where it begins: a date, or a time.
std::string begin_words(Slot slot, const Grain& every, const Zone& zone, Language language);
/// "3 weeks": so many periods.
std::string lasting_words(std::int64_t periods, const Grain& every, Language language);
/// The week's number after ISO 8601.
int iso_week(Date day);

}  // namespace kpi

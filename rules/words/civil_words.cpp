#include "rules/words/civil_words.hpp"

#include "rules/words/language_words.hpp"
#include "rules/words/say.hpp"

#include <array>
#include <cstdio>

namespace kpi {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

std::string plain(int number) {
  return std::to_string(number);
}

std::string plain(unsigned number) {
  return std::to_string(number);
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string year_of(Date date) {
  return plain(static_cast<int>(date.year()));
}

std::string day_of(Date date) {
  return plain(static_cast<unsigned>(date.day()));
}

std::string_view month_of(Date date, Language language) {
  return month_words(static_cast<unsigned>(date.month()), language);
}

Date local_date(Instant instant, const Zone& zone) {
  return Date{std::chrono::floor<std::chrono::days>(zone.to_local(instant))};
}

std::string week_words(Slot slot, Slot end, const CalendarRules& calendar, Language language) {
  const Date first = date_of(slot);
  const std::string dates = dates_words(first, date_of(Slot{end.ms - kDayMs}), language);
  if (calendar.week_starts != std::chrono::Monday) {
    return dates;
  }
  return say(language, Phrase::kWeekAndDates, {{"n", plain(iso_week(first))}, {"dates", dates}});
}

std::string quarter_words(Date first, const CalendarRules& calendar, Language language) {
  const Date year = date_of(start_of_year(first, calendar));
  const auto months =
      (first.year() - year.year()).count() * 12 +
      (static_cast<int>(static_cast<unsigned>(first.month())) - static_cast<int>(static_cast<unsigned>(year.month())));
  return say(language, Phrase::kQuarter, {{"n", plain(static_cast<int>(months / 3 + 1))}, {"year", year_of(year)}});
}

std::string year_words(Date first, Language language) {
  if (first.month() == std::chrono::January && first.day() == std::chrono::day{1}) {
    return year_of(first);
  }
  const int next = static_cast<int>(first.year()) + 1;
  return say(language, Phrase::kFiscalYear, {{"first", year_of(first)}, {"last", two_digits(next % 100)}});
}

std::string interval_words(Slot slot, const Grain& every, const Zone& zone, Language language) {
  const Instant start{Duration{slot.ms}};
  const std::string date = date_words(local_date(start, zone), language);
  const std::string from = clock_words(start, zone, language);
  if (every.unit == Grain::Unit::kInstant) {
    return say(language, Phrase::kDateAndClock, {{"date", date}, {"clock", from}});
  }
  const Instant end{Duration{next_slot(slot, every, zone).ms}};
  return say(
      language, Phrase::kDateAndClocks, {{"date", date}, {"from", from}, {"to", clock_words(end, zone, language)}});
}

}  // namespace

int iso_week(Date day) {
  const std::chrono::sys_days at{day};
  const std::chrono::weekday weekday{at};
  const std::chrono::sys_days thursday = at + std::chrono::days{4 - static_cast<int>(weekday.iso_encoding())};
  const std::chrono::sys_days new_year{Date{thursday}.year() / 1 / 1};
  return static_cast<int>((thursday - new_year).count() / 7) + 1;
}

std::string_view month_words(unsigned month, Language language) {
  return language_words(language).months.at(month - 1);
}

std::string_view short_month_words(unsigned month, Language language) {
  return language_words(language).short_months.at(month - 1);
}

std::string date_words(Date date, Language language) {
  return say(
      language, Phrase::kDate, {{"day", day_of(date)}, {"month", month_of(date, language)}, {"year", year_of(date)}});
}

std::string_view weekday_words(Date date, Language language) {
  const std::chrono::weekday weekday{std::chrono::sys_days{date}};
  return language_words(language).weekdays.at(weekday.c_encoding());
}

std::string weekday_date_words(Date date, Language language) {
  return say(language,
             Phrase::kWeekdayAndDate,
             {{"weekday", weekday_words(date, language)},
              {"day", day_of(date)},
              {"month", month_of(date, language)},
              {"year", year_of(date)}});
}

std::string day_words(Date date, Language language) {
  return say(language, Phrase::kDayOfMonth, {{"day", day_of(date)}, {"month", month_of(date, language)}});
}

std::string clock_words(Instant instant, const Zone& zone, Language language) {
  const auto local = zone.to_local(instant);
  const std::int64_t minutes = (local - std::chrono::floor<std::chrono::days>(local)).count() / kMinuteMs;
  return say(language, Phrase::kClock, {{"hour", two_digits(minutes / 60)}, {"minute", two_digits(minutes % 60)}});
}

std::string time_words(Instant instant, const Zone& zone, Language language) {
  return say(
      language,
      Phrase::kDateAndClock,
      {{"date", date_words(local_date(instant, zone), language)}, {"clock", clock_words(instant, zone, language)}});
}

std::string dates_words(Date first, Date last, Language language) {
  if (first.year() != last.year()) {
    return say(
        language, Phrase::kDates, {{"first", date_words(first, language)}, {"last", date_words(last, language)}});
  }
  if (first.month() != last.month()) {
    return say(language,
               Phrase::kDatesOfYear,
               {{"first", day_of(first)},
                {"first_month", month_of(first, language)},
                {"last", day_of(last)},
                {"last_month", month_of(last, language)},
                {"year", year_of(last)}});
  }
  if (first == last) {
    return date_words(first, language);
  }
  return say(
      language,
      Phrase::kDatesOfMonth,
      {{"first", day_of(first)}, {"last", day_of(last)}, {"month", month_of(last, language)}, {"year", year_of(last)}});
}

std::string period_words(Slot slot, const Grain& every, const PeriodPlace& place, Language language) {
  if (!every.is_civil()) {
    return interval_words(slot, every, place.zone, language);
  }
  const Date first = date_of(slot);
  switch (every.unit) {
    case Grain::Unit::kWeek:
      return week_words(slot, next_slot(slot, every), place.calendar, language);
    case Grain::Unit::kMonth:
      return say(language, Phrase::kMonth, {{"month", month_of(first, language)}, {"year", year_of(first)}});
    case Grain::Unit::kQuarter:
      return quarter_words(first, place.calendar, language);
    case Grain::Unit::kYear:
      return year_words(first, language);
    default:
      return date_words(first, language);
  }
}

std::string begin_words(Slot slot, const Grain& every, const Zone& zone, Language language) {
  return every.is_civil() ? date_words(date_of(slot), language)
                          : time_words(Instant{Duration{slot.ms}}, zone, language);
}

std::string lasting_words(std::int64_t periods, const Grain& every, Language language) {
  switch (every.unit) {
    case Grain::Unit::kDay:
      return say(language, Phrase::kDays, {{"n", periods}});
    case Grain::Unit::kWeek:
      return say(language, Phrase::kWeeks, {{"n", periods}});
    case Grain::Unit::kMonth:
      return say(language, Phrase::kMonths, {{"n", periods}});
    case Grain::Unit::kQuarter:
      return say(language, Phrase::kQuarters, {{"n", periods}});
    case Grain::Unit::kYear:
      return say(language, Phrase::kYears, {{"n", periods}});
    default:
      break;
  }
  const std::int64_t minutes = periods * every.interval_ms / kMinuteMs;
  const bool whole_hours = minutes >= 120 && minutes % 60 == 0;
  return whole_hours ? say(language, Phrase::kHours, {{"n", minutes / 60}})
                     : say(language, Phrase::kMinutes, {{"n", minutes}});
}

}  // namespace kpi

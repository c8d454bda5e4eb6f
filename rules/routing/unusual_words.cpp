#include "rules/routing/unusual_words.hpp"

#include "rules/base/rounding.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <chrono>

namespace kpi {

std::string unusual_words(const Unusual& found, const Kpi& kpi, Slot slot, Language language) {
  constexpr int kDigits = 2;  // "2,100", not "2,137"
  const double width = found.high - found.low;
  const std::string low = format_value(rounded_beside(found.low, width, kDigits), kpi.unit, language);
  const std::string high = format_value(rounded_beside(found.high, width, kDigits), kpi.unit, language);
  if (found.periods == 0) {
    return say(language, Phrase::kUsualRange, {{"low", low}, {"high", high}});
  }
  if (!found.is_of_weekday) {
    return say(language,
               found.is_low ? Phrase::kLowestInTime : Phrase::kHighestInTime,
               {{"time", lasting_words(found.periods, kpi.every, language)}, {"low", low}, {"high", high}});
  }
  return say(language,
             found.is_low ? Phrase::kLowestWeekday : Phrase::kHighestWeekday,
             {{"weekday", weekday_words(date_of(slot), language)}, {"n", found.periods}, {"low", low}, {"high", high}});
}

std::string unusual_words(
    const Line& line, const Kpi& kpi, Slot slot, const CalendarRules& calendar, Language language) {
  const auto found = look_back(line.judged.values, kpi, slot, calendar);
  return found ? unusual_words(*found, kpi, slot, language) : "";
}

}  // namespace kpi

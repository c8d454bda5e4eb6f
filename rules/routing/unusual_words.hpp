#pragma once
// "lowest Tuesday in 14 weeks; usual 2,100 to 2,900 visits": what is unusual about a value, in the reader's language.
// Pure; any thread.

#include "rules/judge/line.hpp"
#include "rules/judge/unusual.hpp"

#include <string>

namespace kpi {

std::string unusual_words(const Unusual& found, const Kpi& kpi, Slot slot, Language language);
/// Empty: too few periods were judged to say what is usual.
std::string unusual_words(
    const Line& line, const Kpi& kpi, Slot slot, const CalendarRules& calendar, Language language);

}  // namespace kpi

#pragma once
// What is unusual about a judged period, for sentences: where values usually lie, and for how long none was as low or
// as high. From what was judged until then, and from nothing else. Pure; any thread may call it.

#include "rules/model/kpi.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace kpi {

struct Unusual {
  double low = 0;  ///< Nine values in ten lie between low and high.
  double high = 0;
  bool is_low = false;         ///< The lowest, else the highest, of
  std::int64_t periods = 0;    ///< so many periods, this one included; 0: it is neither.
  bool is_of_weekday = false;  ///< Only of the same weekdays: so many weeks.
};

/// By the season, the level and what the days that the calendar names usually do. Nothing without a value, or where too
/// few were judged to say what is usual.
/// `judged`: in time order; those after `slot` are not looked at.
std::optional<Unusual> look_back(std::span<const Sample> judged,
                                 const Kpi& kpi,
                                 Slot slot,
                                 const CalendarRules& calendar);

/// Whether the condition asks how unusual something is.
bool asks_for_unusual(const Program& condition);

}  // namespace kpi

#pragma once
// anomaly(), usual() and forecast(): what a series' history says of its newest value, or of a later one. Gaps are part
// of a history. For read_input.cpp; pure, any thread may call it.

#include "rules/expr/read_input.hpp"
#include "rules/forecast/anomaly.hpp"
#include "rules/forecast/named_days.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace kpi {

/// Whether the window is a history: as much of it as there is will do.
inline bool is_of_history(Aggregate how) {
  return how == Aggregate::kAnomaly || how == Aggregate::kForecast;
}

/// How much history such a function reads of values of `grain`.
Span history_of(const Grain& grain);

/// What is said of the newest of the values, one a period in slot order; NaN: there is none. `marks`: which of them the
/// calendar has a name for; none: it names no day. Nothing before enough are there.
std::optional<forecast::AnomalyVerdict> look_at_newest(std::span<const double> values,
                                                       std::span<const forecast::Mark> marks,
                                                       const Grain& grain);

/// REQUIRES values not empty, in slot order. `as.quantile` of an anomaly: 1 for what was to be expected, 0 for the
/// score; of a forecast: the day that is asked for, as a slot.
Value judge_history(std::span<const Sample> values, const Aggregation& as, std::int16_t index);

}  // namespace kpi

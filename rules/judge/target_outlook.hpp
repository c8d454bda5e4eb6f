#pragma once
// What a target's KPI will be at the deadline, and how probable it is that the goal is reached: from what was judged up
// to a period, and from nothing else, so that a live run, a replay and a test say the same. Pure; any thread may call
// it.

#include "rules/judge/slot_set.hpp"
#include "rules/judge/target.hpp"
#include "rules/model/kpi.hpp"
#include "rules/model/sample.hpp"
#include "rules/model/verdict.hpp"

#include <optional>
#include <span>

namespace kpi {

/// With fewer values no honest forecast is possible.
inline constexpr std::size_t kLeastForForecast = 8;

/// Where a target's measure stands after a period.
struct OutlookTask {
  const Kpi* kpi = nullptr;
  const TargetPlan* plan = nullptr;
  std::span<const Sample> judged;   ///< In time order; those from `slot` on are not looked at. NaN: without data.
  Slot slot;                        ///< The period.
  double value = 0;                 ///< Its value.
  Slot end;                         ///< Its end, on the civil axis.
  TargetTally tally;                ///< It included.
  const SlotSet* met = nullptr;     ///< The judged periods that were met,
  const SlotSet* missed = nullptr;  ///< and those that were not; a share of met periods needs them.
  Verdict verdict{};                ///< Of the period.
  const CalendarRules* calendar = nullptr;  ///< Whose named days are known; null: none.
};

/// Nothing when there are too few values, no period is left, or the deadline is too far away.
std::optional<TargetOutlook> look_ahead(const OutlookTask& task);

}  // namespace kpi

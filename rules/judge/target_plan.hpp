#pragma once
// From a KPI's targets to plans: the periods of `each`, deadlines as dates, names. And what a plan takes from the
// ledger when it starts: a measured baseline, last year's season. Pure; any thread may call it.

#include "rules/judge/target_path.hpp"
#include "rules/model/sample_table.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// What plans need to know besides the rule.
struct PlanGround {
  CalendarRules calendar;
  /// When a target of this name, whose rule gives no start, was first loaded.
  std::function<Slot(const std::string& name)> first_load;
  Slot today;  ///< Plans of `each` are made until this day.
};

/// The plans of the total or of a segment, in time order; those that start with something measured lack it.
std::vector<TargetPlan> plans_of(const Kpi& kpi, const Labels& segment, const PlanGround& ground);

/// Measures what a plan lacks from the periods judged before its start (or a year before them). What it still lacks
/// after that, it may find later. `calendar`: whose named days a season knows.
void complete_plan(
    TargetPlan& plan, const Target& target, const Kpi& kpi, const JudgedSeries& judged, const CalendarRules& calendar);

/// Whether the target is a budget that is not to be exceeded: a total of what is better when less.
bool is_ceiling(const Target& target, const Better& better);

/// The plan that a period ending at `end` is judged by: the last one that has begun, or the first. Its index; nothing
/// when there are none.
std::optional<std::uint32_t> plan_for(const std::vector<TargetPlan>& plans, Slot end);

/// The target's keys, one a line: a target with other keys is another version. Changes come last, each a line that
/// begins with "change ".
std::string target_text(const Target& target);
/// Such a text without the changes that have a reason.
std::string_view without_changes(std::string_view target_text);

/// A slot of the KPI's periods on the civil axis.
Slot civil_slot(Slot slot, const Kpi& kpi);

}  // namespace kpi

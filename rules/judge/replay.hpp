#pragma once
// Judging periods again that later ones were judged after. For line.cpp; pure.

#include "rules/judge/line.hpp"

#include <map>

namespace kpi {

/// Gives the periods of `again` their values and moves the alert machines anew from the last period before them at
/// which all were quiet, or the last edit of the rule. Those that were judged before that edit are judged anew alone:
/// the machines stay as they were. REQUIRES that none is later than `line.stepped`.
void replay(Line& line,
            const KpiPlan& plan,
            const JudgeContext& context,
            const std::map<Slot, Value>& again,
            LineChanges& changes);

/// The alerts as they stood after the period `last`, found from where all were quiet, or the last edit, before it.
/// REQUIRES that the samples that those periods were judged by are there.
AlertStates states_after(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot last);

}  // namespace kpi

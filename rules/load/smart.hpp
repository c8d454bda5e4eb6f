#pragma once
// What keeps KPIs from being SMART, as warnings of `kpid check`: a look at rules that have loaded. Pure; any thread may
// call it.

#include "rules/base/diagnostic.hpp"
#include "rules/model/kpi.hpp"

namespace kpi {

/// Only KPIs with a target, thresholds or alerts are held to it: the others are numbers on the way to one. A warning
/// names all KPIs of a file that lack the same thing, and stands at the first.
void check_smart(const RuleSet& rules, Date today, Diagnostics& diagnostics);

}  // namespace kpi

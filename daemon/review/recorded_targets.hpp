#pragma once
// Targets that a KPI had and that its rule no longer has: removed, edited, or followed by another in their place. For
// review_targets.cpp. Pure; any thread.

#include "daemon/store/history_reader.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/model/kpi.hpp"

#include <vector>

namespace kpi {

/// The KPI with the targets of each earlier rule that had other ones, the newest first; no formula. `definitions` are
/// all that the history has, in its order. Positions point into `texts`.
std::vector<Kpi> with_recorded_targets(const Kpi& kpi,
                                       const std::vector<KnownDefinition>& definitions,
                                       const CalendarRules& calendar,
                                       SourceSet& texts);

}  // namespace kpi

#pragma once
// What became of KPIs that were renamed: `was: [NAME]` carries their history over. Pure; any thread.

#include "rules/model/kpi.hpp"

#include <functional>
#include <map>
#include <string>

namespace kpi {

/// The names that KPIs had before, each with the name of now. A name that another KPI has now is that KPI's.
std::map<std::string, std::string, std::less<>> earlier_names(const RuleSet& rules);

/// Whether the KPI has this segment: the total, or one of its splits. A former name's others are not carried over.
bool has_segment(const Kpi& kpi, const Labels& segment);

}  // namespace kpi

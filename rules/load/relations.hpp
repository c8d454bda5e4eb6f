#pragma once
// What KPIs say of each other: `was` and `inhibits`. Pure; for rule_file.cpp.

#include "rules/load/raw_kpi.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// `by_name` finds KPIs among `kpis`; `compiled` gives the KPI as it goes into the rule set, or null while something is
/// wrong with it.
void check_relations(const std::vector<RawKpi>& kpis,
                     const std::map<std::string, std::size_t, std::less<>>& by_name,
                     const std::function<const Kpi*(std::string_view id)>& compiled,
                     Diagnostics& diagnostics);

}  // namespace kpi

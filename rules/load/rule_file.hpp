#pragma once
// The `kpis:` of rule files: from YAML nodes to a RuleSet, or everything that is wrong with all of them.

#include "rules/base/diagnostic.hpp"
#include "rules/load/yaml.hpp"
#include "rules/model/kpi.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// What the rules stand on.
struct RuleGround {
  std::vector<Metric> metrics;
  CalendarRules calendar;
  Zone zone;                ///< The daemon's: for KPIs whose inputs do not agree on one.
  double false_alarms = 1;  ///< A month, of all KPIs together: what unusual() may be wrong about.
};

/// Loads the maps under `kpis:` of one file or several. Nothing when there was an error. Warnings may remain in any
/// case.
std::optional<RuleSet> load_kpis(const std::vector<const YamlNode*>& kpis, RuleGround ground, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// What `kpid check` says of conditions that contradict themselves and of limits that no value can miss. One thread.

#include "rules/base/diagnostic.hpp"
#include "rules/model/kpi.hpp"

#include <functional>

namespace kpi {

/// `is_never_negative`: whether the history has values of that KPI, and none below 0.
void check_never(const RuleSet& rules,
                 const std::function<bool(const Kpi&)>& is_never_negative,
                 Diagnostics& diagnostics);

/// Where a KPI's alert, threshold or `value` (`key`) is written; the KPI's own place where that cannot be found.
Position place_of_rule(const Kpi& kpi, std::string_view key);

}  // namespace kpi

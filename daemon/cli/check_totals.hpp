#pragma once
// What `kpid check` says of totals that need rows of their own, where none came. One thread.

#include "rules/base/diagnostic.hpp"
#include "rules/model/kpi.hpp"

#include <cstdint>
#include <functional>

namespace kpi {

/// `has_total_rows`: whether the history has rows without labels of that metric.
void check_totals(const RuleSet& rules,
                  const std::function<bool(std::uint32_t)>& has_total_rows,
                  Diagnostics& diagnostics);

}  // namespace kpi

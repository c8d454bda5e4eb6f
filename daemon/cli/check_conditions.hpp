#pragma once
// What `kpid check` says of conditions and limits that can never be told, by the history. One thread.

#include "rules/base/diagnostic.hpp"
#include "rules/judge/line.hpp"

#include <cstddef>
#include <vector>

namespace kpi {

/// So many of the newest periods of a line are looked at, and nothing is said of fewer than the fewest.
constexpr std::size_t kCheckedPeriods = 30;
constexpr std::size_t kFewestPeriods = 8;

/// Conditions and limits that were unknown in all of those periods: they can neither fire nor end anything.
void check_conditions(const Kpi& kpi,
                      const std::vector<const Line*>& lines,
                      const JudgeContext& context,
                      Diagnostics& diagnostics);

}  // namespace kpi

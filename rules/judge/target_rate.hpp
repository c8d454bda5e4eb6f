#pragma once
// How fast a target's measure has moved, beside how fast it still must: over the last four weeks, and the best it ever
// held for as long as is left. Of a level: the change per period (on a compound path its growth rate); of a total or a
// mean: the mean of a period; of a share of met periods: the share that was met. Pure; any thread may call it.

#include "rules/judge/line.hpp"

#include <optional>

namespace kpi {

struct TargetRates {
  std::optional<double> recent;
  std::optional<double> best;
};

/// As things stand after the newest period. Where less than twice as much has been judged as is left, the best is that
/// of half of what there is: it flatters. Nothing without a standing on a target.
TargetRates rates_of(const Line& line, const Kpi& kpi);

}  // namespace kpi

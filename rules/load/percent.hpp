#pragma once
// Percentages made by hand, which a value in % must not be. Pure.

#include "rules/load/raw_kpi.hpp"

namespace kpi {

/// Warns of a value in % whose formula is multiplied by 100, or a plain number added to it: 2.8 % is 0.028, so both
/// make hundreds of percent of it, and no limit below that is ever missed.
void check_percent(const RawKpi& raw, Diagnostics& diagnostics);

}  // namespace kpi

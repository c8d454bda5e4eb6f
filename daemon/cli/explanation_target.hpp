#pragma once
// How a target came to be what it is: what was changed, what it was before, and why. For `kpid explain`.

#include "daemon/cli/explanation.hpp"

namespace kpi {

/// Of the target that judges the period `slot` of the line, oldest first: what `changes:` says, and goals that were
/// edited without a word, of a period that `is_past` by its end.
Result<std::vector<TargetChangeFinding>> target_changes(
    const Kpi& kpi, const Line& line, Slot slot, bool is_past, const Zone& zone, HistoryReader& history);

/// "changed 2026-10-01 from 3% to 3.5%: the campaign goes on"
std::string text_of(const TargetChangeFinding& change, const Unit& unit);

}  // namespace kpi

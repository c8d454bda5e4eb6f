#pragma once
// Puts a line back on its target from the ledger: what was said stays said, and no forecast but the newest is made
// again. Pure; any thread may call it.

#include "rules/judge/line.hpp"

#include <optional>
#include <vector>

namespace kpi {

/// The end of a line's ledger that its target stands on.
struct TargetTail {
  std::optional<VerdictRow> before;  ///< The period before `rows`.
  std::vector<VerdictRow> rows;      ///< The newest period with a value, and those after it.

  /// REQUIRES the line's rows in slot order.
  void add(const VerdictRow& row);
};

/// Sets `target_standing`. REQUIRES a line with its judged periods and completed plans. A status that the present rule
/// gave is the ledger's; after another rule it is found anew.
/// `last_step`: a deadline that had passed by then has decided, though the ledger has how the target stood before.
void stand_on_ledger(
    Line& line, const Kpi& kpi, const TargetTail& tail, const CalendarRules& calendar, Instant last_step);

}  // namespace kpi

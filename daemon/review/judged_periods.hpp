#pragma once
// The periods of the ledger: a KPI may have been judged by longer or shorter ones than its rule has now. Any thread.

#include "daemon/store/history_reader.hpp"
#include "rules/model/kpi.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace kpi {

/// The end of a judged period on the axis of the KPI's slots of now, whatever `every` was when it was judged: a civil
/// date, or an instant where the KPI has intervals. `slot` and `period` are the row's.
Slot end_of(Slot slot, const Period& period, const Kpi& kpi);

/// `every` of a recorded rule, see KnownRule.
std::optional<Grain> every_of(std::string_view rule);

/// The longest period by which any KPI is judged or was, at most a year; in milliseconds.
Result<std::int64_t> longest_period(const RuleSet& rules, HistoryReader& reader);

}  // namespace kpi

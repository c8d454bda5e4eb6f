// What the ledger tells a line at the start: its judged periods, where it stands, and what it still waits for.

#include "daemon/engine/engine.hpp"
#include "rules/judge/target_tail.hpp"

#include <cmath>
#include <limits>

namespace kpi {

Result<void> Engine::restore_verdicts() {
  std::vector<int> quiet_periods(lines_.size(), kFlapWindow + 1);
  std::vector<TargetTail> tails(lines_.size());
  constexpr Slot kEarliest{std::numeric_limits<std::int64_t>::min()};
  constexpr Slot kLatest{std::numeric_limits<std::int64_t>::max()};
  KPI_TRY(store_.verdicts(kEarliest, kLatest, 0, [&](const VerdictRow& row) {
    const std::uint32_t place = row.line < line_of_id_.size() ? line_of_id_[row.line] : 0;
    if (place == 0) {
      return;
    }
    Line& line = lines_[place - 1];
    const Value value = std::isnan(row.value) ? Value::unknown(row.reason) : Value::of(row.value);
    line.judged.put(row.slot, row.value);
    note_verdict(line, rules_.kpis[line.kpi], row);
    if (!line.plans.empty()) {
      complete_target(line, rules_.kpis[line.kpi], row.slot, rules_.calendar);
      tails[place - 1].add(row);
    }
    line.newest = row.slot;
    line.stepped = row.slot;
    line.verdict = row.verdict;
    line.reason = row.reason;
    if ((value.is_known() && !line.unsure.contains(row.slot)) || value.is_excused()) {
      line.known = row.slot;
    }
    // Changes of the last periods are remembered for a while after all is quiet.
    int& quiet = quiet_periods[place - 1];
    quiet = row.state != KpiState::kOk ? 0 : value.is_known() ? quiet + 1 : quiet;
    if (quiet <= kFlapWindow) {
      line.busy.insert(row.slot);
    }
  }));
  for (std::uint32_t i = 0; i < lines_.size(); ++i) {
    if (!tails[i].rows.empty()) {
      const Instant last_step = last_step_.value_or(Instant::min());
      stand_on_ledger(lines_[i], rules_.kpis[lines_[i].kpi], tails[i], rules_.calendar, last_step);
    }
  }
  return {};
}

/// Periods that were due at the last step and have no verdict are still waited for, whether or not later ones have one.
void Engine::remember_due(Line& line) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  if (!line.first || !last_step_) {
    return;
  }
  const KpiPlan& plan = plan_of(line);
  Slot due = line.newest ? next_slot(*line.newest, kpi.every, kpi.zone) : *line.first;
  for (; plan.due(kpi, due) <= *last_step_; due = next_slot(due, kpi.every, kpi.zone)) {
    line.newest = due;
    line.awaiting.insert(due);
  }
  if (!line.stepped) {
    return;
  }
  for (Slot slot = *line.first; slot < *line.stepped; slot = next_slot(slot, kpi.every, kpi.zone)) {
    if (line.judged.at(slot) == nullptr) {
      line.awaiting.insert(slot);
      line.busy.insert(slot);  // perhaps; a replay that begins before it ends the same
    }
  }
}

}  // namespace kpi

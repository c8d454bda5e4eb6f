// What the ledger tells a line at the start: its judged periods, where it stands, and what it still waits for.

#include "daemon/engine/engine.hpp"
#include "rules/judge/target_tail.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace kpi {
namespace {

/// Whether the period has the length that the KPI's periods have, but for an hour that the clock was moved.
bool is_of(const Kpi& kpi, const VerdictRow& row, const CalendarRules& calendar) {
  const std::int64_t length = (row.period.end - row.period.start).count();
  if (!kpi.every.is_civil()) {
    return length == kpi.every.interval_ms || row.period == period_of(row.slot, kpi.every, kpi.zone);
  }
  if (slot_at(date_of(row.slot), kpi.every, calendar) != row.slot) {
    return false;
  }
  const std::int64_t wanted = next_slot(row.slot, kpi.every).ms - row.slot.ms;
  return 2 * std::abs(length - wanted) < wanted;
}

}  // namespace

/// `stood`: by line, the state that its last row has.
Result<void> Engine::restore_verdicts(std::vector<KpiState>& stood, LastOfEarlierRule& earlier) {
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
    const Kpi& kpi = rules_.kpis[line.kpi];
    if (!is_of(kpi, row, rules_.calendar)) {
      const Slot after = slot_at(row.period.end, kpi.every, kpi.zone, rules_.calendar);
      line.not_before = std::max(line.not_before.value_or(after), after);
      return;
    }
    const Value value = std::isnan(row.value) ? Value::unknown(row.reason) : Value::of(row.value);
    line.judged.put(row.slot, row.value);
    if (row.rule_version != line.rule_version && value.is_known()) {
      earlier[place - 1] = row.slot;
    }
    note_verdict(line, kpi, row);
    if (!line.plans.empty()) {
      complete_target(line, kpi, row.slot, rules_.calendar);
      tails[place - 1].add(row);
    }
    stood[place - 1] = row.state;
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
    Line& line = lines_[i];
    if (line.not_before && line.stepped && *line.stepped < *line.not_before) {
      line.newest.reset();  // those between were judged in periods of the other length
      line.stepped.reset();
    } else if (!tails[i].rows.empty()) {
      const Instant last_step = last_step_.value_or(Instant::min());
      stand_on_ledger(line, rules_.kpis[line.kpi], tails[i], rules_.calendar, last_step);
    }
  }
  return {};
}

/// Alerts remember when their rule was edited. Where they are lost, the ledger tells what it was not the rule of.
void Engine::restore_edits(const LastOfEarlierRule& earlier) {
  for (const auto& [index, last] : earlier) {
    Line& line = lines_[index];
    if (!line.edit && nothing_is_on(line)) {
      const AlertStates none{AlertState{}, AlertState{}, std::vector<AlertState>(line.alerts.size())};
      line.edit = std::make_shared<const Edit>(Edit{last, none});
    }
  }
}

/// Periods that were due at the last step and have no verdict are still waited for, whether or not later ones have one.
/// Of those that were judged once, and are lost, none is that needs samples which are gone.
void Engine::remember_due(Line& line) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  if (!line.first || !last_step_) {
    return;
  }
  const KpiPlan& plan = plan_of(line);
  const JudgeContext context = judge_context(*last_step_);
  const auto kept_from = [&](std::uint32_t metric) { return sources_[source_of_metric_[metric]].row.kept_from; };
  const std::function<bool(const Line&, Slot)> needs_gone = [&](const Line& of, Slot slot) {
    return reads_before(of, context, slot, kept_from) ||
           std::ranges::any_of(rules_.kpis[of.kpi].value.kpis, [&](const KpiInput& input) {
             auto used = line_index_.find({input.kpi, input.of_total ? Labels{} : of.segment});
             used = used == line_index_.end() ? line_index_.find({input.kpi, Labels{}}) : used;
             return !input.is_self && used != line_index_.end() && lines_[used->second].judged.at(slot) == nullptr &&
                    needs_gone(lines_[used->second], slot);
           });
  };
  const auto is_gone = [&](Slot slot) { return line.stepped && needs_gone(line, slot); };
  Slot due = line.newest ? next_slot(*line.newest, kpi.every, kpi.zone) : *line.first;
  for (; plan.due(kpi, due) <= *last_step_; due = next_slot(due, kpi.every, kpi.zone)) {
    line.newest = due;
    if (is_gone(due)) {
      line.known = due;  // for all that is known it had data
    } else {
      line.awaiting.insert(due);
    }
  }
  if (!line.stepped) {
    return;
  }
  for (Slot slot = *line.first; slot < *line.stepped; slot = next_slot(slot, kpi.every, kpi.zone)) {
    if (line.judged.at(slot) == nullptr && !is_gone(slot)) {
      line.awaiting.insert(slot);
      line.busy.insert(slot);  // perhaps; a replay that begins before it ends the same
    }
  }
}

}  // namespace kpi

// What of alerts and states is written down in a step.

#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/notify/message_json.hpp"

#include <cmath>

namespace kpi {

/// Keeps what must survive of each alert of a line, when it has changed.
void Engine::write_alerts(std::uint32_t index) {
  static const AlertState kNoState;
  static const NoDataState kNoNoData;
  static const AlertMemory kNothing;
  const Line& line = lines_[index];
  const auto& stored_of_line = told_[index].stored;
  for (const AlertSlot& alert : alerts_of(index)) {
    const AlertState& state = alert.state != nullptr ? *alert.state : kNoState;
    const NoDataState& no_data = alert.state == nullptr ? line.no_data : kNoNoData;
    const AlertMemory* stored = &kNothing;
    if (!stored_of_line.empty()) {
      const auto found = stored_of_line.find(rule_name(rules_.kpis[line.kpi], alert.rule, alert.index));
      stored = found == stored_of_line.end() ? stored : &found->second;
    }
    const std::optional<Slot> edited = line.edit ? std::optional(line.edit->last) : std::nullopt;
    const AlertState& at_edit = line.edit && alert.state != nullptr ? state_in(line.edit->alerts, alert) : kNoState;
    if (stored->state == state && stored->told == *alert.told && stored->no_data == no_data &&
        stored->edited == edited && stored->at_edit == at_edit) {
      continue;
    }
    AlertMemory memory{state, *alert.told, no_data};
    memory.edited = edited;
    memory.at_edit = at_edit;
    write_alert(index, alert, std::move(memory));
  }
}

void Engine::write_alert(std::uint32_t index, const AlertSlot& alert, AlertMemory memory) {
  const Line& line = lines_[index];
  const Kpi& kpi = rules_.kpis[line.kpi];
  const AlertState& state = memory.state;
  AlertRow row;
  row.line = line.id;
  row.rule = rule_name(kpi, alert.rule, alert.index);
  row.phase = state.phase;
  row.severity = state.severity;
  row.episode = state.episode;
  std::optional<Slot> since = state.since;
  if (alert.state == nullptr) {
    const NoDataState& no_data = memory.no_data;
    row.phase = no_data.is_on ? AlertPhase::kFiring : no_data.first ? AlertPhase::kPending : AlertPhase::kInactive;
    row.severity = no_data.first ? kpi.no_data.severity : Severity::kNone;
    row.episode = no_data.episode;
    since = no_data.first;
  }
  if (since) {
    row.since = start_of(*since, kpi.every, kpi.zone);
  }
  row.machine = encode_alert(memory);
  if (row.machine.empty()) {
    told_[index].stored.erase(row.rule);
  } else {
    told_[index].stored.insert_or_assign(row.rule, std::move(memory));
  }
  commit_.alerts.push_back(std::move(row));
}

/// What has come of periods that have ended and may still be restated.
void Engine::add_provisional(const Line& line, Instant now, StatusRow& row) const {
  constexpr int kMostPeriods = 31;
  const Kpi& kpi = rules_.kpis[line.kpi];
  Slot slot = slot_at(now, kpi.every, kpi.zone, rules_.calendar);
  for (int i = 0; i < kMostPeriods; ++i) {
    slot = next_slot(slot, kpi.every, kpi.zone, -1);
    if (slot <= *line.stepped) {
      return;
    }
    if (const Value value = provisional_value(line, judge_context(now), slot); std::isfinite(value.number)) {
      row.provisional = period_of(slot, kpi.every, kpi.zone);
      row.provisional_value = value.number;
      return;
    }
  }
}

void Engine::write_status(const Line& line, Instant now) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  StatusRow row;
  row.line = line.id;
  const std::optional<Slot> slot = line.stepped ? line.stepped : line.first;
  if (!slot) {
    return;
  }
  row.slot = *slot;
  row.period = period_of(*slot, kpi.every, kpi.zone);
  if (line.stepped) {
    const Sample* judged = line.judged.at(*slot);
    row.value = judged != nullptr ? judged->value : std::nan("");
    row.verdict = line.verdict;
    row.reason = line.reason;
    add_provisional(line, now, row);
    if (line.has_left) {
      row.value = std::nan("");
      row.verdict = Verdict::kNoData;
      row.reason = Reason::kSourceEdited;
    }
  } else {
    const Value value = provisional_value(line, judge_context(now), *slot);
    row.value = value.number;
    row.reason = value.reason;
    row.verdict = Verdict::kProvisional;
  }
  row.state = state_of(line);
  row.severity = severity_of(line);
  const AlertState* firing = nullptr;
  for (const AlertState* state : {&line.thresholds, &line.target}) {
    firing = state->phase == AlertPhase::kFiring && (firing == nullptr || state->severity > firing->severity) ? state
                                                                                                              : firing;
  }
  for (const AlertState& state : line.alerts) {
    firing = state.phase == AlertPhase::kFiring && (firing == nullptr || state.severity > firing->severity) ? &state
                                                                                                            : firing;
  }
  const std::optional<Slot> since = firing != nullptr                               ? firing->since
                                    : line.no_data.first                            ? line.no_data.first
                                    : line.thresholds.phase == AlertPhase::kPending ? line.thresholds.since
                                                                                    : std::nullopt;
  if (since) {
    row.since = start_of(*since, kpi.every, kpi.zone);
  }
  if (!line.plans.empty() && !line.has_left) {
    row.target = target_view_json(describe_target(kpi, line, Language::kEnglish, now));
  }
  commit_.statuses.push_back(std::move(row));
}

}  // namespace kpi

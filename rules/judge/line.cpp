#include "rules/judge/line.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "rules/base/text.hpp"

namespace kpi {
namespace {

const Kpi& kpi_of(const Line& line, const JudgeContext& context) {
  return context.rules->kpis[line.kpi];
}

Slot civil_slot(Slot slot, const Kpi& kpi) {
  if (kpi.every.is_civil()) {
    return slot;
  }
  return Slot{kpi.zone.to_local(Instant{Duration{slot.ms}}).time_since_epoch().count()};
}

EvaluationContext evaluation(const Line& line, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  EvaluationContext result;
  result.rules = context.rules;
  result.table = context.table;
  result.frame = Frame{slot, kpi.every, kpi.over, kpi.zone};
  result.complete = kpi.complete;
  return result;
}

Instant since_of(Slot slot, const Kpi& kpi) {
  return start_of(slot, kpi.every, kpi.zone);
}

// --- has the period its samples? ---

bool has_last_grain(const MetricInput& input, std::span<const std::uint32_t> series, const Line& line, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  const Metric& metric = context.rules->metrics[input.metric];
  const Window window = window_of(Frame{slot, kpi.every, kpi.over, kpi.zone}, input, metric);
  Slot last = window.from;
  if (metric.grain.unit == Grain::Unit::kInstant) {
    last = kpi.every.is_civil() ? Slot{start_of(slot, kpi.every, kpi.zone).time_since_epoch().count()} : slot;
  } else {
    last = next_slot(window.to, metric.grain, -1);
  }
  return std::any_of(series.begin(), series.end(), [&](std::uint32_t id) {
    return !context.table->range(id, last, window.to).empty();
  });
}

bool is_ready(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  for (std::size_t i = 0; i < kpi.value.metrics.size(); ++i) {
    const MetricInput& input = kpi.value.metrics[i];
    if (!input.back.empty()) {
      continue;
    }
    if (context.rules->metrics[input.metric].missing != Missing::kUnknown) {
      const auto& read_at = (*context.read_at)[input.metric];
      if (!read_at || *read_at < plan.due(kpi, slot)) {
        return false;
      }
      continue;
    }
    if (!has_last_grain(input, line.value_inputs.series[i], line, context, slot)) {
      return false;
    }
  }
  for (std::size_t i = 0; i < kpi.value.kpis.size(); ++i) {
    const JudgedSeries* judged = line.value_inputs.kpis[i];
    if (judged == nullptr || !kpi.value.kpis[i].back.empty()) {
      continue;
    }
    const Window window = window_of(Frame{slot, kpi.every, kpi.over, kpi.zone}, kpi.value.kpis[i], judged->grain);
    const Slot last = next_slot(window.to, judged->grain, -1);
    if (judged->grain == kpi.every && !judged->values.empty() && judged->values.front().slot <= last &&
        judged->at(last) == nullptr) {
      return false;
    }
  }
  return true;
}

/// The window reaches back before there was anything.
bool is_warming_up(const Line& line, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  const Frame frame{slot, kpi.every, kpi.over, kpi.zone};
  for (std::size_t i = 0; i < kpi.value.metrics.size(); ++i) {
    const MetricInput& input = kpi.value.metrics[i];
    const Window window = window_of(frame, input, context.rules->metrics[input.metric]);
    for (const std::uint32_t id : line.value_inputs.series[i]) {
      const auto& samples = (*context.table)[id].samples;
      if (!samples.empty() && samples.front().slot <= window.from) {
        return false;
      }
    }
  }
  return true;
}

Value judge_value(const Line& line, const JudgeContext& context, Slot slot) {
  Value value = evaluate(kpi_of(line, context).value, line.value_inputs, evaluation(line, context, slot));
  if (!value.is_known() && line.known == std::nullopt && is_warming_up(line, context, slot)) {
    value.reason = Reason::kWarmingUp;
  }
  return value;
}

// --- alerts ---


bool is_quiet(const Line& line) {
  const auto inactive = [](const AlertState& state) { return state.phase == AlertPhase::kInactive; };
  return inactive(line.thresholds) && inactive(line.target) && std::all_of(line.alerts.begin(), line.alerts.end(), inactive);
}

std::array<Standing, 3> standing_of_condition(const Value& condition, Severity severity) {
  std::array<Standing, 3> result{Standing::kFine, Standing::kFine, Standing::kFine};
  const std::size_t rung = static_cast<std::size_t>(severity) - 1;
  result.at(rung) = !condition.is_known() ? Standing::kUnknown : condition.is_true() ? Standing::kMissed : Standing::kFine;
  return result;
}

std::array<Standing, 3> standing_of_target(const Target& target, const TargetStanding& standing, bool is_known) {
  std::array<Standing, 3> result{Standing::kFine, Standing::kFine, Standing::kFine};
  if (!is_known && !standing.is_final) {
    return {Standing::kUnknown, Standing::kUnknown, Standing::kUnknown};
  }
  const bool is_trouble = standing.status == TargetStatus::kAtRisk || standing.status == TargetStatus::kOffTrack ||
                          standing.status == TargetStatus::kMissed;
  const Severity severity = target.severity.at(static_cast<std::size_t>(standing.status));
  if (is_trouble && severity != Severity::kNone) {
    result.at(static_cast<std::size_t>(severity) - 1) = Standing::kMissed;
  }
  return result;
}

std::optional<double> last_known_value(const Line& line, Slot before) {
  const auto& values = line.judged.values;
  auto at = std::lower_bound(
      values.begin(), values.end(), before, [](const Sample& sample, Slot slot) { return sample.slot < slot; });
  while (at != values.begin()) {
    --at;
    if (!std::isnan(at->value)) {
      return at->value;
    }
  }
  return std::nullopt;
}

/// What one period did to a line.
struct Judged {
  Slot slot;
  Value value;
  PeriodJudgement judgement;
  TargetStanding target;
};

TargetStanding stand_on_target(const Line& line, const Kpi& kpi, Slot slot, const Value& value) {
  if (!line.plan || !kpi.target) {
    return {};
  }
  TargetPeriod period;
  const Slot end = next_slot(slot, kpi.every);
  period.end = civil_slot(end, kpi);
  period.next_end = civil_slot(next_slot(end, kpi.every), kpi);
  if (!value.is_known()) {
    period.last_known = last_known_value(line, slot);
  }
  return judge_target(*kpi.target, *line.plan, period, value, line.target_standing.status);
}

std::array<std::optional<double>, 6> target_fields(const Line& line, const TargetStanding& standing) {
  std::array<std::optional<double>, 6> fields;
  if (line.plan) {
    fields = {standing.expected, standing.pace, standing.progress, standing.required, standing.days_left, line.plan->goal};
  }
  return fields;
}

PeriodJudgement judge_conditions(const Line& line, const JudgeContext& context, Slot slot, const Value& value, const TargetStanding& standing) {
  const Kpi& kpi = kpi_of(line, context);
  PeriodJudgement result;
  result.value = value;
  EvaluationContext eval = evaluation(line, context, slot);
  eval.own = value;
  if (kpi.thresholds) {
    const auto limit = [&](const std::optional<Program>& program, const Inputs& inputs) {
      return program ? std::optional(evaluate(*program, inputs, eval)) : std::nullopt;
    };
    result.limits = {limit(kpi.thresholds->warning, line.warning_inputs),
                     limit(kpi.thresholds->critical, line.critical_inputs),
                     limit(kpi.thresholds->recover, line.recover_inputs)};
    result.thresholds = judge_thresholds(value, result.limits, kpi.better);
  }
  const auto fields = target_fields(line, standing);
  eval.target_fields = fields;
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    result.conditions.push_back(evaluate(kpi.alerts[i].when, line.alert_inputs[i], eval));
  }
  return result;
}

/// Moves all machines of the line over one period.
void step_machines(Line& line, const Kpi& kpi, const KpiPlan& plan, const Judged& judged) {
  const Cadence cadence{kpi.every, kpi.zone};
  Observation observation;
  observation.slot = judged.slot;
  observation.due = plan.due(kpi, judged.slot);
  observation.has_data = judged.value.is_known();
  if (kpi.thresholds) {
    observation.standing = judged.judgement.thresholds.rungs;
    step(line.thresholds, observation, kpi.thresholds->patience, cadence);
  }
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    observation.standing = standing_of_condition(judged.judgement.conditions[i], kpi.alerts[i].severity);
    step(line.alerts[i], observation, kpi.alerts[i].patience, cadence);
  }
  if (kpi.target && line.plan) {
    observation.standing = standing_of_target(*kpi.target, judged.target, judged.value.is_known());
    step(line.target, observation, Patience{}, cadence);
    line.target_standing = judged.target;
  }
  if (is_quiet(line)) {
    line.busy.erase(judged.slot);
  } else {
    line.busy.insert(judged.slot);
  }
  line.stepped = judged.slot;
}

/// A period without data, as the machines see it.
void step_gap(Line& line, const JudgeContext& context, const KpiPlan& plan, Slot slot, Reason reason) {
  const Kpi& kpi = kpi_of(line, context);
  Judged gap;
  gap.slot = slot;
  gap.value = Value::unknown(reason);
  gap.target = stand_on_target(line, kpi, slot, gap.value);
  gap.judgement = judge_conditions(line, context, slot, gap.value, gap.target);
  step_machines(line, kpi, plan, gap);
}

// --- episodes ---

/// Writes down what one alert's step changed: an episode begins, gets worse, or ends.
class EpisodeKeeper {
 public:
  EpisodeKeeper(const Line& line, const Kpi& kpi, LineChanges& changes) : line_(line), kpi_(kpi), changes_(changes) {}

  void update(AlertState& state, const AlertState& before, std::string_view rule, Instant at, Reason ended = Reason::kRecovered) {
    const bool was_firing = before.phase == AlertPhase::kFiring;
    const bool is_firing = state.phase == AlertPhase::kFiring;
    if (state.phase == AlertPhase::kPending && before.phase != AlertPhase::kPending) {
      state.pending_at = at;
    }
    if (is_firing && !was_firing) {
      const Instant since = since_of(*state.since, kpi_);
      state.episode = episode_id(kpi_, line_.segment, rule, since);
      state.pending_at = before.phase == AlertPhase::kPending ? before.pending_at : at;
      state.firing_at = at;
      state.worst = state.severity;
      write(state, rule, since, std::nullopt, Reason::kNone);
    } else if (is_firing && state.severity > state.worst) {
      state.worst = state.severity;
      write(state, rule, since_of(*state.since, kpi_), std::nullopt, Reason::kNone);
    } else if (was_firing && !is_firing) {
      write(before, rule, since_of(*before.since, kpi_), at, ended);
      forget(state);
    }
    if (state.phase == AlertPhase::kInactive) {
      forget(state);
    }
  }

 private:
  static void forget(AlertState& state) {
    state.episode.clear();
    state.pending_at.reset();
    state.firing_at.reset();
    state.worst = Severity::kNone;
  }

  void write(const AlertState& state, std::string_view rule, Instant since, std::optional<Instant> resolved, Reason reason) {
    EpisodeRow row;
    row.id = state.episode;
    row.line = line_.id;
    row.rule = rule;
    row.severity = std::max(state.worst, state.severity);
    row.since = since;
    row.pending = state.pending_at;
    row.firing = state.firing_at;
    row.resolved = resolved;
    row.reason = reason;
    changes_.episodes.push_back(std::move(row));
  }

  const Line& line_;
  const Kpi& kpi_;
  LineChanges& changes_;
};

struct Snapshot {
  AlertState thresholds;
  AlertState target;
  std::vector<AlertState> alerts;
};

Snapshot snapshot(const Line& line) {
  return {line.thresholds, line.target, line.alerts};
}

void keep_episodes(Line& line, const Kpi& kpi, const Snapshot& before, Instant at, LineChanges& changes, Reason ended = Reason::kRecovered) {
  EpisodeKeeper keeper(line, kpi, changes);
  keeper.update(line.thresholds, before.thresholds, "thresholds", at, ended);
  keeper.update(line.target, before.target, "target", at, ended);
  for (std::size_t i = 0; i < line.alerts.size(); ++i) {
    keeper.update(line.alerts[i], before.alerts[i], kpi.alerts[i].name, at, ended);
  }
}

// --- no data ---

EpisodeRow no_data_episode(const Line& line, const Kpi& kpi, const KpiPlan& plan) {
  EpisodeRow row;
  row.id = line.no_data.episode;
  row.line = line.id;
  row.rule = "no_data";
  row.severity = kpi.no_data.severity;
  row.since = since_of(*line.no_data.first, kpi);
  row.pending = plan.due(kpi, *line.no_data.first);
  row.firing = line.no_data.firing_at;
  return row;
}

void fire_no_data(Line& line, const Kpi& kpi, const KpiPlan& plan, LineChanges& changes) {
  line.no_data.is_on = true;
  line.no_data.firing_at = plan.deadline(kpi, *line.no_data.first);
  line.no_data.episode = episode_id(kpi, line.segment, "no_data", since_of(*line.no_data.first, kpi));
  changes.episodes.push_back(no_data_episode(line, kpi, plan));
}

/// A period turned out unknown (or is late): a run without data begins or goes on.
void note_unknown(Line& line, Slot slot, const Value& value) {
  const bool is_newest = !line.known || *line.known < slot;
  if (is_newest && !line.no_data.first && value.reason != Reason::kWarmingUp) {
    line.no_data.first = slot;
  }
}

/// A period has a value: the run without data is over, and may have been an alert before it ended.
void note_known(Line& line, const Kpi& kpi, const KpiPlan& plan, Slot slot, LineChanges& changes) {
  if (line.known && *line.known >= slot) {
    return;
  }
  line.known = slot;
  if (!line.no_data.first || slot < *line.no_data.first) {
    return;
  }
  const Instant at = plan.due(kpi, slot);
  if (!line.no_data.is_on && kpi.no_data.then == NoDataPolicy::Then::kAlert && plan.deadline(kpi, *line.no_data.first) < at) {
    fire_no_data(line, kpi, plan, changes);
  }
  if (line.no_data.is_on) {
    EpisodeRow row = no_data_episode(line, kpi, plan);
    row.resolved = at;
    row.reason = Reason::kRecovered;
    changes.episodes.push_back(std::move(row));
  }
  line.no_data = NoDataState{};
}

// --- verdicts ---

Verdict verdict_of(const Kpi& kpi, const Judged& judged, const TargetPlan* plan) {
  if (!judged.value.is_known()) {
    return Verdict::kNoData;
  }
  const bool has_limits = kpi.thresholds.has_value();
  if (judged.judgement.thresholds.severity != Severity::kNone) {
    return Verdict::kMissed;
  }
  bool has_alerts = false;
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    const bool counts = kpi.alerts[i].severity >= Severity::kWarning;
    has_alerts = has_alerts || counts;
    if (counts && judged.judgement.conditions[i].is_true()) {
      return Verdict::kMissed;
    }
  }
  if (has_limits || has_alerts) {
    return Verdict::kMet;
  }
  if (plan != nullptr && judged.target.expected) {
    return has_reached(*plan, judged.value.number, *judged.target.expected) ? Verdict::kMet : Verdict::kMissed;
  }
  return Verdict::kRecorded;
}

Severity worst_condition(const Kpi& kpi, const Judged& judged) {
  Severity worst = judged.judgement.thresholds.severity;
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    if (judged.judgement.conditions[i].is_true()) {
      worst = std::max(worst, kpi.alerts[i].severity);
    }
  }
  return worst;
}

VerdictRow verdict_row(const Line& line, const Kpi& kpi, const Judged& judged) {
  VerdictRow row;
  row.line = line.id;
  row.slot = judged.slot;
  row.period = period_of(judged.slot, kpi.every, kpi.zone);
  row.value = judged.value.number;
  row.reason = judged.value.reason;
  const Value* limit = judged.judgement.limits.mildest();
  row.limit = limit != nullptr && limit->is_known() ? limit->number : std::nan("");
  row.verdict = verdict_of(kpi, judged, line.plan ? &*line.plan : nullptr);
  row.severity = worst_condition(kpi, judged);
  row.state = state_of(line);
  row.goal = line.plan ? line.plan->goal : std::nan("");
  row.expected = judged.target.expected.value_or(std::nan(""));
  row.target_status = judged.target.status;
  row.episode = line.thresholds.phase == AlertPhase::kFiring ? line.thresholds.episode : "";
  row.rule_version = line.rule_version;
  return row;
}

// --- one period ---

Judged look_at(const Line& line, const JudgeContext& context, Slot slot, const Value& value) {
  Judged judged;
  judged.slot = slot;
  judged.value = value;
  judged.target = stand_on_target(line, kpi_of(line, context), slot, value);
  judged.judgement = judge_conditions(line, context, slot, value, judged.target);
  return judged;
}

/// Gives every period between the last one the alerts saw and `slot` to them as a gap.
void step_gaps_before(Line& line, const JudgeContext& context, const KpiPlan& plan, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  if (!line.stepped) {
    return;
  }
  for (Slot gap = next_slot(*line.stepped, kpi.every); gap < slot; gap = next_slot(gap, kpi.every)) {
    step_gap(line, context, plan, gap, Reason::kNoSample);
  }
}

void conclude(Line& line, const JudgeContext& context, const KpiPlan& plan, Slot slot, Value value, LineChanges& changes) {
  const Kpi& kpi = kpi_of(line, context);
  line.awaiting.erase(slot);
  line.judged.put(slot, value.number);
  if (line.stepped && slot <= *line.stepped) {
    // Later periods were judged already and took this one as a gap, which it stays when it has no value.
    if (!value.is_known()) {
      changes.verdicts.push_back(verdict_row(line, kpi, look_at(line, context, slot, value)));
    } else {
      rejudge(line, plan, context, {slot}, changes);
    }
    return;
  }
  if (value.is_known()) {
    note_known(line, kpi, plan, slot, changes);
  } else {
    note_unknown(line, slot, value);
  }
  const Snapshot before = snapshot(line);
  step_gaps_before(line, context, plan, slot);
  const Judged judged = look_at(line, context, slot, value);
  step_machines(line, kpi, plan, judged);
  keep_episodes(line, kpi, before, plan.due(kpi, slot), changes);
  changes.verdicts.push_back(verdict_row(line, kpi, judged));
}

/// Judges a due period if it can be; true when it needs no more waiting.
bool try_period(Line& line, const JudgeContext& context, const KpiPlan& plan, Slot slot, LineChanges& changes) {
  const Kpi& kpi = kpi_of(line, context);
  if (is_ready(line, plan, context, slot)) {
    conclude(line, context, plan, slot, judge_value(line, context, slot), changes);
    return true;
  }
  if (plan.deadline(kpi, slot) <= context.now) {
    Value value = judge_value(line, context, slot);
    if (value.is_known()) {  // other inputs gave a value, but its last sample never came
      value = Value::unknown(Reason::kNoSample);
    }
    conclude(line, context, plan, slot, value, changes);
    return true;
  }
  note_unknown(line, slot, Value::unknown(Reason::kNoSample));
  return false;
}

}  // namespace

void LineChanges::clear() {
  verdicts.clear();
  episodes.clear();
  is_restated = false;
}

Instant KpiPlan::due(const Kpi& kpi, Slot slot) const {
  const Slot end = next_slot(slot, kpi.every);
  Instant latest = start_of(end, kpi.every, kpi.zone);
  bool first = true;
  for (const Settle& settle : settles) {
    const Instant ended = start_of(end, kpi.every, kpi.every.is_civil() ? settle.zone : kpi.zone);
    const Instant settled = shift_instant(ended, settle.settle, settle.zone);
    latest = first ? settled : std::max(latest, settled);
    first = false;
  }
  return latest;
}

Instant KpiPlan::deadline(const Kpi& kpi, Slot slot) const {
  return shift_instant(due(kpi, slot), kpi.no_data.after.value_or(kpi.every.span()), kpi.zone);
}

void judge(Line& line, const KpiPlan& plan, const JudgeContext& context, LineChanges& changes) {
  const Kpi& kpi = kpi_of(line, context);
  if (!line.first) {
    return;
  }
  const std::set<Slot> late = line.awaiting;
  for (const Slot slot : late) {
    try_period(line, context, plan, slot, changes);
  }
  Slot slot = line.newest ? next_slot(*line.newest, kpi.every) : *line.first;
  for (; plan.due(kpi, slot) <= context.now; slot = next_slot(slot, kpi.every)) {
    line.newest = slot;
    if (!try_period(line, context, plan, slot, changes)) {
      line.awaiting.insert(slot);
    }
  }
  const bool may_fire = kpi.no_data.then == NoDataPolicy::Then::kAlert;
  if (may_fire && line.no_data.first && !line.no_data.is_on && plan.deadline(kpi, *line.no_data.first) <= context.now) {
    fire_no_data(line, kpi, plan, changes);
  }
}

void rejudge(Line& line,
             const KpiPlan& plan,
             const JudgeContext& context,
             const std::set<Slot>& slots,
             LineChanges& changes) {
  const Kpi& kpi = kpi_of(line, context);
  if (slots.empty() || !line.stepped || !line.first) {
    return;
  }
  // Back to the last period before which everything was quiet.
  Slot from = *slots.begin();
  while (from > *line.first && line.busy.contains(next_slot(from, kpi.every, -1))) {
    from = next_slot(from, kpi.every, -1);
  }
  const Snapshot before = snapshot(line);
  line.thresholds = AlertState{};
  line.target = AlertState{};
  line.alerts.assign(kpi.alerts.size(), AlertState{});
  const bool is_after_deadline = line.plan && civil_slot(next_slot(from, kpi.every), kpi) > line.plan->end;
  if (!is_after_deadline) {  // else its outcome was decided before, and stands
    line.target_standing = TargetStanding{};
  }
  const Slot until = *line.stepped;
  for (Slot slot = from; slot <= until; slot = next_slot(slot, kpi.every)) {
    const bool touched = slots.contains(slot) && (line.judged.at(slot) != nullptr);
    const Sample* known = line.judged.at(slot);
    Value value = touched                             ? judge_value(line, context, slot)
                  : known == nullptr || std::isnan(known->value) ? Value::unknown(Reason::kNoSample)
                                                      : Value::of(known->value);
    if (touched) {
      line.judged.put(slot, value.number);
    }
    const Judged judged = look_at(line, context, slot, value);
    step_machines(line, kpi, plan, judged);
    if (touched) {
      changes.verdicts.push_back(verdict_row(line, kpi, judged));
      if (value.is_known()) {
        note_known(line, kpi, plan, slot, changes);
      }
    }
  }
  const auto restore = [](AlertState& state, const AlertState& old) {
    if (state.phase == AlertPhase::kFiring && old.phase == AlertPhase::kFiring) {
      state.episode = old.episode;
      state.pending_at = old.pending_at;
      state.firing_at = old.firing_at;
      state.worst = old.worst;
      state.since = old.since;
    }
  };
  restore(line.thresholds, before.thresholds);
  restore(line.target, before.target);
  for (std::size_t i = 0; i < line.alerts.size(); ++i) {
    restore(line.alerts[i], before.alerts[i]);
  }
  const std::size_t episodes = changes.episodes.size();
  keep_episodes(line, kpi, before, context.now, changes, Reason::kRestated);
  changes.is_restated = changes.is_restated || changes.episodes.size() != episodes;
}

Instant next_event(const Line& line, const Kpi& kpi, const KpiPlan& plan) {
  if (!line.first) {
    return Instant::max();
  }
  const Slot next = line.newest ? next_slot(*line.newest, kpi.every) : *line.first;
  Instant earliest = plan.due(kpi, next);
  if (!line.awaiting.empty()) {
    earliest = std::min(earliest, plan.deadline(kpi, *line.awaiting.begin()));
  }
  if (line.no_data.first && !line.no_data.is_on && kpi.no_data.then == NoDataPolicy::Then::kAlert) {
    earliest = std::min(earliest, plan.deadline(kpi, *line.no_data.first));
  }
  return earliest;
}

KpiState state_of(const Line& line) {
  KpiState worst = KpiState::kOk;
  const auto consider = [&](const AlertState& state) {
    if (state.phase == AlertPhase::kFiring) {
      worst = std::max(worst, KpiState::kFiring);
    } else if (state.phase == AlertPhase::kPending) {
      worst = std::max(worst, KpiState::kPending);
    }
  };
  consider(line.thresholds);
  consider(line.target);
  for (const AlertState& alert : line.alerts) {
    consider(alert);
  }
  if (line.no_data.is_on) {
    worst = std::max(worst, KpiState::kNoData);
  } else if (line.no_data.first) {
    worst = std::max(worst, KpiState::kPending);
  }
  return worst;
}

Severity severity_of(const Line& line) {
  Severity worst = Severity::kNone;
  const auto consider = [&](const AlertState& state) {
    if (state.phase == AlertPhase::kFiring) {
      worst = std::max(worst, state.severity);
    }
  };
  consider(line.thresholds);
  consider(line.target);
  for (const AlertState& alert : line.alerts) {
    consider(alert);
  }
  return worst;
}

Value provisional_value(const Line& line, const JudgeContext& context, Slot slot) {
  return judge_value(line, context, slot);
}

PeriodJudgement judge_period(const Line& line, const JudgeContext& context, Slot slot) {
  const Value value = judge_value(line, context, slot);
  return judge_conditions(line, context, slot, value, stand_on_target(line, kpi_of(line, context), slot, value));
}

std::string episode_id(const Kpi& kpi, const Labels& segment, std::string_view rule, Instant since) {
  const std::string segment_text = labels_text(segment);
  const std::array<std::string_view, 3> parts{kpi.id, segment_text, rule};
  return "ep_" + stable_id(since.time_since_epoch().count(), parts);
}

}  // namespace kpi

#include "rules/judge/line_step.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/line_limits.hpp"
#include "rules/judge/period_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

std::array<Standing, 3> standing_of_condition(const Value& condition, Severity severity) {
  std::array<Standing, 3> result{Standing::kFine, Standing::kFine, Standing::kFine};
  const std::size_t rung = static_cast<std::size_t>(severity) - 1;
  result.at(rung) = !condition.is_known() ? Standing::kUnknown
                    : condition.is_true() ? Standing::kMissed
                                          : Standing::kFine;
  return result;
}

/// A target that is a record starts nothing; one that was missed ends nothing either.
std::array<Standing, 3> standing_of_target(const Target& target,
                                           const TargetStanding& standing,
                                           bool is_known,
                                           bool is_firing) {
  std::array<Standing, 3> result{Standing::kFine, Standing::kFine, Standing::kFine};
  if (standing.is_over && !is_firing) {
    return result;
  }
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

/// What a limit or a condition of the period is, and whether it was to be known.
class Conditions {
 public:
  Conditions(const Line& line, const EvaluationContext& eval, PeriodJudgement& result)
      : line_(line), eval_(eval), result_(result) {}

  Value of(const Program& program, const Inputs& inputs) const { return evaluate(program, inputs, eval_); }

  /// Notes that it is unknown where it was to be known. `counts`: the verdict goes by it.
  void note(const Value& value, const Program& program, const Inputs& inputs, bool counts) {
    if (!result_.value.is_known() || value.is_known() || may_be_unknown(line_, {program, inputs}, eval_, value)) {
      return;
    }
    result_.lacks = result_.lacks == Reason::kNone ? value.reason : result_.lacks;
    result_.is_unsure = result_.is_unsure || counts;
  }

 private:
  const Line& line_;
  const EvaluationContext& eval_;
  PeriodJudgement& result_;
};

std::array<std::optional<double>, 9> target_fields(const Line& line, const TargetStanding& standing) {
  std::array<std::optional<double>, 9> fields;
  if (standing.plan) {
    fields = {standing.expected,
              standing.pace,
              standing.progress,
              standing.required,
              standing.days_left,
              standing.goal ? standing.goal : line.plans[*standing.plan].goal,
              static_cast<double>(standing.status)};
    if (standing.outlook) {
      fields[static_cast<std::size_t>(TargetField::kProjected)] = standing.outlook->projected;
      fields[static_cast<std::size_t>(TargetField::kProbability)] = standing.outlook->probability;
    }
  }
  return fields;
}

/// Where the value of a ratio of counts may truly lie, if the rule asks for it.
std::optional<Interval> interval_of(const Line& line,
                                    const Kpi& kpi,
                                    const Value& value,
                                    const EvaluationContext& eval) {
  const std::optional<RatioGate>& gate = kpi.thresholds->gate;
  if (!gate || !value.is_known()) {
    return std::nullopt;
  }
  const Value part = evaluate(gate->part, *(line.limit_inputs.end() - 2), eval);
  const Value whole = evaluate(gate->whole, line.limit_inputs.back(), eval);
  return part.is_known() && whole.is_known() ? wilson_interval(part.number, whole.number, gate->deviations)
                                             : std::nullopt;
}

PeriodJudgement judge_conditions(
    const Line& line, const JudgeContext& context, Slot slot, const Value& value, const TargetStanding& standing) {
  const Kpi& kpi = kpi_of(line, context);
  PeriodJudgement result;
  result.value = value;
  EvaluationContext eval = evaluation(line, context, slot);
  eval.own = value;
  Conditions found(line, eval, result);
  if (kpi.thresholds) {
    const LineLimits limits = limits_of(line, kpi, slot, context.rules->calendar);
    const auto limit = [&](const LineLimit& one) {
      return one.program != nullptr ? std::optional(found.of(*one.program, *one.inputs)) : std::nullopt;
    };
    result.limits = {limit(limits[0]), limit(limits[1]), limit(limits[2])};
    auto& [warning, critical, recover] = result.limits;
    const bool both = warning && critical && warning->is_known() && critical->is_known();
    if (both && is_beyond(warning->number, critical->number, kpi.better)) {
      warning.reset();  // critical is reached before it, on the day of an event: it says nothing
    }
    for (const auto& [one, value_of_limit] : {std::pair(limits[0], warning), std::pair(limits[1], critical)}) {
      if (value_of_limit) {
        found.note(*value_of_limit, *one.program, *one.inputs, true);
      }
    }
    result.thresholds = judge_thresholds(value, result.limits, kpi.better, interval_of(line, kpi, value, eval));
  }
  const auto fields = target_fields(line, standing);
  eval.target_fields = fields;
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    const AlertRule& alert = kpi.alerts[i];
    result.conditions.push_back(found.of(alert.when, line.alert_inputs[i]));
    found.note(result.conditions.back(), alert.when, line.alert_inputs[i], alert.severity >= Severity::kWarning);
  }
  return result;
}

bool is_quiet(const Line& line) {
  const auto inactive = [](const AlertState& state) {
    return state.phase == AlertPhase::kInactive && state.changes == 0;
  };
  return inactive(line.thresholds) && inactive(line.target) && std::ranges::all_of(line.alerts, inactive);
}

/// By the limits and conditions alone; nothing when there are none.
std::optional<Verdict> verdict_of_rules(const Kpi& kpi, const PeriodJudgement& judgement) {
  if (judgement.thresholds.severity != Severity::kNone) {
    return Verdict::kMissed;
  }
  const Value* limit = judgement.limits.mildest();
  // A limit or condition that need not be known yet is nothing to meet.
  bool is_met = kpi.thresholds && (kpi.better.kind == Better::Kind::kWithin || (limit != nullptr && limit->is_known()));
  bool has_rules = kpi.thresholds.has_value();
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    if (kpi.alerts[i].severity < Severity::kWarning) {
      continue;
    }
    const Value& condition = judgement.conditions[i];
    if (condition.is_true()) {
      return Verdict::kMissed;
    }
    has_rules = true;
    is_met = is_met || condition.is_known();
  }
  if (!has_rules) {
    return std::nullopt;
  }
  if (judgement.is_unsure) {
    return Verdict::kNoData;
  }
  return is_met ? Verdict::kMet : Verdict::kRecorded;
}

Verdict verdict_of(const Line& line, const Kpi& kpi, const Judged& judged) {
  if (!judged.value.is_known()) {
    return Verdict::kNoData;
  }
  if (const auto verdict = verdict_of_rules(kpi, judged.judgement)) {
    return *verdict;
  }
  const TargetStanding& target = judged.target;
  if (!target.plan || !target.expected || !target.actual) {
    return Verdict::kRecorded;
  }
  const Slot end = civil_slot(next_slot(judged.slot, kpi.every, kpi.zone), kpi);
  const bool is_met = has_reached(line.plans[*target.plan], *target.actual, *target.expected, end);
  return is_met ? Verdict::kMet : Verdict::kMissed;
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

/// The mildest limit as it stood; of a band the bound that was crossed.
double limit_of(const Kpi& kpi, const Judged& judged) {
  if (kpi.thresholds && kpi.better.kind == Better::Kind::kWithin) {
    const bool is_crossed = judged.judgement.thresholds.severity != Severity::kNone;
    return is_crossed ? bound_near(judged.value.number, kpi.better) : std::nan("");
  }
  const Value* limit = judged.judgement.limits.mildest();
  return limit != nullptr && limit->is_known() ? limit->number : std::nan("");
}

/// The worst state of the line's machines.
KpiState state_of_alerts(const Line& line) {
  KpiState worst = KpiState::kOk;
  const auto consider = [&](const AlertState& state) {
    if (state.phase == AlertPhase::kFiring) {
      worst = KpiState::kFiring;
    } else if (state.phase == AlertPhase::kPending) {
      worst = std::max(worst, KpiState::kPending);
    }
  };
  consider(line.thresholds);
  consider(line.target);
  std::ranges::for_each(line.alerts, consider);
  return worst;
}

/// The episode that is on after the period: of the thresholds, else of an alert rule.
std::string episode_of(const Line& line) {
  if (line.thresholds.phase == AlertPhase::kFiring) {
    return line.thresholds.episode;
  }
  const auto firing = [](const AlertState& state) { return state.phase == AlertPhase::kFiring; };
  const auto found = std::ranges::find_if(line.alerts, firing);
  return found == line.alerts.end() ? "" : found->episode;
}

/// With `then: ok` a period without data is a fine one.
void excuse_gap(Observation& observation, const Kpi& kpi, const Judged& judged) {
  const Value& value = judged.value;
  const bool lacks = value.is_known() ? judged.judgement.lacks != Reason::kNone : !value.is_excused();
  if (kpi.no_data.then == NoDataPolicy::Then::kOk && lacks) {
    std::ranges::replace(observation.standing, Standing::kUnknown, Standing::kFine);
  }
}

Observation observation_of(const Kpi& kpi, const KpiPlan& plan, const Judged& judged) {
  Observation observation;
  observation.slot = judged.slot;
  observation.due = plan.due(kpi, judged.slot);
  observation.has_data = judged.value.is_known();
  return observation;
}

void step_condition(Line& line, const Kpi& kpi, const Judged& judged, std::size_t index, Observation& observation) {
  observation.standing = standing_of_condition(judged.judgement.conditions[index], kpi.alerts[index].severity);
  excuse_gap(observation, kpi, judged);
  step(line.alerts[index], observation, kpi.alerts[index].patience, Cadence{kpi.every, kpi.zone});
}

void step_target(Line& line, const Kpi& kpi, const Judged& judged, Observation& observation) {
  line.target_standing = judged.target;
  if (judged.target.plan) {
    const Target& target = kpi.targets[line.plans[*judged.target.plan].target];
    observation.standing =
        standing_of_target(target, judged.target, judged.value.is_known(), line.target.phase == AlertPhase::kFiring);
    step(line.target, observation, Patience{}, Cadence{kpi.every, kpi.zone});
  }
}

void note_busy(Line& line, Slot slot) {
  if (is_quiet(line)) {
    line.busy.erase(slot);
  } else {
    line.busy.insert(slot);
  }
}

bool reads_target(const Program& program) {
  return std::ranges::any_of(program.code, [](const Instruction& step) { return step.op == OpCode::kTarget; });
}

}  // namespace

Judged look_at(const Line& line, const JudgeContext& context, Slot slot, const Value& value, Instant at) {
  Judged judged;
  judged.slot = slot;
  judged.value = value;
  const Kpi& kpi = kpi_of(line, context);
  Verdict verdict = Verdict::kRecorded;
  if (counts_verdicts(kpi)) {  // none of its conditions looks at the target
    const PeriodJudgement alone = judge_conditions(line, context, slot, value, {});
    verdict = value.is_known() ? verdict_of_rules(kpi, alone).value_or(Verdict::kRecorded) : Verdict::kNoData;
  }
  judged.target = stand_on_target(line, kpi, slot, value, verdict, context.rules->calendar, at);
  judged.judgement = judge_conditions(line, context, slot, value, judged.target);
  return judged;
}

void step_machines(Line& line, const Kpi& kpi, const KpiPlan& plan, const Judged& judged) {
  Observation observation = observation_of(kpi, plan, judged);
  if (kpi.thresholds) {
    observation.standing = judged.judgement.thresholds.rungs;
    excuse_gap(observation, kpi, judged);
    step(line.thresholds, observation, patience_of(*kpi.thresholds, line.segment), Cadence{kpi.every, kpi.zone});
  }
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    step_condition(line, kpi, judged, i, observation);
  }
  step_target(line, kpi, judged, observation);
  note_busy(line, judged.slot);
  line.stepped = judged.slot;
}

void decide_target(Line& line, const KpiPlan& plan, const JudgeContext& context, LineChanges& changes, Naming naming) {
  const std::optional<Instant> at = line.target_standing.decides_at;
  if (!at || *at > context.now) {
    return;
  }
  const Kpi& kpi = kpi_of(line, context);
  const AlertStates before = alert_states(line);
  const Slot slot = *line.stepped;
  const Judged judged = look_at(line, context, slot, value_as_judged(line, plan, context, slot), *at);
  Observation observation = observation_of(kpi, plan, judged);
  step_target(line, kpi, judged, observation);
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    if (reads_target(kpi.alerts[i].when) && judged.judgement.conditions[i].is_known()) {
      step_condition(line, kpi, judged, i, observation);
    }
  }
  note_busy(line, slot);
  keep_episodes(line, kpi, before, *at, changes, naming);
}

VerdictRow verdict_row(
    const Line& line, const Kpi& kpi, const KpiPlan& plan, const Judged& judged, std::optional<Slot> unknown_since) {
  VerdictRow row;
  row.line = line.id;
  row.slot = judged.slot;
  row.period = period_of(judged.slot, kpi.every, kpi.zone);
  row.value = judged.value.number;
  row.reason = judged.value.is_known() ? judged.judgement.lacks : judged.value.reason;
  row.limit = limit_of(kpi, judged);
  row.verdict = verdict_of(line, kpi, judged);
  row.severity = worst_condition(kpi, judged);
  row.state = state_of_alerts(line);
  if (unknown_since && alerts_on_no_data(kpi)) {
    const bool is_on = plan.deadline(kpi, *unknown_since) <= plan.due(kpi, judged.slot);
    row.state = std::max(row.state, is_on ? KpiState::kNoData : KpiState::kPending);
  }
  row.goal = judged.target.goal   ? *judged.target.goal
             : judged.target.plan ? line.plans[*judged.target.plan].goal  // it has not begun
                                  : std::nan("");
  row.expected = judged.target.expected.value_or(std::nan(""));
  row.target_status = judged.target.status;
  if (judged.target.outlook) {
    row.probability = judged.target.outlook->probability;
    row.projected = judged.target.outlook->projected;
  }
  row.episode = episode_of(line);
  row.rule_version = line.rule_version;
  return row;
}

KpiState state_of(const Line& line) {
  const KpiState worst = state_of_alerts(line);
  if (line.no_data.is_on) {
    return std::max(worst, KpiState::kNoData);
  }
  return line.no_data.first ? std::max(worst, KpiState::kPending) : worst;
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
  std::ranges::for_each(line.alerts, consider);
  return worst;
}

PeriodJudgement judge_period(const Line& line, const JudgeContext& context, Slot slot) {
  Value value = evaluate_value(line, context, slot);
  if (const Sample* judged = line.judged.at(slot); judged != nullptr && std::isnan(judged->value) && value.is_known()) {
    value = Value::unknown(Reason::kNoSample);  // it was given up without a sample that it needs
  }
  const Kpi& kpi = kpi_of(line, context);
  const Verdict verdict = line.met.contains(slot)      ? Verdict::kMet
                          : line.missed.contains(slot) ? Verdict::kMissed
                                                       : Verdict::kRecorded;
  const TargetStanding standing =
      line.stepped == slot ? line.target_standing
                           : stand_on_target(line, kpi, slot, value, verdict, context.rules->calendar, context.now);
  return judge_conditions(line, context, slot, value, standing);
}

}  // namespace kpi

#include "rules/judge/line.hpp"

#include "rules/judge/line_step.hpp"
#include "rules/judge/period_value.hpp"
#include "rules/judge/replay.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// Judges the periods of one line that are due.
class Judging {
 public:
  Judging(Line& line, const KpiPlan& plan, const JudgeContext& context, LineChanges& changes)
      : line_(line), plan_(plan), context_(context), changes_(changes), kpi_(kpi_of(line, context)) {}

  void run() {
    await_older();
    while (fill_holes()) {
      // What was filled may end a silence, in which others were not given up.
    }
    note_begin();
    decide_target(line_, plan_, context_, changes_);
    for (const Slot slot : std::set<Slot>(line_.awaiting)) {
      try_period(slot);
    }
    Slot slot = line_.newest ? next(*line_.newest) : *line_.first;
    for (; plan_.due(kpi_, slot) <= context_.now; slot = next(slot)) {
      line_.newest = slot;
      if (!try_period(slot)) {
        line_.awaiting.insert(slot);
      }
    }
    settle_retirement();
    const NoDataState& no_data = line_.no_data;
    if (no_data.first && !no_data.is_on && plan_.deadline(kpi_, *no_data.first) <= context_.now) {
      fire_no_data(line_, kpi_, plan_, changes_);
    }
  }

 private:
  [[nodiscard]] Slot next(Slot slot) const { return next_slot(slot, kpi_.every, kpi_.zone); }

  [[nodiscard]] bool is_given_up(Slot slot) const {
    return plan_.deadline(kpi_, slot) <= context_.now && !is_retired_at(line_, context_, slot);
  }

  void settle_retirement() {
    line_.is_retired = has_retired(line_, plan_, context_);
    if (line_.is_retired) {  // of one that was, nothing is on any more
      const auto last = retirement(line_, context_, next(*line_.newest));
      fire_overdue(plan_.deadline(kpi_, *last));
      retire(line_, kpi_, plan_, plan_.deadline(kpi_, *last), changes_);
    }
  }

  /// The line begins earlier than it did: its older periods are judged too.
  void await_older() {
    const Slot begun = line_.begun.value_or(*line_.first);
    for (Slot slot = *line_.first; line_.newest && slot < begun && slot <= *line_.newest; slot = next(slot)) {
      if (line_.judged.at(slot) == nullptr) {
        line_.awaiting.insert(slot);
      }
    }
  }

  /// Until none of the older periods waits any more they are not gaps, but new to those after them.
  void note_begin() {
    if (!line_.begun || line_.awaiting.empty() || *line_.awaiting.begin() >= *line_.begun) {
      line_.begun = line_.first;
    }
  }

  /// Periods that later ones were judged before: those that have got their samples, or wait no longer. Whether there
  /// were any.
  bool fill_holes() {
    std::map<Slot, Value> filled;
    for (auto at = line_.awaiting.begin(); at != line_.awaiting.end() && *at <= line_.stepped;) {
      const Ready ready = readiness(line_, plan_, context_, *at);
      const bool is_settled = ready == Ready::kYes || is_given_up(*at);
      if (is_settled) {
        filled.emplace(*at, settled_value(line_, context_, *at, ready));
      }
      at = is_settled ? line_.awaiting.erase(at) : std::next(at);
    }
    if (!filled.empty()) {
      replay(line_, plan_, context_, filled, changes_);
    }
    return !filled.empty();
  }

  /// Judges a due period if it can be; true when it needs no more waiting.
  bool try_period(Slot slot) {
    if (line_.stepped && slot <= *line_.stepped) {
      return false;  // a hole that still waits
    }
    const Ready ready = readiness(line_, plan_, context_, slot);
    if (ready == Ready::kYes || is_given_up(slot)) {
      conclude(slot, settled_value(line_, context_, slot, ready), known_from(slot, ready));
      return true;
    }
    note_unknown(slot);
    return false;
  }

  /// From when a value of the period can be known, however late somebody looks: from its due time, or where it is
  /// judged without a segment that was expected from when that is waited for no more; so too for what is computed from
  /// a KPI that waited.
  [[nodiscard]] Instant known_from(Slot slot, Ready ready) const {
    Instant from = ready == Ready::kYes ? plan_.due(kpi_, slot) : plan_.deadline(kpi_, slot);
    const Frame frame = evaluation(line_, context_, slot).frame;
    for (std::size_t i = 0; i < kpi_.value.kpis.size(); ++i) {
      const KpiInput& input = kpi_.value.kpis[i];
      const JudgedSeries* judged = line_.value_inputs.kpis[i];
      if (judged == nullptr || judged->waited.empty() || !input.back.empty()) {
        continue;
      }
      const Slot last = next_slot(window_of(frame, input, judged->grain).to, judged->grain, frame.zone, -1);
      if (const auto found = judged->waited.find(last); found != judged->waited.end()) {
        from = std::max(from, found->second);
      }
    }
    return from;
  }

  void conclude(Slot slot, const Value& value, Instant from) {
    line_.awaiting.erase(slot);
    line_.judged.put(slot, value.number);
    if (value.is_known() && from > plan_.due(kpi_, slot)) {
      line_.judged.waited.insert_or_assign(slot, from);
    }
    if (value.is_known() || value.is_excused()) {
      come_back(slot, from);
    }
    for (Slot gap = line_.stepped ? next(*line_.stepped) : *line_.first; gap < slot; gap = next(gap)) {
      move(look(gap, Value::unknown(Reason::kNoSample)));
      decide_target(line_, plan_, context_, changes_);
    }
    const Judged judged = look(slot, value);
    judged.lacks_data() ? note_unknown(slot) : note_known(slot, from);
    move(judged);
    changes_.verdicts.push_back(verdict_row(line_, kpi_, plan_, judged, unknown_since()));
    note_verdict(line_, kpi_, changes_.verdicts.back());
    decide_target(line_, plan_, context_, changes_);
  }

  /// The first of the periods without data that reach the present. Late data may have moved it while the alert that it
  /// began goes on.
  [[nodiscard]] std::optional<Slot> unknown_since() const {
    return line_.no_data.first && line_.known ? std::optional(next(*line_.known)) : line_.no_data.first;
  }

  Judged look(Slot slot, const Value& value) {
    complete_target(line_, kpi_, slot, context_.rules->calendar);
    return look_at(line_, context_, slot, value, plan_.due(kpi_, slot));
  }

  void move(const Judged& judged) {
    if (!judged.value.is_known() && is_retired_at(line_, context_, judged.slot)) {
      const AlertStates on = alert_states(line_);
      forget_alerts(line_);
      end_episodes(line_, kpi_, on, plan_.due(kpi_, judged.slot), Reason::kRetired, changes_);
    }
    const AlertStates before = alert_states(line_);
    step_machines(line_, kpi_, plan_, judged);
    keep_episodes(line_, kpi_, before, plan_.due(kpi_, judged.slot), changes_);
  }

  /// A period turned out unknown (or is late): a run without data begins or goes on. Where the line begins earlier than
  /// it did, the run may too.
  void note_unknown(Slot slot) {
    const bool is_earlier = !line_.no_data.first || slot < *line_.no_data.first;
    const bool is_new = is_earlier && (!line_.known || *line_.known < slot);
    if (!alerts_on_no_data(kpi_) || !is_new || is_retired_at(line_, context_, slot)) {
      return;
    }
    if (line_.no_data.is_on) {
      move_no_data(line_, kpi_, plan_, slot, changes_);
    }
    line_.no_data.first = slot;
  }

  /// Data ends a retirement, also one that nobody saw begin.
  void come_back(Slot slot, Instant from) {
    if (line_.known && *line_.known >= slot) {
      return;
    }
    const auto last = retirement(line_, context_, slot);
    if (last && *last < slot && plan_.deadline(kpi_, *last) < from) {
      fire_overdue(from);
      retire(line_, kpi_, plan_, plan_.deadline(kpi_, *last), changes_);
    }
    line_.is_retired = false;
  }

  /// A period has all that it is judged by, or nothing but its past is missing: the run without data is over, and may
  /// have been an alert before it ended.
  void note_known(Slot slot, Instant from) {
    if (line_.known && *line_.known >= slot) {
      return;
    }
    line_.known = slot;
    if (!line_.no_data.first) {
      return;
    }
    fire_overdue(from);
    // Data that came late ended the alert when it came.
    const bool is_late = line_.no_data.firing_at && *line_.no_data.firing_at >= from;
    end_no_data(line_, kpi_, plan_, is_late ? context_.now : from, changes_);
  }

  /// What had become an alert before `until` although nobody looked.
  void fire_overdue(Instant until) {
    const NoDataState& no_data = line_.no_data;
    if (no_data.first && !no_data.is_on && plan_.deadline(kpi_, *no_data.first) < until) {
      fire_no_data(line_, kpi_, plan_, changes_);
    }
  }

  Line& line_;
  const KpiPlan& plan_;
  const JudgeContext& context_;
  LineChanges& changes_;
  const Kpi& kpi_;
};

}  // namespace

Instant KpiPlan::due(const Kpi& kpi, Slot slot) const {
  const Slot end = next_slot(slot, kpi.every, kpi.zone);
  Instant latest = start_of(end, kpi.every, kpi.zone);
  bool first = true;
  for (const Settle& settle : settles) {
    const Instant ended = start_of(end, kpi.every, settle.zone);
    const Instant settled = shift_instant(ended, settle.settle, settle.zone);
    latest = first ? settled : std::max(latest, settled);
    first = false;
  }
  return latest;
}

Instant KpiPlan::deadline(const Kpi& kpi, Slot slot) const {
  const Instant from = due(kpi, slot);
  Instant latest = shift_instant(from, kpi.no_data.after.value_or(kpi.every.span()), kpi.zone);
  for (const Span& patience : patiences) {
    latest = std::max(latest, shift_instant(from, patience, kpi.zone));
  }
  return latest;
}

KpiPlan plan_of(const RuleSet& rules, std::uint32_t index, std::span<const KpiPlan> earlier) {
  KpiPlan plan;
  plan.index = index;
  const auto add_once = [](auto& list, const auto& item) {
    if (std::ranges::find(list, item) == list.end()) {
      list.push_back(item);
    }
  };
  const Kpi& kpi = rules.kpis[index];
  for (const MetricInput& input : kpi.value.metrics) {
    const Metric& metric = rules.metrics[input.metric];
    // Days are those of the metric; shorter periods are gathered into the KPI's own.
    add_once(plan.settles, KpiPlan::Settle{metric.grain.is_civil() ? metric.zone : kpi.zone, metric.settle});
  }
  for (const KpiInput& input : kpi.value.kpis) {
    const Kpi& other = rules.kpis[input.kpi];
    add_once(plan.patiences, other.no_data.after.value_or(other.every.span()));
    for (const KpiPlan::Settle& settle : earlier[input.kpi].settles) {
      add_once(plan.settles, settle);
    }
    for (const Span& patience : earlier[input.kpi].patiences) {
      add_once(plan.patiences, patience);
    }
  }
  return plan;
}

void judge(
    Line& line, const KpiPlan& plan, const JudgeContext& context, const std::set<Slot>& touched, LineChanges& changes) {
  if (line.first) {
    rejudge(line, plan, context, touched, changes);
    Judging(line, plan, context, changes).run();
  }
}

Instant next_event(const Line& line, const KpiPlan& plan, const JudgeContext& context) {
  const Kpi& kpi = kpi_of(line, context);
  if (!line.first || line.is_retired) {
    return Instant::max();
  }
  const Slot next = line.newest ? next_slot(*line.newest, kpi.every, kpi.zone) : *line.first;
  Instant earliest = plan.due(kpi, next);
  // A gap that the line was retired in is given up by no time: only data ends it.
  const auto is_due = [&](Slot slot) { return slot > line.stepped || !is_retired_at(line, context, slot); };
  if (const auto first = std::ranges::find_if(line.awaiting, is_due); first != line.awaiting.end()) {
    earliest = std::min(earliest, plan.deadline(kpi, *first));
  }
  if (line.target_standing.decides_at) {
    earliest = std::min(earliest, *line.target_standing.decides_at);
  }
  if (line.no_data.first && !line.no_data.is_on) {
    earliest = std::min(earliest, plan.deadline(kpi, *line.no_data.first));
  }
  return earliest;
}

Value provisional_value(const Line& line, const JudgeContext& context, Slot slot) {
  return evaluate_value(line, context, slot);
}

}  // namespace kpi

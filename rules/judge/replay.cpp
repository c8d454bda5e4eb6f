#include "rules/judge/replay.hpp"

#include "rules/judge/line_step.hpp"
#include "rules/judge/period_value.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace kpi {
namespace {

class Replay {
 public:
  Replay(Line& line, const KpiPlan& plan, const JudgeContext& context, const std::map<Slot, Value>& again)
      : line_(line), plan_(plan), context_(context), again_(again), kpi_(kpi_of(line, context)) {}

  void run(LineChanges& changes) {
    const auto replayed = line_.edit ? again_.upper_bound(line_.edit->last) : again_.begin();
    bool is_changed = false;
    for (const auto& [slot, value] : again_) {
      const bool is_replayed = replayed != again_.end() && slot >= replayed->first;
      is_changed = is_changed || (is_replayed && !is_gap_as_before(slot, value));
      line_.judged.put(slot, value.number);
    }
    for (auto at = again_.begin(); at != replayed; ++at) {
      judge_alone(at->first, at->second, changes);
    }
    if (replayed != again_.begin()) {
      recount_target(line_, kpi_);
    }
    if (replayed != again_.end()) {
      replay_from(replayed->first, is_changed, changes);
    }
    settle_no_data(changes);
  }

  AlertStates states_after(Slot last) {
    for (Slot slot = rewind(next(last)); slot <= last; slot = next(slot)) {
      LineChanges past;
      step(slot, value_of(slot), past);
      decide_target(line_, plan_, context_, past, Naming::kAsItWas);
    }
    return alert_states(line_);
  }

 private:
  /// A period that an earlier form of the rule judged: the rule of now looks at its new data, and at nothing else.
  void judge_alone(Slot slot, const Value& value, LineChanges& changes) {
    const AlertStates states = alert_states(line_);
    const TargetStanding standing = std::exchange(line_.target_standing, TargetStanding{});
    take_up(AlertStates{AlertState{}, AlertState{}, std::vector<AlertState>(line_.alerts.size())});
    const Judged judged = look_at(line_, context_, slot, value, plan_.due(kpi_, slot));
    changes.verdicts.push_back(verdict_row(line_, kpi_, plan_, judged, run_without_data(slot)));
    note_verdict(line_, kpi_, changes.verdicts.back());
    take_up(states);
    line_.target_standing = standing;
  }

  void take_up(AlertStates states) {
    line_.thresholds = std::move(states.thresholds);
    line_.target = std::move(states.target);
    line_.alerts = std::move(states.alerts);
  }

  void replay_from(Slot touched, bool is_changed, LineChanges& changes) {
    const Slot until = *line_.stepped;
    const AlertStates before = alert_states(line_);
    const bool was_off = nothing_is_on(line_);
    const TargetStanding stood = line_.target_standing;
    const std::size_t verdicts = changes.verdicts.size();
    std::optional<Slot> unknown_since = run_without_data(previous(touched));
    for (Slot slot = rewind(touched); slot <= until; slot = next(slot)) {
      const Value value = value_of(slot);
      LineChanges past;  // episodes of the past stay as they were written
      const Judged judged = step(slot, value, past);
      if (slot >= touched) {
        const bool is_gap = line_.judged.at(slot) == nullptr || judged.lacks_data();
        unknown_since = !is_gap ? std::nullopt : unknown_since ? unknown_since : std::optional(slot);
        if (again_.contains(slot) || (is_changed && line_.judged.at(slot) != nullptr)) {
          changes.verdicts.push_back(verdict_row(line_, kpi_, plan_, judged, unknown_since));
          note_verdict(line_, kpi_, changes.verdicts.back());
        }
      }
      decide_target(line_, plan_, context_, past, Naming::kAsItWas);
    }
    if (was_off && is_retired()) {
      forget_alerts(line_);  // they ended with it
    }
    const AlertStates anew = alert_states(line_);
    keep_restated(line_, kpi_, before, context_.now, changes);
    const TargetStanding& stands = line_.target_standing;
    changes.is_restated = changes.is_restated || (stands.plan == stood.plan && stood.status != stands.status &&
                                                  stood.status == TargetStatus::kAchieved);
    for (std::size_t i = verdicts; i < changes.verdicts.size(); ++i) {
      keep_name(changes.verdicts[i].episode, anew);
    }
  }

  [[nodiscard]] Slot next(Slot slot) const { return next_slot(slot, kpi_.every, kpi_.zone); }

  [[nodiscard]] Slot previous(Slot slot) const { return next_slot(slot, kpi_.every, kpi_.zone, -1); }

  /// The period was a gap for those after it, and still is.
  [[nodiscard]] bool is_gap_as_before(Slot slot, const Value& value) const {
    const bool is_new = line_.begun && slot < *line_.begun;
    return !is_new && line_.judged.at(slot) == nullptr && !value.is_known() && !value.is_excused();
  }

  /// Whether the line, by what is known now, has retired after the last of its periods; those that are judged next may
  /// have the data that keeps it.
  [[nodiscard]] bool is_retired() const {
    Slot data = next(*line_.newest);
    for (auto slot = line_.awaiting.upper_bound(*line_.stepped); slot != line_.awaiting.end(); ++slot) {
      if (!is_absent(*slot, Value())) {
        data = *slot;
        break;
      }
    }
    const auto last = retirement(line_, context_, data);
    return last && *last < data && plan_.deadline(kpi_, *last) <= context_.now;
  }

  /// Takes the machines back to where all were quiet, or to the last edit; the first period to go on with.
  Slot rewind(Slot from) {
    const Slot begin = line_.edit ? std::max(next(line_.edit->last), *line_.first) : *line_.first;
    while (from > begin && line_.busy.contains(previous(from))) {
      from = previous(from);
    }
    const AlertStates now = alert_states(line_);
    forget_alerts(line_);
    forget_alert(line_.target);
    if (line_.edit && from == begin) {
      take_up(line_.edit->alerts);
      keep_names(now);
    }
    line_.target_standing = TargetStanding{};  // found anew from what was judged before
    return from;
  }

  /// The names of episodes outlive a replay.
  void keep_names(const AlertStates& now) {
    line_.thresholds.named = now.thresholds.named;
    line_.target.named = now.target.named;
    for (std::size_t i = 0; i < line_.alerts.size(); ++i) {
      line_.alerts[i].named = now.alerts[i].named;
    }
  }

  /// What the period was or is now judged by.
  [[nodiscard]] Value value_of(Slot slot) const {
    if (const auto found = again_.find(slot); found != again_.end()) {
      return found->second;
    }
    return value_as_judged(line_, plan_, context_, slot);
  }

  [[nodiscard]] bool is_absent(Slot slot, const Value& value) const {
    if (slot > *line_.stepped) {  // not judged yet; but it may be at once, when all that was missing came together
      const Value next = evaluate_value(line_, context_, slot);
      return readiness(line_, plan_, context_, slot) != Ready::kYes || !next.is_known() ||
             look_at(line_, context_, slot, next, plan_.due(kpi_, slot)).lacks_data();
    }
    return value.is_known() ? line_.unsure.contains(slot) : !value.is_excused() || line_.judged.at(slot) == nullptr;
  }

  /// The newest period, or the last of those after it that are due and have no data either: whether somebody has looked
  /// at them yet makes no difference to an alert that goes on.
  [[nodiscard]] Slot last_without_data() const {
    Slot last = *line_.newest;
    for (Slot slot = next(last); plan_.due(kpi_, slot) <= context_.now && is_absent(slot, Value()); slot = next(slot)) {
      last = slot;
    }
    return last;
  }

  /// The first of the periods without data that end with `slot`.
  [[nodiscard]] std::optional<Slot> run_without_data(Slot slot) const {
    std::optional<Slot> first;
    for (; slot >= *line_.first; slot = previous(slot)) {
      const Value value = value_of(slot);
      if (line_.edit && slot <= line_.edit->last && !value.is_known()) {  // how it stood is known, not what it stood on
        return line_.no_data.first && *line_.no_data.first <= slot ? line_.no_data.first : first;
      }
      if (!is_absent(slot, value)) {
        break;
      }
      first = slot;
    }
    // Of one that began before the first period that is kept, the begin is known all the same.
    const bool began_before = first == line_.first && line_.no_data.first && line_.no_data.first < line_.first;
    return began_before ? line_.no_data.first : first;
  }

  Judged step(Slot slot, const Value& value, LineChanges& past) {
    const AlertStates before = alert_states(line_);
    if (!value.is_known() && is_retired_at(line_, context_, slot)) {
      forget_alerts(line_);
    }
    complete_target(line_, kpi_, slot, context_.rules->calendar);
    Judged judged = look_at(line_, context_, slot, value, plan_.due(kpi_, slot));
    step_machines(line_, kpi_, plan_, judged);
    keep_episodes(line_, kpi_, before, plan_.due(kpi_, slot), past, Naming::kAsItWas);
    return judged;
  }

  /// An episode that goes on has kept the name that it had before.
  void keep_name(std::string& episode, const AlertStates& anew) const {
    const auto keep = [&](const AlertState& found, const AlertState& kept) {
      if (!episode.empty() && episode == found.episode) {
        episode = kept.episode;
      }
    };
    keep(anew.thresholds, line_.thresholds);
    for (std::size_t i = 0; i < line_.alerts.size(); ++i) {
      keep(anew.alerts[i], line_.alerts[i]);
    }
  }

  /// The run without data that reaches the newest period, and whether it still is an alert. One that is on goes on,
  /// from where data is missing now.
  void settle_no_data(LineChanges& changes) {
    if (!alerts_on_no_data(kpi_)) {
      return;
    }
    const std::optional<Slot> first = run_without_data(last_without_data());
    line_.known = !first ? line_.newest : *first > *line_.first ? std::optional(previous(*first)) : std::nullopt;
    const bool stays_on = line_.no_data.is_on && first && plan_.deadline(kpi_, *first) <= context_.now;
    if (!stays_on) {
      end_no_data(line_, kpi_, plan_, context_.now, changes);
      line_.no_data.first = has_retired(line_, plan_, context_) ? std::nullopt : first;
    } else {
      move_no_data(line_, kpi_, plan_, *first, changes);
    }
  }

  Line& line_;
  const KpiPlan& plan_;
  const JudgeContext& context_;
  const std::map<Slot, Value>& again_;
  const Kpi& kpi_;
};

}  // namespace

void replay(Line& line,
            const KpiPlan& plan,
            const JudgeContext& context,
            const std::map<Slot, Value>& again,
            LineChanges& changes) {
  Replay(line, plan, context, again).run(changes);
}

AlertStates states_after(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot last) {
  Line again = line;
  return Replay(again, plan, context, {}).states_after(last);
}

void rejudge(
    Line& line, const KpiPlan& plan, const JudgeContext& context, const std::set<Slot>& touched, LineChanges& changes) {
  if (!line.stepped || !line.first) {
    return;
  }
  std::map<Slot, Value> again;
  for (const Slot slot : touched) {
    const Sample* judged = line.judged.at(slot);
    const bool is_judged = slot >= *line.first && slot <= *line.stepped && judged != nullptr;
    if (is_judged && (std::isnan(judged->value) || !rests_on_taken_out(line, context, slot))) {
      again.emplace(slot, settled_value(line, context, slot, readiness(line, plan, context, slot)));
    }
  }
  if (!again.empty()) {
    replay(line, plan, context, again, changes);
  }
}

}  // namespace kpi

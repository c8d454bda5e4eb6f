#pragma once
// One period's way through a line: its limits and conditions, the alert machines, its row in the ledger, its episodes.
// For line.cpp and replay.cpp; pure.

#include "rules/judge/line.hpp"

#include <optional>
#include <vector>

namespace kpi {

/// What one period was found to be.
struct Judged {
  Slot slot;
  Value value;
  PeriodJudgement judgement;
  TargetStanding target;

  /// Whether a run of periods without data begins or goes on here.
  [[nodiscard]] bool lacks_data() const {
    return judgement.lacks != Reason::kNone || (!value.is_known() && !value.is_excused());
  }
};

/// Looks at a period from where the line stands: after the period before it. `at`: when; a target's deadline may have
/// passed by then.
Judged look_at(const Line& line, const JudgeContext& context, Slot slot, const Value& value, Instant at);

/// Moves all machines of the line over the period.
void step_machines(Line& line, const Kpi& kpi, const KpiPlan& plan, const Judged& judged);

/// What an episode is called from whose begin there was another that data was restated of.
enum class Naming : std::uint8_t {
  kAnew,     ///< It is another episode.
  kAsItWas,  ///< It is that one, replayed.
};

/// Writes down what a step changed: episodes that began, got worse, or ended. `at` is when that could first be known.
void keep_episodes(Line& line,
                   const Kpi& kpi,
                   const AlertStates& before,
                   Instant at,
                   LineChanges& changes,
                   Naming naming = Naming::kAnew);

/// Decides the target whose last period the line stands at, once its deadline has passed: at that time, between that
/// period and the next one, whenever somebody looks. The period's row keeps how the target stood when it was judged.
void decide_target(
    Line& line, const KpiPlan& plan, const JudgeContext& context, LineChanges& changes, Naming naming = Naming::kAnew);

/// The same after a replay: what fired before and still does goes on as the episode it was; only a change of the
/// present is written.
void keep_restated(Line& line, const Kpi& kpi, const AlertStates& before, Instant now, LineChanges& changes);

/// The period's row, after the machines have moved over it. `unknown_since`: the first of the run of periods without
/// data that it belongs to.
VerdictRow verdict_row(
    const Line& line, const Kpi& kpi, const KpiPlan& plan, const Judged& judged, std::optional<Slot> unknown_since);

/// Whether unknown periods of the KPI become an alert.
inline bool alerts_on_no_data(const Kpi& kpi) {
  return kpi.no_data.then == NoDataPolicy::Then::kAlert;
}

/// The first period at whose end the line will have been silent for longer than `retire`, as things stand before
/// `slot`; nothing for those that never retire.
std::optional<Slot> retirement(const Line& line, const JudgeContext& context, Slot slot);

/// Whether the period is one that is not judged without data, because the line was silent for too long before it.
bool is_retired_at(const Line& line, const JudgeContext& context, Slot slot);

/// As keep_episodes() where forget_alerts() has ended what was on, for this reason.
void end_episodes(
    Line& line, const Kpi& kpi, const AlertStates& before, Instant at, Reason reason, LineChanges& changes);

/// Ends everything that is on: the line leaves judging.
void retire(Line& line, const Kpi& kpi, const KpiPlan& plan, Instant at, LineChanges& changes);

/// Takes an alert machine back to where nothing was seen; it still knows the names of its episodes.
void forget_alert(AlertState& state);

/// All of them but the target's.
void forget_alerts(Line& line);

void fire_no_data(Line& line, const Kpi& kpi, const KpiPlan& plan, LineChanges& changes);
/// An alert that goes on is about data that is missing since then: what was missing before has come.
void move_no_data(Line& line, const Kpi& kpi, const KpiPlan& plan, Slot first, LineChanges& changes);
/// Ends the run of periods without data, and its alert if it is on.
void end_no_data(Line& line,
                 const Kpi& kpi,
                 const KpiPlan& plan,
                 Instant at,
                 LineChanges& changes,
                 Reason reason = Reason::kRecovered);

}  // namespace kpi

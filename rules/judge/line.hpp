#pragma once
// One line of the ledger: a KPI for one segment, period after period. Judging a line is pure: samples and `now` in,
// verdicts and episodes out. The same calls serve the live run, tests and replays.

#include "rules/expr/evaluate.hpp"
#include "rules/judge/alert_state.hpp"
#include "rules/judge/slot_set.hpp"
#include "rules/judge/target.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/judge/thresholds.hpp"
#include "rules/model/alert.hpp"
#include "rules/model/kpi.hpp"
#include "rules/model/ledger.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace kpi {

/// Since when there has been no data, and whether that has become an alert.
struct NoDataState {
  std::optional<Slot> first;  ///< The first unknown period after the last known one.
  bool is_on = false;
  std::string episode;
  std::optional<Instant> firing_at;

  bool operator==(const NoDataState&) const = default;
};

/// The states of a line's alerts.
struct AlertStates {
  AlertState thresholds;
  AlertState target;
  std::vector<AlertState> alerts;
};

/// Where a line stood when its rule was edited, or when the samples that it was judged by until then went: what was
/// judged until then stays as it was judged.
struct Edit {
  Slot last;  ///< The newest period with a value that an earlier form of the rule judged, or of which they went.
  AlertStates alerts;  ///< After that period, as the rule of now took them up.
};

/// Everything that is remembered of one KPI and segment.
struct Line {
  std::uint32_t id = 0;      ///< In the history; 0: not stored yet.
  std::uint32_t kpi = 0;     ///< Index into RuleSet::kpis.
  Labels segment;            ///< Empty: the total.
  bool is_expected = false;  ///< Listed in `expect`: it begins with the total, and never retires.
  bool is_retired = false;   ///< Silent for so long that it is judged no more until data comes.
  bool has_left = false;     ///< See leave().
  std::uint32_t rule_version = 0;
  std::shared_ptr<const Edit> edit;  ///< The last one, before which no replay begins; null: there was none.

  // What its expressions read; set when series or lines appear.
  Inputs value_inputs;
  std::vector<Inputs> limit_inputs;  ///< As each_limit() goes through the thresholds.
  std::vector<Inputs> alert_inputs;

  JudgedSeries judged;                   ///< By slot; NaN: judged without data.
  std::optional<Slot> first;             ///< The first period there is a sample for.
  std::optional<Slot> not_before;        ///< Earlier ones were judged by a rule of another `every`, and stay so.
  std::optional<Slot> begun;             ///< What `first` was when periods were judged; older data moves it back.
  std::optional<Slot> newest;            ///< The newest period that was due.
  std::set<Slot> awaiting;               ///< Due, without their samples, and not yet given up.
  SlotSet busy;                          ///< Periods after which some alert was not inactive.
  std::optional<Slot> stepped;           ///< The newest period the alerts have seen.
  std::optional<Slot> known;             ///< The newest period that was not without data.
  Verdict verdict = Verdict::kRecorded;  ///< Of the period `stepped`.
  Reason reason = Reason::kNone;         ///< Why that period has no value.

  AlertState thresholds;
  std::vector<AlertState> alerts;  ///< One for each of Kpi::alerts.
  AlertState target;
  NoDataState no_data;
  std::vector<TargetPlan> plans;  ///< In time order; the last that has begun is the one to judge by.
  TargetStanding target_standing;
  SlotSet unsure;  ///< Judged periods with a value whose limits or conditions lacked data (PeriodJudgement::lacks).
  SlotSet met;     ///< Judged periods that were met; kept only where a target counts them.
  SlotSet missed;
};

/// What a KPI's periods depend on besides their samples: found once per load.
struct KpiPlan {
  struct Settle {
    Zone zone;
    Span settle;

    bool operator==(const Settle&) const = default;
  };

  std::uint32_t index = 0;
  std::vector<Settle> settles;  ///< One for each zone and settle among its inputs, those of its KPIs included.

  std::vector<Span> patiences;  ///< `no_data.after` of the KPIs that it uses: it gives up no earlier than they do.

  /// When the period can first be judged: it has ended in every input's zone, and settled.
  [[nodiscard]] Instant due(const Kpi& kpi, Slot slot) const;
  /// When it is given up without its samples.
  [[nodiscard]] Instant deadline(const Kpi& kpi, Slot slot) const;
};

/// REQUIRES the plans of all KPIs before `index`, by index.
KpiPlan plan_of(const RuleSet& rules, std::uint32_t index, std::span<const KpiPlan> earlier);

/// What judging may look at.
struct JudgeContext {
  const RuleSet* rules = nullptr;
  const SampleTable* table = nullptr;
  /// By metric: until when it is known what its source has not; for `missing: zero` and `last`.
  const std::vector<std::optional<Instant>>* read_at = nullptr;
  Instant now;
};

/// What judging changed. Rows carry the line's id as it is now; the engine fills in what it alone knows.
struct LineChanges {
  std::vector<VerdictRow> verdicts;
  std::vector<EpisodeRow> episodes;
  bool is_restated = false;  ///< An alert changed because earlier data did, or what was achieved is not.
};

/// Judges every period that is due by `context.now`, in order, and gives up those that have waited long enough. First
/// those of `touched` that were judged and whose samples have changed: they are judged again, and the alerts replayed
/// from the last period at which all of them were quiet, so that no later period is judged by what the earlier ones
/// were. Past episodes stay; if the present changed, an episode fires or resolves now.
void judge(
    Line& line, const KpiPlan& plan, const JudgeContext& context, const std::set<Slot>& touched, LineChanges& changes);

/// Only those of `touched`: nothing that is due is judged, and nothing given up.
void rejudge(
    Line& line, const KpiPlan& plan, const JudgeContext& context, const std::set<Slot>& touched, LineChanges& changes);

AlertStates alert_states(const Line& line);

/// Nothing is on that a retirement would end.
bool nothing_is_on(const Line& line);

/// Whether the line has left judging by `context.now`: silent for `retire`, as far as its sources were read.
bool has_retired(const Line& line, const KpiPlan& plan, const JudgeContext& context);

/// Ends all that is on: the settings of a source were edited, and it has no rows of the segment any more. What was
/// judged stays, and nothing is judged until some come.
void leave(Line& line, const KpiPlan& plan, const JudgeContext& context, LineChanges& changes);

/// When judge() next has something to do without a new sample: a period's due time, or a deadline (a target's too).
Instant next_event(const Line& line, const KpiPlan& plan, const JudgeContext& context);

/// Where the line stands on its target after the period `slot`, whose value is `value` and whose verdict (where periods
/// met are counted) is `verdict`; `line.target_standing` may be where it stood after an earlier period. Nothing (not
/// started) without a target, and while the target lacks its baseline or its season.
/// `calendar`: whose named days a forecast knows. `at`: a deadline that has passed by then decides.
TargetStanding stand_on_target(const Line& line,
                               const Kpi& kpi,
                               Slot slot,
                               const Value& value,
                               Verdict verdict,
                               const CalendarRules& calendar,
                               Instant at);

/// Counts anew what has been measured for the target by where the line stands: a period before it was judged again.
void recount_target(Line& line, const Kpi& kpi);

/// Completes the plan that the period is judged by, if it still lacks what is measured when it starts.
void complete_target(Line& line, const Kpi& kpi, Slot slot, const CalendarRules& calendar);

/// Whether some target of the KPI is a share of met periods.
bool counts_verdicts(const Kpi& kpi);

/// Remembers of a period's row what later periods look at: its verdict where a target counts them, and what it lacked.
void note_verdict(Line& line, const Kpi& kpi, const VerdictRow& row);

/// The plan of the line's standing; null: it has none yet.
const TargetPlan* plan_of_standing(const Line& line);

/// The state of the line as people see it: the worst over its rules.
KpiState state_of(const Line& line);
Severity severity_of(const Line& line);

/// The value of a period as it would be judged now; for what is shown before it is due.
Value provisional_value(const Line& line, const JudgeContext& context, Slot slot);

/// Everything judged of one period, for `explain`.
struct PeriodJudgement {
  Value value;
  Limits limits;
  ThresholdStanding thresholds;
  std::vector<Value> conditions;  ///< One for each of Kpi::alerts.
  /// Why a limit or condition is unknown though the value is known and they were to be known: `no_data` says what then.
  Reason lacks = Reason::kNone;
  bool is_unsure = false;  ///< So that it is open whether the period was met.
};

PeriodJudgement judge_period(const Line& line, const JudgeContext& context, Slot slot);

/// The id of the episode of a rule that began with `since`.
std::string episode_id(const Kpi& kpi, const Labels& segment, std::string_view rule, Instant since);

}  // namespace kpi

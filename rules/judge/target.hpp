#pragma once
// Where a KPI stands on its target after a period. With B baseline, G goal, A actual, E the path's value at the end of
// the period: progress = (A - B) / (G - B), expected progress = (E - B) / (G - B), pace = progress / expected progress;
// on a compound path all three in logarithms. The same serves goals below their baseline. A share of met periods has a
// budget of misses instead, and its pace is the misses allowed by now over those there were. So is the pace of a
// ceiling, a total of which less is better: what was planned by now over what was used. Pure.

#include "rules/judge/target_path.hpp"
#include "rules/model/value.hpp"

#include <cstdint>
#include <optional>

namespace kpi {

/// What a target's judged periods add up to.
struct TargetTally {
  std::uint32_t plan = 0;  ///< Index into Line::plans.
  Slot upto;               ///< Of judged periods before this one.
  double sum = 0;
  std::int64_t known = 0;  ///< Periods with a value.
  std::int64_t met = 0;
  std::int64_t missed = 0;
  bool is_reached = false;  ///< A total that has been at its goal, or beyond its ceiling: it is decided.

  bool operator==(const TargetTally&) const = default;
};

/// What a target's measure will be at the deadline.
struct TargetOutlook {
  double projected = 0;
  double low = 0;  ///< With four chances in five it will lie between low and high.
  double high = 0;
  double probability = 0;          ///< That the goal is reached.
  std::optional<Slot> reached_by;  ///< The end of the first period at which the forecast is at the goal; none: later.
};

struct TargetStanding {
  TargetStatus status = TargetStatus::kNotStarted;
  bool is_too_early = false;          ///< on_track because less than 10 % of the progress was due.
  bool is_last = false;               ///< The period is the last one ended by the deadline.
  bool is_final = false;              ///< The outcome is decided: the deadline has passed, or a total was reached.
  bool is_over = false;               ///< The outcome was decided by an earlier period: the target is a record.
  std::optional<std::uint32_t> plan;  ///< Index into Line::plans; none: there is no target yet.
  std::optional<double> actual;       ///< What is measured: the value, or the sum, mean or share so far.
  std::optional<double> goal;         ///< In force.
  std::optional<double> expected;
  std::optional<double> progress;
  std::optional<double> pace;
  /// Still needed per period: an amount on a linear path, a growth rate on a compound one; of a share, how much of the
  /// rest must be met.
  std::optional<double> required;
  std::int64_t periods_left = 0;         ///< Until the deadline.
  std::optional<double> budget;          ///< Misses that the whole time of a share_met allows.
  std::optional<double> budget_left;     ///< Below zero: the share can be reached no more, or only by more periods.
  std::optional<double> burn_rate;       ///< Misses so far over those allowed by now.
  std::optional<TargetOutlook> outlook;  ///< None: the outcome is decided, or no honest forecast is possible.
  std::optional<TargetStatus> says;      ///< What the probability alone says; two periods in a row change the status.
  std::optional<Instant> decides_at;     ///< When the deadline has passed, of which this period is the last before it.
  int days_left = 0;
  TargetTally tally;  ///< Of the periods before this one.
};

/// One judged period as the target sees it, on the civil axis.
struct TargetPeriod {
  Slot end;       ///< The end of the period.
  Slot next_end;  ///< The end of the next one: when that lies after the deadline, this period decides once it has
                  ///< passed.
  std::optional<double> last_known;  ///< What was measured before: decides when the deciding period has no value.
  Grain every;                       ///< How long a period is.
  bool is_past_deadline = false;     ///< When this is asked.
  TargetTally tally;                 ///< This period included.
};

/// Where the KPI stands after a period. `actual` is what is measured. `before` is the status after the period before
/// it: it stays when the value is unknown, and for ever once it is final.
TargetStanding judge_target(
    const Target& target, const TargetPlan& plan, const TargetPeriod& period, const Value& actual, TargetStatus before);

/// Whether the outcome is decided.
inline bool is_settled(TargetStatus status) {
  return status == TargetStatus::kAchieved || status == TargetStatus::kMissed;
}

}  // namespace kpi

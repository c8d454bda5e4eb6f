#pragma once
// A target's path and where the KPI stands on it. With B baseline, G goal, A actual, E the path's value at the end of
// the period: progress = (A - B) / (G - B), expected progress = (E - B) / (G - B), pace = progress / expected progress;
// on a compound path all three in logarithms. The same serves goals below their baseline.

#include "rules/model/kpi.hpp"
#include "rules/model/value.hpp"

#include <cstdint>
#include <optional>

namespace kpi {

/// A target with what the rule left open filled in. Positions are on the civil axis of the KPI's zone.
struct TargetPlan {
  double baseline = 0;
  double goal = 0;
  Slot start;  ///< The first day.
  Slot end;    ///< The day after the deadline: half-open.
  Target::Path path = Target::Path::kLinear;

  bool operator==(const TargetPlan&) const = default;
};

/// The target's last day.
Date deadline_of(const TargetPlan& plan);

struct TargetStanding {
  TargetStatus status = TargetStatus::kNotStarted;
  bool is_too_early = false;  ///< on_track because less than 10 % of the progress was due.
  bool is_final = false;      ///< The period is the last one ended by the deadline, or a later one.
  bool is_over = false;       ///< The outcome was decided by an earlier period: the target is a record.
  std::optional<double> expected;
  std::optional<double> progress;
  std::optional<double> pace;
  /// Still needed per period: an amount on a linear path, a growth rate on a compound one.
  std::optional<double> required;
  int days_left = 0;
};

/// The path's value at `at`; nothing before the start and after the end.
std::optional<double> expected_at(const TargetPlan& plan, Slot at);

/// One judged period as the target sees it, on the civil axis.
struct TargetPeriod {
  Slot end;       ///< The end of the period.
  Slot next_end;  ///< The end of the next one: when that lies after the deadline, this period decides.
  std::optional<double> last_known;  ///< The newest value before: decides when the deciding period has none.
  Grain every;                       ///< How long a period is.
};

/// Where the KPI stands after a period. `before` is the status after the period before it: it stays when the value is
/// unknown, and for ever once it is final.
TargetStanding judge_target(
    const Target& target, const TargetPlan& plan, const TargetPeriod& period, const Value& actual, TargetStatus before);

/// Whether `actual` has reached `wanted` on the way from the baseline to the goal.
bool has_reached(const TargetPlan& plan, double actual, double wanted);

}  // namespace kpi

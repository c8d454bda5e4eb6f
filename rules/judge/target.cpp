#include "rules/judge/target.hpp"

#include "rules/base/rounding.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// No status is given from pace before so much of the progress is due.
constexpr double kEarly = 0.10;

/// How many whole periods are left until the deadline.
std::int64_t periods_between(Slot from, Slot end, const Grain& every) {
  const Span one = every.span();
  if (one.months == 0) {
    return std::max<std::int64_t>(0, end.ms - from.ms) / (one.days * kDayMs + one.ms);
  }
  std::int64_t count = 0;
  for (Slot at = next_slot(from, every); at <= end; at = next_slot(at, every)) {
    ++count;
  }
  return count;
}

std::optional<double> required_per_period(const TargetPlan& plan, const TargetPeriod& period, double actual) {
  const PathLeg leg = leg_at(plan, period.end);
  const std::int64_t left = periods_between(period.end, leg.end, period.every);
  if (left <= 0) {
    return std::nullopt;
  }
  if (plan.measure == Target::Measure::kShareMet) {
    const auto judged = static_cast<double>(period.tally.met + period.tally.missed);
    const auto rest = static_cast<double>(left);
    return std::max(0.0, (leg.goal * (judged + rest) - static_cast<double>(period.tally.met)) / rest);
  }
  if (plan.measure == Target::Measure::kAverage) {  // what each of the rest must have
    const auto known = static_cast<double>(period.tally.known);
    return (leg.goal * (known + static_cast<double>(left)) - period.tally.sum) / static_cast<double>(left);
  }
  if (!plan.is_ceiling && has_reached(plan, actual, leg.goal, period.end)) {
    return 0;
  }
  if (leg.path != Target::Path::kCompound || plan.measure == Target::Measure::kTotal) {
    return (leg.goal - actual) / static_cast<double>(left);
  }
  if (actual == 0 || !(leg.goal / actual > 0)) {
    return std::nullopt;
  }
  return std::pow(leg.goal / actual, 1.0 / static_cast<double>(left)) - 1;
}

TargetStatus status_of_pace(const Target& target, double pace) {
  if (is_at_most(target.on_track, pace)) {
    return TargetStatus::kOnTrack;
  }
  return is_at_most(target.at_risk, pace) ? TargetStatus::kAtRisk : TargetStatus::kOffTrack;
}

std::optional<double> pace_of(const TargetPlan& plan,
                              const std::optional<double>& progress,
                              const std::optional<double>& expected) {
  if (!progress || !expected || (plan.is_ceiling ? *progress : *expected) == 0) {
    return std::nullopt;
  }
  return plan.is_ceiling ? *expected / *progress : *progress / *expected;
}

/// The budget of misses: of all periods of the target's time, those without data left out.
void keep_budget(const TargetPlan& plan, const TargetPeriod& period, TargetStanding& result) {
  const PathLeg leg = leg_at(plan, period.end);
  const double allowed = 1 - leg.goal;
  const auto judged = static_cast<double>(period.tally.met + period.tally.missed);
  const auto left = static_cast<double>(periods_between(period.end, leg.end, period.every));
  const auto missed = static_cast<double>(period.tally.missed);
  result.budget = allowed * (judged + left);
  result.budget_left = *result.budget - missed;
  if (allowed * judged > 0) {
    result.burn_rate = missed / (allowed * judged);
  }
  if (missed > 0) {
    result.pace = allowed * judged / missed;
  }
}

double share_of_time(const TargetPlan& plan, Slot at) {
  return static_cast<double>(at.ms - plan.start.ms) / static_cast<double>(leg_at(plan, at).end.ms - plan.start.ms);
}

/// How far the target should be: its progress, or its time where it is to be at its goal all along.
bool is_early(const TargetPlan& plan, Slot at, const std::optional<double>& expected_progress) {
  const bool has_way = plan.measure == Target::Measure::kLevel || plan.measure == Target::Measure::kTotal;
  return has_way ? expected_progress && is_less(*expected_progress, kEarly) : is_less(share_of_time(plan, at), kEarly);
}

/// Whether the plan changes in between: another deadline may come before that one.
bool is_turned(const TargetPlan& plan, Slot from, Slot to) {
  return std::ranges::any_of(plan.turns, [&](const TargetTurn& turn) { return turn.at >= from && turn.at < to; });
}

/// The period has no value that is measured: what was said stays.
TargetStatus status_without_value(const TargetStanding& standing, TargetStatus before) {
  if (standing.is_final) {
    return TargetStatus::kMissed;  // nothing shows that the goal was ever reached
  }
  return before == TargetStatus::kNotStarted ? TargetStatus::kOnTrack : before;
}

}  // namespace

TargetStanding judge_target(const Target& target,
                            const TargetPlan& plan,
                            const TargetPeriod& period,
                            const Value& actual,
                            TargetStatus before) {
  TargetStanding result;
  const PathLeg leg = leg_at(plan, period.end);
  result.days_left = static_cast<int>(std::max<std::int64_t>(0, (leg.end.ms - period.end.ms) / kDayMs));
  if (period.end <= plan.start) {
    return result;
  }
  result.goal = leg.goal;
  result.expected = expected_at(plan, period.end);
  const bool is_decided = is_settled(before);
  // A ledger that begins after the deadline has no period that could show that the goal was reached.
  if (is_decided || period.end > leg.end) {
    result.status = is_decided ? before : TargetStatus::kMissed;
    result.is_final = true;
    result.is_over = true;
    result.actual = period.end > leg.end ? period.last_known
                    : actual.is_known()  ? std::optional(actual.number)
                                         : std::nullopt;
    return result;
  }
  result.is_last = period.next_end > leg.end && !is_turned(plan, period.end, leg.end);
  result.is_final = result.is_last && period.is_past_deadline;
  const std::optional<double> deciding = actual.is_known() ? std::optional(actual.number) : period.last_known;
  if (!actual.is_known() && !(result.is_last && deciding)) {
    result.status = status_without_value(result, before);
    return result;
  }
  result.actual = deciding;
  result.progress = progress_at(plan, *deciding, period.end);
  result.required = required_per_period(plan, period, *deciding);
  result.periods_left = periods_between(period.end, leg.end, period.every);
  const std::optional<double> expected_progress = expected_progress_at(plan, period.end);
  result.pace = pace_of(plan, result.progress, expected_progress);
  if (plan.measure == Target::Measure::kShareMet) {
    keep_budget(plan, period, result);
  }
  const bool has_arrived = has_reached(plan, *deciding, leg.goal, period.end);
  if (plan.measure == Target::Measure::kTotal && has_arrived != plan.is_ceiling) {
    result.is_final = true;  // what has been added up stays
  }
  if (result.is_final) {
    result.status = has_arrived ? TargetStatus::kAchieved : TargetStatus::kMissed;
    return result;
  }
  result.is_too_early = is_early(plan, period.end, expected_progress);
  result.status = result.is_too_early || !result.pace ? TargetStatus::kOnTrack : status_of_pace(target, *result.pace);
  return result;
}

}  // namespace kpi

#include "rules/judge/target.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// The share of the way from B to G at which x lies; nothing when there is no way (B = G, or logarithms of what is not
/// of one sign).
std::optional<double> share_of_way(const TargetPlan& plan, double x) {
  const bool compound = plan.path == Target::Path::kCompound;
  if (plan.goal == plan.baseline) {
    return std::nullopt;
  }
  if (!compound) {
    return (x - plan.baseline) / (plan.goal - plan.baseline);
  }
  const double ratio = x / plan.baseline;
  const double whole = plan.goal / plan.baseline;
  if (plan.baseline == 0 || !(ratio > 0) || !(whole > 0)) {
    return std::nullopt;
  }
  return std::log(ratio) / std::log(whole);
}

double share_of_time(const TargetPlan& plan, Slot at) {
  return static_cast<double>(at.ms - plan.start.ms) / static_cast<double>(plan.end.ms - plan.start.ms);
}

/// How many whole periods are left until the deadline.
std::int64_t periods_left(const TargetPlan& plan, const TargetPeriod& period) {
  const Span one = period.every.span();
  if (one.months == 0) {
    return std::max<std::int64_t>(0, plan.end.ms - period.end.ms) / (one.days * kDayMs + one.ms);
  }
  std::int64_t count = 0;
  for (Slot end = next_slot(period.end, period.every); end <= plan.end; end = next_slot(end, period.every)) {
    ++count;
  }
  return count;
}

std::optional<double> required_per_period(const TargetPlan& plan, const TargetPeriod& period, double actual) {
  const std::int64_t left = periods_left(plan, period);
  if (left <= 0 || has_reached(plan, actual, plan.goal)) {
    return left <= 0 ? std::nullopt : std::optional(0.0);
  }
  if (plan.path == Target::Path::kLinear) {
    return (plan.goal - actual) / static_cast<double>(left);
  }
  if (actual == 0 || !(plan.goal / actual > 0)) {
    return std::nullopt;
  }
  return std::pow(plan.goal / actual, 1.0 / static_cast<double>(left)) - 1;
}

TargetStatus status_of_pace(const Target& target, double pace) {
  if (pace >= target.on_track) {
    return TargetStatus::kOnTrack;
  }
  return pace >= target.at_risk ? TargetStatus::kAtRisk : TargetStatus::kOffTrack;
}

bool is_settled(TargetStatus status) {
  return status == TargetStatus::kAchieved || status == TargetStatus::kMissed;
}

}  // namespace

Date deadline_of(const TargetPlan& plan) {
  return date_of(Slot{plan.end.ms - kDayMs});
}

bool has_reached(const TargetPlan& plan, double actual, double wanted) {
  return plan.goal >= plan.baseline ? actual >= wanted : actual <= wanted;
}

std::optional<double> expected_at(const TargetPlan& plan, Slot at) {
  if (at < plan.start || at > plan.end) {
    return std::nullopt;
  }
  const double share = share_of_time(plan, at);
  if (plan.path == Target::Path::kLinear || plan.goal == plan.baseline) {
    return plan.baseline + (plan.goal - plan.baseline) * share;
  }
  const double whole = plan.goal / plan.baseline;
  return plan.baseline != 0 && whole > 0 ? std::optional(plan.baseline * std::pow(whole, share)) : std::nullopt;
}

TargetStanding judge_target(const Target& target,
                            const TargetPlan& plan,
                            const TargetPeriod& period,
                            const Value& actual,
                            TargetStatus before) {
  TargetStanding result;
  result.days_left = static_cast<int>(std::max<std::int64_t>(0, (plan.end.ms - period.end.ms) / kDayMs));
  if (period.end <= plan.start) {
    return result;
  }
  result.expected = expected_at(plan, period.end);
  // A ledger that begins after the deadline has no period that could show that the goal was reached.
  if (is_settled(before) || period.end > plan.end) {
    result.status = is_settled(before) ? before : TargetStatus::kMissed;
    result.is_final = true;
    result.is_over = true;
    return result;
  }
  result.is_final = period.next_end > plan.end;
  const std::optional<double> deciding = actual.is_known() ? std::optional(actual.number) : period.last_known;
  if (!actual.is_known() && !(result.is_final && deciding)) {
    result.status = before == TargetStatus::kNotStarted ? TargetStatus::kOnTrack : before;
    if (result.is_final) {
      result.status = TargetStatus::kMissed;  // nothing shows that the goal was ever reached
    }
    return result;
  }
  result.progress = share_of_way(plan, *deciding);
  result.required = required_per_period(plan, period, *deciding);
  const double expected_progress = share_of_time(plan, period.end);
  if (result.progress && expected_progress > 0) {
    result.pace = *result.progress / expected_progress;
  }
  if (result.is_final) {
    result.status = has_reached(plan, *deciding, plan.goal) ? TargetStatus::kAchieved : TargetStatus::kMissed;
    return result;
  }
  result.is_too_early = expected_progress < 0.10;
  result.status = result.is_too_early || !result.pace ? TargetStatus::kOnTrack : status_of_pace(target, *result.pace);
  return result;
}

}  // namespace kpi

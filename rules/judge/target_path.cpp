#include "rules/judge/target_path.hpp"

#include "rules/base/rounding.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// How steep an s-curve is: a quarter of the time does 7 % of the way, half of it half, three quarters 93 %.
constexpr double kSteepness = 10;

double share_of_time(const PathLeg& leg, Slot at) {
  return static_cast<double>(at.ms - leg.start.ms) / static_cast<double>(leg.end.ms - leg.start.ms);
}

/// A logistic curve moved and stretched so that it goes from 0 at 0 to 1 at 1.
double logistic_share(double time) {
  const auto logistic = [](double x) { return 1 / (1 + std::exp(-kSteepness * (x - 0.5))); };
  return (logistic(time) - logistic(0)) / (logistic(1) - logistic(0));
}

/// What the season had added up to by `at`.
double season_at(const std::vector<PathPoint>& season, Slot at) {
  const auto after = std::ranges::upper_bound(season, at, {}, &PathPoint::at);
  return after == season.begin() ? 0 : std::prev(after)->value;
}

double seasonal_share(const TargetPlan& plan, const PathLeg& leg, Slot at) {
  const double begin = season_at(plan.season, leg.start);
  const double whole = season_at(plan.season, leg.end) - begin;
  return whole > 0 ? (season_at(plan.season, at) - begin) / whole : share_of_time(leg, at);
}

/// On the broken line through the leg's points.
double stepped_value(const PathLeg& leg, Slot at) {
  PathPoint left{leg.start, leg.from};
  for (const PathPoint& point : *leg.points) {
    if (point.at == at) {
      return point.value;
    }
    if (point.at > left.at && point.at > at) {
      const double share = static_cast<double>(at.ms - left.at.ms) / static_cast<double>(point.at.ms - left.at.ms);
      return left.value + (point.value - left.value) * share;
    }
    left = point;
  }
  const double share = static_cast<double>(at.ms - left.at.ms) / static_cast<double>(leg.end.ms - left.at.ms);
  return left.value + (leg.goal - left.value) * share;
}

bool can_compound(double from, double to) {
  return from != 0 && to / from > 0;
}

/// The share of the leg's own way that is done; nothing for steps, whose values are given.
double share_of_leg(const TargetPlan& plan, const PathLeg& leg, Slot at) {
  switch (leg.path) {
    case Target::Path::kSCurve:
      return logistic_share(share_of_time(leg, at));
    case Target::Path::kSeasonal:
      return seasonal_share(plan, leg, at);
    default:
      return share_of_time(leg, at);
  }
}

std::optional<double> value_on(const TargetPlan& plan, const PathLeg& leg, Slot at) {
  if (std::isnan(leg.from)) {
    return std::nullopt;
  }
  if (at == leg.end) {
    return leg.goal;
  }
  if (leg.path == Target::Path::kSteps) {
    return stepped_value(leg, at);
  }
  const double share = share_of_leg(plan, leg, at);
  if (leg.path != Target::Path::kCompound || leg.goal == leg.from) {
    return leg.from + (leg.goal - leg.from) * share;
  }
  return can_compound(leg.from, leg.goal) ? std::optional(leg.from * std::pow(leg.goal / leg.from, share))
                                          : std::nullopt;
}

/// The mean and the share of met periods are to be at the goal all the time.
bool has_way(const TargetPlan& plan) {
  return plan.measure == Target::Measure::kLevel || plan.measure == Target::Measure::kTotal;
}

std::optional<double> share_of_way(const TargetPlan& plan, const PathLeg& leg, double x) {
  if (leg.goal == plan.baseline || plan.measure == Target::Measure::kShareMet) {
    return std::nullopt;
  }
  if (leg.path != Target::Path::kCompound || !has_way(plan)) {
    return (x - plan.baseline) / (leg.goal - plan.baseline);
  }
  if (!can_compound(plan.baseline, x) || !can_compound(plan.baseline, leg.goal)) {
    return std::nullopt;
  }
  return std::log(x / plan.baseline) / std::log(leg.goal / plan.baseline);
}

}  // namespace

PathLeg leg_at(const TargetPlan& plan, Slot at) {
  PathLeg leg{plan.baseline, plan.goal, plan.start, plan.end, plan.path, &plan.points};
  for (const TargetTurn& turn : plan.turns) {
    if (turn.at >= at) {
      break;
    }
    const double from = value_on(plan, leg, std::min(turn.at, leg.end)).value_or(std::nan(""));
    leg = {from, turn.goal, turn.at, turn.end, turn.path, &turn.points};
  }
  return leg;
}

std::optional<double> expected_at(const TargetPlan& plan, Slot at) {
  const PathLeg leg = leg_at(plan, at);
  if (at < plan.start || at > leg.end) {
    return std::nullopt;
  }
  return has_way(plan) ? value_on(plan, leg, at) : std::optional(leg.goal);
}

std::optional<double> expected_progress_at(const TargetPlan& plan, Slot at) {
  if (!has_way(plan)) {
    return 1;
  }
  const PathLeg leg = leg_at(plan, at);
  const bool is_whole = leg.start == plan.start;
  if (is_whole && leg.path != Target::Path::kSteps) {
    return share_of_leg(plan, leg, at);  // as exact as time is
  }
  const std::optional<double> expected = value_on(plan, leg, at);
  return expected ? share_of_way(plan, leg, *expected) : std::nullopt;
}

std::optional<double> progress_at(const TargetPlan& plan, double actual, Slot at) {
  return share_of_way(plan, leg_at(plan, at), actual);
}

Date deadline_at(const TargetPlan& plan, Slot at) {
  return date_of(Slot{leg_at(plan, at).end.ms - kDayMs});
}

bool has_reached(const TargetPlan& plan, double actual, double wanted, Slot at) {
  const bool is_up = !plan.is_ceiling && leg_at(plan, at).goal >= plan.baseline;
  return is_up ? is_at_most(wanted, actual) : is_at_most(actual, wanted);
}

}  // namespace kpi

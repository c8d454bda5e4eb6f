#pragma once
// A target with what the rule left open filled in, and its path. Pure; any thread may call it. Positions are on the
// civil axis of the KPI's zone.

#include "rules/model/kpi.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// A place on a path.
struct PathPoint {
  Slot at;
  double value = 0;

  bool operator==(const PathPoint&) const = default;
};

/// A change of the plan: from `at` on another goal, deadline and path.
struct TargetTurn {
  Slot at;
  double goal = 0;
  Slot end;
  Target::Path path = Target::Path::kLinear;
  std::vector<PathPoint> points;

  bool operator==(const TargetTurn&) const = default;
};

struct TargetPlan {
  /// What the plan still needs before anything can be judged by it.
  enum class Lack : std::uint8_t {
    kNothing,
    kStart,     ///< Its baseline is measured, or its season read, when it starts.
    kBaseline,  ///< It has started, and too few periods before it have a value.
    kLastYear,  ///< It has started, and too few of last year's periods have a value.
  };

  double baseline = 0;
  double goal = 0;
  Slot start;  ///< The first day.
  Slot end;    ///< The day after the deadline: half-open.
  Target::Path path = Target::Path::kLinear;
  Target::Measure measure = Target::Measure::kLevel;
  std::vector<PathPoint> points;  ///< Of a path of steps, between start and end.
  std::vector<PathPoint> season;  ///< Of a seasonal one: what last year had added up to by then, in time order.
  std::vector<TargetTurn> turns;  ///< In time order.
  Lack lack = Lack::kNothing;
  bool is_ceiling = false;   ///< A total of which less is better: a budget that is not to be exceeded.
  std::uint32_t target = 0;  ///< Index into Kpi::targets.
  std::string name;          ///< As the history knows it: "target", "Q4", "target 2026-10", "target country=SE".

  bool operator==(const TargetPlan&) const = default;
};

/// The stretch of a plan's path that is in force at one time: between two changes.
struct PathLeg {
  double from = 0;
  double goal = 0;
  Slot start;
  Slot end;
  Target::Path path = Target::Path::kLinear;
  const std::vector<PathPoint>* points = nullptr;
};

/// The leg that a period ending at `at` is judged by. Its `from` is NaN where the path before it has no value.
PathLeg leg_at(const TargetPlan& plan, Slot at);

/// The path's value at `at`; nothing before the start and after the end, and for growth through zero. Where the mean or
/// the share of met periods is measured it is the goal.
std::optional<double> expected_at(const TargetPlan& plan, Slot at);

/// The share of the way that the path has done by `at`, by time and shape alone; from the first baseline to the goal
/// in force.
std::optional<double> expected_progress_at(const TargetPlan& plan, Slot at);

/// The share of the way from baseline to goal at which `actual` lies; nothing where there is no way: they are the same,
/// or growth goes through zero.
std::optional<double> progress_at(const TargetPlan& plan, double actual, Slot at);

/// The last day of the target as it stands at `at`.
Date deadline_at(const TargetPlan& plan, Slot at);

/// Whether `actual` has reached `wanted` on the way from the baseline to the goal in force at `at`; of a ceiling,
/// whether it has not gone beyond it.
bool has_reached(const TargetPlan& plan, double actual, double wanted, Slot at);

}  // namespace kpi

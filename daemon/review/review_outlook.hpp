#pragma once
// Where a target is expected to end, as its alert or status said it last. Pure; any thread.

#include "rules/base/calendar.hpp"

#include <optional>
#include <string>

namespace kpi {

/// What is measured, at the deadline: with four chances in five between `low` and `high`.
struct ReviewOutlook {
  double projected = 0;
  double low = 0;
  double high = 0;
  double probability = 0;  ///< Of reaching the goal.
  Date deadline;
  bool is_level = true;  ///< It is the KPI's value, not a sum, mean or share since the start.
};

/// What a target has reached, of the same JSON: a sum, mean or share since the start; nothing of a level.
std::optional<double> read_actual(const std::string& view);

/// Of the JSON of a TargetView (StatusRow::target); nothing where it holds no forecast, or one for another goal.
std::optional<ReviewOutlook> read_outlook(const std::string& view, double goal);

}  // namespace kpi

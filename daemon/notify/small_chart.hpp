#pragma once
// A KPI's last periods as a small picture for a message: the value with its gaps as gaps, the limit, the target's path.
// Pure; every text is escaped.

#include "rules/base/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// One period.
struct ChartPoint {
  std::optional<double> value;
  std::optional<double> expected;  ///< The target's path.
};

struct SmallChart {
  std::string title;
  std::vector<ChartPoint> points;  ///< In time order, the newest last.
  std::optional<double> limit;
  Unit unit;
  std::string first;  ///< The first and the last period, in words.
  std::string last;
};

/// An <svg> of 552 x 180; empty where fewer than two periods have a value.
std::string small_chart(const SmallChart& chart, Language language);

}  // namespace kpi

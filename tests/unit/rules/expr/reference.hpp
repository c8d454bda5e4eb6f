#pragma once
// The expression language once more, for tests: slow and straight from its description. It walks the tree over plain
// maps of days and shares no code with the compiler and the program. Daily metrics and a daily KPI in UTC.

#include "rules/expr/ast.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// What a metric has for each day; a day without a number was delivered as null.
using DaysOfMetric = std::map<std::chrono::sys_days, std::optional<double>>;

struct ReferenceMetric {
  enum class Kind : std::uint8_t { kFlow, kLevel, kMean };

  Kind kind = Kind::kFlow;
  bool zero_when_missing = false;
  DaysOfMetric days;
};

struct ReferenceWorld {
  std::map<std::string, ReferenceMetric> metrics;
  Span over{0, 1, 0};
  double complete = 1;
};

/// The value of an expression for a day; nothing: unknown. A condition is 1 or 0.
std::optional<double> reference_value(const ReferenceWorld& world, const Expr& expr, std::chrono::sys_days day);

}  // namespace kpi

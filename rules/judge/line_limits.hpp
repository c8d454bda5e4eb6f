#pragma once
// Which of a KPI's limits stand for a line and a period: those of its segment, of the day, or those for all. Pure; any
// thread may call it.

#include "rules/judge/line.hpp"

#include <array>

namespace kpi {

/// A limit as a line has it; null: there is none.
struct LineLimit {
  const Program* program = nullptr;
  const Inputs* inputs = nullptr;
};

/// warning, critical, recover
using LineLimits = std::array<LineLimit, 3>;

/// The entry of `segments` for the line, or null.
const LimitVariant* segment_variant(const Thresholds& thresholds, const Labels& segment);

/// Calls `use` with each program that the thresholds may evaluate for the line: Line::limit_inputs has the inputs of
/// each in this order.
template <class Use>
void each_limit(const Thresholds& thresholds, const Labels& segment, const Use& use) {
  each_named_limit(thresholds, use);
  if (const LimitVariant* variant = segment_variant(thresholds, segment)) {
    each_named_limit(*variant, use);
  }
  for (const LimitVariant& variant : thresholds.when) {
    if (matches(variant.match, segment)) {
      each_named_limit(variant, use);
    }
  }
  if (thresholds.gate) {
    use(thresholds.gate->part);
    use(thresholds.gate->whole);
  }
}

/// The limits of the period. REQUIRES that the KPI has thresholds and line.limit_inputs is as each_limit() says.
LineLimits limits_of(const Line& line, const Kpi& kpi, Slot slot, const CalendarRules& calendar);

/// How patient the thresholds are with the line.
Patience patience_of(const Thresholds& thresholds, const Labels& segment);

}  // namespace kpi

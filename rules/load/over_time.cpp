#include "rules/load/over_time.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// Whether what is read is the thing itself, and not how often, how long ago or how unusual it is.
bool is_of_itself(Aggregate how) {
  return how == Aggregate::kByKind || how == Aggregate::kSum || how == Aggregate::kAverage || how == Aggregate::kMin ||
         how == Aggregate::kMax || how == Aggregate::kFirst || how == Aggregate::kLast || how == Aggregate::kMedian ||
         how == Aggregate::kQuantile;
}

/// A quotient of what is measured, a difference, or what depends on a condition: a rate, what came on top, a count of
/// periods.
bool is_of_another_sort(const Program& value) {
  for (std::size_t i = 1; i < value.code.size(); ++i) {
    const OpCode op = value.code[i].op;
    const bool is_quotient = op == OpCode::kDivide && value.code[i - 1].op != OpCode::kNumber;
    if (is_quotient || op == OpCode::kSubtract || op == OpCode::kChange || op == OpCode::kIf) {
      return true;
    }
  }
  return false;
}

}  // namespace

OverTime over_time(const Program& value, std::span<const Metric> metrics, std::span<const OverTime> earlier) {
  if (is_of_another_sort(value)) {
    return OverTime::kOpen;
  }
  bool has_unique = false;
  bool are_all_stock = true;
  for (const MetricInput& input : value.metrics) {
    const MetricKind kind = metrics[input.metric].kind;
    has_unique = has_unique || (kind == MetricKind::kDistinct && is_of_itself(input.how));
    are_all_stock =
        are_all_stock && kind == MetricKind::kLevel && is_of_itself(input.how) && input.how != Aggregate::kSum;
  }
  for (const KpiInput& input : value.kpis) {
    const OverTime of = input.is_self ? OverTime::kOpen : earlier[input.kpi];
    has_unique = has_unique || (of == OverTime::kUnique && is_of_itself(input.how));
    are_all_stock = are_all_stock && of == OverTime::kStock && is_of_itself(input.how) && input.how != Aggregate::kSum;
  }
  const bool is_read = !value.metrics.empty() || !value.kpis.empty();
  return has_unique ? OverTime::kUnique : are_all_stock && is_read ? OverTime::kStock : OverTime::kOpen;
}

void check_totals_of(const Kpi& kpi, OverTime values, Diagnostics& diagnostics) {
  for (const Target& target : kpi.targets) {
    if (values == OverTime::kOpen || target.measure != Target::Measure::kTotal) {
      continue;
    }
    const bool is_unique = values == OverTime::kUnique;
    diagnostics.error(target.at.measure,
                      "a total adds up periods, and " + kpi.id +
                          (is_unique ? " is a unique count (kind: distinct): who came in two of them would count twice"
                                     : " is a level (kind: level): what is there in two of them would count twice"),
                      is_unique ? "write measure: average or level, or let the source deliver unique counts of all the "
                                  "target's time"
                                : "write measure: level or average, or kind: flow where the source counts what came");
  }
}

}  // namespace kpi

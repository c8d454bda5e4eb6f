#pragma once
// One input of a program as a number. For evaluate.cpp and by_grain.cpp; pure, any thread may call it.

#include "rules/expr/evaluate.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kpi {

/// A number, or unknown when it is too large for one.
Value finite(double number);

/// Whether so many numbers of a window are enough.
bool is_complete(std::size_t present, std::int64_t expected, double complete);

/// How values of periods of `grain`, cut in `zone`, become one number.
struct Aggregation {
  Aggregate how = Aggregate::kSum;
  double quantile = 0;
  Grain grain;
  Zone zone;
  const CalendarRules* calendar = nullptr;  ///< Whose named days a history knows; null: none.
};

/// REQUIRES values not empty. `index` is the input to blame.
Value aggregated(std::span<const Sample> values, const Aggregation& as, std::int16_t index);

/// A KPI's judged values; null: it has no such line yet.
Value evaluate_kpi(const KpiInput& input,
                   const JudgedSeries* judged,
                   const EvaluationContext& context,
                   std::int16_t index);

/// What the metrics of a program are at one grain, by input.
using GrainRow = std::vector<Value>;

/// Runs part of a program for one grain: its metrics are those of the row.
Value evaluate_at(const Program& program,
                  const GrainProgram& part,
                  const GrainRow& row,
                  const EvaluationContext& context);

/// An expression worked out for each grain of its window, then aggregated.
Value evaluate_by_grain(const Program& program,
                        const GrainProgram& part,
                        const Inputs& inputs,
                        const EvaluationContext& context);

}  // namespace kpi

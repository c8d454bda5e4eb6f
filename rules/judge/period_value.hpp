#pragma once
// The value of one period, and whether it can be judged yet. For line.cpp and replay.cpp; pure.

#include "rules/judge/line.hpp"

#include <cstdint>

namespace kpi {

inline const Kpi& kpi_of(const Line& line, const JudgeContext& context) {
  return context.rules->kpis[line.kpi];
}

/// What expressions are evaluated in for a period.
EvaluationContext evaluation(const Line& line, const JudgeContext& context, Slot slot);

/// How much a period can be judged by.
enum class Ready : std::uint8_t {
  kNo,
  kWithoutOptional,  ///< Only sources of inputs inside coalesce() have not been read since.
  kYes,
};

/// Whether each input has a sample for its last grain in the period. REQUIRES that the period is due.
Ready readiness(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot slot);

/// The value as the samples give it; unknown because the window reaches back before the first sample is warming up.
Value evaluate_value(const Line& line, const JudgeContext& context, Slot slot);

/// What a limit or a condition is worked out from.
struct Formula {
  const Program& program;
  const Inputs& inputs;
};

/// Whether nothing is missing though the limit or condition is unknown: what it reads did not begin so early, or was a
/// gap then, of which was told when it was one; it judges a history that is too short yet, counted too few, or is a
/// field that the target does not have yet.
bool may_be_unknown(const Line& line, const Formula& formula, const EvaluationContext& evaluation, const Value& value);

/// The value a period is judged by that is ready or given up: without a sample that is needed there is none.
Value settled_value(const Line& line, const JudgeContext& context, Slot slot, Ready ready);

/// What the period was judged by; one that is not judged is a gap.
Value value_as_judged(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot slot);

}  // namespace kpi

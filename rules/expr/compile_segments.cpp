#include "rules/expr/compiler.hpp"

namespace kpi {

/// The first of these that has segments.
std::optional<std::uint32_t> Compiler::split_kpi_of(const std::vector<std::string>& kpis) const {
  for (const std::string& name : kpis) {
    const auto found = context_.scope->kpis.find(name);
    if (found != context_.scope->kpis.end() && found->second.is_split) {
      return found->second.index;
    }
  }
  return std::nullopt;
}

/// The condition is compiled apart: it is worked out for each segment, of its own metrics and KPIs.
Compiler::Visited Compiler::visit_segments(const Expr& expr) {
  const Expr& condition = *expr.children[0];
  if (in_segments_) {
    return error(expr.range, "segments() cannot stand inside segments()", "make the inner one a KPI of its own");
  }
  if (all_ || total_) {
    return error(expr.range, "segments() is a number of its own: all() and share() are for metrics");
  }
  SegmentProgram part;
  if (context_.split_labels.empty()) {
    part.of_kpi = split_kpi_of(used_names(condition).kpis);
    if (!part.of_kpi) {
      return error(expr.range,
                   "segments() counts segments, and neither this KPI nor one that it names is split",
                   "write split_by: [country]");
    }
  }
  std::vector<Instruction> outer = std::exchange(program_.code, {});
  in_segments_ = true;
  const Visited result = visit_as(condition, ExprType::kCondition, "segments()");
  in_segments_ = false;
  part.code = std::exchange(program_.code, std::move(outer));
  emit(OpCode::kSegments, static_cast<std::uint32_t>(program_.segments.size()));
  program_.segments.push_back(std::move(part));
  if (!result) {
    return std::nullopt;
  }
  return Typed{ExprType::kNumber, {}};
}

/// `value` inside segments() is the formula, for that segment: whether its line was judged before this one is all the
/// same.
Compiler::Visited Compiler::visit_value_of_segment(const Expr& expr, const Reading& reading) {
  if (context_.value == nullptr || reading.how != Aggregate::kByKind) {
    return error(expr.range,
                 "inside segments() \"value\" stands alone",
                 "make what is counted a KPI of its own, and name it here");
  }
  return visit(*context_.value);
}

}  // namespace kpi

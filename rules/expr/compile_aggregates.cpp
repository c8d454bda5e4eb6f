#include "rules/expr/compiler.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

struct AggregateName {
  std::string_view name;
  Aggregate how;
};

constexpr std::array<AggregateName, 11> kAggregates{{{"sum", Aggregate::kSum},
                                                     {"avg", Aggregate::kAverage},
                                                     {"min", Aggregate::kMin},
                                                     {"max", Aggregate::kMax},
                                                     {"first", Aggregate::kFirst},
                                                     {"last", Aggregate::kLast},
                                                     {"count", Aggregate::kCount},
                                                     {"median", Aggregate::kMedian},
                                                     {"stddev", Aggregate::kStddev},
                                                     {"quantile", Aggregate::kQuantile},
                                                     {"trend", Aggregate::kTrend}}};

bool names_something(const Expr& expr) {
  return expr.kind == Expr::Kind::kName ||
         std::ranges::any_of(expr.children, [](const auto& child) { return names_something(*child); });
}

}  // namespace

const Aggregate* find_aggregate(std::string_view name) {
  const auto* found = std::ranges::find_if(kAggregates, [&](const AggregateName& a) { return a.name == name; });
  return found == kAggregates.end() ? nullptr : &found->how;
}

std::vector<std::string> aggregate_names() {
  std::vector<std::string> names;
  for (const AggregateName& aggregate : kAggregates) {
    names.emplace_back(aggregate.name);
  }
  return names;
}

/// min(web.visits) and min(web.visits, 7 days) aggregate; min(a, b) chooses.
bool Compiler::is_aggregation(const Expr& expr) {
  const std::size_t count = expr.children.size();
  const bool named = count > 0 && names_something(*expr.children[0]);
  return named && (count == 1 || (count == 2 && expr.children[1]->kind == Expr::Kind::kDuration));
}

Compiler::Visited Compiler::visit_aggregate(const Expr& expr, Aggregate how) {
  const bool takes_quantile = how == Aggregate::kQuantile;
  const std::size_t fixed = takes_quantile ? 2 : 1;
  const std::string usage = takes_quantile
                                ? "write quantile(web.seconds, 0.9) or quantile(web.seconds, 0.9, 28 days)"
                                : "write " + expr.text + "(web.visits) or " + expr.text + "(web.visits, 28 days)";
  if (expr.children.size() < fixed || expr.children.size() > fixed + 1) {
    return error(expr.range, expr.text + "() takes a metric or KPI and, if wanted, a window", usage);
  }
  const Expr& of = *expr.children[0];
  if (!names_something(of)) {
    return error(of.range, expr.text + "() takes a metric, a KPI, or an expression over metrics", usage);
  }
  if (grains_ != nullptr) {
    return error(expr.range,
                 "an aggregate cannot stand inside another",
                 "make the inner one a KPI of its own, and aggregate that");
  }
  double quantile = 0;
  if (takes_quantile) {
    const Expr& share = *expr.children[1];
    if (share.kind != Expr::Kind::kNumber || share.number < 0 || share.number > 1) {
      return error(share.range, "a quantile is a number from 0 to 1", usage);
    }
    quantile = share.number;
  }
  std::optional<Span> window;
  if (expr.children.size() > fixed) {
    const Expr& length = *expr.children[fixed];
    if (length.kind != Expr::Kind::kDuration || length.span.is_zero()) {
      return error(length.range, "the window is a duration such as 28 days", usage);
    }
    window = length.span;
  }
  const Reading reading{how, window, quantile, {}};
  Visited result = is_series(of) ? visit_name(of, reading) : visit_by_grain(expr, reading);
  if (result && how == Aggregate::kCount) {
    result->unit = Unit{};
  }
  return result;
}

/// A metric or KPI by its name; a part stands for its expression.
bool Compiler::is_series(const Expr& expr) const {
  return expr.kind == Expr::Kind::kName && (context_.parts == nullptr || !context_.parts->contains(expr.text));
}

/// The expression is worked out for each grain of its metrics, then aggregated.
Compiler::Visited Compiler::visit_by_grain(const Expr& expr, const Reading& reading) {
  const Expr& of = *expr.children[0];
  Grains grains{expr.text, reading, {}, nullptr};
  std::vector<Instruction> outer = std::exchange(program_.code, {});
  grains_ = &grains;
  const Visited result = visit_as(of, ExprType::kNumber, expr.text + "()");
  grains_ = nullptr;
  GrainProgram nested{std::exchange(program_.code, std::move(outer)), {}, reading.how, reading.quantile};
  if (!result) {
    return std::nullopt;
  }
  if (grains.metrics.empty()) {
    return error(of.range, "no metric stands inside " + expr.text + "()", "name one, such as web.visits");
  }
  std::ranges::sort(grains.metrics);
  grains.metrics.erase(std::ranges::unique(grains.metrics).begin(), grains.metrics.end());
  nested.metrics = std::move(grains.metrics);
  emit(OpCode::kByGrain, static_cast<std::uint32_t>(program_.nested.size()));
  program_.nested.push_back(std::move(nested));
  return result;
}

Compiler::Visited Compiler::visit_extreme(const Expr& expr) {
  if (expr.children.size() < 2) {
    return error(expr.range,
                 expr.text + "() takes a metric, or two values or more",
                 "write " + expr.text + "(web.visits) or " + expr.text + "(a, b)");
  }
  Visited first;
  bool fine = true;
  for (const auto& child : expr.children) {
    const Visited got = visit_as(*child, ExprType::kNumber, expr.text + "()");
    fine = got && fine;
    if (got && first && first->unit.fit(got->unit) == Unit::Fit::kClash) {
      error(child->range, "cannot compare " + first->unit.text() + " with " + got->unit.text());
      fine = false;
    }
    if (got && (!first || first->unit.is_none())) {
      first = got;
    }
  }
  emit(expr.text == "min" ? OpCode::kMin : OpCode::kMax, static_cast<std::uint32_t>(expr.children.size()));
  return fine ? first : std::nullopt;
}

}  // namespace kpi

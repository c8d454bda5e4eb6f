// anomaly(x), unusual(x), usual(x), forecast(x, day).

#include "rules/expr/compiler.hpp"
#include "rules/expr/history.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

constexpr double kMonthMs = 30.44 * static_cast<double>(kDayMs);

}  // namespace

/// The grain of a metric or KPI by its name; that of the KPI itself for `value`, or when the name is not known.
Compiler::Visited Compiler::visit_history(const Expr& expr, Aggregate how, double day) {
  const Expr& of = *expr.children[0];
  if (of.kind != Expr::Kind::kName || of.text.starts_with("target.")) {
    return error(of.range,
                 expr.text + "() takes \"value\", a metric or a KPI",
                 "make the expression a KPI of its own, and name that");
  }
  Grain grain = context_.every;
  const Scope& scope = *context_.scope;
  if (const auto metric = scope.metric_names.find(of.text); metric != scope.metric_names.end()) {
    grain = (*scope.metrics)[metric->second].grain;
  } else if (const auto kpi = scope.kpis.find(of.text); kpi != scope.kpis.end()) {
    grain = kpi->second.every;
  }
  Reading reading;
  reading.how = how;
  reading.window = history_of(grain);
  reading.quantile = day;
  const bool outer = std::exchange(optional_, true);
  const Visited result = visit_name(of, reading);
  optional_ = outer;
  return result;
}

Compiler::Visited Compiler::visit_anomaly(const Expr& expr) {
  const Visited result = visit_history(expr, Aggregate::kAnomaly, 0);
  return result ? Visited(Typed{ExprType::kNumber, Unit::parse("ratio").value()}) : std::nullopt;
}

/// Beyond what all KPIs together show by chance as often as is borne (`anomalies.false_alarms`).
Compiler::Visited Compiler::visit_unusual(const Expr& expr) {
  if (!visit_history(expr, Aggregate::kAnomaly, 0)) {
    return std::nullopt;
  }
  const auto kpis = static_cast<double>(context_.scope->kpi_count);
  const auto every = static_cast<double>(std::max<std::int64_t>(context_.every.span().approximate_ms(), 60000));
  const double checks = std::max(1.0, kMonthMs / every) * kpis;
  emit(OpCode::kNumber, 0, 1 - std::clamp(context_.scope->false_alarms / checks, 1e-5, 0.05));
  emit(OpCode::kGreater);
  return Typed{ExprType::kCondition, {}};
}

/// What the newest value was to be, by its season and level: gates are written with it.
Compiler::Visited Compiler::visit_usual(const Expr& expr) {
  return visit_history(expr, Aggregate::kAnomaly, 1);
}

Compiler::Visited Compiler::visit_forecast(const Expr& expr) {
  const Expr& day = *expr.children[1];
  if (day.kind != Expr::Kind::kDate) {
    return error(day.range, "forecast() takes a day", "write forecast(value, 2026-12-31)");
  }
  return visit_history(expr, Aggregate::kForecast, static_cast<double>(slot_of(day.date).ms));
}

}  // namespace kpi

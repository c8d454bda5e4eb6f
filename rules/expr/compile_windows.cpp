#include "rules/base/text.hpp"
#include "rules/expr/compiler.hpp"

#include <algorithm>

namespace kpi {

/// The second argument as a calendar unit: `month`.
std::optional<Grain> Compiler::unit_of(const Expr& expr, std::initializer_list<std::string_view> known) {
  const Expr& word = *expr.children[1];
  const bool is_word = word.kind == Expr::Kind::kName && word.filters.empty();
  if (is_word && std::ranges::find(known, word.text) != known.end()) {
    return parse_grain(word.text).value();
  }
  std::vector<std::string> names(known.begin(), known.end());
  const std::string near = is_word ? did_you_mean(word.text, names) : "";
  error(word.range,
        expr.text + "() wants a unit of the calendar, got " + (is_word ? "\"" + word.text + "\"" : print(word)),
        near.empty() ? "one of: " + join(names, " ") : near);
  return std::nullopt;
}

/// The metric that the first argument names.
const Metric* Compiler::metric_of(const Expr& expr) {
  const Expr& of = *expr.children[0];
  const Scope& scope = *context_.scope;
  const bool is_metric =
      of.kind == Expr::Kind::kName && of.text.find('.') != std::string::npos && !of.text.starts_with("target.");
  if (!is_metric) {
    error(of.range,
          expr.text + "() takes the name of a metric",
          "write " + expr.text + "(web.visits" + (expr.children.size() > 1 ? ", month)" : ")"));
    return nullptr;
  }
  const auto found = scope.metric_names.find(of.text);
  if (found == scope.metric_names.end()) {
    unknown_name(of);
    return nullptr;
  }
  return &(*scope.metrics)[found->second];
}

/// What is compared with a part of a month must be the same part of another one.
bool Compiler::check_shifts(const Expr& expr, const Grain& unit) {
  const Span one = unit.span();
  for (const Span& back : back_) {
    const bool is_whole =
        one.months != 0 ? back.months != 0 && back.months % one.months == 0 : back.days != 0 && back.days % 7 == 0;
    if (!is_whole) {
      error(expr.range,
            "a " + unit.text() + " to date goes back by whole " + unit.text() + "s, not by " + back.text() +
                ": else it would be compared with another part of the " + unit.text(),
            unit.unit == Grain::Unit::kWeek ? "write 1 week, or 52 weeks for a year" : "write " + one.text());
      return false;
    }
  }
  return true;
}

Compiler::Visited Compiler::visit_to_date(const Expr& expr) {
  const std::optional<Grain> unit = unit_of(expr, {"week", "month", "quarter", "year"});
  const Metric* metric = metric_of(expr);
  if (metric == nullptr || !unit) {
    return std::nullopt;
  }
  if (!context_.every.is_finer_than(*unit)) {
    return error(expr.range,
                 "the KPI is judged every " + context_.every.text() + ": a " + unit->text() +
                     " to date grows only when it is judged more often than that",
                 "write every: day, or a longer unit");
  }
  if (!check_shifts(expr, *unit)) {
    return std::nullopt;
  }
  Reading reading;
  reading.since = unit->unit;
  return visit_name(*expr.children[0], reading);
}

/// x divided by how many units its window holds.
Compiler::Visited Compiler::visit_per(const Expr& expr) {
  const std::optional<Grain> unit = unit_of(expr, {"minute", "hour", "day", "week", "month", "quarter", "year"});
  std::vector<Reach> reaches;
  std::vector<Reach>* outer = std::exchange(reaches_, &reaches);
  const Visited result = visit_as(*expr.children[0], ExprType::kNumber, "per()");
  reaches_ = outer;
  if (!result || !unit) {
    return std::nullopt;
  }
  if (reaches.empty() || std::ranges::any_of(reaches, &Reach::is_judged)) {
    return error(expr.children[0]->range,
                 "per() takes metrics: of this it is not known over which window it is",
                 "write per(web.visits, " + unit->text() + ")");
  }
  if (std::ranges::any_of(reaches, [&](const Reach& reach) { return !(reach == reaches.front()); })) {
    return error(expr.children[0]->range,
                 "per() divides by the length of one window, and this looks at several",
                 "write per() around each of them");
  }
  if (!context_.every.is_civil() && unit->span().months != 0) {
    return error(expr.children[1]->range,
                 "the KPI is judged every " + context_.every.text() + ": per() counts minutes, hours, days or weeks",
                 "write per(x, hour)");
  }
  if (outer != nullptr) {
    outer->insert(outer->end(), reaches.begin(), reaches.end());
  }
  const Reach& reach = reaches.front();
  emit(OpCode::kUnits, static_cast<std::uint32_t>(program_.units.size()));
  program_.units.push_back(UnitCount{*unit, reach.window, reach.since, reach.back});
  emit(OpCode::kDivide);
  return result;
}

/// share(x) is x for the segment over x for the total.
Compiler::Visited Compiler::visit_share(const Expr& expr) {
  if (context_.split_labels.empty()) {
    return error(expr.range,
                 "share() compares a segment with the total, and this KPI has no segments",
                 "write split_by:, or divide: web.visits{country=\"SE\"} / web.visits");
  }
  const Expr& of = *expr.children[0];
  const Visited part = visit_as(of, ExprType::kNumber, "share()");
  if (!part) {
    return std::nullopt;
  }
  const bool outer = std::exchange(total_, true);
  const Visited whole = visit_as(of, ExprType::kNumber, "share()");
  total_ = outer;
  emit(OpCode::kDivide);
  return whole ? Visited(Typed{ExprType::kNumber, Unit::parse("ratio").value()}) : std::nullopt;
}

/// age(m) needs no sample in the period: that there is none is what it tells.
Compiler::Visited Compiler::visit_age(const Expr& expr) {
  if (metric_of(expr) == nullptr) {
    return std::nullopt;
  }
  Reading reading;
  reading.how = Aggregate::kAge;
  const bool outer = std::exchange(optional_, true);
  const Visited result = visit_name(*expr.children[0], reading);
  optional_ = outer;
  return result ? Visited(Typed{ExprType::kNumber, Unit::parse("d").value()}) : std::nullopt;
}

}  // namespace kpi

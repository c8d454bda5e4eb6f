// Comparisons that can be compiled and are hardly meant: a share with a number of per cent that lacks its sign, a count
// with a number below zero.

#include "rules/base/text.hpp"
#include "rules/expr/compiler.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kpi {
namespace {

/// A number as it is written, with its sign; nothing for anything else.
std::optional<double> literal_of(const Expr& expr) {
  if (expr.kind == Expr::Kind::kNumber) {
    return expr.number;
  }
  const bool is_negated = expr.kind == Expr::Kind::kOperator && expr.op == Operator::kNegate;
  const auto inner = is_negated ? literal_of(*expr.children[0]) : std::nullopt;
  return inner ? std::optional(-*inner) : std::nullopt;
}

bool has_percent_sign(const Expr& expr) {
  return expr.kind == Expr::Kind::kNumber ? expr.text.ends_with('%')
                                          : !expr.children.empty() && has_percent_sign(*expr.children[0]);
}

bool is_share(const Expr& expr, const Unit& unit) {
  const bool is_change = expr.kind == Expr::Kind::kCall && (expr.text == "change" || expr.text == "share");
  const bool is_probability = expr.kind == Expr::Kind::kName && expr.text == "target.probability";
  return is_change || is_probability || unit.show() == Unit::Show::kPercent;
}

/// 1.2 is a fifth ahead, so a little above 1 is meant.
bool is_part_of_goal(const Expr& expr) {
  return expr.kind == Expr::Kind::kName && (expr.text == "target.pace" || expr.text == "target.progress");
}

constexpr double kMostOfGoal = 10;

}  // namespace

/// Whether the expression is a count of things that happened, which is never below zero: a metric, or `value` where it
/// adds and multiplies such metrics.
bool Compiler::is_never_negative(const Expr& expr, int depth) const {
  if (depth > 8) {
    return false;
  }
  if (expr.kind == Expr::Kind::kNumber) {
    return true;
  }
  if (expr.kind == Expr::Kind::kOperator) {
    const bool keeps_sign = expr.op == Operator::kAdd || expr.op == Operator::kMultiply || expr.op == Operator::kDivide;
    return keeps_sign &&
           std::ranges::all_of(expr.children, [&](const auto& child) { return is_never_negative(*child, depth + 1); });
  }
  if (expr.kind != Expr::Kind::kName) {
    return false;
  }
  if (expr.text == "value" && context_.value != nullptr) {
    return is_never_negative(*context_.value, depth + 1);
  }
  if (context_.parts != nullptr && context_.parts->contains(expr.text)) {
    return is_never_negative(*context_.parts->find(expr.text)->second, depth + 1);
  }
  const auto metric = context_.scope->metric_names.find(expr.text);
  if (metric == context_.scope->metric_names.end()) {
    return false;
  }
  const Metric& known = (*context_.scope->metrics)[metric->second];
  const auto unit = Unit::parse(known.unit);
  const bool is_count = unit && unit->factors().size() == 1 &&
                        unit->factors()[0].dimension == Unit::Dimension::kCount && unit->factors()[0].power == 1;
  return is_count && (known.kind == MetricKind::kFlow || known.kind == MetricKind::kDistinct);
}

void Compiler::warn_of_comparison(const Expr& expr, const std::array<Typed, 2>& sides) {
  for (std::size_t i = 0; i < 2; ++i) {
    const Expr& number = *expr.children[i];
    const Expr& other = *expr.children[1 - i];
    const std::optional<double> literal = literal_of(number);
    if (!literal || literal_of(other)) {
      continue;
    }
    const double size = std::abs(*literal);
    const bool is_hundreds =
        (size > 1 && is_share(other, sides.at(1 - i).unit)) || (size > kMostOfGoal && is_part_of_goal(other));
    if (is_hundreds && !has_percent_sign(number)) {
      const std::string whole = number_text(*literal * 100) + "%";
      warnings_.push_back({number.range,
                           number_text(*literal) + " is " + whole + ", since it is compared with a share",
                           "write " + number_text(*literal) + "%, or " + whole + " if that is meant"});
    } else if (*literal < 0 && is_never_negative(other, 0)) {
      warnings_.push_back({number.range,
                           "a count is never below 0: compared with " + number_text(*literal) + ", " + print(other) +
                               " says the same whatever happens",
                           "compare it with a count, or a change: change(" + print(other) + ", 1 week) < -30%"});
    }
  }
}

}  // namespace kpi

#include "rules/base/text.hpp"
#include "rules/expr/compiler.hpp"
#include "rules/model/verdict.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {

Compiler::Visited Compiler::visit_operator(const Expr& expr) {
  switch (expr.op) {
    case Operator::kOr:
    case Operator::kAnd:
    case Operator::kNot:
      return visit_logic(expr);
    case Operator::kLess:
    case Operator::kLessEqual:
    case Operator::kGreater:
    case Operator::kGreaterEqual:
    case Operator::kEqual:
    case Operator::kNotEqual:
    case Operator::kAdd:
    case Operator::kSubtract:
      return visit_alike(expr);
    case Operator::kMultiply:
    case Operator::kDivide:
      return visit_scaling(expr);
    case Operator::kPower:
      return visit_power(expr);
    case Operator::kNegate:
      break;
  }
  const Visited inner = visit_as(*expr.children[0], ExprType::kNumber, "-");
  if (expr.children[0]->kind == Expr::Kind::kNumber && inner) {
    program_.code.back().number *= -1;  // one number, as a limit may be
  } else {
    emit(OpCode::kNegate);
  }
  return inner;
}

Compiler::Visited Compiler::visit_logic(const Expr& expr) {
  bool fine = true;
  for (const auto& child : expr.children) {
    fine = visit_as(*child, ExprType::kCondition, kpi::name_of(expr.op)).has_value() && fine;
  }
  emit(expr.op == Operator::kOr ? OpCode::kOr : expr.op == Operator::kAnd ? OpCode::kAnd : OpCode::kNot);
  return fine ? Visited(Typed{ExprType::kCondition, {}}) : std::nullopt;
}

/// Writes a duration in the unit of the number that it is compared with or added to, in place of instruction `at`.
bool Compiler::emit_length(const Expr& expr, const Expr& literal, const Unit& unit, std::size_t at) {
  const std::string_view name = kpi::name_of(expr.op);
  const bool is_duration = unit.factors().size() == 1 && unit.factors()[0].dimension == Unit::Dimension::kDuration &&
                           unit.factors()[0].power == 1;
  if (!is_duration) {
    error(literal.range,
          std::string(name) + " wants a number, got a duration",
          "only what is a duration itself, such as age(web.visits), is compared with one");
    return false;
  }
  if (literal.span.months != 0) {
    error(literal.range,
          "months differ in length: " + literal.span.text() + " cannot be compared with a number",
          "write it in days, such as 30 days");
    return false;
  }
  const std::string& in = unit.factors()[0].name;
  const double one = in == "d" ? kDayMs : in == "h" ? 3600e3 : in == "min" ? 60e3 : 1e3;
  program_.code[at].number = static_cast<double>(literal.span.days * kDayMs + literal.span.ms) / one;
  return true;
}

/// target.status == "off_track"
Compiler::Visited Compiler::visit_status(const Expr& expr) {
  const bool is_first = expr.children[0]->kind == Expr::Kind::kName && expr.children[0]->text == "target.status";
  const Expr& status = *expr.children[is_first ? 0 : 1];
  const Expr& word = *expr.children[is_first ? 1 : 0];
  if (!visit(status)) {
    return std::nullopt;
  }
  if (word.kind != Expr::Kind::kText || (expr.op != Operator::kEqual && expr.op != Operator::kNotEqual)) {
    return error(expr.range,
                 "target.status is a text: it can only be compared with one, by == or !=",
                 "write target.status == \"off_track\"");
  }
  const std::optional<TargetStatus> known = parse_target_status(word.text);
  if (!known) {
    std::vector<std::string> names;
    for (auto at = TargetStatus::kNotStarted; at <= TargetStatus::kMissed;
         at = static_cast<TargetStatus>(static_cast<int>(at) + 1)) {
      names.emplace_back(kpi::name_of(at));
    }
    const std::string near = did_you_mean(word.text, names);
    return error(word.range,
                 "a target has no status \"" + printable(word.text, 60) + "\"",
                 near.empty() ? "one of: " + join(names, " ") : near);
  }
  emit(OpCode::kNumber, 0, static_cast<double>(*known));
  emit(expr.op == Operator::kEqual ? OpCode::kEqual : OpCode::kNotEqual);
  return Typed{ExprType::kCondition, {}};
}

/// Comparisons, + and -.
Compiler::Visited Compiler::visit_alike(const Expr& expr) {
  const auto is_status = [](const auto& side) {
    return side->kind == Expr::Kind::kName && side->text == "target.status";
  };
  return std::ranges::any_of(expr.children, is_status) ? visit_status(expr) : visit_sides(expr);
}

/// Both sides as numbers; of one of them a duration becomes a number in the unit of the other.
std::optional<std::array<Typed, 2>> Compiler::visit_both(const Expr& expr) {
  std::array<Visited, 2> sides;
  std::optional<std::size_t> literal;
  std::size_t place = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const Expr& child = *expr.children[i];
    if (child.kind == Expr::Kind::kDuration && !literal) {
      literal = i;
      place = program_.code.size();
      emit(OpCode::kNumber);  // which number, the unit of the other side says
      sides.at(i) = Typed{};
    } else {
      sides.at(i) = visit_as(child, ExprType::kNumber, kpi::name_of(expr.op));
    }
  }
  if (!sides[0] || !sides[1]) {
    return std::nullopt;
  }
  if (literal) {
    const Unit unit = sides.at(1 - *literal)->unit;
    if (!emit_length(expr, *expr.children[*literal], unit, place)) {
      return std::nullopt;
    }
    sides.at(*literal) = Typed{ExprType::kNumber, unit};
  }
  return std::array<Typed, 2>{*sides[0], *sides[1]};
}

/// Both sides must be of units that fit.
Compiler::Visited Compiler::visit_sides(const Expr& expr) {
  const auto both = visit_both(expr);
  if (!both) {
    return std::nullopt;
  }
  const Typed* left = &(*both)[0];
  const Typed* right = &(*both)[1];
  const bool adds = expr.op == Operator::kAdd || expr.op == Operator::kSubtract;
  const Unit::Fit fit = left->unit.fit(right->unit);
  const std::string sides = left->unit.text() + " " + (adds ? "and " : "with ") + right->unit.text();
  if (fit == Unit::Fit::kClash) {
    return error(expr.range,
                 std::string(adds ? "cannot add or subtract " : "cannot compare ") + sides,
                 "both sides must be in one unit; convert one of them first");
  }
  if (fit == Unit::Fit::kMixedCounts) {
    warnings_.push_back({expr.range, std::string(adds ? "adds " : "compares ") + sides, "is that meant?"});
  }
  static constexpr std::array<OpCode, 8> kCodes{OpCode::kLess,
                                                OpCode::kLessEqual,
                                                OpCode::kGreater,
                                                OpCode::kGreaterEqual,
                                                OpCode::kEqual,
                                                OpCode::kNotEqual,
                                                OpCode::kAdd,
                                                OpCode::kSubtract};
  emit(kCodes.at(static_cast<std::size_t>(expr.op) - static_cast<std::size_t>(Operator::kLess)));
  if (!adds) {
    warn_of_comparison(expr, *both);
    return Typed{ExprType::kCondition, {}};
  }
  return Typed{ExprType::kNumber, left->unit.is_none() ? right->unit : left->unit};
}

Compiler::Visited Compiler::visit_scaling(const Expr& expr) {
  const std::string_view name = kpi::name_of(expr.op);
  const Visited left = visit_as(*expr.children[0], ExprType::kNumber, name);
  const Visited right = visit_as(*expr.children[1], ExprType::kNumber, name);
  const bool divides = expr.op == Operator::kDivide;
  emit(divides ? OpCode::kDivide : OpCode::kMultiply);
  if (!left || !right) {
    return std::nullopt;
  }
  if (divides && expr.children[1]->kind == Expr::Kind::kNumber && expr.children[1]->number == 0) {
    return error(expr.children[1]->range, "a division by zero has no value", "divide by what is not always 0");
  }
  return Typed{ExprType::kNumber, divides ? left->unit / right->unit : left->unit * right->unit};
}

Compiler::Visited Compiler::visit_power(const Expr& expr) {
  const Visited base = visit_as(*expr.children[0], ExprType::kNumber, "^");
  const Visited exponent = visit_as(*expr.children[1], ExprType::kNumber, "^");
  emit(OpCode::kPower);
  if (!base || !exponent) {
    return std::nullopt;
  }
  const Expr& power = *expr.children[1];
  const bool is_small_whole =
      power.kind == Expr::Kind::kNumber && power.number <= 8 && power.number == std::floor(power.number);
  if (is_small_whole) {
    return Typed{ExprType::kNumber, base->unit.power(static_cast<int>(power.number))};
  }
  const auto is_dimension = [](const Unit::Factor& factor) { return factor.dimension != Unit::Dimension::kCount; };
  if (std::ranges::any_of(base->unit.factors(), is_dimension)) {
    return error(expr.range, "only a plain number can be raised to a power that is not a small whole number");
  }
  return Typed{ExprType::kNumber, {}};
}

}  // namespace kpi

#include "rules/expr/compiler.hpp"

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

/// Comparisons, + and -: both sides must be of units that fit.
Compiler::Visited Compiler::visit_alike(const Expr& expr) {
  const std::string_view name = kpi::name_of(expr.op);
  const Visited left = visit_as(*expr.children[0], ExprType::kNumber, name);
  const Visited right = visit_as(*expr.children[1], ExprType::kNumber, name);
  if (!left || !right) {
    return std::nullopt;
  }
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
  if (!base->unit.factors().empty()) {
    return error(expr.range, "only a plain number can be raised to a power that is not a small whole number");
  }
  return Typed{ExprType::kNumber, {}};
}

}  // namespace kpi

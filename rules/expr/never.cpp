#include "rules/expr/never.hpp"

#include "rules/expr/operands.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace kpi {
namespace {

Bounds both(const Bounds& a, const Bounds& b) {
  Bounds result = a;
  if (b.least > a.least || (b.least == a.least && b.is_least_open)) {
    result.least = b.least;
    result.is_least_open = b.is_least_open;
  }
  if (b.most < a.most || (b.most == a.most && b.is_most_open)) {
    result.most = b.most;
    result.is_most_open = b.is_most_open;
  }
  return result;
}

Bounds either(const Bounds& a, const Bounds& b) {
  return {std::min(a.least, b.least), std::max(a.most, b.most)};
}

Bounds negated(const Bounds& a) {
  return {-a.most, -a.least, a.is_most_open, a.is_least_open};
}

OpCode mirrored(OpCode op) {
  switch (op) {
    case OpCode::kLess:
      return OpCode::kGreater;
    case OpCode::kLessEqual:
      return OpCode::kGreaterEqual;
    case OpCode::kGreater:
      return OpCode::kLess;
    case OpCode::kGreaterEqual:
      return OpCode::kLessEqual;
    default:
      return op;
  }
}

/// What holds where `op` does not.
OpCode opposite(OpCode op) {
  switch (op) {
    case OpCode::kLess:
      return OpCode::kGreaterEqual;
    case OpCode::kLessEqual:
      return OpCode::kGreater;
    case OpCode::kGreater:
      return OpCode::kLessEqual;
    case OpCode::kGreaterEqual:
      return OpCode::kLess;
    case OpCode::kEqual:
      return OpCode::kNotEqual;
    default:
      return OpCode::kEqual;
  }
}

/// What x can be when x `op` y is true of a y within `limit`.
Bounds bounded_by(OpCode op, const Bounds& limit) {
  Bounds result;
  if (op == OpCode::kLess || op == OpCode::kLessEqual) {
    result.most = limit.most;
    result.is_most_open = op == OpCode::kLess || limit.is_most_open;
  } else if (op == OpCode::kGreater || op == OpCode::kGreaterEqual) {
    result.least = limit.least;
    result.is_least_open = op == OpCode::kGreater || limit.is_least_open;
  } else if (op == OpCode::kEqual) {
    result = limit;
  }
  return result;
}

/// The code of a number, and what it must be for a condition to be true.
struct Need {
  std::span<const Instruction> code;
  Bounds bounds;
};

/// Two numbers that are compared.
struct Comparison {
  OpCode op = OpCode::kLess;
  Need left;
  Need right;
};

/// A value or a condition on the stack.
struct Term {
  std::span<const Instruction> code;
  Bounds bounds;            ///< Of a number.
  std::vector<Need> needs;  ///< Of a condition.
  bool is_never = false;
  std::optional<Comparison> comparison;  ///< What `not` turns round.
};

class NeverCheck {
 public:
  NeverCheck(const Program& program, const Bounds& value) : program_(program), value_(value) {}

  Term run() {
    const std::span<const Instruction> code(program_.code);
    for (std::size_t at = 0; at < code.size(); ++at) {
      const std::size_t count = std::min(operands_of(code[at]), stack_.size());
      const std::size_t first = stack_.size() - count;
      const std::size_t begin = count == 0 ? at : static_cast<std::size_t>(stack_[first].code.data() - code.data());
      Term term = of(code[at], std::span(stack_).subspan(first));
      term.code = code.subspan(begin, at + 1 - begin);
      stack_.resize(first);
      stack_.push_back(std::move(term));
    }
    return stack_.empty() ? Term{} : std::move(stack_.back());
  }

 private:
  Term of(const Instruction& instruction, std::span<const Term> operands) const {
    switch (instruction.op) {
      case OpCode::kAnd:
        return all_of(operands[0], operands[1]);
      case OpCode::kOr:
        return any_of(operands[0], operands[1]);
      case OpCode::kLess:
      case OpCode::kLessEqual:
      case OpCode::kGreater:
      case OpCode::kGreaterEqual:
      case OpCode::kEqual:
      case OpCode::kNotEqual:
        return compared(
            {instruction.op, {operands[0].code, operands[0].bounds}, {operands[1].code, operands[1].bounds}});
      case OpCode::kNot:
        if (const auto& inner = operands[0].comparison) {
          return compared({opposite(inner->op), inner->left, inner->right});
        }
        return {};
      default: {
        Term term;
        term.bounds = number(instruction, operands);
        return term;
      }
    }
  }

  [[nodiscard]] Bounds number(const Instruction& instruction, std::span<const Term> operands) const {
    static constexpr Bounds kFromZero{.least = 0};
    static constexpr Bounds kShare{.least = 0, .most = 1};
    switch (instruction.op) {
      case OpCode::kNumber:
        return {instruction.number, instruction.number};
      case OpCode::kValue:
        return value_;
      case OpCode::kKpi: {
        const KpiInput& input = program_.kpis[instruction.index];
        return input.is_self && input.how == Aggregate::kLast ? value_ : bounds_of(input.how);
      }
      case OpCode::kMetric:
        return bounds_of(program_.metrics[instruction.index].how);
      case OpCode::kTarget:
        return static_cast<TargetField>(instruction.index) == TargetField::kProbability ? kShare : Bounds{};
      case OpCode::kWeekday:
        return {1, 7};
      case OpCode::kMonth:
        return {1, 12};
      case OpCode::kSegments:
      case OpCode::kAbs:
        return kFromZero;
      case OpCode::kNegate:
        return negated(operands[0].bounds);
      case OpCode::kChange:  // at most all of what was there goes
        return operands[0].bounds.least >= 0 && operands[1].bounds.least >= 0 ? Bounds{.least = -1} : Bounds{};
      case OpCode::kIf:
        return either(operands[1].bounds, operands[2].bounds);
      case OpCode::kMultiply:
        return product(operands[0].bounds, operands[1].bounds);
      default:
        return {};
    }
  }

  static Bounds bounds_of(Aggregate how) {
    switch (how) {
      case Aggregate::kAnomaly:
        return {.least = 0, .most = 1};
      case Aggregate::kCount:
      case Aggregate::kStddev:
      case Aggregate::kAge:
        return {.least = 0};
      default:
        return {};
    }
  }

  static Bounds product(const Bounds& a, const Bounds& b) {
    if (a.is_one() && b.is_one()) {
      return {a.least * b.least, a.most * b.most};
    }
    return a.least >= 0 && b.least >= 0 ? Bounds{.least = 0} : Bounds{};
  }

  [[nodiscard]] Term compared(const Comparison& comparison) const {
    const auto& [op, left, right] = comparison;
    Term term;
    term.comparison = comparison;
    const bool is_strict = op == OpCode::kLess || op == OpCode::kGreater || op == OpCode::kNotEqual;
    if (is_strict && is_same(left.code, right.code)) {
      term.is_never = true;
      return term;
    }
    if (op != OpCode::kNotEqual) {
      term.needs = {{left.code, both(left.bounds, bounded_by(op, right.bounds))},
                    {right.code, both(right.bounds, bounded_by(mirrored(op), left.bounds))}};
      term.is_never = std::ranges::any_of(term.needs, [](const Need& need) { return need.bounds.is_empty(); });
    }
    return term;
  }

  Term all_of(const Term& left, const Term& right) const {
    Term term;
    term.is_never = left.is_never || right.is_never;
    term.needs = left.needs;
    for (const Need& need : right.needs) {
      const auto same =
          std::ranges::find_if(term.needs, [&](const Need& other) { return is_same(other.code, need.code); });
      if (same == term.needs.end()) {
        term.needs.push_back(need);
      } else {
        same->bounds = both(same->bounds, need.bounds);
        term.is_never = term.is_never || same->bounds.is_empty();
      }
    }
    return term;
  }

  static Term any_of(const Term& left, const Term& right) {
    if (left.is_never != right.is_never) {
      return left.is_never ? right : left;
    }
    Term term;
    term.is_never = left.is_never;
    return term;
  }

  /// Whether two pieces of the formula are the same number, wherever they stand.
  [[nodiscard]] bool is_same(std::span<const Instruction> a, std::span<const Instruction> b) const {
    return std::ranges::equal(a, b, [&](const Instruction& left, const Instruction& right) {
      if (left.op != right.op || left.number != right.number) {
        return false;
      }
      if (left.op == OpCode::kMetric) {
        return is_same_input(program_.metrics[left.index], program_.metrics[right.index]);
      }
      if (left.op == OpCode::kKpi) {
        return is_same_input(program_.kpis[left.index], program_.kpis[right.index]);
      }
      const bool is_moment = left.op == OpCode::kHoliday || left.op == OpCode::kEvent || left.op == OpCode::kWeekday ||
                             left.op == OpCode::kMonth;
      return is_moment ? program_.moments[left.index] == program_.moments[right.index] : left.index == right.index;
    });
  }

  template <class Input>
  static bool is_same_input(Input left, const Input& right) {
    left.range = right.range;
    return left == right;
  }

  const Program& program_;
  const Bounds& value_;
  std::vector<Term> stack_;
};

}  // namespace

bool can_never_hold(const Program& condition, const Bounds& value) {
  return condition.is_condition && NeverCheck(condition, value).run().is_never;
}

Bounds bounds_of(const Program& number, const Bounds& value) {
  return NeverCheck(number, value).run().bounds;
}

}  // namespace kpi

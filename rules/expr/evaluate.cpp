#include "rules/expr/evaluate.hpp"

#include "rules/base/rounding.hpp"
#include "rules/expr/read_input.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kpi {
namespace {

/// The stack of one evaluation. With a row it works for one grain: the metrics are those of the row.
class Machine {
 public:
  Machine(const Program& program, const Inputs* inputs, const GrainRow* row, const EvaluationContext& context)
      : program_(program), inputs_(inputs), row_(row), context_(context) {
    stack_.reserve(8);
  }

  /// What segments that were delivered as null are taken for.
  void take_nulls_for(bool holds) { nulls_hold_ = holds; }

  [[nodiscard]] const std::optional<Value>& null_segment() const { return null_segment_; }

  Value run(std::span<const Instruction> code) {
    for (const Instruction& instruction : code) {
      execute(instruction);
    }
    return stack_.back();
  }

 private:
  Value pop() {
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }

  void execute(const Instruction& instruction) {
    if (instruction.op <= OpCode::kMonth) {
      stack_.push_back(load(instruction));
    } else if (instruction.op <= OpCode::kNotEqual) {
      stack_.push_back(condition(instruction.op));
    } else {
      stack_.push_back(number(instruction));
    }
  }

  Value load(const Instruction& instruction) {
    const auto index = static_cast<std::int16_t>(instruction.index);
    switch (instruction.op) {
      case OpCode::kMetric:
        return row_ != nullptr ? (*row_)[instruction.index]
                               : evaluate_input(program_, *inputs_, instruction.index, context_);
      case OpCode::kByGrain:
        return evaluate_by_grain(program_, program_.nested[instruction.index], *inputs_, context_);
      case OpCode::kSegments:
        return count_segments(instruction.index);
      case OpCode::kUnits:
        return Value::of(units_in(context_.frame, program_.units[instruction.index]));
      case OpCode::kKpi:
        return evaluate_kpi(program_.kpis[instruction.index],
                            inputs_->kpis[instruction.index],
                            context_,
                            static_cast<std::int16_t>(index + static_cast<std::int16_t>(program_.metrics.size())));
      case OpCode::kValue:
        return context_.own;
      case OpCode::kTarget: {
        const bool given = instruction.index < context_.target_fields.size();
        const std::optional<double> field = given ? context_.target_fields[instruction.index] : std::optional<double>();
        return field ? Value::of(*field) : Value::unknown(Reason::kNotJudged);
      }
      case OpCode::kHoliday:
      case OpCode::kEvent:
      case OpCode::kWeekday:
      case OpCode::kMonth:
        return clock(instruction);
      default:
        return Value::of(instruction.number);
    }
  }

  /// How many segments the condition holds for; unknown when there are some, and of none it is known.
  [[nodiscard]] Value count_segments(std::uint32_t index) {
    double count = 0;
    std::optional<Value> unknown;
    bool is_known = false;
    for (const Inputs& segment : inputs_->segments[index]) {
      const Value holds = Machine(program_, &segment, nullptr, context_).run(program_.segments[index].code);
      const bool is_null = holds.reason == Reason::kNull && !holds.is_known();
      is_known = is_known || holds.is_known();
      count += holds.is_true() || (is_null && nulls_hold_) ? 1 : 0;
      null_segment_ = is_null ? std::optional(holds) : null_segment_;
      unknown = holds.is_known() ? unknown : holds;
    }
    return is_known || !unknown ? Value::of(count) : *unknown;
  }

  [[nodiscard]] Value clock(const Instruction& instruction) const {
    const Frame& frame = context_.frame;
    const Moment& moment = program_.moments[instruction.index];
    const auto [date, end] = days_of(frame, moment.back);
    const CalendarRules& calendar = context_.rules != nullptr ? context_.rules->calendar : frame.calendar;
    switch (instruction.op) {
      case OpCode::kHoliday:
        return truth(calendar.has_holiday(date, end));
      case OpCode::kEvent:
        return truth(calendar.has_event(moment.event, date, end));
      case OpCode::kMonth:
        return Value::of(static_cast<unsigned>(date.month()));
      default:
        return Value::of(std::chrono::weekday{std::chrono::sys_days{date}}.iso_encoding());
    }
  }

  static Value truth(bool holds) { return Value::of(holds ? 1 : 0); }

  Value condition(OpCode op) {
    const Value b = pop();
    if (op == OpCode::kNot) {
      return b.is_known() ? truth(b.number == 0) : b;
    }
    const Value a = pop();
    if (op == OpCode::kOr || op == OpCode::kAnd) {
      const bool decides = op == OpCode::kOr;
      if ((a.is_known() && (a.number != 0) == decides) || (b.is_known() && (b.number != 0) == decides)) {
        return truth(decides);
      }
      return !a.is_known() ? a : !b.is_known() ? b : truth(!decides);
    }
    if (!a.is_known() || !b.is_known()) {
      return a.is_known() ? b : a;
    }
    return truth(compare(op, a.number, b.number));
  }

  static bool compare(OpCode op, double a, double b) {
    switch (op) {
      case OpCode::kLess:
        return is_less(a, b);
      case OpCode::kLessEqual:
        return is_at_most(a, b);
      case OpCode::kGreater:
        return is_less(b, a);
      case OpCode::kGreaterEqual:
        return is_at_most(b, a);
      case OpCode::kEqual:
        return is_equal(a, b);
      default:
        return !is_equal(a, b);
    }
  }

  Value number(const Instruction& instruction) {
    switch (instruction.op) {
      case OpCode::kMin:
      case OpCode::kMax:
        return extreme(instruction);
      case OpCode::kIf: {
        const Value otherwise = pop();
        const Value then = pop();
        const Value condition = pop();
        return !condition.is_known() ? condition : condition.number != 0 ? then : otherwise;
      }
      case OpCode::kCoalesce: {
        const Value second = pop();
        const Value first = pop();
        return first.is_known() ? first : second;
      }
      case OpCode::kClamp: {
        const Value high = pop();
        const Value low = pop();
        const Value x = pop();
        for (const Value& part : {x, low, high}) {
          if (!part.is_known()) {
            return part;
          }
        }
        return Value::of(std::min(std::max(x.number, low.number), high.number));
      }
      case OpCode::kNegate:
      case OpCode::kAbs: {
        Value x = pop();
        x.number = instruction.op == OpCode::kAbs ? std::abs(x.number) : -x.number;
        return x;
      }
      default:
        return binary(instruction.op);
    }
  }

  Value extreme(const Instruction& instruction) {
    Value result = pop();
    for (std::uint32_t i = 1; i < instruction.index; ++i) {
      const Value next = pop();
      if (!next.is_known() || !result.is_known()) {
        result = next.is_known() ? result : next;
      } else if (instruction.op == OpCode::kMin ? next.number < result.number : next.number > result.number) {
        result = next;
      }
    }
    return result;
  }

  Value binary(OpCode op) {
    const Value b = pop();
    const Value a = pop();
    if (!a.is_known() || !b.is_known()) {
      return a.is_known() ? b : a;
    }
    switch (op) {
      case OpCode::kAdd:
        return finite(a.number + b.number);
      case OpCode::kSubtract:
        return finite(a.number - b.number);
      case OpCode::kMultiply:
        return finite(a.number * b.number);
      case OpCode::kDivide:
        return b.number == 0 ? Value::unknown(Reason::kDivisionByZero) : finite(a.number / b.number);
      case OpCode::kChange:
        return b.number == 0 ? Value::unknown(Reason::kDivisionByZero)
                             : finite((a.number - b.number) / std::abs(b.number));
      case OpCode::kRound: {
        const double scale = std::pow(10.0, std::clamp(std::round(b.number), -15.0, 15.0));
        return finite(std::round(a.number * scale) / scale);
      }
      default:
        return finite(std::pow(a.number, b.number));
    }
  }

  const Program& program_;
  const Inputs* inputs_;
  const GrainRow* row_;
  const EvaluationContext& context_;
  std::vector<Value> stack_;
  bool nulls_hold_ = false;
  std::optional<Value> null_segment_;
};

}  // namespace

Value evaluate_at(const Program& program,
                  const GrainProgram& part,
                  const GrainRow& row,
                  const EvaluationContext& context) {
  return Machine(program, nullptr, &row, context).run(part.code);
}

Value evaluate(const Program& program, const Inputs& inputs, const EvaluationContext& context) {
  Machine machine(program, &inputs, nullptr, context);
  const Value value = machine.run(program.code);
  if (!machine.null_segment() || !value.is_known()) {
    return value;
  }
  // A segment with an empty cell may be one that it holds for: known is only what does not depend on that.
  Machine other(program, &inputs, nullptr, context);
  other.take_nulls_for(true);
  const Value most = other.run(program.code);
  return most.is_known() && most.number == value.number ? value : *machine.null_segment();
}

}  // namespace kpi

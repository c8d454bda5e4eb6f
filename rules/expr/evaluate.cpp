#include "rules/expr/evaluate.hpp"

#include "rules/expr/gather.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

Aggregate resolve(Aggregate how, MetricKind kind) {
  if (how != Aggregate::kByKind) {
    return how;
  }
  switch (kind) {
    case MetricKind::kFlow:
    case MetricKind::kDistinct:  // over one period only: the compiler saw to that
      return Aggregate::kSum;
    case MetricKind::kLevel:
      return Aggregate::kLast;
    case MetricKind::kMean:
      return Aggregate::kAverage;
  }
  return Aggregate::kSum;
}

Value finite(double number) {
  return std::isfinite(number) ? Value::of(number) : Value::unknown(Reason::kNotFinite);
}

bool is_complete(std::size_t present, std::int64_t expected, double complete) {
  return static_cast<double>(present) >= complete * static_cast<double>(expected) - 1e-9;
}

Value evaluate_kpi(const KpiInput& input,
                   const JudgedSeries* judged,
                   const EvaluationContext& context,
                   std::int16_t index) {
  if (judged == nullptr) {
    return Value::unknown(Reason::kNotJudged, index);
  }
  const auto& values = judged->values;
  const Window window = window_of(context.frame, input, judged->grain);
  const auto end = std::ranges::lower_bound(values, window.to, {}, &Sample::slot);
  if (!input.window) {
    // Of a KPI with periods like this one's, that very period; an older value of a coarser one still stands.
    const bool is_there = end != values.begin() && !std::isnan((end - 1)->value) &&
                          (judged->grain != context.frame.every ||
                           next_slot((end - 1)->slot, judged->grain, context.frame.zone) == window.to);
    return is_there ? Value::of((end - 1)->value) : Value::unknown(Reason::kNotJudged, index);
  }
  std::vector<Sample> inside;
  std::copy_if(std::ranges::lower_bound(values.begin(), end, window.from, {}, &Sample::slot),
               end,
               std::back_inserter(inside),
               [](const Sample& sample) { return !std::isnan(sample.value); });
  if (inside.empty() || !is_complete(inside.size(), window.periods, context.complete)) {
    return Value::unknown(inside.empty() ? Reason::kNotJudged : Reason::kIncomplete, index);
  }
  return finite(aggregate(inside, input.how, input.quantile));
}

/// The stack of one evaluation.
class Machine {
 public:
  Machine(const Program& program, const Inputs& inputs, const EvaluationContext& context)
      : program_(program), inputs_(inputs), context_(context) {
    stack_.reserve(8);
  }

  Value run() {
    for (const Instruction& instruction : program_.code) {
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
        return evaluate_input(program_.metrics[instruction.index], inputs_.series[instruction.index], context_, index);
      case OpCode::kKpi:
        return evaluate_kpi(program_.kpis[instruction.index],
                            inputs_.kpis[instruction.index],
                            context_,
                            static_cast<std::int16_t>(index + static_cast<std::int16_t>(program_.metrics.size())));
      case OpCode::kValue:
        return context_.own;
      case OpCode::kTarget: {
        const bool given = instruction.index < context_.target_fields.size();
        const std::optional<double> field = given ? context_.target_fields[instruction.index] : std::optional<double>();
        return field ? Value::of(*field) : Value::unknown(Reason::kNotJudged);
      }
      case OpCode::kWeekday:
      case OpCode::kMonth:
        return clock(instruction.op);
      default:
        return Value::of(instruction.number);
    }
  }

  [[nodiscard]] Value clock(OpCode op) const {
    Date date{};
    if (context_.frame.every.is_civil()) {
      date = date_of(context_.frame.slot);
    } else {
      const auto local = context_.frame.zone.to_local(Instant{Duration{context_.frame.slot.ms}});
      date = Date{std::chrono::floor<std::chrono::days>(local)};
    }
    if (op == OpCode::kMonth) {
      return Value::of(static_cast<unsigned>(date.month()));
    }
    return Value::of(std::chrono::weekday{std::chrono::sys_days{date}}.iso_encoding());
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
        return a < b;
      case OpCode::kLessEqual:
        return a <= b;
      case OpCode::kGreater:
        return a > b;
      case OpCode::kGreaterEqual:
        return a >= b;
      case OpCode::kEqual:
        return a == b;
      default:
        return a != b;
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
  const Inputs& inputs_;
  const EvaluationContext& context_;
  std::vector<Value> stack_;
};

}  // namespace

bool counts_for(const MetricInput& input, const Labels& series, const Labels& segment) {
  for (const LabelFilter& filter : input.filters) {
    if ((label_value(series, filter.label) == filter.value) == filter.negated) {
      return false;
    }
  }
  if (input.all) {
    return true;
  }
  return std::ranges::all_of(segment,
                             [&](const auto& label) { return label_value(series, label.first) == label.second; });
}

std::vector<std::uint32_t> select_series(const MetricInput& input,
                                         const Metric& metric,
                                         const SampleTable& table,
                                         const Labels& segment) {
  std::vector<std::uint32_t> found;
  const auto is_asked_for = [&](const std::string& label) {
    const auto by_segment = [&](const auto& part) { return part.first == label; };
    const auto by_filter = [&](const LabelFilter& filter) { return filter.label == label && !filter.negated; };
    return (!input.all && std::ranges::any_of(segment, by_segment)) || std::ranges::any_of(input.filters, by_filter);
  };
  for (const std::uint32_t id : table.of_metric(input.metric)) {
    const Labels& labels = table[id].labels;
    if (!counts_for(input, labels, segment)) {
      continue;
    }
    const bool is_whole = std::ranges::all_of(labels, [&](const auto& label) { return is_asked_for(label.first); });
    if (is_whole) {
      return {id};
    }
    found.push_back(id);
  }
  if (metric.across == Across::kNone) {
    found.clear();
  }
  return found;
}

WindowCount count_window(const MetricInput& input,
                         std::span<const std::uint32_t> series,
                         const EvaluationContext& context) {
  const Metric& metric = context.rules->metrics[input.metric];
  const Window window = window_of(context.frame, input, metric);
  const Gathered gathered(*context.table, series, window, metric);
  return {static_cast<std::int64_t>(gathered.values().size()), window.periods};
}

Value evaluate_input(const MetricInput& input,
                     std::span<const std::uint32_t> series,
                     const EvaluationContext& context,
                     std::int16_t index) {
  const Metric& metric = context.rules->metrics[input.metric];
  if (series.empty()) {
    return Value::unknown(Reason::kNoSample, index);
  }
  const Window window = window_of(context.frame, input, metric);
  const Gathered gathered(*context.table, series, window, metric);
  const std::span<const Sample> values = gathered.values();
  if (input.how == Aggregate::kCount) {
    return Value::of(static_cast<double>(values.size()));
  }
  if (values.empty()) {
    return Value::unknown(gathered.saw_null() ? Reason::kNull : Reason::kNoSample, index);
  }
  if (!is_complete(values.size(), window.periods, context.complete)) {
    return Value::unknown(Reason::kIncomplete, index);
  }
  return finite(aggregate(values, resolve(input.how, metric.kind), input.quantile));
}

Value evaluate(const Program& program, const Inputs& inputs, const EvaluationContext& context) {
  return Machine(program, inputs, context).run();
}

}  // namespace kpi

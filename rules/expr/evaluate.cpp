#include "rules/expr/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// Wall time moved back by the shifts; milliseconds move instants, the rest moves dates.
Slot shift_civil(Slot slot, std::span<const Span> back) {
  for (const Span& span : back) {
    slot = shift_date(slot, -span);
  }
  return slot;
}

Instant instant_of(Slot slot) {
  return Instant{Duration{slot.ms}};
}

Slot slot_of_instant(Instant instant) {
  return Slot{instant.time_since_epoch().count()};
}

std::int64_t count_periods(Slot from, Slot to, const Grain& grain) {
  switch (grain.unit) {
    case Grain::Unit::kInstant:
      return 0;
    case Grain::Unit::kInterval:
      return (to.ms - from.ms) / grain.interval_ms;
    case Grain::Unit::kDay:
      return (to.ms - from.ms) / kDayMs;
    case Grain::Unit::kWeek:
      return (to.ms - from.ms) / (7 * kDayMs);
    case Grain::Unit::kMonth:
    case Grain::Unit::kQuarter:
    case Grain::Unit::kYear:
      break;
  }
  std::int64_t count = 0;
  for (Slot at = from; at < to; at = next_slot(at, grain)) {
    ++count;
  }
  return count;
}

struct Extent {
  Slot civil_from;
  Slot civil_to;
  Instant from;
  Instant to;
  bool is_civil = true;
};

/// The window of a frame with its shifts, on both axes.
Extent extent_of(const Frame& frame, const Span& over, std::span<const Span> back) {
  Extent extent;
  if (frame.every.is_civil()) {
    extent.civil_to = shift_civil(next_slot(frame.slot, frame.every), back);
    extent.civil_from = shift_date(extent.civil_to, -over);
    extent.from = start_of(extent.civil_from, Grain{Grain::Unit::kDay, 0}, frame.zone);
    extent.to = start_of(extent.civil_to, Grain{Grain::Unit::kDay, 0}, frame.zone);
    if (over.ms != 0) {
      extent.from = extent.to - Duration{over.ms};
    }
    return extent;
  }
  extent.is_civil = false;
  extent.to = instant_of(next_slot(frame.slot, frame.every));
  for (const Span& span : back) {
    extent.to = shift_instant(extent.to, -span, frame.zone);
  }
  extent.from = shift_instant(extent.to, -over, frame.zone);
  return extent;
}

Window window_on(const Extent& extent, const Grain& grain) {
  Window window;
  if (grain.is_civil()) {
    window.from = extent.civil_from;
    window.to = extent.civil_to;
  } else {
    window.from = slot_of_instant(extent.from);
    window.to = slot_of_instant(extent.to);
  }
  window.periods = count_periods(window.from, window.to, grain);
  return window;
}

/// The numbers of one window, gathered and combined over the series.
struct Gathered {
  std::vector<Sample> values;  // one a slot, in slot order, all finite
  bool saw_null = false;
};

double combine(double a, double b, Across across) {
  switch (across) {
    case Across::kSum:
    case Across::kMean:  // divided by the count afterwards
      return a + b;
    case Across::kMin:
      return std::min(a, b);
    case Across::kMax:
      return std::max(a, b);
    case Across::kNone:
      break;
  }
  return a;
}

void combine_slots(std::vector<Sample>& values, Across across) {
  std::stable_sort(values.begin(), values.end(), [](const Sample& a, const Sample& b) { return a.slot < b.slot; });
  std::size_t out = 0;
  for (std::size_t i = 0; i < values.size();) {
    Sample merged = values[i];
    std::size_t same = i + 1;
    for (; same < values.size() && values[same].slot == merged.slot; ++same) {
      merged.value = combine(merged.value, values[same].value, across);
    }
    if (across == Across::kMean) {
      merged.value /= static_cast<double>(same - i);
    }
    values[out++] = merged;
    i = same;
  }
  values.resize(out);
}

Gathered gather(const SampleTable& table, std::span<const std::uint32_t> series, const Window& window, Across across) {
  Gathered result;
  for (const std::uint32_t id : series) {
    for (const Sample& sample : table.range(id, window.from, window.to)) {
      if (std::isnan(sample.value)) {
        result.saw_null = true;
      } else {
        result.values.push_back(sample);
      }
    }
  }
  if (series.size() > 1) {
    combine_slots(result.values, across);
  }
  return result;
}

/// Periods without a row, where the source says what they mean.
void fill_missing(Gathered& gathered, const Window& window, const Metric& metric, double before) {
  if (metric.missing == Missing::kUnknown || window.periods <= static_cast<std::int64_t>(gathered.values.size())) {
    return;
  }
  std::vector<Sample> filled;
  std::size_t next = 0;
  double last = before;
  for (Slot slot = window.from; slot < window.to; slot = next_slot(slot, metric.grain)) {
    if (next < gathered.values.size() && gathered.values[next].slot == slot) {
      last = gathered.values[next++].value;
      filled.push_back({slot, last});
    } else if (metric.missing == Missing::kZero) {
      filled.push_back({slot, 0});
    } else if (!std::isnan(last)) {
      filled.push_back({slot, last});
    }
  }
  gathered.values = std::move(filled);
}

/// The last number before the window, for `missing: last`.
double value_before(const SampleTable& table, std::span<const std::uint32_t> series, Slot from, Across across) {
  std::vector<Sample> last;
  for (const std::uint32_t id : series) {
    const auto& samples = table[id].samples;
    auto at = std::lower_bound(
        samples.begin(), samples.end(), from, [](const Sample& sample, Slot slot) { return sample.slot < slot; });
    while (at != samples.begin() && std::isnan((at - 1)->value)) {
      --at;
    }
    if (at != samples.begin()) {
      last.push_back({Slot{}, (at - 1)->value});
    }
  }
  combine_slots(last, across);
  return last.empty() ? std::nan("") : last.front().value;
}

double quantile_of(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

double stddev_of(std::span<const Sample> values, double mean) {
  double squares = 0;
  for (const Sample& sample : values) {
    squares += (sample.value - mean) * (sample.value - mean);
  }
  return values.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// REQUIRES values not empty.
double aggregate(std::span<const Sample> values, Aggregate how, double quantile) {
  double sum = 0;
  for (const Sample& sample : values) {
    sum += sample.value;
  }
  const auto by_value = [](const Sample& a, const Sample& b) { return a.value < b.value; };
  const double mean = sum / static_cast<double>(values.size());
  switch (how) {
    case Aggregate::kSum:
    case Aggregate::kByKind:
      return sum;
    case Aggregate::kAverage:
      return mean;
    case Aggregate::kMin:
      return std::min_element(values.begin(), values.end(), by_value)->value;
    case Aggregate::kMax:
      return std::max_element(values.begin(), values.end(), by_value)->value;
    case Aggregate::kFirst:
      return values.front().value;
    case Aggregate::kLast:
      return values.back().value;
    case Aggregate::kCount:
      return static_cast<double>(values.size());
    case Aggregate::kStddev:
      return stddev_of(values, mean);
    case Aggregate::kMedian:
    case Aggregate::kQuantile:
      break;
  }
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const Sample& sample : values) {
    numbers.push_back(sample.value);
  }
  return quantile_of(std::move(numbers), how == Aggregate::kMedian ? 0.5 : quantile);
}

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

Value evaluate_kpi(const KpiInput& input, const JudgedSeries* judged, const EvaluationContext& context, std::int16_t index) {
  if (judged == nullptr) {
    return Value::unknown(Reason::kNotJudged, index);
  }
  const auto& values = judged->values;
  const auto before = [](const Sample& sample, Slot slot) { return sample.slot < slot; };
  if (!input.window) {
    const Window window = window_of(context.frame, input, judged->grain);
    // The last period that ended by the end of this one.
    auto at = std::lower_bound(values.begin(), values.end(), window.to, before);
    while (at != values.begin() && next_slot((at - 1)->slot, judged->grain) > window.to) {
      --at;
    }
    if (at == values.begin()) {
      return Value::unknown(Reason::kNotJudged, index);
    }
    // A shift asks for that very period; without one an older value of a coarser KPI still stands.
    const Sample& found = *(at - 1);
    const bool is_exact = next_slot(found.slot, judged->grain) == window.to;
    const bool same_grain = judged->grain == context.frame.every;
    if (std::isnan(found.value) || (same_grain && !is_exact)) {
      return Value::unknown(Reason::kNotJudged, index);
    }
    return Value::of(found.value);
  }
  const Window window = window_of(context.frame, input, judged->grain);
  std::vector<Sample> inside;
  for (auto at = std::lower_bound(values.begin(), values.end(), window.from, before);
       at != values.end() && at->slot < window.to;
       ++at) {
    if (!std::isnan(at->value)) {
      inside.push_back(*at);
    }
  }
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
        return evaluate_input(
            program_.metrics[instruction.index], inputs_.series[instruction.index], context_, index);
      case OpCode::kKpi:
        return evaluate_kpi(program_.kpis[instruction.index],
                            inputs_.kpis[instruction.index],
                            context_,
                            static_cast<std::int16_t>(index + static_cast<std::int16_t>(program_.metrics.size())));
      case OpCode::kValue:
        return context_.own;
      case OpCode::kTarget: {
        const bool given = instruction.index < context_.target_fields.size();
        const std::optional<double> field =
            given ? context_.target_fields[instruction.index] : std::optional<double>();
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
      const auto local = context_.frame.zone.to_local(instant_of(context_.frame.slot));
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

Window window_of(const Frame& frame, const MetricInput& input, const Metric& metric) {
  return window_on(extent_of(frame, input.window.value_or(frame.over), input.back), metric.grain);
}

Window window_of(const Frame& frame, const KpiInput& input, const Grain& grain) {
  return window_on(extent_of(frame, input.window.value_or(frame.every.span()), input.back), grain);
}

bool counts_for(const MetricInput& input, const Labels& series, const Labels& segment) {
  for (const LabelFilter& filter : input.filters) {
    if ((label_value(series, filter.label) == filter.value) == filter.negated) {
      return false;
    }
  }
  if (input.all) {
    return true;
  }
  return std::all_of(segment.begin(), segment.end(), [&](const auto& label) {
    return label_value(series, label.first) == label.second;
  });
}

std::vector<std::uint32_t> select_series(const MetricInput& input,
                                         const Metric& metric,
                                         const SampleTable& table,
                                         const Labels& segment) {
  std::vector<std::uint32_t> found;
  const auto is_asked_for = [&](const std::string& label) {
    const auto by_segment = [&](const auto& part) { return part.first == label; };
    const auto by_filter = [&](const LabelFilter& filter) { return filter.label == label && !filter.negated; };
    return (!input.all && std::any_of(segment.begin(), segment.end(), by_segment)) ||
           std::any_of(input.filters.begin(), input.filters.end(), by_filter);
  };
  for (const std::uint32_t id : table.of_metric(input.metric)) {
    const Labels& labels = table[id].labels;
    if (!counts_for(input, labels, segment)) {
      continue;
    }
    const bool is_whole =
        std::all_of(labels.begin(), labels.end(), [&](const auto& label) { return is_asked_for(label.first); });
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

WindowCount count_window(const MetricInput& input, std::span<const std::uint32_t> series, const EvaluationContext& context) {
  const Metric& metric = context.rules->metrics[input.metric];
  const Window window = window_of(context.frame, input, metric);
  const Gathered gathered = gather(*context.table, series, window, metric.across);
  return {static_cast<std::int64_t>(gathered.values.size()), window.periods};
}

Value evaluate_input(const MetricInput& input,
                     std::span<const std::uint32_t> series,
                     const EvaluationContext& context,
                     std::int16_t index) {
  const Metric& metric = context.rules->metrics[input.metric];
  const Window window = window_of(context.frame, input, metric);
  if (series.empty()) {
    return Value::unknown(Reason::kNoSample, index);
  }
  Gathered gathered = gather(*context.table, series, window, metric.across);
  if (metric.missing != Missing::kUnknown && window.periods > 0) {
    const double before = metric.missing == Missing::kLast
                              ? value_before(*context.table, series, window.from, metric.across)
                              : 0.0;
    fill_missing(gathered, window, metric, before);
  }
  if (input.how == Aggregate::kCount) {
    return Value::of(static_cast<double>(gathered.values.size()));
  }
  if (gathered.values.empty()) {
    return Value::unknown(gathered.saw_null ? Reason::kNull : Reason::kNoSample, index);
  }
  if (!is_complete(gathered.values.size(), window.periods, context.complete)) {
    return Value::unknown(Reason::kIncomplete, index);
  }
  return finite(aggregate(gathered.values, resolve(input.how, metric.kind), input.quantile));
}

Value evaluate(const Program& program, const Inputs& inputs, const EvaluationContext& context) {
  return Machine(program, inputs, context).run();
}

}  // namespace kpi

#include "rules/expr/beside.hpp"
#include "rules/expr/gather.hpp"
#include "rules/expr/read_input.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// One metric of the expression, over the window.
struct Column {
  std::uint32_t input = 0;
  Gathered gathered;
  std::size_t next = 0;  ///< The first value that no grain has asked for.

  /// REQUIRES slots to ascend from call to call.
  Value at(Slot slot) {
    const std::span<const Sample> values = gathered.values();
    while (next < values.size() && values[next].slot < slot) {
      ++next;
    }
    const bool is_there = next < values.size() && values[next].slot == slot;
    return is_there ? Value::of(values[next].value)
                    : Value::unknown(Reason::kNoSample, static_cast<std::int16_t>(input));
  }
};

/// The grains of the window; of instants, where there is one.
std::vector<Slot> grains_of(const Window& window, const Metric& metric, const Column& first) {
  std::vector<Slot> slots;
  if (metric.grain.unit == Grain::Unit::kInstant) {
    for (const Sample& sample : first.gathered.values()) {
      slots.push_back(sample.slot);
    }
    return slots;
  }
  for (Slot slot = window.from; slot < window.to; slot = next_slot(slot, metric.grain, metric.zone)) {
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace

Value evaluate_by_grain(const Program& program,
                        const GrainProgram& part,
                        const Inputs& inputs,
                        const EvaluationContext& context) {
  const MetricInput& leading = program.metrics[part.metrics.front()];
  const Metric& metric = context.rules->metrics[leading.metric];
  const Window window = window_of(context.frame, leading, metric);
  std::vector<Column> columns;
  bool saw_null = false;
  for (const std::uint32_t input : part.metrics) {
    const Metric& own = context.rules->metrics[program.metrics[input].metric];
    const Beside beside(program, inputs, input, context);
    columns.push_back({input,
                       Gathered(*context.table,
                                inputs.series[input],
                                window,
                                own,
                                read_until(context, program.metrics[input].metric),
                                weighing_of(program.metrics[input], context),
                                &beside)});
    saw_null = saw_null || columns.back().gathered.saw_null();
  }
  EvaluationContext grain = context;
  grain.frame.every = metric.grain;
  GrainRow row(program.metrics.size());
  std::vector<Sample> values;
  Value missing = Value::unknown(Reason::kNoSample, static_cast<std::int16_t>(part.metrics.front()));
  for (const Slot slot : grains_of(window, metric, columns.front())) {
    for (Column& column : columns) {
      row[column.input] = column.at(slot);
    }
    grain.frame.slot = slot;
    const Value value = evaluate_at(program, part, row, grain);
    if (value.is_known()) {
      values.push_back({slot, value.number});
    } else {
      missing = value;
    }
  }
  const Slot last = last_grain_of(context.frame, window, metric).from;
  const auto ends_in_null = [&](const Column& column) { return column.gathered.ends_in_null(last); };
  const bool lacks_end = !context.may_lack_end && saw_null && leading.back.empty() &&
                         (values.empty() || values.back().slot < last) && std::ranges::any_of(columns, ends_in_null);
  if (part.how == Aggregate::kCount && !lacks_end) {
    return Value::of(static_cast<double>(values.size()));
  }
  if (values.empty()) {
    const bool is_null = saw_null && missing.reason == Reason::kNoSample;
    return Value::unknown(is_null ? Reason::kNull : missing.reason, missing.input);
  }
  if (!is_complete(values.size(), window.periods, context.complete)) {
    return Value::unknown(Reason::kIncomplete, missing.input);
  }
  if (lacks_end) {
    return Value::unknown(Reason::kNull, missing.input);
  }
  return aggregated(values, {part.how, part.quantile, metric.grain, metric.zone}, missing.input);
}

}  // namespace kpi

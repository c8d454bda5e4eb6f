#include "rules/judge/period_value.hpp"

#include "rules/base/rounding.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

bool has_last_grain(const MetricInput& input,
                    std::span<const std::uint32_t> series,
                    const EvaluationContext& evaluation,
                    const SampleTable& table) {
  const Metric& metric = evaluation.rules->metrics[input.metric];
  const Window last = last_grain_of(evaluation.frame, window_of(evaluation.frame, input, metric), metric);
  return std::ranges::any_of(series, [&](std::uint32_t id) { return !table.range(id, last.from, last.to).empty(); });
}

/// Whether a series may be of the segment: a label that the metric does not have is of every segment.
bool is_of(const Labels& labels, const Labels& segment) {
  return std::ranges::all_of(segment, [&](const auto& wanted) {
    const auto found = std::ranges::find(labels, wanted.first, &std::pair<std::string, std::string>::first);
    return found == labels.end() || found->second == wanted.second;
  });
}

/// A segment of `expect` was there in the period before and is not there yet: the total would be too small, and its
/// alarm false. One that has been silent for longer has an alert of its own, and is not waited for.
bool lacks_expected(const Kpi& kpi,
                    const MetricInput& input,
                    std::span<const std::uint32_t> series,
                    const EvaluationContext& evaluation,
                    const SampleTable& table) {
  Frame before = evaluation.frame;
  before.slot = next_slot(before.slot, before.every, before.zone, -1);
  const Metric& metric = evaluation.rules->metrics[input.metric];
  const Window last = last_grain_of(evaluation.frame, window_of(evaluation.frame, input, metric), metric);
  const Window earlier = last_grain_of(before, window_of(before, input, metric), metric);
  return std::ranges::any_of(kpi.expect, [&](const Labels& segment) {
    bool was_there = false;
    bool is_there = false;
    for (const std::uint32_t id : series) {
      if (is_of(table[id].labels, segment)) {
        was_there |= !table.range(id, earlier.from, earlier.to).empty();
        is_there |= !table.range(id, last.from, last.to).empty();
      }
    }
    return was_there && !is_there;
  });
}

/// Whether the other KPI has judged its last period that ends by the end of this one, or began only later. Where it has
/// no value there, a window lacks its end, like one of a metric without the row for its last grain.
bool has_judged_last(const KpiInput& input, const JudgedSeries* judged, const Frame& frame) {
  if (judged == nullptr || judged->values.empty()) {
    return false;
  }
  const Slot last = next_slot(window_of(frame, input, judged->grain).to, judged->grain, frame.zone, -1);
  if (judged->values.front().slot > last) {
    return true;
  }
  const Sample* at = judged->at(last);
  if (at == nullptr || !input.window || !std::isnan(at->value)) {
    return at != nullptr;
  }
  const auto is_known = [](const Sample& sample) { return !std::isnan(sample.value); };
  const auto first = std::ranges::find_if(judged->values, is_known);
  return first == judged->values.end() || first->slot > last;  // it is warming up
}

bool begins_before_samples(const Line& line,
                           const Formula& formula,
                           const EvaluationContext& evaluation,
                           std::size_t index) {
  const SampleTable& table = *evaluation.table;
  const MetricInput& input = formula.program.metrics[index];
  const Metric& metric = evaluation.rules->metrics[input.metric];
  const Window window = window_of(evaluation.frame, input, metric);
  const auto& series = formula.inputs.series[index];
  const auto is_empty = [&](std::uint32_t id) { return table[id].samples.empty(); };
  const auto begins_later = [&](std::uint32_t id) {
    return is_empty(id) || table[id].samples.front().slot > window.from;
  };
  if (line.segment.empty() && !input.filters.empty() && std::ranges::all_of(series, is_empty)) {
    // There are rows, but none that it asks for: of a name that is wrong, or is not used any more, that would last.
    return metric.missing != Missing::kUnknown && std::ranges::all_of(table.of_metric(input.metric), begins_later);
  }
  // What is zero where it is missing is so from its first row on, which has not come yet.
  return series.empty() ? metric.missing != Missing::kUnknown : std::ranges::all_of(series, begins_later);
}

/// That KPI has had no value yet: it is warming up itself.
bool begins_before_values(const Formula& formula, const EvaluationContext& evaluation, std::size_t index) {
  const JudgedSeries* judged = formula.inputs.kpis[index];
  if (judged == nullptr) {
    return false;
  }
  const KpiInput& input = formula.program.kpis[index];
  const Window window = window_of(evaluation.frame, input, judged->grain);
  const Slot before = input.window ? Slot{window.from.ms + 1} : window.to;
  const auto known = [](const Sample& sample) { return !std::isnan(sample.value); };
  const auto first = std::ranges::find_if(judged->values, known);
  return first == judged->values.end() || first->slot >= before;
}

/// The window of that input reaches back before the line's first period.
bool begins_before_line(const Line& line,
                        const Formula& formula,
                        const EvaluationContext& evaluation,
                        const Value& value) {
  const Kpi& kpi = evaluation.rules->kpis[line.kpi];
  const auto index = static_cast<std::size_t>(value.input);
  if (!line.first || index >= formula.program.metrics.size()) {
    return true;
  }
  const MetricInput& input = formula.program.metrics[index];
  const Metric& metric = evaluation.rules->metrics[input.metric];
  const Slot first = metric.grain.is_civil()
                         ? *line.first
                         : Slot{start_of(*line.first, kpi.every, kpi.zone).time_since_epoch().count()};
  return window_of(evaluation.frame, input, metric).from < first;
}

/// The input that made the value unknown has not been there for long enough.
bool is_warming_up(const Line& line, const Formula& formula, const EvaluationContext& evaluation, const Value& value) {
  if (value.is_known() || value.input < 0 || value.reason == Reason::kNull) {
    return false;
  }
  if (line.is_expected && !begins_before_line(line, formula, evaluation, value)) {
    return false;  // it was to report from the line's first period on
  }
  const auto index = static_cast<std::size_t>(value.input);
  const std::size_t metrics = formula.program.metrics.size();
  return index < metrics ? begins_before_samples(line, formula, evaluation, index)
                         : begins_before_values(formula, evaluation, index - metrics);
}

/// The value, or why too little was counted for one.
Value with_enough(const Line& line, const Kpi& kpi, const EvaluationContext& evaluation, const Value& value) {
  for (const MinSample& sample : kpi.min_sample) {
    if (!value.is_known()) {
      break;
    }
    const Value counted = evaluate_input(kpi.value, line.value_inputs, sample.input, evaluation);
    if (!counted.is_known() || is_less(counted.number, sample.least)) {
      return counted.is_known() ? Value::unknown(Reason::kTooFew) : counted;
    }
  }
  return value;
}

}  // namespace

EvaluationContext evaluation(const Line& line, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  EvaluationContext result;
  result.rules = context.rules;
  result.table = context.table;
  result.frame = Frame{slot, kpi.every, kpi.over, kpi.zone, context.rules->calendar};
  result.complete = kpi.complete;
  result.read_at = context.read_at;
  return result;
}

Ready readiness(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  const EvaluationContext eval = evaluation(line, context, slot);
  bool needed = true;
  bool optional = true;
  const auto consider = [&](bool is_there, bool is_optional) { (is_optional ? optional : needed) &= is_there; };
  for (std::size_t i = 0; needed && i < kpi.value.metrics.size(); ++i) {
    const MetricInput& input = kpi.value.metrics[i];
    if (!input.back.empty()) {
      continue;
    }
    // What may be missing is missing when the source was read after the period and did not have it.
    const bool may_be_missing = input.optional || context.rules->metrics[input.metric].missing != Missing::kUnknown;
    const auto& read_at = (*context.read_at)[input.metric];
    consider((may_be_missing && read_at && *read_at >= plan.due(kpi, slot)) ||
                 has_last_grain(input, line.value_inputs.series[i], eval, *context.table),
             input.optional);
    if (line.segment.empty() && !kpi.expect.empty()) {
      consider(!lacks_expected(kpi, input, line.value_inputs.series[i], eval, *context.table), true);
    }
  }
  for (std::size_t i = 0; needed && i < kpi.value.kpis.size(); ++i) {
    const KpiInput& input = kpi.value.kpis[i];
    if (input.back.empty() && !input.optional) {
      consider(has_judged_last(input, line.value_inputs.kpis[i], eval.frame), false);
    }
  }
  return !needed ? Ready::kNo : optional ? Ready::kYes : Ready::kWithoutOptional;
}

Value evaluate_value(const Line& line, const JudgeContext& context, Slot slot) {
  const EvaluationContext eval = evaluation(line, context, slot);
  Value value = evaluate(kpi_of(line, context).value, line.value_inputs, eval);
  value = with_enough(line, kpi_of(line, context), eval, value);
  if (is_warming_up(line, {kpi_of(line, context).value, line.value_inputs}, eval, value)) {
    value.reason = Reason::kWarmingUp;
  }
  return value;
}

bool may_be_unknown(const Line& line, const Formula& formula, const EvaluationContext& evaluation, const Value& value) {
  if (value.input < 0) {
    return value.reason == Reason::kNotJudged;  // a field of a target that has not begun, or is not forecast
  }
  const auto index = static_cast<std::size_t>(value.input);
  const std::size_t metrics = formula.program.metrics.size();
  const bool is_kpi = index >= metrics;
  if (is_kpi && !evaluation.rules->kpis[formula.program.kpis[index - metrics].kpi].min_sample.empty()) {
    return true;
  }
  const auto is_of_past = [](const auto& input) {
    return !input.back.empty() || input.how == Aggregate::kAnomaly || input.how == Aggregate::kForecast;
  };
  const bool is_past =
      is_kpi ? is_of_past(formula.program.kpis[index - metrics]) : is_of_past(formula.program.metrics[index]);
  return is_past || is_warming_up(line, formula, evaluation, value);
}

Value settled_value(const Line& line, const JudgeContext& context, Slot slot, Ready ready) {
  const Value value = evaluate_value(line, context, slot);
  return ready == Ready::kNo && (value.is_known() || value.is_excused()) ? Value::unknown(Reason::kNoSample) : value;
}

Value value_as_judged(const Line& line, const KpiPlan& plan, const JudgeContext& context, Slot slot) {
  const Sample* known = line.judged.at(slot);
  if (known == nullptr) {
    return Value::unknown(Reason::kNoSample);
  }
  if (!std::isnan(known->value)) {
    return Value::of(known->value);
  }
  const Value value = settled_value(line, context, slot, readiness(line, plan, context, slot));
  return value.is_known() ? Value::unknown(Reason::kNoSample) : value;
}

}  // namespace kpi

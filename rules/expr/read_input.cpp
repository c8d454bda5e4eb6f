#include "rules/expr/read_input.hpp"

#include "rules/expr/beside.hpp"
#include "rules/expr/gather.hpp"
#include "rules/expr/history.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

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

/// The values by how many periods they stand after the first: gaps are part of a slope.
std::vector<Sample> by_position(std::span<const Sample> values, const Grain& grain, const Zone& zone) {
  std::vector<Sample> placed;
  placed.reserve(values.size());
  std::int64_t position = 0;
  Slot at = values.front().slot;
  for (const Sample& sample : values) {
    for (; at < sample.slot; at = next_slot(at, grain, zone)) {
      ++position;
    }
    placed.push_back({Slot{position}, sample.value});
  }
  return placed;
}

/// Days since the newest number was due.
Value age_of(const MetricInput& input,
             std::span<const std::uint32_t> series,
             const EvaluationContext& context,
             std::int16_t index) {
  const Metric& metric = context.rules->metrics[input.metric];
  const Window window = window_of(context.frame, input, metric);
  std::optional<Slot> newest;
  for (const std::uint32_t id : series) {
    const std::span<const Sample> samples = context.table->range(id, window.from, window.to);
    const auto is_number = [](const Sample& sample) { return !std::isnan(sample.value); };
    const auto last = std::find_if(samples.rbegin(), samples.rend(), is_number);
    if (last != samples.rend()) {
      newest = newest ? std::max(*newest, last->slot) : last->slot;
    }
  }
  return newest ? Value::of(days_since(context.frame, input, metric, *newest))
                : Value::unknown(Reason::kNoSample, index);
}

/// The series that may count: of the labels that are asked for, those of the rarest value.
std::span<const std::uint32_t> candidates_for(const MetricInput& input,
                                              const SampleTable& table,
                                              const Labels& segment) {
  std::span<const std::uint32_t> fewest = table.of_metric(input.metric);
  const auto narrow = [&](const std::string& label, const std::string& value) {
    const auto list = value.empty() ? fewest : table.with_label(input.metric, label, value);
    fewest = list.size() < fewest.size() ? list : fewest;
  };
  for (const LabelFilter& filter : input.filters) {
    if (!filter.negated) {
      narrow(filter.label, filter.value);
    }
  }
  for (const auto& [label, value] : segment) {
    if (!input.all) {
      narrow(label, value);
    }
  }
  return fewest;
}

/// Whether a series has just the labels that are asked for: it is the total by itself.
bool is_whole(const MetricInput& input, const Labels& series, const Labels& segment) {
  const auto is_asked_for = [&](const auto& label) {
    const auto by_segment = [&](const auto& part) { return part.first == label.first; };
    const auto by_filter = [&](const LabelFilter& filter) { return filter.label == label.first && !filter.negated; };
    return (!input.all && std::ranges::any_of(segment, by_segment)) || std::ranges::any_of(input.filters, by_filter);
  };
  return std::ranges::all_of(series, is_asked_for);
}

/// The first number of a series from `from` on.
std::optional<Slot> first_number(const SampleTable::Series& series, Slot from) {
  const auto is_number = [](const Sample& sample) { return !std::isnan(sample.value); };
  const auto begin = std::ranges::lower_bound(series.samples, from, {}, &Sample::slot);
  const auto found = std::find_if(begin, series.samples.end(), is_number);
  return found == series.samples.end() ? std::nullopt : std::optional(found->slot);
}

/// Whether the total by itself gave way to others: since they began there is no number of it, as where a source was
/// given labels.
bool has_given_way(const SampleTable& table, std::uint32_t total, std::span<const std::uint32_t> others) {
  constexpr Slot kEarliest{std::numeric_limits<std::int64_t>::min()};
  std::optional<Slot> begin;
  for (const std::uint32_t id : others) {
    const auto first = first_number(table[id], kEarliest);
    begin = first && begin ? std::min(*first, *begin) : first ? first : begin;
  }
  return begin && !first_number(table[total], *begin);
}

/// Those that count, or the one of them that is the total by itself.
std::vector<std::uint32_t> matching_series(const MetricInput& input,
                                           const SampleTable& table,
                                           const Labels& segment,
                                           bool is_total_enough) {
  std::vector<std::uint32_t> found;
  std::optional<std::uint32_t> total;
  for (const std::uint32_t id : candidates_for(input, table, segment)) {
    const Labels& labels = table[id].labels;
    if (!counts_for(input, labels, segment)) {
      continue;
    }
    if (is_total_enough && is_whole(input, labels, segment)) {
      total = id;
    } else {
      found.push_back(id);
    }
  }
  return total && !has_given_way(table, *total, found) ? std::vector{*total} : found;
}

const CalendarRules* calendar_of(const EvaluationContext& context) {
  return context.rules != nullptr ? &context.rules->calendar : &context.frame.calendar;
}

/// Whether each value of the KPI is of its period alone. A day has no name in a value of the seven days before.
bool covers_periods(const KpiInput& input, const EvaluationContext& context) {
  if (context.rules == nullptr || input.kpi >= context.rules->kpis.size()) {
    return true;
  }
  const Kpi& kpi = context.rules->kpis[input.kpi];
  return kpi.over == kpi.every.span();
}

}  // namespace

Value finite(double number) {
  return std::isfinite(number) ? Value::of(number) : Value::unknown(Reason::kNotFinite);
}

bool is_complete(std::size_t present, std::int64_t expected, double complete) {
  return static_cast<double>(present) >= complete * static_cast<double>(expected) - 1e-9;
}

Value aggregated(std::span<const Sample> values, const Aggregation& as, std::int16_t index) {
  if (is_of_history(as.how)) {
    return judge_history(values, as, index);
  }
  if ((as.how == Aggregate::kTrend || as.how == Aggregate::kStddev) && values.size() < 2) {
    return Value::unknown(Reason::kIncomplete, index);
  }
  return finite(as.how == Aggregate::kTrend ? aggregate(by_position(values, as.grain, as.zone), as.how, as.quantile)
                                            : aggregate(values, as.how, as.quantile));
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
  const bool needs_end = !context.may_lack_end && input.back.empty() && input.how != Aggregate::kForecast;
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
  const bool is_enough = is_of_history(input.how) || is_complete(inside.size(), window.periods, context.complete);
  if (inside.empty() || !is_enough) {
    return Value::unknown(inside.empty() ? Reason::kNotJudged : Reason::kIncomplete, index);
  }
  if (needs_end && next_slot(inside.back().slot, judged->grain, context.frame.zone) < window.to) {
    return Value::unknown(Reason::kNotJudged, index);  // there may be gaps in a window, but not at its end
  }
  const CalendarRules* calendar = covers_periods(input, context) ? calendar_of(context) : nullptr;
  return aggregated(inside, {input.how, input.quantile, judged->grain, context.frame.zone, calendar}, index);
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
  return std::ranges::all_of(segment,
                             [&](const auto& label) { return label_value(series, label.first) == label.second; });
}

std::vector<std::uint32_t> select_series(const MetricInput& input,
                                         const Metric& metric,
                                         const SampleTable& table,
                                         const Labels& segment) {
  if (input.of_segments) {
    return matching_series(input, table, segment, false);
  }
  std::vector<std::uint32_t> found = matching_series(input, table, segment, true);
  if (metric.across == Across::kNone) {
    // A row without the label is of all its values, the one that is left out too.
    std::erase_if(found, [&](std::uint32_t id) {
      return std::ranges::any_of(input.filters, [&](const LabelFilter& filter) {
        return filter.negated && label_value(table[id].labels, filter.label).empty();
      });
    });
  }
  if (metric.across == Across::kNone && !input.is_weight &&
      !(found.size() == 1 && is_whole(input, table[found[0]].labels, segment))) {
    found.clear();
  }
  return found;
}

Inputs inputs_for_segment(const Program& program,
                          const std::vector<Metric>& metrics,
                          const SampleTable& table,
                          const Labels& segment) {
  Inputs inputs;
  for (MetricInput input : program.metrics) {
    input.of_segments = false;
    inputs.series.push_back(select_series(input, metrics[input.metric], table, segment));
  }
  return inputs;
}

bool is_within(const Labels& segment, const Labels& line) {
  return segment.size() > line.size() && std::ranges::includes(segment, line);
}

WindowCount count_window(const Program& program,
                         const Inputs& inputs,
                         std::size_t index,
                         const EvaluationContext& context) {
  const MetricInput& input = program.metrics[index];
  const std::span<const std::uint32_t> series = inputs.series[index];
  const Metric& metric = context.rules->metrics[input.metric];
  if (input.how == Aggregate::kAge) {
    return {age_of(input, series, context, 0).is_known() ? 1 : 0, 1};
  }
  const Window window = window_of(context.frame, input, metric);
  const Beside beside(program, inputs, index, context);
  const Instant read = read_until(context, input.metric);
  const Gathered gathered(*context.table, series, window, metric, read, weighing_of(input, context), &beside);
  return {static_cast<std::int64_t>(gathered.present()), window.periods};
}

Value evaluate_input(const Program& program, const Inputs& inputs, std::size_t at, const EvaluationContext& context) {
  const MetricInput& input = program.metrics[at];
  const std::span<const std::uint32_t> series = inputs.series[at];
  const auto index = static_cast<std::int16_t>(at);
  const Metric& metric = context.rules->metrics[input.metric];
  if (series.empty()) {
    return Value::unknown(Reason::kNoSample, index);
  }
  if (input.how == Aggregate::kAge) {
    return age_of(input, series, context, index);
  }
  const Window window = window_of(context.frame, input, metric);
  const Beside beside(program, inputs, at, context);
  const Instant read = read_until(context, input.metric);
  const Gathered gathered(*context.table, series, window, metric, read, weighing_of(input, context), &beside);
  const std::span<const Sample> values = gathered.values();
  // There may be gaps in a window, but not at its end: what was before says nothing about the period that is judged.
  const bool has_cadence = metric.grain.unit != Grain::Unit::kInstant;
  const bool needs_end = window.periods != 1 && input.back.empty() && !context.may_lack_end &&
                         input.how != Aggregate::kForecast && (has_cadence || gathered.saw_null());
  const Slot last = needs_end ? last_grain_of(context.frame, window, metric).from : window.from;
  const bool ends_in_null = needs_end && gathered.ends_in_null(last);
  if (input.how == Aggregate::kCount && !ends_in_null) {
    return Value::of(static_cast<double>(values.size()));
  }
  if (values.empty() && gathered.present() > 0) {
    return Value::unknown(Reason::kDivisionByZero, index);
  }
  if (values.empty()) {
    return Value::unknown(gathered.saw_null() ? Reason::kNull : Reason::kNoSample, index);
  }
  if (!is_of_history(input.how) && !is_complete(gathered.present(), window.periods, context.complete)) {
    return Value::unknown(Reason::kIncomplete, index);
  }
  if (ends_in_null || (needs_end && has_cadence && !gathered.has_end(last))) {
    const auto has_row = [&](std::uint32_t id) { return !context.table->range(id, last, window.to).empty(); };
    return Value::unknown(std::ranges::any_of(series, has_row) ? Reason::kNull : Reason::kNoSample, index);
  }
  const Aggregate how = resolve(input.how, metric.kind);
  if (how == Aggregate::kAverage) {
    return finite(gathered.mean());
  }
  return aggregated(values, {how, input.quantile, metric.grain, metric.zone, calendar_of(context)}, index);
}

}  // namespace kpi

#include "daemon/cli/explanation_gaps.hpp"

#include "rules/base/text.hpp"
#include "rules/expr/beside.hpp"
#include "rules/routing/describe.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace kpi {
namespace {

/// So many series are named, and so many periods of one.
constexpr std::size_t kMostSeries = 3;
constexpr std::size_t kMostPeriods = 3;

std::set<Slot> numbers_of(std::uint32_t series, const Window& window, const SampleTable& table) {
  std::set<Slot> found;
  for (const Sample& sample : table.range(series, window.from, window.to)) {
    if (!std::isnan(sample.value)) {
      found.insert(sample.slot);
    }
  }
  return found;
}

std::string name_of_series(const Labels& labels) {
  return labels.empty() ? "the row without labels" : printable(labels_text(labels), 60);
}

std::string periods_of_gap(const SeriesGap& gap, const Metric& metric, const Window& window) {
  const std::string text = "without " + name_of_series(gap.labels);
  if (gap.is_all) {
    return text + ", which has no value in this time";
  }
  if (gap.slots.size() > kMostPeriods) {
    return text + " in " + std::to_string(gap.slots.size()) + " of " + std::to_string(window.periods) + " periods";
  }
  std::vector<std::string> periods;
  periods.reserve(gap.slots.size());
  for (const Slot slot : gap.slots) {
    periods.push_back(period_text(slot, metric.grain, metric.zone));
  }
  return text + " on " + join(periods, ", ");
}

std::string gap_text(const SeriesGap& gap, const Metric& metric, const Window& window) {
  return periods_of_gap(gap, metric, window) +
         (gap.is_null ? ": a row has no number there, so that the total is unknown" : "");
}

}  // namespace

std::vector<SeriesGap> gaps_of(const MetricInput& input,
                               std::span<const std::uint32_t> series,
                               const EvaluationContext& context) {
  const Metric& metric = context.rules->metrics[input.metric];
  if (series.size() < 2 || metric.missing != Missing::kUnknown || metric.grain.unit == Grain::Unit::kInstant) {
    return {};
  }
  const SampleTable& table = *context.table;
  const Window window = window_of(context.frame, input, metric);
  std::set<Slot> all;
  for (const std::uint32_t id : series) {
    all.merge(numbers_of(id, window, table));
  }
  std::vector<SeriesGap> gaps;
  for (const std::uint32_t id : series) {
    const std::set<Slot> there = numbers_of(id, window, table);
    const auto& samples = table[id].samples;
    SeriesGap gap{table[id].labels, {}, there.empty()};
    for (const Slot slot : all) {
      if (!there.contains(slot) && !samples.empty() && samples.front().slot <= slot) {
        gap.slots.push_back(slot);
      }
    }
    gap.is_null = std::ranges::any_of(table.range(id, window.from, window.to),
                                      [](const Sample& sample) { return std::isnan(sample.value); });
    if (!gap.slots.empty()) {
      gaps.push_back(std::move(gap));
    }
  }
  std::ranges::stable_sort(gaps, {}, [](const SeriesGap& gap) { return gap.slots.size(); });
  return gaps;
}

std::vector<std::string> gap_texts(const std::vector<SeriesGap>& gaps, const Metric& metric, const Window& window) {
  std::vector<std::string> texts;
  for (const SeriesGap& gap : gaps) {
    if (texts.size() == kMostSeries) {
      texts.push_back("and without values of " + std::to_string(gaps.size() - kMostSeries) + " more series");
      break;
    }
    texts.push_back(gap_text(gap, metric, window));
  }
  return texts;
}

std::string uneven_text(const Program& program, const Inputs& inputs, const EvaluationContext& context) {
  const auto& metrics = context.rules->metrics;
  std::size_t count = 0;
  std::string first;
  for (std::size_t i = 0; i < program.metrics.size() && i < inputs.series.size(); ++i) {
    const MetricInput& input = program.metrics[i];
    const Metric& own = metrics[input.metric];
    const Window window = window_of(context.frame, input, own);
    const Beside beside(program, inputs, i, context);
    for (const std::uint32_t id : beside.is_needed() ? inputs.series[i] : std::vector<std::uint32_t>()) {
      for (const Sample& sample : context.table->range(id, window.from, window.to)) {
        const auto lacking = std::isnan(sample.value) ? std::nullopt : beside.lacking_segment(id, sample.slot);
        if (lacking && ++count == 1) {
          first = own.name + " has " + name_of_series((*context.table)[id].labels) + " on " +
                  period_text(sample.slot, own.grain, own.zone) + ", " + metrics[*lacking].name +
                  " has not: the ratio leaves it out";
        }
      }
    }
  }
  return first + (count > 1 ? ", as " + std::to_string(count - 1) + " more of the window" : "");
}

}  // namespace kpi

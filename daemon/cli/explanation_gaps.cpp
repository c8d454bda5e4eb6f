#include "daemon/cli/explanation_gaps.hpp"

#include "rules/base/text.hpp"
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

std::string gap_text(const SeriesGap& gap, const Metric& metric, const Window& window) {
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

/// Whether one of `series` has these labels, and a number for the slot.
bool has_number(const Labels& labels, Slot slot, std::span<const std::uint32_t> series, const SampleTable& table) {
  return std::ranges::any_of(series, [&](std::uint32_t id) {
    const auto samples = table.range(id, slot, Slot{slot.ms + 1});
    return table[id].labels == labels && !samples.empty() && !std::isnan(samples.front().value);
  });
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
  const auto divides = [](const Instruction& one) { return one.op == OpCode::kDivide; };
  if (std::ranges::none_of(program.code, divides)) {
    return "";
  }
  const auto& metrics = context.rules->metrics;
  for (std::size_t i = 0; i < program.metrics.size() && i < inputs.series.size(); ++i) {
    for (const SeriesGap& gap : gaps_of(program.metrics[i], inputs.series[i], context)) {
      for (std::size_t j = 0; j < program.metrics.size() && j < inputs.series.size(); ++j) {
        const Metric& here = metrics[program.metrics[i].metric];
        const Metric& other = metrics[program.metrics[j].metric];
        const Window window = window_of(context.frame, program.metrics[j], other);
        for (const Slot slot : gap.slots) {
          const bool is_inside = here.grain == other.grain && slot >= window.from && slot < window.to;
          if (i != j && is_inside && has_number(gap.labels, slot, inputs.series[j], *context.table)) {
            return other.name + " has " + name_of_series(gap.labels) + " on " +
                   period_text(slot, here.grain, here.zone) + ", " + here.name +
                   " has not: the sides of the ratio are not of the same series";
          }
        }
      }
    }
  }
  return "";
}

}  // namespace kpi

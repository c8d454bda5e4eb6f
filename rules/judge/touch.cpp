#include "rules/judge/touch.hpp"

#include "rules/expr/history.hpp"
#include "rules/judge/line_limits.hpp"
#include "rules/judge/period_value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kpi {
namespace {

constexpr Slot kLongAgo{std::numeric_limits<std::int64_t>::min()};
constexpr Slot kForEver{std::numeric_limits<std::int64_t>::max()};

/// Calls `use` with each program of the line and what it reads.
template <class Use>
void each_program(const Line& line, const Kpi& kpi, const Use& use) {
  use(kpi.value, line.value_inputs);
  if (kpi.thresholds) {
    std::size_t next = 0;
    each_limit(*kpi.thresholds, line.segment, [&](const Program& program) { use(program, line.limit_inputs[next++]); });
  }
  for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
    use(kpi.alerts[i].when, line.alert_inputs[i]);
  }
}

/// Adds the judged periods whose window meets the stretch. Windows move forward with their periods.
template <class WindowOf>
void add_meeting(const Line& line, const Stretch& stretch, const WindowOf& window_of_period, std::set<Slot>& periods) {
  const auto& values = line.judged.values;
  const auto ends_before = [&](const Sample& period) { return window_of_period(period.slot).to <= stretch.from; };
  if (values.empty() || ends_before(values.back())) {
    return;  // so it is with nearly all that comes
  }
  for (auto at = std::partition_point(values.begin(), values.end(), ends_before); at != values.end(); ++at) {
    const Window window = window_of_period(at->slot);
    if (window.from >= stretch.to) {
      break;
    }
    periods.insert(at->slot);
  }
}

/// Where the first of the other series begins; `enough`: how early it is does not matter any more. A total reads every
/// series, and each new one asks.
Slot first_of_others(const SampleTable& table,
                     const std::vector<std::uint32_t>& all,
                     std::uint32_t series,
                     Slot enough) {
  Slot first = kForEver;
  for (auto id = all.begin(); id != all.end() && first > enough; ++id) {
    if (*id != series && !table[*id].samples.empty()) {
      first = std::min(first, table[*id].samples.front().slot);
    }
  }
  return first;
}

/// Whether the input is that series, for the line or for one of the segments that it counts.
bool reads_judged(const Inputs& inputs, std::size_t input, const JudgedSeries& other) {
  const auto is_other = [&](const Inputs& segment) { return segment.kpis[input] == &other; };
  return is_other(inputs) || std::ranges::any_of(inputs.segments, [&](const std::vector<Inputs>& segments) {
           return std::ranges::any_of(segments, is_other);
         });
}

}  // namespace

std::vector<Stretch> changed_stretches(const SampleTable& table,
                                       std::uint32_t series,
                                       const Metric& metric,
                                       std::span<const Slot> slots,
                                       std::optional<Slot> front) {
  const std::span<const Sample> samples = table[series].samples;
  std::vector<Stretch> stretches;
  const auto add = [&](Stretch stretch) {
    if (!stretches.empty() && !stretches.back().is_before && stretch.from <= stretches.back().to) {
      stretches.back().to = std::max(stretches.back().to, stretch.to);
    } else {
      stretches.push_back(stretch);
    }
  };
  if (!samples.empty() && !front) {
    stretches.push_back({kLongAgo, samples.front().slot, true});
  } else if (!samples.empty() && samples.front().slot < *front) {
    stretches.push_back({samples.front().slot, *front, true});
  }
  if (!samples.empty() && !front && metric.missing != Missing::kUnknown) {
    add({samples.front().slot, kForEver});  // its periods without a row mean something from now on
  }
  for (const Slot slot : slots) {
    Slot to =
        metric.grain.unit == Grain::Unit::kInstant ? Slot{slot.ms + 1} : next_slot(slot, metric.grain, metric.zone);
    if (metric.missing == Missing::kLast) {
      const auto is_next = [&](const Sample& sample) { return sample.slot > slot && !std::isnan(sample.value); };
      const auto after = std::ranges::lower_bound(samples, to, {}, &Sample::slot);
      const auto next = std::find_if(after, samples.end(), is_next);
      to = next == samples.end() ? kForEver : next->slot;
    }
    add({slot, to});
  }
  return stretches;
}

bool rests_on_taken_out(const Line& line, const JudgeContext& context, Slot period) {
  const SampleTable& table = *context.table;
  const auto is_taken_out = [&](std::uint32_t id, const Window& window) {
    const std::optional<Slot>& newest = table[id].withdrawn;
    return newest && *newest >= window.from &&
           (*newest < window.to ? table.range(id, *newest, Slot{newest->ms + 1})
                                : table.range(id, window.from, window.to))
               .empty();
  };
  bool rests = false;
  each_program(line, kpi_of(line, context), [&](const Program& program, const Inputs& inputs) {
    for (std::size_t i = 0; !rests && i < program.metrics.size(); ++i) {
      const MetricInput& input = program.metrics[i];
      const bool may_rest =
          (!line.segment.empty() || !input.filters.empty()) &&
          std::ranges::any_of(inputs.series[i], [&](auto id) { return table[id].withdrawn.has_value(); });
      if (may_rest) {
        const Window window =
            window_of(evaluation(line, context, period).frame, input, context.rules->metrics[input.metric]);
        rests = std::ranges::any_of(inputs.series[i], [&](std::uint32_t id) { return is_taken_out(id, window); });
      }
    }
  });
  return rests;
}

std::set<Slot> periods_reading(const Line& line,
                               const JudgeContext& context,
                               std::uint32_t series,
                               std::span<const Stretch> stretches) {
  std::set<Slot> periods;
  if (stretches.empty() || line.judged.values.empty()) {
    return periods;
  }
  each_program(line, kpi_of(line, context), [&](const Program& program, const Inputs& inputs) {
    for (std::size_t i = 0; i < program.metrics.size(); ++i) {
      if (!std::ranges::binary_search(inputs.series[i], series)) {
        continue;
      }
      const MetricInput& input = program.metrics[i];
      const auto window = [&](Slot period) {
        return window_of(evaluation(line, context, period).frame, input, context.rules->metrics[input.metric]);
      };
      for (Stretch stretch : stretches) {
        if (stretch.is_before) {  // where another series stands, it does not matter
          const Slot earliest = window(line.judged.values.front().slot).from;  // what ends by then meets no period
          stretch.to = std::min(stretch.to, first_of_others(*context.table, inputs.series[i], series, earliest));
        }
        add_meeting(line, stretch, window, periods);
      }
    }
  });
  return periods;
}

bool reads_before(const Line& line,
                  const JudgeContext& context,
                  Slot period,
                  const std::function<std::optional<Slot>(std::uint32_t metric)>& begin_of) {
  bool reads = false;
  each_program(line, kpi_of(line, context), [&](const Program& program, const Inputs& /*inputs*/) {
    for (const MetricInput& input : program.metrics) {
      const auto begin = begin_of(input.metric);
      const bool takes_what_there_is = is_of_history(input.how) || input.how == Aggregate::kAge;
      reads = reads ||
              (begin && !takes_what_there_is &&
               window_of(evaluation(line, context, period).frame, input, context.rules->metrics[input.metric]).from <
                   *begin);
    }
  });
  return reads;
}

std::set<Slot> periods_reading(const Line& line,
                               const JudgeContext& context,
                               const JudgedSeries& other,
                               std::span<const Slot> slots) {
  std::set<Slot> periods;
  each_program(line, kpi_of(line, context), [&](const Program& program, const Inputs& inputs) {
    for (std::size_t i = 0; i < program.kpis.size(); ++i) {
      const KpiInput& input = program.kpis[i];
      if (!reads_judged(inputs, i, other)) {
        continue;
      }
      const auto window = [&](Slot period) {
        const Frame frame = evaluation(line, context, period).frame;
        Window found = window_of(frame, input, other.grain);
        if (!input.window) {  // reads its last period only
          found.from = next_slot(found.to, other.grain, frame.zone, -1);
        }
        return found;
      };
      for (const Slot slot : slots) {
        add_meeting(line, {slot, Slot{slot.ms + 1}}, window, periods);
      }
    }
  });
  return periods;
}

}  // namespace kpi

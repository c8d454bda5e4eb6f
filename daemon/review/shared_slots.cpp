#include "daemon/review/shared_slots.hpp"

#include "rules/expr/gather.hpp"
#include "rules/expr/read_input.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

namespace kpi {
namespace {

/// The coarsest grain up to a day, or the finest where all are coarser: a month's budget is there on none of its days.
Grain compared_grain(const RuleSet& rules, std::span<const FigureInput> inputs) {
  std::optional<Grain> up_to_a_day;
  std::optional<Grain> finest;
  for (const FigureInput& one : inputs) {
    const Grain& grain = rules.metrics[one.input->metric].grain;
    if (grain.unit == Grain::Unit::kInstant) {
      continue;
    }
    const bool is_coarse = grain.unit > Grain::Unit::kDay;
    if (!is_coarse && (!up_to_a_day || up_to_a_day->is_finer_than(grain))) {
      up_to_a_day = grain;
    }
    if (!finest || grain.is_finer_than(*finest)) {
      finest = grain;
    }
  }
  return up_to_a_day.value_or(finest.value_or(Grain{}));
}

}  // namespace

SharedSlots::SharedSlots(const RuleSet& rules,
                         const SampleTable& table,
                         Frame frame,
                         std::span<const FigureInput> inputs)
    : rules_(rules), table_(table), frame_(std::move(frame)), grain_(compared_grain(rules, inputs)) {
  std::optional<std::vector<Slot>> shared;
  std::vector<Slot> any;
  for (const FigureInput& one : inputs) {
    if (!has_compared_slots(one)) {
      continue;
    }
    const std::vector<Slot> known = known_to(one);
    std::vector<Slot> with;
    std::ranges::set_union(any, known, std::back_inserter(with));
    any = std::move(with);
    const Metric& metric = rules_.metrics[one.input->metric];
    if (metric.grain == grain_) {
      coverage_ = {0, window_of(frame_, *one.input, metric).periods, grain_};
    }
    if (one.input->optional) {
      continue;  // made up for where it is not there; where others are not, it counts no more than they
    }
    std::vector<Slot> both;
    std::ranges::set_intersection(shared.value_or(known), known, std::back_inserter(both));
    shared = std::move(both);
  }
  coverage_.known = static_cast<std::int64_t>(shared.value_or(any).size());
  if (shared) {
    std::ranges::set_difference(any, *shared, std::back_inserter(lacking_));
  }
}

/// Of what has no periods none is missing. A mean is missing where its weight is: that is an input by itself.
bool SharedSlots::has_compared_slots(const FigureInput& one) const {
  const Grain& grain = rules_.metrics[one.input->metric].grain;
  return !one.input->weight && grain.unit != Grain::Unit::kInstant && !grain_.is_finer_than(grain);
}

Frame SharedSlots::frame_of(Slot slot) const {
  return {slot, grain_, grain_.span(), frame_.zone, frame_.calendar};
}

/// The compared slot that a sample belongs to.
Slot SharedSlots::slot_with(Slot sample, const Grain& grain) const {
  return grain.is_civil() ? slot_at(date_of(sample), grain_, frame_.calendar)
                          : slot_at(Instant{Duration{sample.ms}}, grain_, frame_.zone, frame_.calendar);
}

/// The compared slots that have enough of an input.
std::vector<Slot> SharedSlots::known_to(const FigureInput& one) const {
  const Metric& metric = rules_.metrics[one.input->metric];
  const Window window = window_of(frame_, *one.input, metric);
  const Gathered gathered(table_, one.series, window, metric, Instant::max());
  std::vector<Slot> known;
  std::size_t count = 0;
  const std::span<const Sample> values = gathered.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Slot slot = slot_with(values[i].slot, metric.grain);
    ++count;
    if (i + 1 < values.size() && slot_with(values[i + 1].slot, metric.grain) == slot) {
      continue;
    }
    const bool is_one = metric.grain == grain_;
    if (is_one || is_complete(count, window_of(frame_of(slot), *one.input, metric).periods, one.complete)) {
      known.push_back(slot);
    }
    count = 0;
  }
  return known;
}

/// What is left out is null, so that nothing is made up for it by `missing`.
std::vector<std::uint32_t> SharedSlots::copy(const MetricInput& input,
                                             std::span<const std::uint32_t> series,
                                             SampleTable& to) const {
  constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
  const Metric& metric = rules_.metrics[input.metric];
  const bool is_finer = !grain_.is_finer_than(metric.grain);
  const auto is_left_out = [&](Slot slot) {
    return is_finer && std::ranges::binary_search(lacking_, slot_with(slot, metric.grain));
  };
  std::vector<std::uint32_t> ids;
  for (const std::uint32_t id : series) {
    const std::vector<Sample>& samples = table_[id].samples;
    const std::uint32_t copied = ids.emplace_back(to.series(input.metric, table_[id].labels));
    for (const Sample& sample : samples) {
      to.put(copied, sample.slot, is_left_out(sample.slot) ? kNull : sample.value);
    }
    const bool is_filled = is_finer && metric.missing != Missing::kUnknown && !samples.empty() &&
                           metric.grain.unit != Grain::Unit::kInstant;
    for (std::size_t i = 0; is_filled && i < lacking_.size(); ++i) {
      const Window window = window_of(frame_of(lacking_[i]), input, metric);
      for (Slot slot = window.from; slot < window.to; slot = next_slot(slot, metric.grain, metric.zone)) {
        if (slot > samples.front().slot) {
          to.put(copied, slot, kNull);
        }
      }
    }
  }
  std::ranges::sort(ids);
  return ids;
}

}  // namespace kpi

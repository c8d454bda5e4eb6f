#include "rules/expr/beside.hpp"

#include "rules/expr/gather.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace kpi {
namespace {

/// The labels that all of the series have.
std::vector<std::string> common_labels(std::span<const std::uint32_t> series, const SampleTable& table) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table[series.front()].labels) {
    const auto has_it = [&](std::uint32_t id) { return !label_value(table[id].labels, name).empty(); };
    if (std::ranges::all_of(series, has_it)) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> values_of(const Labels& labels, const std::vector<std::string>& names) {
  std::vector<std::string> values;
  values.reserve(names.size());
  for (const std::string& name : names) {
    values.emplace_back(label_value(labels, name));
  }
  return values;
}

/// The usual case, at once: both have the same segments, and values for the same periods.
bool are_even(std::span<const std::uint32_t> a,
              const Window& a_window,
              std::span<const std::uint32_t> b,
              const Window& b_window,
              const SampleTable& table) {
  const auto are_same = [&](std::uint32_t one, std::uint32_t other) {
    const std::span<const Sample> x = table.range(one, a_window.from, a_window.to);
    const std::span<const Sample> y = table.range(other, b_window.from, b_window.to);
    const auto match = [](const Sample& s, const Sample& t) {
      return s.slot == t.slot && !std::isnan(s.value) && !std::isnan(t.value);
    };
    return table[one].labels == table[other].labels && std::ranges::equal(x, y, match);
  };
  return std::ranges::equal(a, b, are_same);
}

bool has_null(std::span<const std::uint32_t> series, const Window& window, const SampleTable& table) {
  const auto is_null = [](const Sample& sample) { return std::isnan(sample.value); };
  return std::ranges::any_of(
      series, [&](std::uint32_t id) { return std::ranges::any_of(table.range(id, window.from, window.to), is_null); });
}

}  // namespace

Beside::Beside(const Program& program, const Inputs& inputs, std::size_t index, const EvaluationContext& context)
    : table_(*context.table) {
  const MetricInput& input = program.metrics[index];
  const std::span<const std::uint32_t> own = inputs.series[index];
  if (own.empty()) {
    return;
  }
  const Window window = window_of(context.frame, input, context.rules->metrics[input.metric]);
  for (const std::uint32_t j : input.beside) {
    const MetricInput& other = program.metrics[j];
    const std::span<const std::uint32_t> series = inputs.series[j];
    // Of one series on each side a window without gaps has all: with gaps it is unknown unless it may have some.
    const bool may_be_uneven = !series.empty() && (own.size() > 1 || series.size() > 1 || context.complete < 1);
    const Window theirs = window_of(context.frame, other, context.rules->metrics[other.metric]);
    const bool is_weighed = input.weight || other.weight;  // a value without its weight is none
    // Of what is zero without a row, and of a total, only empty cells are missing.
    const bool lacks_nulls_only =
        context.rules->metrics[other.metric].missing == Missing::kZero || other.all != input.all;
    if (lacks_nulls_only && !has_null(series, theirs, table_)) {
      continue;
    }
    if (may_be_uneven && (is_weighed || !are_even(own, window, series, theirs, table_))) {
      add(own, other, series, lacks_nulls_only, context);
    }
  }
}

void Beside::add(std::span<const std::uint32_t> own,
                 const MetricInput& input,
                 std::span<const std::uint32_t> series,
                 bool lacks_nulls_only,
                 const EvaluationContext& context) {
  Other other{input.metric, {}, {}, {}};
  const std::vector<std::string> theirs = common_labels(series, table_);
  std::ranges::set_intersection(common_labels(own, table_), theirs, std::back_inserter(other.labels));
  if (other.labels.empty() && context.complete >= 1) {
    return;  // nothing says which of them belong together; with gaps, the period does
  }
  const Metric& metric = context.rules->metrics[input.metric];
  const Window window = window_of(context.frame, input, metric);
  other.lacks_nulls_only = lacks_nulls_only;
  std::map<std::vector<std::string>, std::vector<Slot>> found;
  for (const std::uint32_t id : series) {
    const Gathered gathered(
        table_, std::span(&id, 1), window, metric, read_until(context, input.metric), weighing_of(input, context));
    std::vector<Slot>& slots = found[values_of(table_[id].labels, other.labels)];
    const auto middle = static_cast<std::ptrdiff_t>(slots.size());
    if (other.lacks_nulls_only) {
      std::ranges::copy(gathered.nulls(), std::back_inserter(slots));
    } else {
      std::ranges::transform(gathered.values(), std::back_inserter(slots), &Sample::slot);
    }
    std::inplace_merge(slots.begin(), slots.begin() + middle, slots.end());
  }
  if (series.size() > 1 && context.complete < 1) {  // else one side is unknown, and the ratio with it
    other.nulls =
        Gathered(table_, series, window, metric, read_until(context, input.metric), weighing_of(input, context))
            .nulls();
  }
  other.slots.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  others_.push_back(std::move(other));
}

std::optional<std::uint32_t> Beside::lacking(std::uint32_t series, Slot slot) const {
  for (const Other& other : others_) {
    if (std::ranges::binary_search(other.nulls, slot)) {
      return other.metric;
    }
  }
  return lacking_segment(series, slot);
}

std::optional<std::uint32_t> Beside::lacking_segment(std::uint32_t series, Slot slot) const {
  for (const Other& other : others_) {
    const std::vector<std::string> values = values_of(table_[series].labels, other.labels);
    const auto at = std::ranges::lower_bound(other.slots, values, {}, &decltype(other.slots)::value_type::first);
    const bool is_listed =
        at != other.slots.end() && at->first == values && std::ranges::binary_search(at->second, slot);
    if (is_listed == other.lacks_nulls_only) {
      return other.metric;
    }
  }
  return std::nullopt;
}

}  // namespace kpi

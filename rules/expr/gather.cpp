#include "rules/expr/gather.hpp"

#include "rules/expr/beside.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

double combined(double a, double b, Across across) {
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

bool is_null(const Sample& sample) {
  return std::isnan(sample.value);
}

/// The last number before `from`, for `missing: last`; NaN: none.
double number_before(std::span<const Sample> samples, Slot from) {
  auto at = std::lower_bound(
      samples.begin(), samples.end(), from, [](const Sample& sample, Slot slot) { return sample.slot < slot; });
  while (at != samples.begin()) {
    --at;
    if (!is_null(*at)) {
      return at->value;
    }
  }
  return std::nan("");
}

double quantile_of(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

/// REQUIRES two values or more.
double stddev_of(std::span<const Sample> values, double mean) {
  double squares = 0;
  for (const Sample& sample : values) {
    squares += (sample.value - mean) * (sample.value - mean);
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// The median of the slopes between all pairs (Theil and Sen): up to a quarter of the values may be wild. The slots are
/// positions.
double slope_of(std::span<const Sample> values) {
  std::vector<double> slopes;
  slopes.reserve(values.size() * (values.size() - 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) {
      slopes.push_back((values[j].value - values[i].value) /
                       static_cast<double>(values[j].slot.ms - values[i].slot.ms));
    }
  }
  return quantile_of(std::move(slopes), 0.5);
}

}  // namespace

Gathered::Gathered(const SampleTable& table,
                   std::span<const std::uint32_t> series,
                   const Window& window,
                   const Metric& metric,
                   Instant read,
                   const Weighing& weighing,
                   const Beside* beside) {
  if (weighing.metric != nullptr) {
    is_owned_ = true;
    weigh(table, series, window, metric, read, weighing, beside);
    return;
  }
  const bool counts_all = beside == nullptr || !beside->is_needed();
  if (series.size() == 1 && metric.missing == Missing::kUnknown && counts_all) {
    borrowed_ = table.range(series[0], window.from, window.to);
    note_nulls(borrowed_);
    if (!saw_null_) {
      return;
    }
    nulls_.clear();  // noted again below
  }
  is_owned_ = true;
  for (const std::uint32_t id : series) {
    const auto before = static_cast<std::ptrdiff_t>(owned_.size());
    add(table, id, window, metric, read);
    if (!counts_all) {
      const auto is_alone = [&](const Sample& sample) { return beside->lacking(id, sample.slot).has_value(); };
      owned_.erase(std::remove_if(owned_.begin() + before, owned_.end(), is_alone), owned_.end());
    }
  }
  if (series.size() > 1) {
    combine(metric.across);
    leave_out_nulls();
  }
}

void Gathered::note_nulls(std::span<const Sample> samples) {
  for (const Sample& sample : samples) {
    if (is_null(sample)) {
      nulls_.push_back(sample.slot);
      saw_null_ = true;
    }
  }
}

/// A sum without one of its parts is no smaller sum.
void Gathered::leave_out_nulls() {
  std::ranges::sort(nulls_);
  std::erase_if(owned_, [&](const Sample& sample) { return std::ranges::binary_search(nulls_, sample.slot); });
}

/// Adds one series. Where the source says what a period without a row means, those from its first sample on are filled,
/// as far as the source was read since they ended or has later rows; a row that holds null is a row.
void Gathered::add(
    const SampleTable& table, std::uint32_t series, const Window& window, const Metric& metric, Instant read) {
  const std::span<const Sample> samples = table.range(series, window.from, window.to);
  if (metric.missing == Missing::kUnknown || metric.grain.unit == Grain::Unit::kInstant) {
    std::copy_if(
        samples.begin(), samples.end(), std::back_inserter(owned_), [](const Sample& s) { return !is_null(s); });
    note_nulls(samples);
    return;
  }
  const std::span<const Sample> all = table[series].samples;
  if (all.empty()) {
    return;
  }
  const auto is_known_to_lack = [&](Slot slot) {
    return read == Instant::max() || slot < all.back().slot ||
           start_of(next_slot(slot, metric.grain, metric.zone), metric.grain, metric.zone) <= read;
  };
  double filling = metric.missing == Missing::kLast ? number_before(all, window.from) : 0;
  auto next = samples.begin();
  for (Slot slot = std::max(window.from, all.front().slot); slot < window.to;
       slot = next_slot(slot, metric.grain, metric.zone)) {
    const bool has_row = next != samples.end() && next->slot <= slot;
    if (has_row && is_null(*next)) {
      note_nulls({&*next, 1});
    } else if (has_row) {
      owned_.push_back(*next);
      filling = metric.missing == Missing::kLast ? next->value : 0;
    } else if (!std::isnan(filling) && is_known_to_lack(slot)) {
      owned_.push_back({slot, filling});
    }
    next += has_row ? 1 : 0;
  }
}

/// Joins each series with the weights of the same labels. What has no weight, or one below zero, is not there; a weight
/// of zero says that there was nothing to average, so that a value is not missed.
void Gathered::weigh(const SampleTable& table,
                     std::span<const std::uint32_t> series,
                     const Window& window,
                     const Metric& metric,
                     Instant read,
                     const Weighing& weighing,
                     const Beside* beside) {
  for (const std::uint32_t id : series) {
    const std::optional<std::uint32_t> of_weights = table.find(weighing.id, table[id].labels);
    const Gathered values(table, std::span(&id, 1), window, metric, read);
    if (!of_weights) {
      std::ranges::transform(values.values(), std::back_inserter(unweighed_), &Sample::slot);
      continue;
    }
    const Gathered weights(table, std::span(&*of_weights, 1), window, *weighing.metric, weighing.read);
    note_unweighed(values, weights);
    auto value = values.values().begin();
    for (const Sample& weight : weights.values()) {
      value = std::lower_bound(value, values.values().end(), weight.slot, [](const Sample& sample, Slot slot) {
        return sample.slot < slot;
      });
      const bool is_there = value != values.values().end() && value->slot == weight.slot;
      if (beside != nullptr && beside->is_needed() && beside->lacking(id, weight.slot)) {
        continue;
      }
      if (weight.value == 0 || (weight.value > 0 && is_there)) {
        owned_.push_back({weight.slot, weight.value == 0 ? 0 : value->value});
        weights_.push_back(weight.value);
      }
    }
  }
  combine_weighed(metric.across);
  if (series.size() > 1) {
    leave_out_nulls_weighed();
  }
}

/// A null mean of no answers is as it should be; with answers, or where their number is null, it is missing.
void Gathered::note_unweighed(const Gathered& values, const Gathered& weights) {
  nulls_.insert(nulls_.end(), weights.nulls().begin(), weights.nulls().end());
  for (const Slot slot : values.nulls()) {
    const auto at = std::ranges::lower_bound(weights.values(), slot, {}, &Sample::slot);
    const bool has_none = at != weights.values().end() && at->slot == slot && at->value == 0;
    if (!has_none) {
      nulls_.push_back(slot);
    }
  }
  saw_null_ = saw_null_ || values.saw_null() || weights.saw_null();
  for (const Sample& value : values.values()) {
    const auto at = std::ranges::lower_bound(weights.values(), value.slot, {}, &Sample::slot);
    if (at == weights.values().end() || at->slot != value.slot) {
      unweighed_.push_back(value.slot);
    }
  }
}

void Gathered::leave_out_nulls_weighed() {
  std::ranges::sort(nulls_);
  std::size_t out = 0;
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    if (!std::ranges::binary_search(nulls_, owned_[i].slot)) {
      owned_[out] = owned_[i];
      weights_[out++] = weights_[i];
    }
  }
  owned_.resize(out);
  weights_.resize(out);
  std::erase_if(weightless_, [&](Slot slot) { return std::ranges::binary_search(nulls_, slot); });
}

/// One value a slot: of its series that weigh something.
void Gathered::combine_weighed(Across across) {
  std::vector<std::pair<Sample, double>> rows;
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    rows.emplace_back(owned_[i], weights_[i]);
  }
  std::ranges::sort(rows, {}, [](const auto& row) { return std::tuple(row.first.slot, row.first.value, row.second); });
  owned_.clear();
  weights_.clear();
  for (std::size_t i = 0; i < rows.size();) {
    const Slot slot = rows[i].first.slot;
    std::optional<double> merged;
    double weight = 0;
    for (; i < rows.size() && rows[i].first.slot == slot; ++i) {
      const auto& [sample, own] = rows[i];
      if (own > 0) {
        const double part = across == Across::kMean ? sample.value * own : sample.value;
        merged = merged ? combined(*merged, part, across) : part;
        weight += own;
      }
    }
    if (!merged) {
      weightless_.push_back(slot);
      continue;
    }
    owned_.push_back({slot, across == Across::kMean ? *merged / weight : *merged});
    weights_.push_back(weight);
  }
}

bool Gathered::has_end(Slot last) const {
  return (!values().empty() && values().back().slot >= last) || (!weightless_.empty() && weightless_.back() >= last);
}

bool Gathered::ends_in_null(Slot last) const {
  const auto is_of_end = [&](Slot slot) { return slot >= last; };
  return !has_end(last) && (std::ranges::any_of(nulls_, is_of_end) || std::ranges::any_of(unweighed_, is_of_end));
}

double Gathered::mean() const {
  if (weights_.empty()) {
    return aggregate(values(), Aggregate::kAverage, 0);
  }
  double sum = 0;
  double weight = 0;
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    sum += owned_[i].value * weights_[i];
    weight += weights_[i];
  }
  return sum / weight;
}

Weighing weighing_of(const MetricInput& input, const EvaluationContext& context) {
  if (!input.weight) {
    return {};
  }
  return {*input.weight, &context.rules->metrics[*input.weight], read_until(context, *input.weight)};
}

Instant read_until(const EvaluationContext& context, std::uint32_t metric) {
  return context.read_at == nullptr ? Instant::max() : (*context.read_at)[metric].value_or(Instant::min());
}

void Gathered::combine(Across across) {
  // By value within a slot: the sum is then the same in whichever order the series stand.
  std::ranges::sort(owned_, {}, [](const Sample& sample) { return std::pair(sample.slot, sample.value); });
  std::size_t out = 0;
  for (std::size_t i = 0; i < owned_.size();) {
    Sample merged = owned_[i];
    std::size_t same = i + 1;
    for (; same < owned_.size() && owned_[same].slot == merged.slot; ++same) {
      merged.value = combined(merged.value, owned_[same].value, across);
    }
    if (across == Across::kMean) {
      merged.value /= static_cast<double>(same - i);
    }
    owned_[out++] = merged;
    i = same;
  }
  owned_.resize(out);
}

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
    case Aggregate::kTrend:
      return slope_of(values);
    case Aggregate::kAge:      // of no numbers
    case Aggregate::kAnomaly:  // of a history: see history.cpp
    case Aggregate::kForecast:
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

}  // namespace kpi

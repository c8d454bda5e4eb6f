#include "rules/model/sample_table.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

namespace kpi {
namespace {

/// Whether `slot` comes after all of them: what is tried first, because time mostly goes forward.
bool is_next(const std::vector<Sample>& samples, Slot slot) {
  return samples.empty() || samples.back().slot < slot;
}

/// Drops what lies before `before` and before the last number there.
void drop_past(std::vector<Sample>& samples, Slot before) {
  auto end = std::ranges::lower_bound(samples, before, {}, &Sample::slot);
  const auto is_number = [](const Sample& sample) { return !std::isnan(sample.value); };
  const auto last = std::find_if(std::make_reverse_iterator(end), samples.rend(), is_number);
  samples.erase(samples.begin(), last == samples.rend() ? end : std::prev(last.base()));
}

std::size_t hash_of(std::uint32_t metric, std::string_view label, std::string_view value) {
  constexpr std::size_t kSpread = 0x9e3779b97f4a7c15U;
  const std::hash<std::string_view> hash;
  return ((hash(label) * kSpread) ^ hash(value)) * kSpread + metric;
}

bool same_value(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

}  // namespace

void JudgedSeries::put(Slot slot, double value) {
  if (is_next(values, slot)) {
    values.push_back({slot, value});
    return;
  }
  const auto at = std::ranges::lower_bound(values, slot, {}, &Sample::slot);
  if (at != values.end() && at->slot == slot) {
    at->value = value;
  } else {
    values.insert(at, Sample{slot, value});
  }
}

void JudgedSeries::trim(Slot before) {
  drop_past(values, before);
}

const Sample* JudgedSeries::at(Slot slot) const {
  const auto found = std::ranges::lower_bound(values, slot, {}, &Sample::slot);
  return found != values.end() && found->slot == slot ? &*found : nullptr;
}

std::optional<std::uint32_t> SampleTable::find(std::uint32_t metric, const Labels& labels) const {
  if (metric >= ids_.size()) {
    return std::nullopt;
  }
  const auto found = ids_[metric].find(labels);
  return found == ids_[metric].end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t SampleTable::series(std::uint32_t metric, const Labels& labels) {
  if (metric >= ids_.size()) {
    ids_.resize(metric + 1);
    by_metric_.resize(metric + 1);
  }
  const auto [found, is_new] = ids_[metric].emplace(labels, static_cast<std::uint32_t>(series_.size()));
  if (is_new) {
    series_.push_back(Series{metric, labels, {}});
    by_metric_[metric].push_back(found->second);
    for (const auto& [label, value] : labels) {
      std::vector<std::uint32_t>& list = by_label_[hash_of(metric, label, value)];
      if (list.empty() || list.back() != found->second) {
        list.push_back(found->second);
      }
    }
  }
  return found->second;
}

std::span<const std::uint32_t> SampleTable::of_metric(std::uint32_t metric) const {
  if (metric >= by_metric_.size()) {
    return {};
  }
  return by_metric_[metric];
}

std::span<const std::uint32_t> SampleTable::with_label(std::uint32_t metric,
                                                       std::string_view label,
                                                       std::string_view value) const {
  const auto found = by_label_.find(hash_of(metric, label, value));
  return found == by_label_.end() ? std::span<const std::uint32_t>{} : found->second;
}

SampleTable::Put SampleTable::put(std::uint32_t series, Slot slot, double value) {
  std::vector<Sample>& samples = series_[series].samples;
  if (is_next(samples, slot)) {
    samples.push_back({slot, value});
    return Put::kNew;
  }
  const auto at = std::ranges::lower_bound(samples, slot, {}, &Sample::slot);
  if (at->slot != slot) {
    samples.insert(at, Sample{slot, value});
    return Put::kNew;
  }
  if (same_value(at->value, value)) {
    return Put::kSame;
  }
  at->value = value;
  return Put::kRestated;
}

void SampleTable::withdraw(std::uint32_t series, Slot slot) {
  std::vector<Sample>& samples = series_[series].samples;
  const auto at = std::ranges::lower_bound(samples, slot, {}, &Sample::slot);
  if (at != samples.end() && at->slot == slot) {
    samples.erase(at);
  }
  std::optional<Slot>& newest = series_[series].withdrawn;
  newest = std::max(newest.value_or(slot), slot);
}

bool SampleTable::Series::has_ended() const {
  return withdrawn && (samples.empty() || samples.back().slot < *withdrawn);
}

std::span<const Sample> SampleTable::range(std::uint32_t series, Slot from, Slot to) const {
  const std::vector<Sample>& samples = series_[series].samples;
  const auto begin = std::ranges::lower_bound(samples, from, {}, &Sample::slot);
  const auto end = std::ranges::lower_bound(begin, samples.end(), to, {}, &Sample::slot);
  return {begin, end};
}

void SampleTable::trim(std::uint32_t series, Slot before) {
  drop_past(series_[series].samples, before);
}

}  // namespace kpi

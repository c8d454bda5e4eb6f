#pragma once
// Samples that stand for a day whose own are gone. Pure; any thread.

#include "daemon/store/history_reader.hpp"
#include "rules/model/kpi.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace kpi {

/// As many as there were, at the end of the day, with the same count, sum, mean, least, most and last. Median,
/// deviation and trend within the day are lost. A day of nothing but nulls is null.
std::vector<Sample> samples_of(const DailySamples& day, const Metric& metric);

/// The metrics of which some days are such samples.
struct RolledUp {
  std::set<std::uint32_t> several;    ///< With days that had several.
  std::set<std::uint32_t> with_gaps;  ///< With days of which a part was missing.

  /// Takes note of a day of the metric `id`.
  void add(std::uint32_t id, const DailySamples& day, const Metric& metric);
};

/// Whether the formula gives another value of them than it gave of those that are gone.
bool is_changed_by_rolling(const RuleSet& rules, const Kpi& kpi, const RolledUp& rolled_up);

}  // namespace kpi

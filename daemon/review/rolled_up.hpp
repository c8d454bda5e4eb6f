#pragma once
// Samples that stand for a day whose own are gone. Pure; any thread.

#include "daemon/store/history_reader.hpp"
#include "rules/model/kpi.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace kpi {

/// As many as there were, within the day, with the same count, sum, mean, least, most and last. Median, deviation and
/// trend within the day are lost.
std::vector<Sample> samples_of(const DailySamples& day, const Metric& metric);

/// Whether the formula gives another value of such samples than it gave of those that are gone. `rolled_up`: the
/// metrics with days that had several.
bool is_changed_by_rolling(const RuleSet& rules, const Kpi& kpi, const std::set<std::uint32_t>& rolled_up);

}  // namespace kpi

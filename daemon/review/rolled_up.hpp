#pragma once
// Samples that stand for a day whose own are gone. Pure; any thread.

#include "daemon/store/history_reader.hpp"

#include <vector>

namespace kpi {

/// As many as there were, within the day, with the same count, sum, mean, least, most and last. Median, deviation and
/// trend within the day are lost.
std::vector<Sample> samples_of(const DailySamples& day, const Metric& metric);

}  // namespace kpi

#pragma once
// What the values of a KPI come to over several of its periods. Pure; any thread.

#include "rules/model/kpi.hpp"

#include <cstdint>
#include <span>

namespace kpi {

enum class OverTime : std::uint8_t {
  kOpen,    ///< They may add up.
  kUnique,  ///< Unique counts: who came in two periods counts in each, and once in both.
  kStock,   ///< Levels: what is there in two periods is there once.
};

/// By what the value is made of; a quotient, a difference and what a condition chooses is kOpen. `earlier`: of the KPIs
/// before it, by index.
OverTime over_time(const Program& value, std::span<const Metric> metrics, std::span<const OverTime> earlier);

/// A target's total of what does not add up is an error.
void check_totals_of(const Kpi& kpi, OverTime values, Diagnostics& diagnostics);

}  // namespace kpi

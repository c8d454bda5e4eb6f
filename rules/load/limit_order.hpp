#pragma once
// Whether the limits of a KPI lie in an order that makes sense, for every segment and every day. For
// compile_alerts.cpp.

#include "rules/load/raw_kpi.hpp"

#include <optional>

namespace kpi {

/// A limit that is a number made of numbers, if it is one.
std::optional<double> constant_limit(const std::optional<Program>& program);

/// Reports a critical limit that is reached before the warning, and a recovery on the bad side of its limit.
void check_limit_order(const RawKpi& raw, const Thresholds& thresholds, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// What can be said of a KPI before anything of it was judged: its formula, what it will read, its limits, and what it
// waits for. For `kpid explain`; any thread may call it.

#include "daemon/cli/explanation.hpp"

namespace kpi {

/// REQUIRES a restored engine that has no line of the total of `kpi`. `line` becomes that line, for as long as the
/// explanation is used.
Explanation explain_before_samples(const Engine& engine, const Kpi& kpi, Instant now, Line& line);

}  // namespace kpi

#pragma once
// What kpid itself does, measured. Each run is one process; DIR is a world of worlds.hpp.

#include "tests/bench/measure.hpp"

#include <cstdint>
#include <string>

namespace kpi::bench {

/// CSV file to committed history: "read" (the plugin), "step" (engine and commit), "import" (both).
Figures own_import(const std::string& dir);
/// Files to compiled rules: "load".
Figures own_load(const std::string& dir);
/// The steps of one day on DIR/history.db, which it changes: "due", "one", "all", "idle" (day.hpp).
Figures own_day(const std::string& dir);
/// Process start to ready: "start", and of it "load", "open" and "restore". Leaves the history as it was.
Figures own_start(const std::string& dir);

/// Every KPI of a world of split KPIs in kSegments segments: "judge", the value, limits and conditions of one period of
/// all of them, and "step", the step of that day with its commit.
Figures own_segments(const std::string& dir);
inline constexpr std::uint32_t kSegments = 20;
/// kBacktestDays days, day by day, of a world whose KPIs have a metric each: "backtest".
Figures own_backtest(const std::string& dir);
inline constexpr std::uint32_t kBacktestDays = 3652;
/// A world of ratios, hour by hour for a day, by the rules alone: "judge".
Figures own_ratio(const std::string& dir);

}  // namespace kpi::bench

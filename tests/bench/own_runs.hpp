#pragma once
// What kpid itself does, measured. Each run is one process; DIR is a world of worlds.hpp.

#include "tests/bench/measure.hpp"

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

}  // namespace kpi::bench

#pragma once
// The same work by the libraries alone: what no design on top of them can beat. Each run is one process; DIR is a world
// of worlds.hpp.

#include "tests/bench/measure.hpp"

#include <string>

namespace kpi::bench {

/// The cells of DIR/data.csv through libcsv, dropped: "parse".
Figures bare_csv(const std::string& dir);
/// The samples of DIR/data.csv, read beforehand, into a table keyed (slot, series) in one transaction: "insert".
Figures bare_insert(const std::string& dir);
/// The configuration and rule files through yaml-cpp's Load: "load".
Figures bare_yaml_cpp(const std::string& dir);
/// The same through libyaml's events: "load".
Figures bare_libyaml(const std::string& dir);
/// The rows of each step of own_day(), made beforehand, committed: "due", "one", "all", "idle".
Figures bare_day(const std::string& dir);
/// Every sample and verdict of DIR/history.db read and dropped: "restore".
Figures bare_history(const std::string& dir);

}  // namespace kpi::bench

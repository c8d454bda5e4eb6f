#pragma once
// The verbs that read, for people who may use the daemon's socket but not read the history's file: the daemon runs
// them. One thread.

#include "daemon/cli/command.hpp"

#include <optional>

namespace kpi {

/// Has the daemon run the verb, prints what it says, and returns its exit code. Nothing: the file can be read here, or
/// no daemon runs. `--out` is written here.
std::optional<int> run_by_owner(const std::string& verb, const Arguments& arguments, const Config& config, Io& io);

}  // namespace kpi

#pragma once
// How a verb finds the daemon that runs and asks it. One thread.

#include "daemon/config/config.hpp"
#include "daemon/engine/action.hpp"

#include <optional>
#include <string>

namespace kpi {

/// Where the daemon of this history listens: $RUNTIME_DIRECTORY/kpid.sock under systemd, else kpid.sock beside the
/// history.
std::string socket_path(const Config& config);

/// Asks the daemon that keeps this history. Nothing: none runs. kUnavailable: it did not answer.
std::optional<Result<ActionAnswer>> ask_daemon(const Action& action, const Config& config);

}  // namespace kpi

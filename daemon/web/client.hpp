#pragma once
// How a verb finds the daemon that runs and asks it. One thread.

#include "daemon/config/config.hpp"
#include "daemon/engine/action.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// Where the daemon of this history listens: $RUNTIME_DIRECTORY/kpid.sock under systemd, else kpid.sock beside the
/// history.
std::string socket_path(const Config& config);

/// What a verb that reads said, run by the daemon.
struct VerbAnswer {
  int code = 0;
  std::string out;
  std::string err;
};

/// Has the daemon that keeps this history run a verb that reads, for who may not read the file. Nothing: none runs.
std::optional<Result<VerbAnswer>> ask_daemon_to_read(const std::vector<std::string>& words, const Config& config);

/// Asks the daemon that keeps this history. Nothing: none runs. kUnavailable: it did not answer.
std::optional<Result<ActionAnswer>> ask_daemon(const Action& action, const Config& config);

}  // namespace kpi

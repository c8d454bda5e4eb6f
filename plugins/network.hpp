#pragma once
// The keys that every source that uses the network has, and what they say. Pure; any thread.

#include "plugins/source.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace kpi {

/// Of a source's connections to one address with one credential.
inline constexpr int kMostConnections = 4;

struct NetworkSettings {
  std::chrono::milliseconds timeout{30'000};
  std::vector<std::string> allow_private;
  std::string ca_file;
  int connections = kMostConnections;
};

/// `connections`: how many `things` at once.
OptionSpec connections_option(const std::string& things);
/// Reports what is out of range.
int read_connections(const OptionValues& options, Diagnostics& diagnostics);
/// `timeout`, `ca_file`, `allow_private` and `connections`.
std::vector<OptionSpec> network_options();
/// Reports what is out of range.
NetworkSettings read_network_options(const OptionValues& options, Diagnostics& diagnostics);
/// A request that keeps to them.
HttpRequest request_within(const NetworkSettings& network);

}  // namespace kpi

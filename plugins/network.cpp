#include "plugins/network.hpp"

#include "rules/base/text.hpp"

namespace kpi {

OptionSpec connections_option(const std::string& things) {
  return {.key = "connections",
          .type = OptionSpec::Type::kNumber,
          .required = false,
          .fallback = std::to_string(kMostConnections),
          .choices = {},
          .help = "How many " + things + ", over all sources: 1 to 64."};
}

int read_connections(const OptionValues& options, Diagnostics& diagnostics) {
  const auto count = options.find("connections");
  if (count == options.end() || count->second.text.empty()) {
    return kMostConnections;
  }
  const auto number = parse_number(count->second.text).value_or(0);
  if (number < 1 || number > 64 || number != static_cast<int>(number)) {
    diagnostics.error(count->second.position, "connections is 1 to 64", "write connections: 4");
    return kMostConnections;
  }
  return static_cast<int>(number);
}

std::vector<OptionSpec> network_options() {
  using Type = OptionSpec::Type;
  return {{.key = "timeout",
           .type = Type::kDuration,
           .required = false,
           .fallback = "30s",
           .choices = {},
           .help = "How long one request may take: 1s to 10m."},
          connections_option("requests may be under way at once to one host with one credential"),
          {.key = "allow_private",
           .type = Type::kList,
           .required = false,
           .fallback = "",
           .choices = {},
           .help = "Private networks it may connect to, such as 10.0.0.0/8."},
          {.key = "ca_file",
           .type = Type::kPath,
           .required = false,
           .fallback = "",
           .choices = {},
           .help = "Certificates to trust instead of the system's."}};
}

NetworkSettings read_network_options(const OptionValues& options, Diagnostics& diagnostics) {
  NetworkSettings network;
  if (const auto timeout = options.find("timeout"); timeout != options.end() && !timeout->second.text.empty()) {
    const auto ms = parse_number(timeout->second.text).value_or(0);
    if (ms < 1000 || ms > 600'000) {
      diagnostics.error(timeout->second.position, "timeout is 1s to 10m", "write timeout: 30s");
    }
    network.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(ms)};
  }
  network.connections = read_connections(options, diagnostics);
  if (const auto list = options.find("allow_private"); list != options.end()) {
    network.allow_private = list->second.items;
  }
  if (const auto file = options.find("ca_file"); file != options.end()) {
    network.ca_file = file->second.text;
  }
  return network;
}

HttpRequest request_within(const NetworkSettings& network) {
  HttpRequest request;
  request.timeout = network.timeout;
  request.ca_file = network.ca_file;
  request.allow_private = network.allow_private;
  return request;
}

}  // namespace kpi

#include "plugins/network.hpp"

#include "rules/base/text.hpp"

namespace kpi {

std::vector<OptionSpec> network_options() {
  using Type = OptionSpec::Type;
  return {{.key = "timeout",
           .type = Type::kDuration,
           .required = false,
           .fallback = "30s",
           .choices = {},
           .help = "How long one request may take: 1s to 10m."},
          {.key = "connections",
           .type = Type::kNumber,
           .required = false,
           .fallback = "4",
           .choices = {},
           .help = "How many requests may be under way at once to one host with one credential, over all sources: 1 to "
                   "64."},
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
  if (const auto count = options.find("connections"); count != options.end() && !count->second.text.empty()) {
    const auto number = parse_number(count->second.text).value_or(0);
    if (number < 1 || number > 64 || number != static_cast<int>(number)) {
      diagnostics.error(count->second.position, "connections is 1 to 64", "write connections: 4");
    }
    network.connections = static_cast<int>(number);
  }
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

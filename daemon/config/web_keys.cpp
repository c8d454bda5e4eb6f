#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace kpi {
namespace {

constexpr std::size_t kShortestToken = 16;

/// "127.0.0.1" of "127.0.0.1:8470"; the whole of what has no port.
std::string host_of(const std::string& listen) {
  return listen.substr(0, listen.rfind(':'));
}

bool is_loopback(const std::string& host) {
  return host == "[::1]" || host == "localhost" || host.starts_with("127.");
}

/// "localhost", or an address in digits, of IPv6 in brackets.
bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const bool is_bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  return host == "localhost" || ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         (is_bracketed && ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes.data()) == 1);
}

}  // namespace

void read_web(MapReader& map, ConfigReading& reading) {
  WebConfig& web = reading.config.web;
  const YamlNode* listen = map.optional("listen");
  const YamlNode* token = map.optional("token");
  if (token != nullptr && read_text(*token, reading.diagnostics, "token")) {
    web.token = read_secret_text(*token, "write token: \"${env:KPID_TOKEN}\"", reading);
  }
  if (listen == nullptr) {
    return;
  }
  web.listen = read_text(*listen, reading.diagnostics, "listen").value_or("");
  const std::string host = host_of(web.listen);
  if (const auto port = parse_number(std::string_view(web.listen).substr(std::min(web.listen.size(), host.size() + 1)));
      !port || *port < 0 || *port > 65'535 || host.empty()) {
    reading.diagnostics.error(listen->position, "listen wants an address and a port", "write listen: 127.0.0.1:8470");
  }
  web.is_public = !is_loopback(host);
  if (!host.empty() && !is_address(host)) {
    reading.diagnostics.error(listen->position,
                              "\"" + printable(host, 60) + "\" is no address of this machine",
                              "write listen: 127.0.0.1:8470");
  }
  if (!web.token.empty() && web.token.reveal().size() < kShortestToken) {
    const std::string message = "the token is shorter than 16 bytes";
    const std::string remedy = "make one that nobody guesses: head -c 24 /dev/urandom | base64";
    if (web.is_public) {
      reading.diagnostics.error(token->position, message, remedy);
    } else {
      reading.diagnostics.warning(token->position, message, remedy);
    }
  }
  if (web.is_public && token == nullptr) {
    reading.diagnostics.error(listen->position,
                              "listening beyond loopback wants a token",
                              "write token: \"${env:KPID_TOKEN}\", or listen: 127.0.0.1:8470 behind a proxy");
  }
}

}  // namespace kpi

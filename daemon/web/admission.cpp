#include "daemon/web/admission.hpp"

#include "daemon/web/request_parts.hpp"
#include "rules/base/text.hpp"

#include <system_error>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kpi {
namespace {

/// Compares without telling by its time how much was right.
bool is_same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i % std::max<std::size_t>(1, b.size())]);
  }
  return difference == 0 && !b.empty();
}

/// "localhost:8470" in its two parts; port 0: none is named. No name: it is neither.
struct HostAndPort {
  std::string name;
  std::uint16_t port = 0;

  bool operator==(const HostAndPort&) const = default;
};

HostAndPort host_and_port(std::string_view text) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.rfind(':');
  HostAndPort host;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), host.port);
    if (error != std::errc() || end != port.data() + port.size()) {
      return {};
    }
    text = text.substr(0, colon);
  }
  host.name = to_lower_ascii(text);
  return host;
}

/// Whether a page of `origin` ("https://kpi.example.com") is one of `host`. Who speaks TLS for this program may name
/// neither itself nor its port in Host; `own` is then the origin that public_url tells.
bool is_own_page(const std::string& origin, HostAndPort host, const std::string& own) {
  if (!own.empty() && to_lower_ascii(origin) == own) {
    return true;
  }
  constexpr std::uint16_t kHttp = 80;
  constexpr std::uint16_t kHttps = 443;
  const std::size_t slashes = origin.find("://");
  if (slashes == std::string::npos) {
    return false;
  }
  HostAndPort page = host_and_port(std::string_view(origin).substr(slashes + 3));
  const std::uint16_t usual = origin.starts_with("https") ? kHttps : kHttp;
  page.port = page.port == 0 ? usual : page.port;
  host.port = host.port == 0 ? usual : host.port;
  return page == host;
}

/// The token of "Authorization: Bearer …"; the scheme's case does not matter.
std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  const bool is_bearer = to_lower_ascii(authorization.substr(0, kScheme.size())) == kScheme;
  return is_bearer ? authorization.substr(kScheme.size()) : std::string_view();
}

}  // namespace

std::optional<WebReply> refusal_of(const WebRequest& request, const ApiOptions& options) {
  if (request.is_local) {
    const std::string history = header_of(request, "kpid-history");
    return history.empty() || history == options.history
               ? std::nullopt
               : std::optional(problem(421, "this daemon keeps another history"));
  }
  const HostAndPort host = host_and_port(header_of(request, "host"));
  const bool is_nameless = request.is_http_1_0 && !request.headers.contains("host");  // no browser asks so
  if (!is_nameless && std::ranges::find(options.hosts, host.name) == options.hosts.end()) {
    return problem(
        421,
        "this is not the host \"" + printable(header_of(request, "host"), 80) + "\"; its name belongs into public_url");
  }
  const std::string origin = header_of(request, "origin");
  if (!origin.empty() && !is_own_page(origin, host, options.origin)) {
    return problem(403, "a page of another origin may not ask");
  }
  return std::nullopt;
}

bool has_token(const WebRequest& request, const ApiOptions& options) {
  return !options.token.empty() && is_same(bearer_of(header_of(request, "authorization")), options.token.reveal());
}

}  // namespace kpi

#pragma once
// The HTTP that sources and channels ask for. One implementation (daemon/os/curl_http) gives each of them the same
// safety: redirects off, TLS verified, sizes and times capped, addresses checked when they are connected.

#include "rules/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< http or https. May hold a secret: never logged beyond scheme and host.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};  ///< Of the whole exchange.
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t max_body = 8U << 20U;  ///< Of the answer, counted after decompression.
  std::string ca_file;               ///< A PEM file instead of the system's authorities; empty: the system's.
  /// Ranges ("127.0.0.0/8", "fd00::/8") that may be connected to although they are loopback or private. Link-local and
  /// metadata addresses are refused always.
  std::vector<std::string> allow_private;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case, in the order received.
  std::string body;

  /// The first header of this (lower-case) name, or an empty view.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Thread-safe. Errors: kInvalid (URL, header, refused address, body too large: trying again will not help),
/// kUnavailable (connection, DNS, TLS), kTimeout, kStopped. Messages never hold more of the URL than scheme and host.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Blocks until the answer is whole, the timeout passes, or `stop` is requested (which it notices at once).
  virtual Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) = 0;
};

}  // namespace kpi

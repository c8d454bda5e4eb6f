#pragma once
// The HTTP server for the page, the API and the verbs: on a TCP address, on a unix socket, or both. It knows limits and
// deadlines and nothing of KPIs; a handler answers each request on one of its threads. The only user of Boost.Beast.

#include "rules/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

struct WebRequest {
  std::string method;
  std::string path;                            ///< Without the query, not decoded.
  std::map<std::string, std::string> query;    ///< Decoded; of two with one name the last.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
  bool is_http_1_0 = false;  ///< Which knows no Host header.
  bool is_local = false;     ///< Over the unix socket: the file's permissions let it through.
};

struct WebReply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool is_stream = false;  ///< Server-sent events: after the head an event whenever news come, until either side ends.
};

struct WebServerOptions {
  std::string listen;       ///< "127.0.0.1:8470", "[::1]:8470"; empty: no TCP.
  std::string socket_path;  ///< Empty: no unix socket. A file left there by a dead daemon is replaced.
};

/// Limits: 8 KB of headers, 64 KB of body, 10 s for a request to come; 64 connections over TCP and 32 on
/// the socket, half of each for event streams: of more the one that has waited longest is closed.
class WebServer {
 public:
  /// `handler` is called on the server's threads, several at once. kInvalid: no such address; kUnavailable: it is
  /// taken.
  static Result<std::unique_ptr<WebServer>> start(const WebServerOptions& options,
                                                  std::function<WebReply(const WebRequest&)> handler);
  WebServer(const WebServer&) = delete;
  WebServer(WebServer&&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  WebServer& operator=(WebServer&&) = delete;
  virtual ~WebServer() = default;

  /// Runs it on one of the server's threads, or never when the server closes first. Any thread.
  virtual void run(std::function<void()> job) = 0;
  /// Sends each open stream an event with this number. Any thread.
  virtual void announce(std::uint64_t number) = 0;
  /// Takes nothing more; false: after this time some requests are still being answered. Once, before the end.
  virtual bool close(std::chrono::milliseconds patience) = 0;
  /// The TCP port that is listened on; 0: none.
  [[nodiscard]] virtual std::uint16_t port() const = 0;

 protected:
  WebServer() = default;
};

/// %41 and + as they are meant.
std::string url_decoded(std::string_view text);

}  // namespace kpi

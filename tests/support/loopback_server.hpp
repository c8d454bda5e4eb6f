#pragma once
// A real HTTP server on 127.0.0.1 that does what a test scripts: answer, drip, hang, reset. One thread per connection;
// every public member may be called from any thread. It waits for events, never for time, and the destructor ends
// every connection at once.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace kpi::test {

struct ReceivedRequest {
  std::string method;
  std::string target;                                        ///< "/path?query"
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;
  int connection = 0;  ///< Counts from 1.

  /// The value of a header (lower-case name), or an empty view.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct ScriptedAnswer {
  enum class Manner : std::uint8_t {
    kWhole,          ///< Headers and body at once.
    kRaw,            ///< The bytes of `body` and nothing else.
    kDrip,           ///< The body byte by byte, one every `drip`.
    kHang,           ///< Nothing, until the client goes away or the server is destroyed.
    kHangAfterHead,  ///< The headers, then nothing.
    kReset,          ///< The connection is reset without a byte.
    kResetInBody,    ///< Headers and half of the body, then a reset.
  };

  int status = 200;
  // GCC takes a member without an initialiser for one that was forgotten.
  std::vector<std::pair<std::string, std::string>> headers = {};  // NOLINT(readability-redundant-member-init)
  std::string body = {};                                          // NOLINT(readability-redundant-member-init)
  Manner manner = Manner::kWhole;
  std::chrono::milliseconds drip{20};
  bool keep_alive = true;
};

/// `text` packed by gzip, `times` times over.
std::string gzip(std::string_view text, int times = 1);

class TlsIdentity;

class LoopbackServer {
 public:
  using Handler = std::function<ScriptedAnswer(const ReceivedRequest&)>;
  enum class Transport : std::uint8_t { kPlain, kTls };

  explicit LoopbackServer(Handler handler, Transport transport = Transport::kPlain);
  /// The same answer to every request.
  explicit LoopbackServer(ScriptedAnswer answer);
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer(LoopbackServer&&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  LoopbackServer& operator=(LoopbackServer&&) = delete;
  ~LoopbackServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// "http://127.0.0.1:PORT" + path.
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  /// The certificate as PEM; only with Transport::kTls.
  [[nodiscard]] std::string certificate() const;

  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] int connections() const;
  /// Whether `count` requests have been read before the deadline.
  [[nodiscard]] bool wait_for_requests(std::size_t count,
                                       std::chrono::milliseconds deadline = std::chrono::seconds{10}) const;

 private:
  class Stream;

  void accept_loop();
  void serve_and_close(int connection, int socket);
  void serve(int connection, Stream& stream);
  bool answer(Stream& stream, const ScriptedAnswer& answer);
  bool drip(Stream& stream, const ScriptedAnswer& answer);
  bool wait_until_stopped_for(std::chrono::milliseconds time);

  Handler handler_;
  std::unique_ptr<TlsIdentity> identity_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<ReceivedRequest> requests_;  // guarded by mutex_
  std::vector<int> open_sockets_;          // guarded by mutex_
  std::vector<std::jthread> connections_;  // guarded by mutex_
  int accepted_ = 0;                       // guarded by mutex_
  bool stopping_ = false;                  // guarded by mutex_
  std::jthread acceptor_;
};

}  // namespace kpi::test

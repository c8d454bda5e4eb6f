#include "daemon/web/http_server.hpp"

#include "daemon/os/process.hpp"
#include "daemon/web/guests.hpp"
#include "rules/base/text.hpp"

// boost/asio/awaitable.hpp 1.74 uses std::exchange without it.
#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace kpi {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t kMostHeader = 8U << 10U;
constexpr std::uint64_t kMostBody = 64U << 10U;
constexpr std::chrono::seconds kRequestDeadline{10};
constexpr std::chrono::seconds kIdleDeadline{60};
constexpr std::chrono::seconds kStreamHeartbeat{15};
constexpr std::size_t kMostConnections = 64;  // over TCP, so many
constexpr std::size_t kMostLocal = 32;        // on the socket: the owner's way in has places of its own
constexpr int kThreads = 4;

/// What connections share.
struct Shared {
  std::function<WebReply(const WebRequest&)> handler;
  Guests remote{kMostConnections};
  Guests local{kMostLocal};
};

/// Of "http://host:port/path?query", which proxies write, the host, which outranks the header (RFC 9112, 3.2.2); what
/// is left is the path and the query.
std::string_view take_authority(std::string_view& target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) {
    return {};
  }
  const std::size_t end = std::min(target.find_first_of("/?", kScheme.size()), target.size());
  const std::string_view authority = target.substr(kScheme.size(), end - kScheme.size());
  target = end < target.size() && target[end] == '/' ? target.substr(end) : std::string_view("/");
  return authority;
}

WebRequest request_of(const http::request<http::string_body>& raw, bool is_local) {
  WebRequest request;
  request.method = std::string(raw.method_string());
  std::string_view target(raw.target().data(), raw.target().size());
  const std::string_view authority = take_authority(target);
  const std::size_t mark = target.find('?');
  request.path = std::string(target.substr(0, mark));
  if (mark != std::string_view::npos) {
    for (const std::string_view part : split(target.substr(mark + 1), '&')) {
      const std::size_t equals = part.find('=');
      const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
      request.query[url_decoded(part.substr(0, equals))] = url_decoded(value);
    }
  }
  for (const auto& field : raw) {
    const std::string_view name(field.name_string().data(), field.name_string().size());
    const std::string_view value(field.value().data(), field.value().size());
    request.headers[to_lower_ascii(name)] = std::string(value);
  }
  if (!authority.empty()) {
    request.headers["host"] = std::string(authority);
  }
  request.is_http_1_0 = raw.version() < 11;
  request.body = raw.body();
  request.is_local = is_local;
  return request;
}

/// One connection: a request, its answer, the next one; or an event stream.
template <class Protocol>
class Session final : public Guest, public std::enable_shared_from_this<Session<Protocol>> {
 public:
  using Socket = typename Protocol::socket;

  Session(Socket socket, Shared& shared, bool is_local)
      : stream_(std::move(socket)),
        timer_(stream_.get_executor()),
        shared_(shared),
        guests_(is_local ? shared.local : shared.remote),
        is_local_(is_local) {}

  Session(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(const Session&) = delete;
  Session& operator=(Session&&) = delete;

  ~Session() override { guests_.gone(this); }

  void read() {
    guests_.reads(self());
    parser_.emplace();
    parser_->header_limit(kMostHeader);
    parser_->body_limit(kMostBody);
    stream_.expires_after(is_first_ ? kRequestDeadline : kIdleDeadline);
    http::async_read(
        stream_, buffer_, *parser_, [self = self()](beast::error_code error, std::size_t) { self->answer(error); });
  }

  void send(std::uint64_t number) override {
    asio::post(stream_.get_executor(),
               [self = self(), number] { self->write_event("event: step\ndata: " + std::to_string(number) + "\n\n"); });
  }

  void leave() override {
    asio::post(stream_.get_executor(), [self = self()] { self->stream_.close(); });
  }

 private:
  std::shared_ptr<Session> self() { return this->shared_from_this(); }

  void answer(beast::error_code error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout ||
        error == asio::error::operation_aborted) {
      return close();
    }
    if (error == http::error::body_limit || error == http::error::header_limit) {
      return refuse(error == http::error::body_limit ? 413 : 431, kMalformed);
    }
    if (error) {
      return error.category() == http::make_error_code(http::error::bad_method).category() ? refuse(400, kMalformed)
                                                                                           : close();
    }
    is_first_ = false;
    const auto& request = parser_->get();
    const bool keep_alive = request.keep_alive();
    const bool is_head = request.method() == http::verb::head;
    WebReply reply = shared_.handler(request_of(request, is_local_));
    reply_.emplace(static_cast<http::status>(reply.status), request.version());
    reply_->set(http::field::content_type, reply.type);
    for (const auto& [name, value] : reply.headers) {
      reply_->set(name, value);
    }
    if (reply.is_stream) {
      return guests_.listens(self()) ? start_stream() : refuse(503, "too many wait for events already");
    }
    reply_->keep_alive(keep_alive);
    reply_->body() = std::move(reply.body);
    reply_->prepare_payload();
    if (is_head) {
      reply_->body().clear();
    }
    write(keep_alive);
  }

  void refuse(int status, std::string_view why) {
    reply_.emplace(static_cast<http::status>(status), 11);
    reply_->set(http::field::content_type, "application/problem+json");
    reply_->body() = R"({"title":")" + std::string(why) + R"(","status":)" + std::to_string(status) + "}\n";
    reply_->keep_alive(false);
    reply_->prepare_payload();
    write(false);
  }

  void write(bool keep_alive) {
    guests_.writes(self());
    stream_.expires_after(kIdleDeadline);
    http::async_write(stream_, *reply_, [self = self(), keep_alive](beast::error_code error, std::size_t) {
      if (error || !keep_alive) {
        return self->close();
      }
      self->read();
    });
  }

  void start_stream() {
    stream_.expires_never();
    std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n";
    for (const auto& field : *reply_) {
      if (field.name() != http::field::content_type) {
        head += std::string(field.name_string()) + ": " + std::string(field.value()) + "\r\n";
      }
    }
    write_event(head + "\r\n: hello\n\n");
    beat();
  }

  /// A comment now and then: a peer that is gone is noticed.
  void beat() {
    timer_.expires_after(kStreamHeartbeat);
    timer_.async_wait([self = self()](beast::error_code error) {
      if (!error) {
        self->write_event(": beat\n\n");
        self->beat();
      }
    });
  }

  void write_event(std::string text) {
    waiting_ += text;
    if (!writing_.empty() || waiting_.empty()) {
      return;
    }
    std::swap(writing_, waiting_);
    asio::async_write(stream_.socket(), asio::buffer(writing_), [self = self()](beast::error_code error, std::size_t) {
      self->writing_.clear();
      if (error) {
        return self->end_stream();
      }
      self->write_event("");
    });
  }

  void end_stream() { timer_.cancel(); }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(Socket::shutdown_send, ignored);
  }

  beast::basic_stream<Protocol> stream_;
  asio::steady_timer timer_;
  static constexpr std::string_view kMalformed = "the request is malformed or too large";

  Shared& shared_;
  Guests& guests_;
  bool is_local_;
  bool is_first_ = true;
  beast::flat_buffer buffer_{kMostHeader + kMostBody};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> reply_;
  std::string writing_;
  std::string waiting_;
};

/// "127.0.0.1:8470", "[::1]:8470".
Result<asio::ip::tcp::endpoint> endpoint_of(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  host = host == "localhost" ? "127.0.0.1" : host;
  beast::error_code error;
  const auto address = asio::ip::make_address(host, error);
  const auto port = colon == std::string::npos ? std::nullopt : parse_number(listen.substr(colon + 1));
  constexpr double kHighest = 65'535;
  if (error || !port || *port < 0 || *port > kHighest || *port != static_cast<std::uint16_t>(*port)) {
    return fail(ErrorKind::kInvalid, "\"" + printable(listen, 64) + "\" is no address; write 127.0.0.1:8470");
  }
  return asio::ip::tcp::endpoint(address, static_cast<std::uint16_t>(*port));
}

/// A name of at most 107 bytes for a socket in any folder: the folder by its descriptor.
struct ShortName {
  explicit ShortName(const std::string& path) {
    const std::filesystem::path file(path);
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    name = "/proc/self/fd/" + std::to_string(fd) + "/" + file.filename().string();
  }

  ShortName(const ShortName&) = delete;
  ShortName(ShortName&&) = delete;
  ShortName& operator=(const ShortName&) = delete;
  ShortName& operator=(ShortName&&) = delete;

  ~ShortName() {
    if (fd >= 0) {
      ::close(fd);
    }
  }

  int fd = -1;
  std::string name;
};

class BeastServer final : public WebServer {
 public:
  explicit BeastServer(std::function<WebReply(const WebRequest&)> handler) { shared_.handler = std::move(handler); }

  BeastServer(const BeastServer&) = delete;
  BeastServer(BeastServer&&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;
  BeastServer& operator=(BeastServer&&) = delete;

  ~BeastServer() override {
    context_.stop();
    for (std::thread& thread : threads_) {
      thread.join();
    }
    remove_socket();
  }

  bool close(std::chrono::milliseconds patience) override {
    context_.stop();
    remove_socket();
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, patience, [this] { return running_ == 0; });
  }

  Result<void> open(const WebServerOptions& options) {
    if (!options.listen.empty()) {
      const auto endpoint = KPI_TRY(endpoint_of(options.listen));
      beast::error_code error;
      tcp_.emplace(context_);
      tcp_->open(endpoint.protocol(), error);
      if (!error) {
        tcp_->set_option(asio::socket_base::reuse_address(true), error);
        tcp_->bind(endpoint, error);
      }
      if (!error) {
        tcp_->listen(asio::socket_base::max_listen_connections, error);
      }
      if (error) {
        return fail(ErrorKind::kUnavailable, "cannot listen on " + options.listen + ": " + error.message());
      }
      accept(*tcp_, false);
    }
    if (!options.socket_path.empty()) {
      KPI_TRY(open_socket(options.socket_path));
    }
    running_ = kThreads;
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] {
        context_.run();
        const std::scoped_lock lock(mutex_);
        --running_;
        done_.notify_all();
      });
    }
    return {};
  }

  void run(std::function<void()> job) override { asio::post(context_, std::move(job)); }

  void announce(std::uint64_t number) override {
    shared_.remote.announce(number);
    shared_.local.announce(number);
  }

  [[nodiscard]] std::uint16_t port() const override {
    beast::error_code ignored;
    return tcp_ ? tcp_->local_endpoint(ignored).port() : std::uint16_t{0};
  }

 private:
  using Local = asio::local::stream_protocol;

  Result<void> open_socket(const std::string& path) {
    const ShortName name(path);
    beast::error_code error;
    std::error_code unknown;
    const auto there = std::filesystem::symlink_status(path, unknown).type();
    if (there != std::filesystem::file_type::socket && there != std::filesystem::file_type::not_found) {
      return fail(ErrorKind::kUnavailable,
                  path + " is no socket of kpid: move it away, the verbs ask the daemon there");
    }
    ::unlink(path.c_str());  // the lock on the history says that no other daemon serves it
    local_.emplace(context_);
    local_->open(Local(), error);
    if (!error) {
      local_->bind(Local::endpoint(name.name), error);
    }
    if (!error) {
      (void)::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
      local_->listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      return fail(ErrorKind::kUnavailable, "cannot listen on " + path + ": " + error.message());
    }
    socket_path_ = path;
    accept(*local_, true);
    return {};
  }

  void remove_socket() {
    if (!socket_path_.empty()) {
      ::unlink(std::exchange(socket_path_, "").c_str());
    }
  }

  template <class Acceptor>
  void accept(Acceptor& acceptor, bool is_local) {
    using Protocol = typename Acceptor::protocol_type;
    acceptor.async_accept(asio::make_strand(context_),
                          [this, &acceptor, is_local](beast::error_code error, auto socket) {
                            if (!acceptor.is_open()) {
                              return;
                            }
                            if (!error && !(is_local && is_own_program(socket.native_handle())) &&
                                (is_local ? shared_.local : shared_.remote).admit()) {
                              using Strand = asio::basic_stream_socket<Protocol>;
                              std::make_shared<Session<Protocol>>(Strand(std::move(socket)), shared_, is_local)->read();
                            }
                            accept(acceptor, is_local);
                          });
  }

  Shared shared_;
  asio::io_context context_{kThreads};
  std::optional<asio::ip::tcp::acceptor> tcp_;
  std::optional<Local::acceptor> local_;
  std::string socket_path_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable done_;
  int running_ = 0;  // threads, under the mutex
};

int hex_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

Result<std::unique_ptr<WebServer>> WebServer::start(const WebServerOptions& options,
                                                    std::function<WebReply(const WebRequest&)> handler) {
  auto server = std::make_unique<BeastServer>(std::move(handler));
  KPI_TRY(server->open(options));
  return server;
}

std::string url_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_of(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_of(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace kpi

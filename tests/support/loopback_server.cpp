#include "tests/support/loopback_server.hpp"

#include "tests/support/tls_identity.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <zlib.h>

namespace kpi::test {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string head_of(const ScriptedAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
  bool has_length = false;
  for (const auto& [name, value] : answer.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
    has_length = has_length || lower(name) == "content-length" || lower(name) == "transfer-encoding";
  }
  if (!has_length) {
    head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  return head + (answer.keep_alive ? "" : "Connection: close\r\n") + "\r\n";
}

/// The request line and the headers; the body is still to be read.
ReceivedRequest parse_head(std::string_view head) {
  ReceivedRequest request;
  std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  const std::size_t space = line.find(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    const std::string_view header = head.substr(0, end);
    const std::size_t colon = header.find(':');
    if (colon != std::string_view::npos) {
      const std::size_t value = std::min(header.find_first_not_of(' ', colon + 1), header.size());
      request.headers.emplace_back(lower(header.substr(0, colon)), header.substr(value));
    }
  }
  return request;
}

/// Makes close() reset the connection instead of ending it in good order.
void reset_on_close(int socket) {
  const linger now{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

/// One connection, plain or encrypted.
class LoopbackServer::Stream {
 public:
  Stream(int socket, SSL* ssl) : socket_(socket), ssl_(ssl) {}

  Stream(const Stream&) = delete;
  Stream(Stream&&) = delete;
  Stream& operator=(const Stream&) = delete;
  Stream& operator=(Stream&&) = delete;

  ~Stream() { SSL_free(ssl_); }

  [[nodiscard]] int socket() const { return socket_; }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                           : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Appends what is there to the buffer; false at the end of the connection.
  bool read_more() {
    std::array<char, 16384> chunk{};
    const ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size()))
                                        : recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) {
      return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }

  std::optional<ReceivedRequest> read_request() {
    std::size_t end = buffer_.find("\r\n\r\n");
    while (end == std::string::npos) {
      if (!read_more()) {
        return std::nullopt;
      }
      end = buffer_.find("\r\n\r\n");
    }
    ReceivedRequest request = parse_head(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 4);
    std::size_t length = 0;
    const std::string_view digits = request.header("content-length");
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    while (buffer_.size() < length) {
      if (!read_more()) {
        return std::nullopt;
      }
    }
    request.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return request;
  }

 private:
  int socket_;
  SSL* ssl_;
  std::string buffer_;
};

std::string_view ReceivedRequest::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string gzip(std::string_view text, int times) {
  std::string packed(text);
  for (int i = 0; i < times; ++i) {
    z_stream stream{};
    constexpr int gzip_window = 15 + 16;
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("zlib could not begin");
    }
    std::string out(deflateBound(&stream, packed.size()), '\0');
    stream.next_in = reinterpret_cast<unsigned char*>(packed.data());
    stream.avail_in = static_cast<unsigned>(packed.size());
    stream.next_out = reinterpret_cast<unsigned char*>(out.data());
    stream.avail_out = static_cast<unsigned>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    packed = std::move(out);
  }
  return packed;
}

LoopbackServer::LoopbackServer(Handler handler, Transport transport)
    : handler_(std::move(handler)),
      identity_(transport == Transport::kTls ? std::make_unique<TlsIdentity>() : nullptr),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no loopback port can be had");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_loop(); });
}

LoopbackServer::LoopbackServer(ScriptedAnswer answer)
    : LoopbackServer([answer = std::move(answer)](const ReceivedRequest&) { return answer; }) {}

LoopbackServer::~LoopbackServer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    shutdown(listener_, SHUT_RDWR);
    for (const int open : open_sockets_) {
      shutdown(open, SHUT_RDWR);
    }
  }
  acceptor_.join();
  connections_.clear();
  close(listener_);
}

std::string LoopbackServer::url(std::string_view path) const {
  return (identity_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + std::string(path);
}

std::string LoopbackServer::certificate() const {
  return identity_ ? identity_->certificate() : "";
}

std::vector<ReceivedRequest> LoopbackServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

int LoopbackServer::connections() const {
  const std::scoped_lock lock(mutex_);
  return accepted_;
}

bool LoopbackServer::wait_for_requests(std::size_t count, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline, [&] { return requests_.size() >= count; });
}

bool LoopbackServer::wait_until_stopped_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return stopping_; });
}

void LoopbackServer::accept_loop() {
  while (true) {
    const int connected = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connected < 0) {
      return;
    }
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
      close(connected);
      return;
    }
    open_sockets_.push_back(connected);
    connections_.emplace_back([this, connected, number = ++accepted_] { serve_and_close(number, connected); });
  }
}

void LoopbackServer::serve_and_close(int connection, int socket) {
  SSL* const ssl = identity_ ? identity_->accept(socket) : nullptr;
  if (!identity_ || ssl != nullptr) {
    Stream stream(socket, ssl);
    serve(connection, stream);
  }
  const std::scoped_lock lock(mutex_);
  std::erase(open_sockets_, socket);
  close(socket);
}

void LoopbackServer::serve(int connection, Stream& stream) {
  bool goes_on = true;
  while (goes_on) {
    std::optional<ReceivedRequest> request = stream.read_request();
    if (!request) {
      return;
    }
    request->connection = connection;
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(*request);
      changed_.notify_all();
    }
    goes_on = answer(stream, handler_(*request));
  }
}

bool LoopbackServer::answer(Stream& stream, const ScriptedAnswer& answer) {
  using Manner = ScriptedAnswer::Manner;
  switch (answer.manner) {
    case Manner::kWhole:
      return stream.write(head_of(answer) + answer.body) && answer.keep_alive;
    case Manner::kRaw:
      return stream.write(answer.body) && answer.keep_alive;
    case Manner::kDrip:
      return drip(stream, answer) && answer.keep_alive;
    case Manner::kHangAfterHead:
      stream.write(head_of(answer));
      [[fallthrough]];
    case Manner::kHang:
      while (stream.read_more()) {
      }
      return false;
    case Manner::kResetInBody:
      stream.write(head_of(answer) + answer.body.substr(0, answer.body.size() / 2));
      [[fallthrough]];
    case Manner::kReset:
      reset_on_close(stream.socket());
      return false;
  }
  return false;
}

bool LoopbackServer::drip(Stream& stream, const ScriptedAnswer& answer) {
  if (!stream.write(head_of(answer))) {
    return false;
  }
  for (const char byte : answer.body) {
    if (!stream.write({&byte, 1}) || wait_until_stopped_for(answer.drip)) {
      return false;
    }
  }
  return true;
}

}  // namespace kpi::test

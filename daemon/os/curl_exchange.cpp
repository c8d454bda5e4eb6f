#include "daemon/os/curl_exchange.hpp"

#include "daemon/os/curl_certificates.hpp"
#include "daemon/os/no_connection.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <tuple>

namespace kpi {

namespace {

constexpr std::size_t kMaxUrl = 8192;
constexpr std::size_t kMaxHeaderBytes = 64U << 10U;
constexpr std::chrono::seconds kMaxIdle{60};

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_NO_DEFAULT_PORT) != CURLUE_OK) {
    return "";
  }
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_token(std::string_view text) {
  const auto is_token_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_token_byte);
}

bool has_control_bytes(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::ranges::any_of(request.headers, [&](const auto& header) { return to_lower_ascii(header.first) == name; });
}

class HeaderBuilder {
 public:
  /// libcurl reads "Name:" as "leave this header out" and "Name;" as "send it empty".
  void add(const std::string& name, const std::string& value) {
    append(value.empty() ? name + ";" : name + ": " + value);
  }

  void leave_out(const std::string& name) { append(name + ":"); }

  CurlList take() { return std::move(list_); }

 private:
  void append(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) {
      throw std::bad_alloc();
    }
    std::ignore = list_.release();
    list_.reset(longer);
  }

  CurlList list_;
};

Result<CurlList> build_headers(const HttpRequest& request) {
  HeaderBuilder headers;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) {
      return fail(ErrorKind::kInvalid, fmt::format("\"{}\" cannot be the name of an HTTP header", printable(name, 64)));
    }
    if (has_control_bytes(value)) {
      return fail(ErrorKind::kInvalid,
                  fmt::format("the value of the header {} holds a line break or another control byte", name));
    }
    const std::string lower = to_lower_ascii(name);
    if (lower == "content-length" || lower == "transfer-encoding") {
      return fail(ErrorKind::kInvalid, fmt::format("the header {} is set by kpid itself; leave it out", name));
    }
    headers.add(name, value);
  }
  if (!has_header(request, "content-type")) {
    headers.leave_out("Content-Type");
  }
  if (!has_header(request, "user-agent")) {
    headers.add("User-Agent", "kpid/" KPI_VERSION);
  }
  headers.leave_out("Expect");  // Waiting a second for "100 Continue" gains nothing on bodies of our size.
  return headers.take();
}

ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorKind::kTimeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_FILESIZE_EXCEEDED:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kUnavailable;
  }
}

}  // namespace

std::optional<IpAddress> address_of(const curl_sockaddr& address) {
  IpAddress ip;
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof v4);
    std::memcpy(ip.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    return ip;
  }
  // curl_sockaddr is declared with room for IPv4 only; libcurl's own storage behind it is large enough for both.
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6)) {
    ip.is_v6 = true;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&address) + offsetof(curl_sockaddr, addr) +
                              offsetof(sockaddr_in6, sin6_addr);
    std::copy_n(bytes, ip.bytes.size(), ip.bytes.begin());
    return ip;
  }
  return std::nullopt;
}

Result<ParsedUrl> parse_url(const std::string& url) {
  ParsedUrl parsed{CurlUrl(curl_url()), ""};
  if (url.size() > kMaxUrl) {
    return fail(ErrorKind::kInvalid, fmt::format("the URL is longer than {} bytes", kMaxUrl));
  }
  // libcurl would stop at a NUL and take the rest away in silence.
  if (has_control_bytes(url) || curl_url_set(parsed.handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return fail(ErrorKind::kInvalid, "the URL is not an address; write it as https://host/path");
  }
  const std::string scheme = url_part(parsed.handle.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return fail(ErrorKind::kInvalid, "the URL is not an http or https address; write it as https://host/path");
  }
  const std::string port = url_part(parsed.handle.get(), CURLUPART_PORT);  // empty: the scheme's own
  parsed.origin =
      scheme + "://" + printable(url_part(parsed.handle.get(), CURLUPART_HOST)) + (port.empty() ? "" : ":" + port);
  return parsed;
}

Result<std::unique_ptr<CurlExchange>> CurlExchange::prepare(const HttpRequest& request) {
  ParsedUrl url = KPI_TRY(parse_url(request.url));
  const auto with_origin = [&](Error error) {
    error.message = url.origin + ": " + error.message;
    return tl::unexpected(std::move(error));
  };
  if (!is_token(request.method)) {
    return with_origin(
        {ErrorKind::kInvalid, fmt::format("\"{}\" is not an HTTP method", printable(request.method, 32))});
  }
  Result<AddressPolicy> policy = AddressPolicy::parse(request.allow_private);
  if (!policy) {
    return with_origin({ErrorKind::kInvalid, "allow_private: " + policy.error().message});
  }
  Result<CurlList> headers = build_headers(request);
  if (!headers) {
    return with_origin(headers.error());
  }
  return std::unique_ptr<CurlExchange>(
      new CurlExchange(request, std::move(url), *std::move(policy), *std::move(headers)));
}

bool CurlExchange::is_repeatable() const {
  return request_.method == "GET" || request_.method == "HEAD";
}

void CurlExchange::apply(CURL* easy, std::chrono::milliseconds timeout, std::chrono::seconds stalled_after) {
  response_ = {};
  unpacking_.reset();
  header_bytes_ = 0;
  sent_ = 0;
  curl_easy_setopt(easy, CURLOPT_CURLU, url_.handle.get());
  apply_safety(easy);
  apply_method(easy);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(timeout.count(), 1)));
  curl_easy_setopt(
      easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(request_.connect_timeout.count(), 1)));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(stalled_after.count()));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(kMaxIdle.count()));
  if (!is_repeatable() && !has_header(request_, "webhook-id")) {
    // One that a receiver can tell from a copy may fail when an idle connection turns out to be dead: it comes again.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlExchange::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlExchange::on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

void CurlExchange::apply_safety(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // Else a hanging name server would hold us beyond every deadline.
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // Instead of the system's authorities, not beside them.
  }
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);  // libcurl would take a cut stream for a whole one
}

void CurlExchange::apply_method(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  const std::string& method = request_.method;
  if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  } else if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t bytes = size * count;
  try {
    return exchange.take_body({data, bytes}) ? bytes : 0;
  } catch (const std::exception&) {
    exchange.given_up_ = "there is no memory for the answer";
    return 0;
  }
}

bool CurlExchange::take_body(std::string_view bytes) {
  std::string& body = response_.body;
  const std::size_t most = request_.max_body;
  // Counted as unpacked: a few hundred packed bytes can hold hundreds of megabytes.
  auto outcome = Gunzip::Outcome::kTaken;
  if (unpacking_) {
    outcome = unpacking_->take(bytes, body, most);
  } else if (bytes.size() > most - std::min(most, body.size())) {
    outcome = Gunzip::Outcome::kTooLarge;
  } else {
    body.append(bytes);
  }
  if (outcome == Gunzip::Outcome::kTooLarge) {
    given_up_ = fmt::format("the answer is larger than {} bytes", most);
  } else if (outcome == Gunzip::Outcome::kBroken) {
    given_up_ = "the answer is said to be packed by gzip, and cannot be unpacked";
    given_up_kind_ = ErrorKind::kUnavailable;
  }
  return outcome == Gunzip::Outcome::kTaken;
}

std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  try {
    return static_cast<CurlExchange*>(self)->take_header({data, bytes}) ? bytes : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

bool CurlExchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    given_up_ = fmt::format("the answer's headers are larger than {} bytes", kMaxHeaderBytes);
    return false;
  }
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();  // Those before it belonged to an interim answer (100, 103).
    unpacking_.reset();
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return true;
  }
  const std::string name = to_lower_ascii(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (name == "content-encoding") {
    const std::string coding = to_lower_ascii(value);
    const bool is_gzip = coding == "gzip" || coding == "x-gzip";
    if ((is_gzip && unpacking_) || (!is_gzip && coding != "identity" && !coding.empty())) {
      given_up_ = fmt::format("the answer is packed as \"{}\", which was not asked for",
                              printable(is_gzip ? "gzip, gzip" : coding, 64));
      return false;
    }
    if (is_gzip) {
      unpacking_.emplace();
    }
  }
  response_.headers.emplace_back(name, value);
  return true;
}

curl_socket_t CurlExchange::on_open(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::optional<IpAddress> ip = address_of(*address);
  if (purpose != CURLSOCKTYPE_IPCXN || !ip) {
    exchange.refused_address_ = "it is reached by something other than an IP address";
    return CURL_SOCKET_BAD;
  }
  if (std::optional<std::string> refusal = exchange.policy_.refusal(*ip)) {
    exchange.refused_address_ = *std::move(refusal);
    return CURL_SOCKET_BAD;
  }
  exchange.has_connected_ = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// NOLINTNEXTLINE(readability-non-const-parameter): libcurl prescribes the type.
int CurlExchange::on_connected(void* self, char* remote, char* /*local*/, int /*remote_port*/, int /*local_port*/) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  // When an idle connection turns out to be dead, libcurl repeats any request by itself, up to five times.
  if (exchange.sent_++ > 0 && !exchange.is_repeatable()) {
    return CURL_PREREQFUNC_ABORT;
  }
  // An idle connection was opened under another request's policy.
  const std::optional<IpAddress> ip = parse_ip_address(remote == nullptr ? "" : remote);
  const std::optional<std::string> refusal =
      ip ? exchange.policy_.refusal(*ip) : std::optional<std::string>("it is connected to an unknown address");
  if (refusal) {
    exchange.given_up_ = *refusal;
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

bool CurlExchange::died_on_reuse(CURL* easy, CURLcode code) const {
  long opened = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
  return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && opened == 0 && header_bytes_ == 0 &&
         response_.body.empty();
}

Error CurlExchange::failure(CURLcode code) const {
  if (!given_up_.empty()) {
    return {given_up_kind_, url_.origin + ": " + given_up_};
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return {ErrorKind::kUnavailable, url_.origin + ": the connection was closed before an answer came"};
  }
  if (!refused_address_.empty() && !has_connected_) {
    return {ErrorKind::kInvalid, url_.origin + ": " + refused_address_};
  }
  if (code == CURLE_OUT_OF_MEMORY && response_.body.empty()) {  // so it calls a header that it finds too long
    return {ErrorKind::kInvalid,
            url_.origin + fmt::format(": the answer's headers are larger than {} bytes", kMaxHeaderBytes)};
  }
  const std::string_view told = error_text_.front() != '\0' && code != CURLE_URL_MALFORMAT
                                    ? std::string_view(error_text_.data())
                                    : std::string_view(curl_easy_strerror(code));
  const bool is_plain = told.find("wrong version number") != std::string_view::npos;
  return {kind_of(code),
          url_.origin + std::string(code == CURLE_COULDNT_CONNECT ? kNoConnection : ": ") + printable(trim(told), 200) +
              (is_plain ? ": this port does not speak TLS; write http://" : "")};
}

Result<HttpResponse> CurlExchange::finish(CURL* easy, CURLcode code) {
  if (code != CURLE_OK) {
    return tl::unexpected(failure(code));
  }
  if (unpacking_ && !unpacking_->is_whole()) {
    return fail(ErrorKind::kUnavailable,
                url_.origin + ": the answer ends before its gzip stream does: it was cut off on its way");
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  remember_certificate(easy, url_.origin);
  return std::move(response_);
}

}  // namespace kpi

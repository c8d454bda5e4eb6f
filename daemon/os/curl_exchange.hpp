#pragma once
// One request and what came back, on one libcurl handle: the options, the callbacks and the words for failures.
// Private to curl_http. Used by one thread at a time.

#include "daemon/os/address_policy.hpp"
#include "daemon/os/gunzip.hpp"
#include "plugins/http.hpp"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kpi {

struct CurlDelete {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }

  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

using CurlUrl = std::unique_ptr<CURLU, CurlDelete>;
using CurlList = std::unique_ptr<curl_slist, CurlDelete>;

/// A URL that was parsed, and as much of it as may be shown: see url_origin().
struct ParsedUrl {
  CurlUrl handle;
  std::string origin;
};

/// The address a connection is about to be made to; nothing: it is no IP address.
std::optional<IpAddress> address_of(const curl_sockaddr& address);
/// libcurl's global state is set up once, before any thread of ours could use it, and kept.
void initialise_curl();

Result<ParsedUrl> parse_url(const std::string& url);

class CurlExchange {
 public:
  /// Checks the request; nothing is sent yet. `request` must outlive the exchange.
  static Result<std::unique_ptr<CurlExchange>> prepare(const HttpRequest& request);

  CurlExchange(const CurlExchange&) = delete;
  CurlExchange(CurlExchange&&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;
  CurlExchange& operator=(CurlExchange&&) = delete;
  ~CurlExchange() = default;

  [[nodiscard]] const std::string& origin() const { return url_.origin; }

  /// Whether it changes nothing when the receiver gets it twice.
  [[nodiscard]] bool is_repeatable() const;
  /// Sets every option of `easy`, which has none of an earlier exchange. The exchange must outlive the transfer.
  void apply(CURL* easy, std::chrono::milliseconds timeout, std::chrono::seconds stalled_after);
  /// Whether an idle connection was used and died before one byte of an answer.
  [[nodiscard]] bool died_on_reuse(CURL* easy, CURLcode code) const;
  /// The answer, or why there is none.
  Result<HttpResponse> finish(CURL* easy, CURLcode code);

 private:
  CurlExchange(const HttpRequest& request, ParsedUrl url, AddressPolicy policy, CurlList headers)
      : request_(request), url_(std::move(url)), policy_(std::move(policy)), headers_(std::move(headers)) {}

  void apply_safety(CURL* easy);
  void apply_method(CURL* easy);
  [[nodiscard]] Error failure(CURLcode code) const;
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_connected(void* self, char* remote, char* local, int remote_port, int local_port);

  const HttpRequest& request_;
  ParsedUrl url_;
  AddressPolicy policy_;
  CurlList headers_;
  HttpResponse response_;
  std::optional<Gunzip> unpacking_;  ///< Where the answer is packed.
  std::size_t header_bytes_ = 0;
  int sent_ = 0;          ///< How often libcurl has set out to send it.
  std::string given_up_;  ///< Why a callback ended the exchange; empty: none did.
  ErrorKind given_up_kind_ = ErrorKind::kInvalid;
  std::string refused_address_;  ///< Why the last refused address was refused.
  bool has_connected_ = false;   ///< Whether any address was let through.
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace kpi

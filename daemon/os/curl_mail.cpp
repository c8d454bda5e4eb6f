#include "daemon/os/curl_mail.hpp"

#include "daemon/os/address_policy.hpp"
#include "daemon/os/curl_exchange.hpp"
#include "daemon/os/no_connection.hpp"
#include "daemon/os/plain_file.hpp"
#include "rules/base/text.hpp"

#include <curl/curl.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string_view>

namespace kpi {

namespace {

constexpr std::size_t kMaxIdle = 4;
constexpr std::size_t kMaxReply = 300;

struct EasyDelete {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

using Easy = std::unique_ptr<CURL, EasyDelete>;

/// One mail on one handle.
class MailExchange {
 public:
  MailExchange(const MailRequest& request, AddressPolicy policy, const std::stop_token& stop)
      : request_(request), policy_(std::move(policy)), stop_(stop) {}

  Result<MailAnswer> run(CURL* easy) {
    KPI_TRY(want_plain_file(request_.ca_file));
    curl_slist* list = nullptr;
    for (const std::string& recipient : request_.recipients) {
      list = curl_slist_append(list, ("<" + recipient + ">").c_str());
    }
    const CurlList recipients(list);
    const std::string sender = "<" + request_.sender + ">";
    curl_easy_setopt(easy, CURLOPT_URL, request_.server.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    apply_safety(easy);
    apply_login(easy);
    apply_callbacks(easy);
    return finish(easy, curl_easy_perform(easy));
  }

 private:
  void apply_safety(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(request_.needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!request_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, request_.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    const auto timeout = static_cast<long>(std::max<std::int64_t>(request_.timeout.count(), 1));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, 10'000L));
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(timeout / 1000, 1L));
  }

  void apply_login(CURL* easy) {
    if (!request_.username.empty()) {
      curl_easy_setopt(easy, CURLOPT_USERNAME, request_.username.c_str());
    }
    if (!request_.token.empty()) {
      curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request_.token.reveal().c_str());
    } else if (!request_.password.empty()) {
      curl_easy_setopt(easy, CURLOPT_PASSWORD, request_.password.reveal().c_str());
    }
  }

  void apply_callbacks(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &MailExchange::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &MailExchange::on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &MailExchange::on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
    // libcurl says of many recipients only whether all were refused; what the server said to each is seen here.
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &MailExchange::on_line);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
  }

  Result<MailAnswer> finish(CURL* easy, CURLcode code) {
    if (stop_.stop_requested() && code != CURLE_OK) {
      return fail(ErrorKind::kStopped, "stopped while mail was sent");
    }
    if (!refusal_.empty() && code != CURLE_OK) {
      return fail(ErrorKind::kInvalid, "the mail server: " + refusal_);
    }
    long last = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &last);
    answer_.code = static_cast<int>(last);
    answer_.text = last_reply_;
    answer_.is_accepted = code == CURLE_OK;
    answer_.is_login_refused = code == CURLE_LOGIN_DENIED;
    const bool was_answered = code == CURLE_OK || code == CURLE_LOGIN_DENIED || last >= 400;
    if (was_answered) {
      return std::move(answer_);
    }
    const std::string_view told =
        error_text_.front() != '\0' ? std::string_view(error_text_.data()) : std::string_view(curl_easy_strerror(code));
    const ErrorKind kind = code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::kTimeout : ErrorKind::kUnavailable;
    const std::string remedy = code == CURLE_USE_SSL_FAILED ? " (it offers no TLS; tls: none gives it up)" : "";
    const std::string_view before = code == CURLE_COULDNT_CONNECT ? kNoConnection : ": ";
    return fail(kind, "the mail server" + std::string(before) + printable(trim(told), 200) + remedy);
  }

  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<MailExchange*>(self);
    const std::string& content = exchange.request_.content;
    const std::size_t bytes = std::min(size * count, content.size() - exchange.sent_);
    std::memcpy(buffer, content.data() + exchange.sent_, bytes);
    exchange.sent_ += bytes;
    return bytes;
  }

  static curl_socket_t on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& exchange = *static_cast<MailExchange*>(self);
    const std::optional<IpAddress> ip = address_of(*address);
    const std::optional<std::string> refusal =
        ip ? exchange.policy_.refusal(*ip) : std::optional<std::string>("its address is of an unknown kind");
    if (refusal) {
      exchange.refusal_ = *refusal;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<MailExchange*>(self)->stop_.stop_requested() ? 1 : 0;
  }

  static int on_line(CURL* /*easy*/, curl_infotype type, char* data, std::size_t size, void* self) {
    auto& exchange = *static_cast<MailExchange*>(self);
    const std::string_view text = trim(std::string_view(data, size));
    if (type == CURLINFO_HEADER_OUT) {
      exchange.take_command(text);
    } else if (type == CURLINFO_HEADER_IN) {
      exchange.take_reply(text);
    }
    return 0;
  }

  void take_command(std::string_view line) {
    is_recipient_ = line.starts_with("RCPT TO:<");
    if (is_recipient_) {
      const std::size_t begin = line.find('<') + 1;
      answer_.recipients.push_back({std::string(line.substr(begin, line.find('>') - begin)), 0, ""});
    }
  }

  void take_reply(std::string_view line) {
    last_reply_ = printable(line, kMaxReply);
    const bool is_last = line.size() >= 3 && (line.size() == 3 || line[3] == ' ');
    if (is_recipient_ && is_last && answer_.recipients.back().code == 0) {
      answer_.recipients.back().code = static_cast<int>(parse_number(line.substr(0, 3)).value_or(0));
      answer_.recipients.back().text = last_reply_;
    }
  }

  const MailRequest& request_;
  AddressPolicy policy_;
  const std::stop_token& stop_;
  MailAnswer answer_;
  std::size_t sent_ = 0;
  bool is_recipient_ = false;
  std::string last_reply_;
  std::string refusal_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

class CurlMailClient final : public MailClient {
 public:
  Result<MailAnswer> send(const MailRequest& request, const std::stop_token& stop) override {
    AddressPolicy policy = KPI_TRY(AddressPolicy::parse(request.allow_private));
    Easy easy = take();
    if (easy == nullptr) {
      return fail(ErrorKind::kUnavailable, "there is no memory for a connection");
    }
    Result<MailAnswer> answer = MailExchange(request, std::move(policy), stop).run(easy.get());
    curl_easy_reset(easy.get());  // its connection stays
    give_back(std::move(easy));
    return answer;
  }

 private:
  Easy take() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) {
      return Easy(curl_easy_init());
    }
    Easy easy = std::move(idle_.back());
    idle_.pop_back();
    return easy;
  }

  void give_back(Easy easy) {
    const std::scoped_lock lock(mutex_);
    if (idle_.size() < kMaxIdle) {
      idle_.push_back(std::move(easy));
    }
  }

  std::mutex mutex_;
  std::vector<Easy> idle_;
};

}  // namespace

std::unique_ptr<MailClient> make_curl_mail_client() {
  initialise_curl();
  return std::make_unique<CurlMailClient>();
}

}  // namespace kpi

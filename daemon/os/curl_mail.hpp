#pragma once
// Mail by SMTP, with the safety that HTTP has: TLS verified and required unless it is given up in the configuration,
// addresses checked when they are connected, times capped. Connections are kept and used again.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace kpi {

struct MailRequest {
  std::string server;  ///< "smtp://host:587" or "smtps://host:465"
  bool needs_tls = true;
  std::string username;
  Secret password;
  Secret token;  ///< Of OAuth 2, instead of a password.
  std::string ca_file;
  std::vector<std::string> allow_private;
  std::chrono::milliseconds timeout{15'000};
  std::string sender;                   ///< "kpid@example.com"
  std::vector<std::string> recipients;  ///< Likewise; each without line breaks, spaces and angle brackets.
  std::string content;                  ///< The whole mail, its lines ended by CRLF.
};

/// What the server said about one address.
struct RecipientAnswer {
  std::string address;
  int code = 0;  ///< 250: it takes the mail to it; 0: it was not asked.
  std::string text;

  bool operator==(const RecipientAnswer&) const = default;
};

struct MailAnswer {
  bool is_accepted = false;  ///< The mail went to those recipients whose code is 2xx.
  bool is_login_refused = false;
  int code = 0;  ///< The last one.
  std::string text;
  std::vector<RecipientAnswer> recipients;
};

/// Thread-safe. An error: there was no answer to speak of (no connection, no TLS, a timeout), kStopped, or kInvalid.
class MailClient {
 public:
  virtual ~MailClient() = default;
  virtual Result<MailAnswer> send(const MailRequest& request, const std::stop_token& stop) = 0;
};

std::unique_ptr<MailClient> make_curl_mail_client();

}  // namespace kpi

#include "daemon/notify/channels/mail.hpp"

#include "daemon/notify/channels/mail_pictures.hpp"
#include "daemon/notify/mail_message.hpp"
#include "daemon/os/address_policy.hpp"
#include "daemon/os/curl_mail.hpp"
#include "daemon/os/no_connection.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <set>

namespace kpi {

namespace {

constexpr std::size_t kMostRecipients = 100;

/// "Service not available": about the server, whichever address it was said to.
constexpr int kClosing = 421;
constexpr std::size_t kMostSaid = 256;

bool is_refusal(int code) {
  return code >= 500 && code < 600;
}

/// Those of an attempt's progress that refused the mail for good.
std::vector<std::string> refused_before(std::string_view progress) {
  std::vector<std::string> addresses;
  for (const std::string_view one : split(progress, ' ')) {
    if (one.starts_with('<') && one.ends_with('>')) {
      addresses.emplace_back(one.substr(1, one.size() - 2));
    }
  }
  return addresses;
}

/// What a server said to each recipient of one attempt.
struct Recipients {
  std::string done;  ///< The progress now.
  std::string refused;
  std::string waiting;
  std::size_t taken = 0;
  bool is_closing = false;
  std::map<std::string, std::string> answers;
};

Recipients read_recipients(const MailAnswer& answer, const std::string& progress) {
  Recipients all;
  all.done = progress;
  const auto add = [](std::string& text, std::string_view first, std::string_view next, const std::string& one) {
    text += std::string(text.empty() ? first : next) + one;
  };
  for (const RecipientAnswer& recipient : answer.recipients) {
    const bool is_taken = recipient.code >= 200 && recipient.code < 300;
    const std::string said = recipient.address + ": " + recipient.text;
    all.is_closing = all.is_closing || recipient.code == kClosing;
    if (is_refusal(recipient.code)) {
      add(all.done, "", " ", "<" + recipient.address + ">");
      add(all.refused, "refused for ", "; ", said);
      all.answers[recipient.address] = printable(recipient.text, kMostSaid);
    } else if (!is_taken) {
      add(all.waiting, "not yet for ", "; ", said);
    } else if (answer.is_accepted) {
      ++all.taken;
      add(all.done, "", " ", recipient.address);
      all.answers[recipient.address] = "";
    }
  }
  return all;
}

class MailChannel final : public Channel {
 public:
  MailChannel(MailRequest request, MailEnvelope envelope)
      : request_(std::move(request)), envelope_(std::move(envelope)), client_(make_curl_mail_client()) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    MailRequest request = request_;
    request.content = mail_content(with_pictures(message, host.host, stop), envelope_);
    const std::vector<std::string_view> done = split(host.progress, ' ');
    std::set<std::string, std::less<>> has_it(done.begin(), done.end());
    for (const MailAddress& to : envelope_.to) {
      if (!has_it.contains(to.address) && !has_it.contains("<" + to.address + ">")) {
        request.recipients.push_back(to.address);
      }
    }
    if (request.recipients.empty()) {
      return {};  // who waited is no address of the channel any more
    }
    const Result<MailAnswer> answer = client_->send(request, stop);
    if (!answer) {
      const bool is_final = answer.error().kind == ErrorKind::kInvalid;
      Outcome outcome{
          is_final ? Outcome::Kind::kRefused : Outcome::Kind::kRetry, printable(answer.error().message, 256), {}};
      outcome.progress = host.progress;
      outcome.is_unreached = is_unreached(answer.error());
      return outcome;
    }
    return read(*answer, host.progress);
  }

 private:
  static Outcome read(const MailAnswer& answer, const std::string& progress) {
    Outcome outcome;
    outcome.detail = "answered " + answer.text;
    if (answer.is_login_refused) {
      outcome.kind = is_refusal(answer.code) ? Outcome::Kind::kDisabled : Outcome::Kind::kRetry;
      outcome.detail = "the mail server refused the login: " + answer.text;
      outcome.progress = progress;
      return outcome;
    }
    Recipients all = read_recipients(answer, progress);
    const bool is_with_some_now = is_with_some(all.done);
    if (!answer.is_accepted && all.waiting.empty() && (is_refusal(answer.code) || all.taken == 0) &&
        (all.refused.empty() || !is_with_some_now)) {
      // Nobody is left to whom it could go, or the mail itself was refused.
      outcome.kind = is_refusal(answer.code) ? Outcome::Kind::kRefused : Outcome::Kind::kRetry;
      outcome.detail = all.refused.empty() ? "the mail server answered " + answer.text : all.refused;
      outcome.progress = outcome.kind == Outcome::Kind::kRetry ? progress : "";
      return outcome;
    }
    outcome.recipients = std::move(all.answers);
    if (!all.waiting.empty()) {
      outcome.kind = Outcome::Kind::kRetry;
      outcome.detail = printable(all.waiting + (all.refused.empty() ? "" : "; " + all.refused), kMostSaid);
      outcome.progress = std::move(all.done);
      outcome.is_partly_taken = is_with_some_now && !all.is_closing;
      return outcome;
    }
    for (const std::string& address : refused_before(progress)) {
      all.refused += (all.refused.empty() ? "refused for " : "; ") + address;
    }
    outcome.complaint = printable(all.refused, kMostSaid);
    return outcome;
  }

  MailRequest request_;
  MailEnvelope envelope_;
  std::unique_ptr<MailClient> client_;
};

/// "smtp.example.com:587" becomes a URL; nothing: it is no server.
std::optional<std::string> server_url(std::string_view text) {
  const bool has_scheme = text.starts_with("smtp://") || text.starts_with("smtps://");
  const std::string url = (has_scheme ? "" : "smtp://") + std::string(text);
  const std::string_view rest = std::string_view(url).substr(url.find("//") + 2);
  const bool is_host =
      !rest.empty() && rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
                           std::string_view::npos;
  return is_host ? std::optional(url) : std::nullopt;
}

}  // namespace

std::unique_ptr<Channel> create_mail_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  bool is_fine = true;
  const auto report = [&](const std::string& message, const std::string& remedy) {
    diagnostics.error(settings.position, "channel " + settings.name + ": " + message, remedy);
    is_fine = false;
  };
  const std::optional<std::string> server = server_url(settings.text("smtp"));
  if (!server) {
    report("smtp is not a mail server", "write smtp: smtp.example.com:587, or smtps://smtp.example.com");
  }
  MailEnvelope envelope;
  if (Result<MailAddress> from = parse_mail_address(settings.text("from"))) {
    envelope.from = *std::move(from);
  } else {
    report("from: " + from.error().message, "write from: kpid@example.com");
  }
  for (const std::string& text : settings.list("to")) {
    if (Result<MailAddress> to = parse_mail_address(text)) {
      envelope.to.push_back(*std::move(to));
    } else {
      report("to: " + to.error().message, "write to: [growth@example.com]");
    }
  }
  if (envelope.to.empty() || envelope.to.size() > kMostRecipients) {
    report("to has " + std::to_string(envelope.to.size()) + " addresses",
           "write 1 to 100 of them; a list of the mail server for more");
  }
  envelope.unsubscribe = settings.text("unsubscribe");
  const bool is_address = envelope.unsubscribe.starts_with("https://") || envelope.unsubscribe.starts_with("mailto:");
  if (!envelope.unsubscribe.empty() &&
      (!is_address || envelope.unsubscribe.find_first_of(" <>\"\r\n") != std::string::npos)) {
    report("unsubscribe is not an https or mailto address", "");
  }
  MailRequest request;
  request.server = server.value_or("");
  request.needs_tls = settings.text("tls") != "none";
  request.username = settings.text("username");
  request.password = settings.key("password");
  request.token = settings.key("token");
  const bool has_secret = !request.password.empty() || !request.token.empty();
  if (!request.needs_tls && has_secret) {
    report("a password would travel in the open", "leave out tls: none, or the password");
  }
  if (has_secret != !request.username.empty()) {
    report("username and password (or token) go together", "");
  }
  if (const Result<AddressPolicy> policy = AddressPolicy::parse(settings.allow_private); !policy) {
    report("allow_private: " + policy.error().message, "");
  }
  request.ca_file = settings.ca_file;
  request.allow_private = settings.allow_private;
  request.timeout = settings.timeout;
  request.sender = envelope.from.address;
  return is_fine ? std::make_unique<MailChannel>(std::move(request), std::move(envelope)) : nullptr;
}

}  // namespace kpi

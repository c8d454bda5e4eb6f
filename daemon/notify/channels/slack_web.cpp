#include "daemon/notify/channels/slack_web.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/channels/slack_blocks.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAddress = "https://slack.com/api";

/// A message of ours at Slack.
struct Posted {
  std::string channel;
  std::string ts;
  std::size_t alerts = 0;  ///< How many it told of.

  bool operator==(const Posted&) const = default;
};

std::optional<Posted> parse_posted(const std::string& remote) {
  const Json json = Json::parse(remote, nullptr, false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  return Posted{json.value("channel", ""), json.value("ts", ""), json.value("alerts", std::size_t{0})};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

Outcome::Kind kind_of_error(std::string_view word) {
  if (is_one_of(word,
                {"ratelimited",
                 "rate_limited",
                 "internal_error",
                 "fatal_error",
                 "request_timeout",
                 "service_unavailable",
                 "accesslimited"})) {
    return Outcome::Kind::kRetry;
  }
  const bool is_over = is_one_of(word,
                                 {"invalid_auth",
                                  "not_authed",
                                  "account_inactive",
                                  "token_revoked",
                                  "token_expired",
                                  "no_permission",
                                  "missing_scope",
                                  "channel_not_found",
                                  "not_in_channel",
                                  "is_archived",
                                  "restricted_action",
                                  "org_login_required",
                                  "ekm_access_denied",
                                  "team_access_not_granted",
                                  "not_allowed_token_type",
                                  "access_denied"});
  return is_over ? Outcome::Kind::kDisabled : Outcome::Kind::kRefused;
}

class SlackWebChannel final : public Channel {
 public:
  explicit SlackWebChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    return tell(message, Json::parse(slack_payload(message)), host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    Json body = Json::parse(slack_payload(message));
    body.erase("blocks");
    return tell(message, std::move(body), host, stop);
  }

 private:
  Outcome tell(const Message& message, Json body, ChannelHost& host, const std::stop_token& stop) const {
    const std::optional<Posted> first = first_of(message, host);
    if (!first) {
      body["channel"] = settings_.text("channel");
      Posted posted;
      Outcome outcome = call("chat.postMessage", body, posted, host, stop);
      posted.alerts = message.alerts.size();
      const Json remote{{"channel", posted.channel}, {"ts", posted.ts}, {"alerts", posted.alerts}};
      for (const AlertView& alert : message.alerts) {
        if (outcome.kind == Outcome::Kind::kDelivered) {
          outcome.remotes[alert.id] = remote.dump(-1, ' ', false, Json::error_handler_t::replace);
        }
      }
      return outcome;
    }
    Json reply = body;
    reply["channel"] = first->channel;
    reply["thread_ts"] = first->ts;
    const bool ends = std::ranges::none_of(message.alerts, &AlertView::firing);
    const bool is_whole = ends && first->alerts == message.alerts.size();
    // A thread is quiet: what is worse than before is said in the channel too, and the end of a part, whose first
    // message goes on.
    reply["reply_broadcast"] = (ends && !is_whole) || message.type == MessageType::kAlertReminder ||
                               message.type == MessageType::kAlertEscalated ||
                               message.type == MessageType::kAlertFiring;
    Posted ignored;
    Outcome outcome = call("chat.postMessage", reply, ignored, host, stop);
    if (outcome.kind == Outcome::Kind::kDelivered && is_whole) {
      body["channel"] = first->channel;
      body["ts"] = first->ts;
      const Outcome updated = call("chat.update", body, ignored, host, stop);
      if (updated.kind != Outcome::Kind::kDelivered) {
        outcome.complaint = "its first message was not updated: " + updated.detail;
      }
    }
    return outcome;
  }

  /// The message that told of all these alerts first; nothing: there is no such one.
  static std::optional<Posted> first_of(const Message& message, const ChannelHost& host) {
    std::optional<Posted> first;
    for (const AlertView& alert : message.alerts) {
      const auto remote = host.remotes.find(alert.id);
      const std::optional<Posted> posted = remote == host.remotes.end() ? std::nullopt : parse_posted(remote->second);
      if (!posted || posted->ts.empty() || (first && *first != *posted)) {
        return std::nullopt;
      }
      first = posted;
    }
    return first;
  }

  Outcome call(const std::string& method,
               const Json& body,
               Posted& posted,
               ChannelHost& host,
               const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    request.url = base_of(settings_) + "/" + method;
    request.headers = {{"content-type", "application/json; charset=utf-8"},
                       {"authorization", "Bearer " + settings_.key("token").reveal()}};
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    Outcome outcome = outcome_of(request, answer, host.now());
    if (!answer || outcome.kind != Outcome::Kind::kDelivered) {
      return outcome;
    }
    const Json said = Json::parse(answer->body, nullptr, false);
    if (!said.is_object() || !said.value("ok", false)) {
      const std::string word = said.is_object() && said.contains("error") && said["error"].is_string()
                                   ? said["error"].get<std::string>()
                                   : "no answer of Slack's";
      outcome.kind = kind_of_error(word);
      outcome.detail = "Slack said " + printable(word, 100);
      return outcome;
    }
    posted.channel = said.contains("channel") && said["channel"].is_string() ? said["channel"].get<std::string>() : "";
    posted.ts = said.contains("ts") && said["ts"].is_string() ? said["ts"].get<std::string>() : "";
    return outcome;
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_slack_web_channel(const ChannelSettings& given, Diagnostics& diagnostics) {
  ChannelSettings settings = given;
  const bool is_fine = check_http_settings(settings, kAddress, diagnostics);
  if (settings.text("channel").empty()) {
    diagnostics.error(settings.position,
                      "channel " + settings.name + ": channel is missing",
                      "add channel: \"#growth\", where the app was invited");
    return nullptr;
  }
  return is_fine ? std::make_unique<SlackWebChannel>(std::move(settings)) : nullptr;
}

}  // namespace kpi

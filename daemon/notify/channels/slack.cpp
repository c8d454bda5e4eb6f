#include "daemon/notify/channels/slack.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/channels/slack_blocks.hpp"
#include "daemon/notify/channels/slack_web.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kpi {

namespace {

/// Words that say the webhook itself is gone or forbidden: nothing sent to it will arrive until a person acts.
bool ends_the_channel(std::string_view word) {
  constexpr std::array<std::string_view, 14> words = {"account_inactive",
                                                      "action_prohibited",
                                                      "channel_is_archived",
                                                      "channel_not_found",
                                                      "invalid_token",
                                                      "no_active_hooks",
                                                      "no_service",
                                                      "no_service_id",
                                                      "no_team",
                                                      "team_disabled",
                                                      "token_revoked",
                                                      "user_not_found",
                                                      "team_access_not_granted",
                                                      "posting_to_general_channel_denied"};
  return std::ranges::find(words, word) != words.end();
}

class SlackChannel final : public Channel {
 public:
  explicit SlackChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    return send(slack_payload(message), host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    return send(slack_plain_payload(message), host, stop);
  }

 private:
  Outcome send(std::string body, ChannelHost& host, const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    request.body = std::move(body);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    Outcome outcome = outcome_of(request, answer, host.now());
    if (!answer) {
      return outcome;
    }
    const std::string_view word = trim(answer->body);
    if (outcome.kind == Outcome::Kind::kRefused && ends_the_channel(word)) {
      outcome.kind = Outcome::Kind::kDisabled;
    }
    // A login page or a proxy's greeting is answered with 200 as well.
    if (outcome.kind == Outcome::Kind::kDelivered && word != "ok") {
      outcome.kind = Outcome::Kind::kRefused;
      outcome.detail += word.empty() ? " with nothing, where Slack says \"ok\"" : " (Slack would have said \"ok\")";
    }
    return outcome;
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_slack_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  if (!settings.key("token").empty()) {
    return create_slack_web_channel(settings, diagnostics);
  }
  return check_http_settings(settings, diagnostics) ? std::make_unique<SlackChannel>(settings) : nullptr;
}

}  // namespace kpi

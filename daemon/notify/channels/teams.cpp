#include "daemon/notify/channels/teams.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/channels/teams_card.hpp"
#include "daemon/notify/message_card.hpp"

#include <string_view>

namespace kpi {

namespace {

class TeamsChannel final : public Channel {
 public:
  explicit TeamsChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    return send(teams_payload(message), host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    return send(teams_plain_payload(message), host, stop);
  }

 private:
  Outcome send(std::string body, ChannelHost& host, const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    request.body = std::move(body);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    Outcome outcome = outcome_of(request, answer, host.now());
    // The old connectors answered 200 and said in words what went wrong.
    if (answer && answer->body.find("endpoint returned HTTP error 429") != std::string::npos) {
      outcome.kind = Outcome::Kind::kRetry;
    } else if (answer && answer->body.find("returned HTTP error") != std::string::npos) {
      outcome.kind = Outcome::Kind::kRefused;
    }
    return outcome;
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_teams_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  return check_http_settings(settings, diagnostics) ? std::make_unique<TeamsChannel>(settings) : nullptr;
}

}  // namespace kpi

#include "daemon/notify/channels/opsgenie.hpp"

#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"
#include "daemon/notify/text_message.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAddress = "https://api.opsgenie.com";
constexpr std::size_t kMaxMessage = 130;
constexpr std::size_t kMaxDescription = 15'000;
constexpr std::size_t kMaxDetails = 8000;

std::string_view priority_of(Severity severity) {
  return severity == Severity::kCritical ? "P1" : severity == Severity::kWarning ? "P3" : "P5";
}

class OpsgenieChannel final : public Channel {
 public:
  explicit OpsgenieChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    if (message.alerts.empty()) {
      const Json notice{{"message", shortened(card_of(message).headline, kMaxMessage)},
                        {"alias", message.id},
                        {"description", shortened(text_message(message), kMaxDescription)},
                        {"priority", "P5"},
                        {"source", settings_.text("source")}};
      return send("/v2/alerts", notice, host, stop);
    }
    return send_each(message, host, [&](const AlertView& alert) {
      return alert.firing ? open(message, alert, host, stop) : close(message, alert, host, stop);
    });
  }

 private:
  /// Of an alias that is open the other side counts one more and takes nothing else: what has become critical is raised
  /// by itself, or nobody would be called.
  Outcome open(const Message& message, const AlertView& alert, ChannelHost& host, const std::stop_token& stop) const {
    Outcome outcome = send("/v2/alerts", opened(message, alert), host, stop);
    if (outcome.kind != Outcome::Kind::kDelivered || alert.severity != Severity::kCritical) {
      return outcome;
    }
    const Json raised{{"priority", priority_of(alert.severity)}};
    Outcome second = send("/v2/alerts/" + alert.id + "/priority?identifierType=alias", raised, host, stop, "PUT");
    if (second.kind == Outcome::Kind::kRefused) {
      outcome.complaint = second.detail;  // it is there all the same
      return outcome;
    }
    return second;
  }

  Json opened(const Message& message, const AlertView& alert) const {
    Message alone = message;
    alone.alerts = {alert};
    const MessageCard whole = card_of(alone);
    const AlertCard& card = whole.alerts.front();
    Json details = Json::object();
    std::size_t size = 0;
    const auto add = [&](const std::string& name, const std::string& text) {
      size += text.empty() ? 0 : name.size() + text.size();
      if (!text.empty() && size <= kMaxDetails) {
        details[name] = text;
      }
    };
    add("kpi", alert.kpi);
    for (const Fact& fact : card.facts) {
      add(fact.label, fact.text);
    }
    add(whole.runbook_text, card.runbook + card.advice);
    add("url", card.url);
    return {{"message", shortened(whole.headline, kMaxMessage)},
            {"alias", alert.id},
            {"description", shortened(text_message(alone), kMaxDescription)},
            {"priority", priority_of(alert.severity)},
            {"entity", alert.kpi.empty() ? alert.source : alert.kpi},
            {"source", settings_.text("source")},
            {"tags", Json::array({"kpid", name_of(alert.severity)})},
            {"details", std::move(details)}};
  }

  Outcome close(const Message& message, const AlertView& alert, ChannelHost& host, const std::stop_token& stop) const {
    Message alone = message;
    alone.alerts = {alert};
    const Json note{{"source", settings_.text("source")},
                    {"note", shortened(card_of(alone).headline, kMaxDescription)}};
    return send("/v2/alerts/" + alert.id + "/close?identifierType=alias", note, host, stop);
  }

  Outcome send(const std::string& path,
               const Json& body,
               ChannelHost& host,
               const std::stop_token& stop,
               const std::string& method = "POST") const {
    HttpRequest request = json_post(settings_);
    request.method = method;
    request.url = base_of(settings_) + path;
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    request.headers.emplace_back("authorization", "GenieKey " + settings_.key("api_key").reveal());
    return deliver_http(request, host, stop);
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_opsgenie_channel(const ChannelSettings& given, Diagnostics& diagnostics) {
  ChannelSettings settings = given;
  return check_http_settings(settings, kAddress, diagnostics) ? std::make_unique<OpsgenieChannel>(std::move(settings))
                                                              : nullptr;
}

}  // namespace kpi

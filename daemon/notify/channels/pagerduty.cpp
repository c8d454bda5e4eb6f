#include "daemon/notify/channels/pagerduty.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"
#include "daemon/notify/text_message.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAddress = "https://events.pagerduty.com/v2/enqueue";
constexpr std::size_t kMaxSummary = 1024;
constexpr std::size_t kKeyLength = 32;

std::string_view severity_word(Severity severity) {
  return severity == Severity::kCritical ? "critical" : severity == Severity::kWarning ? "warning" : "info";
}

Json details_of(const MessageCard& whole, const AlertView& alert, Language language) {
  const AlertCard& card = whole.alerts.front();
  Json details = Json::object();
  for (const Fact& fact : card.facts) {
    details[fact.label] = fact.text;
  }
  if (!card.about.empty()) {
    details[say(language, Phrase::kAbout)] = card.about;
  }
  if (!card.advice.empty()) {
    details[whole.runbook_text] = card.advice;
  }
  details["kpi"] = alert.kpi;
  details["rule"] = alert.rule;
  for (const auto& [name, value] : alert.segment) {
    details["segment"][name] = value;
  }
  return details;
}

class PagerDutyChannel final : public Channel {
 public:
  explicit PagerDutyChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    if (message.alerts.empty()) {
      return send(notice(message), host, stop);
    }
    return send_each(message, host, [&](const AlertView& alert) { return send(event(message, alert), host, stop); });
  }

 private:
  Outcome send(const Json& event, ChannelHost& host, const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    request.body = event.dump(-1, ' ', false, Json::error_handler_t::replace);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    // The key stands in the body; an answer that echoes it must not carry it into a log.
    request.headers.emplace_back("routing-key", settings_.key("routing_key").reveal());
    return outcome_of(request, answer, host.now());
  }

  Json event(const Message& message, const AlertView& alert) const {
    Json event{{"routing_key", settings_.key("routing_key").reveal()},
               {"event_action", alert.firing ? "trigger" : "resolve"},
               {"dedup_key", alert.id}};
    if (!alert.firing) {
      return event;
    }
    Message alone = message;
    alone.alerts = {alert};
    const MessageCard whole = card_of(alone);
    const AlertCard& card = whole.alerts.front();
    event["payload"] = {{"summary", shortened(whole.headline, kMaxSummary)},
                        {"source", settings_.text("source")},
                        {"severity", severity_word(alert.severity)},
                        {"timestamp", rfc3339(message.created)},
                        {"component", alert.kpi.empty() ? alert.source : alert.kpi},
                        {"custom_details", details_of(whole, alert, message.language)}};
    if (!alert.owner.empty()) {
      event["payload"]["group"] = printable(alert.owner, kMaxSummary);
    }
    event["client"] = "kpid";
    if (!card.url.empty()) {
      event["client_url"] = card.url;
      event["links"].push_back({{"href", card.url}, {"text", whole.open_text}});
    }
    const auto add_link = [&](const std::string& url, const std::string& text) {
      if (!url.empty()) {
        event["links"].push_back({{"href", url}, {"text", text}});
      }
    };
    add_link(card.runbook, whole.runbook_text);
    add_link(card.acknowledge_url, whole.acknowledge_text);
    add_link(card.silence_url, whole.silence_text);
    return event;
  }

  /// A message that is about no alert: an incident of its own, which a person closes.
  Json notice(const Message& message) const {
    return {
        {"routing_key", settings_.key("routing_key").reveal()},
        {"event_action", "trigger"},
        {"dedup_key", message.id},
        {"payload",
         {{"summary", shortened(card_of(message).headline, kMaxSummary)},
          {"source", settings_.text("source")},
          {"severity", message.type == MessageType::kTest || message.type == MessageType::kDigest ? "info" : "warning"},
          {"timestamp", rfc3339(message.created)},
          {"custom_details", {{"text", shortened(text_message(message), 8000)}}}}},
        {"client", "kpid"}};
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_pagerduty_channel(const ChannelSettings& given, Diagnostics& diagnostics) {
  ChannelSettings settings = given;
  const bool is_fine = check_http_settings(settings, kAddress, diagnostics);
  if (settings.key("routing_key").reveal().size() != kKeyLength) {
    diagnostics.error(settings.position,
                      "channel " + settings.name + ": routing_key is not an integration key of 32 characters",
                      "copy it from the service's integration Events API V2");
    return nullptr;
  }
  return is_fine ? std::make_unique<PagerDutyChannel>(std::move(settings)) : nullptr;
}

}  // namespace kpi

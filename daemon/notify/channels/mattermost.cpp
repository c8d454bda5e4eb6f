#include "daemon/notify/channels/mattermost.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxTotal = 7000;
constexpr std::size_t kMostAttachments = 20;
constexpr std::size_t kMaxText = 1500;
constexpr std::string_view kJoiner = "\xE2\x80\x8B";  // a zero-width space: no mention begins

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '@') {
      out += "@" + std::string(kJoiner);
      continue;
    }
    if (std::string_view("\\*_~`|#[]()<>!").find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string link(const std::string& text, const std::string& url) {
  return "[" + escaped(text) + "](" + url + ")";
}

constexpr ChatMarkup kMarkup{escaped, "**", "**", link};

Json attachment_of(const MessageCard& card, const AlertCard& alert) {
  std::string text = escaped(shortened(alert.verdict, kMaxText));
  if (!alert.about.empty()) {
    text += "\n" + escaped(shortened(alert.about, kMaxText));
  }
  if (!alert.advice.empty()) {
    text += "\n" + escaped(shortened(card.runbook_text + ": " + alert.advice, kMaxText));
  }
  const std::string links = links_text(card, alert, link);
  text += links.empty() ? "" : "\n" + links;
  Json fields = Json::array();
  for (const Fact& fact : alert.facts) {
    fields.push_back({{"title", fact.label}, {"value", escaped(shortened(fact.text, kMaxText))}, {"short", true}});
  }
  Json attachment{{"color", colour_of(alert.tone)},
                  {"fallback", shortened(titled(alert), kMaxText)},
                  {"title", escaped(shortened(titled(alert), 250))},
                  {"text", std::move(text)},
                  {"fields", std::move(fields)}};
  if (!alert.url.empty()) {
    attachment["title_link"] = alert.url;
  }
  if (!alert.id.empty()) {
    attachment["footer"] = alert.id;
  }
  return attachment;
}

std::string payload_of(const Message& message) {
  const MessageCard card = card_of(message);
  Json payload;
  if (card.alerts.empty()) {
    payload["text"] = chat_text(message, kMarkup, kMaxTotal);
    return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  Json attachments = Json::array();
  std::size_t used = 0;
  for (const AlertCard& alert : card.alerts) {
    Json attachment = attachment_of(card, alert);
    const std::size_t size = attachment.dump(-1, ' ', false, Json::error_handler_t::replace).size();
    if (attachments.size() == kMostAttachments || (used + size > kMaxTotal && !attachments.empty())) {
      break;
    }
    used += size;
    attachments.push_back(std::move(attachment));
  }
  std::string text = card.mark + " **" + escaped(shortened(card.title, 500)) + "**";
  if (attachments.size() < card.alerts.size()) {
    text += "\n" + more_text(message, card.alerts.size() - attachments.size());
  }
  payload["text"] = std::move(text);
  payload["attachments"] = std::move(attachments);
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class MattermostChannel final : public Channel {
 public:
  explicit MattermostChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    return send(payload_of(message), host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    const Json payload{{"text", chat_text(message, kMarkup, kMaxTotal)}};
    return send(payload.dump(-1, ' ', false, Json::error_handler_t::replace), host, stop);
  }

 private:
  Outcome send(std::string body, ChannelHost& host, const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    request.body = std::move(body);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    Outcome outcome = outcome_of(request, answer, host.now());
    // Rocket.Chat says {"success": false} with any status.
    if (answer && outcome.kind == Outcome::Kind::kDelivered) {
      const Json said = Json::parse(answer->body, nullptr, false);
      if (said.is_object() && said.contains("success") && said["success"] == false) {
        outcome.kind = Outcome::Kind::kRefused;
      }
    }
    return outcome;
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_mattermost_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  return check_http_settings(settings, diagnostics) ? std::make_unique<MattermostChannel>(settings) : nullptr;
}

}  // namespace kpi

#include "daemon/notify/channels/ntfy.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAddress = "https://ntfy.sh";
/// More would arrive as a file.
constexpr std::size_t kMaxBytes = 3500;
constexpr std::size_t kMaxTitle = 200;

std::string as_it_is(std::string_view text) {
  return std::string(text);
}

std::string link(const std::string& text, const std::string& url) {
  return text + ": " + url;
}

/// A phone that rings at night rings for what is critical, whatever colour its card has.
int priority_of(const Message& message, Tone tone) {
  if (message.alerts.empty() || tone == Tone::kGood) {
    return tone == Tone::kWarning ? 4 : 3;
  }
  const Severity worst = worst_first(message).front()->severity;
  return worst == Severity::kCritical ? 5 : worst == Severity::kWarning ? 4 : 3;
}

std::string_view tag_of(Tone tone) {
  return tone == Tone::kBad       ? "rotating_light"
         : tone == Tone::kWarning ? "warning"
         : tone == Tone::kGood    ? "white_check_mark"
                                  : "information_source";
}

class NtfyChannel final : public Channel {
 public:
  explicit NtfyChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    static constexpr ChatMarkup kMarkup{as_it_is, "", "", link};
    const MessageCard card = card_of(message);
    std::string text = chat_text(message, kMarkup, kMaxBytes, [](std::string_view part) { return part.size(); });
    if (card.alerts.size() <= 1) {
      text.erase(0, text.find('\n') + 1);  // the title says it
    }
    Json body{{"topic", settings_.text("topic")},
              {"title", shortened(card.title, kMaxTitle)},
              {"message", text},
              {"priority", priority_of(message, card.tone)},
              {"tags", Json::array({tag_of(card.tone)})}};
    if (card.alerts.size() == 1 && !card.alerts.front().url.empty()) {
      body["click"] = card.alerts.front().url;
    }
    HttpRequest request = json_post(settings_);
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!settings_.key("token").empty()) {
      request.headers.emplace_back("authorization", "Bearer " + settings_.key("token").reveal());
    }
    return deliver_http(request, host, stop);
  }

 private:
  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_ntfy_channel(const ChannelSettings& given, Diagnostics& diagnostics) {
  ChannelSettings settings = given;
  const bool is_fine = check_http_settings(settings, kAddress, diagnostics);
  const std::string& topic = settings.text("topic");
  if (topic.empty() || topic.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
                           std::string::npos) {
    diagnostics.error(settings.position,
                      "channel " + settings.name + ": topic is not the name of a topic",
                      "write letters, digits, - and _");
    return nullptr;
  }
  return is_fine ? std::make_unique<NtfyChannel>(std::move(settings)) : nullptr;
}

}  // namespace kpi

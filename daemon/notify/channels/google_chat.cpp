#include "daemon/notify/channels/google_chat.hpp"

#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxText = 4000;  // of 4096 characters; 32,000 bytes in all

/// A link or a mention begins with "<"; there is no way to write it as itself.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "‹";
    } else if (c == '>') {
      out += "›";
    } else if (c == '*' || c == '_' || c == '~' || c == '`') {
      out += std::string("\xE2\x80\x8B") + c;  // a zero-width space before it: no emphasis begins
    } else {
      out += c;
    }
  }
  return out;
}

std::string link(const std::string& text, const std::string& url) {
  return "<" + url + "|" + escaped(text) + ">";
}

class GoogleChatChannel final : public Channel {
 public:
  explicit GoogleChatChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    static constexpr ChatMarkup kMarkup{escaped, "*", "*", link};
    Json body{{"text", chat_text(message, kMarkup, kMaxText)}};
    HttpRequest request = json_post(settings_);
    if (message.alerts.size() == 1) {
      body["thread"] = {{"threadKey", message.alerts.front().id}};
      const bool has_query = request.url.find('?') != std::string::npos;
      request.url += std::string(has_query ? "&" : "?") + "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";
    }
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return deliver_http(request, host, stop);
  }

 private:
  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_google_chat_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  return check_http_settings(settings, diagnostics) ? std::make_unique<GoogleChatChannel>(settings) : nullptr;
}

}  // namespace kpi

#include "daemon/notify/channels/telegram.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/html_text.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAddress = "https://api.telegram.org";
constexpr std::size_t kMaxText = 4000;  // of 4096

std::string link(const std::string& text, const std::string& url) {
  return "<a href=\"" + html_escaped(url) + "\">" + html_escaped(text) + "</a>";
}

std::string as_it_is(std::string_view text) {
  return std::string(text);
}

std::string plain_link(const std::string& text, const std::string& url) {
  return text + ": " + url;
}

class TelegramChannel final : public Channel {
 public:
  explicit TelegramChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    static constexpr ChatMarkup kMarkup{html_escaped, "<b>", "</b>", link};
    return send(message, {{"text", chat_text(message, kMarkup, kMaxText)}, {"parse_mode", "HTML"}}, host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    static constexpr ChatMarkup kPlain{as_it_is, "", "", plain_link};
    return send(message, {{"text", chat_text(message, kPlain, kMaxText)}}, host, stop);
  }

 private:
  Outcome send(const Message& message, Json text, ChannelHost& host, const std::stop_token& stop) const {
    Json body{{"chat_id", settings_.text("chat")}};
    body.update(text);
    body["link_preview_options"] = {{"is_disabled", true}};
    if (const auto thread = parse_number(settings_.text("thread"))) {
      body["message_thread_id"] = static_cast<std::int64_t>(*thread);
    }
    if (!message.alerts.empty()) {
      const auto first = host.remotes.find(message.alerts.front().id);
      if (const auto id = first == host.remotes.end() ? std::nullopt : parse_number(first->second)) {
        body["reply_parameters"] = {{"message_id", static_cast<std::int64_t>(*id)},
                                    {"allow_sending_without_reply", true}};
      }
    }
    HttpRequest request = json_post(settings_);
    request.url = base_of(settings_) + "/bot" + settings_.key("token").reveal() + "/sendMessage";
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    Outcome outcome = outcome_of(request, answer, host.now());
    return answer ? read(message, *answer, host, std::move(outcome)) : outcome;
  }

  static Outcome read(const Message& message, const HttpResponse& answer, const ChannelHost& host, Outcome outcome) {
    const Json said = Json::parse(answer.body, nullptr, false);
    const bool is_object = said.is_object();
    if (outcome.kind == Outcome::Kind::kDelivered && !(is_object && said.value("ok", false))) {
      outcome.kind = Outcome::Kind::kRefused;
    }
    if (answer.status == 401 || answer.status == 403 || answer.status == 404) {
      outcome.kind = Outcome::Kind::kDisabled;  // a wrong token; the bot was sent away
    }
    if (is_object && said.contains("parameters") && said["parameters"].is_object()) {
      const Json& parameters = said["parameters"];
      if (parameters.contains("retry_after") && parameters["retry_after"].is_number()) {
        outcome.retry_after =
            parse_retry_after(std::to_string(parameters["retry_after"].get<std::int64_t>()), host.now());
      }
      if (parameters.contains("migrate_to_chat_id")) {
        outcome.detail =
            "the group has become another one; write chat: \"" + parameters["migrate_to_chat_id"].dump() + "\"";
      }
    }
    const bool has_id = outcome.kind == Outcome::Kind::kDelivered && said.contains("result") &&
                        said["result"].is_object() && said["result"].contains("message_id");
    for (const AlertView& alert : message.alerts) {
      if (has_id && !host.remotes.contains(alert.id)) {
        outcome.remotes[alert.id] = said["result"]["message_id"].dump();
      }
    }
    return outcome;
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_telegram_channel(const ChannelSettings& given, Diagnostics& diagnostics) {
  ChannelSettings settings = given;
  const bool is_fine = check_http_settings(settings, kAddress, diagnostics);
  const std::string& token = settings.key("token").reveal();
  if (token.find_first_of("/?#@ \t\r\n") != std::string::npos || token.find(':') == std::string::npos) {
    diagnostics.error(settings.position,
                      "channel " + settings.name + ": token is not the token of a bot",
                      "ask @BotFather for one; it looks like 123456789:AA…");
    return nullptr;
  }
  return is_fine ? std::make_unique<TelegramChannel>(std::move(settings)) : nullptr;
}

}  // namespace kpi

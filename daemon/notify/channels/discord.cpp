#include "daemon/notify/channels/discord.hpp"

#include "daemon/notify/answer.hpp"
#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxContent = 2000;
constexpr std::size_t kMostEmbeds = 10;
constexpr std::size_t kMaxTotal = 5900;
constexpr std::size_t kMaxTitle = 256;
constexpr std::size_t kMaxDescription = 2000;
constexpr std::size_t kMaxField = 1000;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\*_~`|>#[]()<@:-").find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string link(const std::string& text, const std::string& url) {
  return "[" + escaped(text) + "](<" + url + ">)";
}

constexpr ChatMarkup kMarkup{escaped, "**", "**", link};

int colour_number(Tone tone) {
  return static_cast<int>(std::stoul(std::string(colour_of(tone).substr(1)), nullptr, 16));
}

/// `shown` counts the characters that Discord counts.
Json embed_of(const MessageCard& card, const AlertCard& alert, std::size_t& size) {
  const auto counted_text = [&](std::string text) {
    size += code_points(text);
    return text;
  };
  Json embed{{"title", counted_text(shortened(alert.mark + " " + titled(alert), kMaxTitle))}};
  if (!alert.url.empty()) {
    embed["url"] = alert.url;
  }
  std::string text = escaped(shortened(alert.verdict, kMaxDescription / 4));
  if (!alert.about.empty()) {
    text += "\n" + escaped(shortened(alert.about, kMaxDescription / 4));
  }
  if (!alert.advice.empty()) {
    text += "\n" + escaped(shortened(card.runbook_text + ": " + alert.advice, kMaxDescription / 4));
  }
  const std::string links = links_text(card, alert, link);
  text += links.empty() ? "" : "\n" + links;
  embed["description"] = counted_text(std::move(text));
  embed["color"] = colour_number(alert.tone);
  Json fields = Json::array();
  for (const Fact& fact : alert.facts) {
    fields.push_back({{"name", counted_text(fact.label)},
                      {"value", counted_text(escaped(shortened(fact.text, kMaxField / 2)))},
                      {"inline", true}});
  }
  embed["fields"] = std::move(fields);
  embed["footer"] = {{"text", counted_text(shortened(alert.id, 100))}};
  return embed;
}

std::string payload_of(const Message& message) {
  const MessageCard card = card_of(message);
  Json payload;
  if (card.alerts.empty()) {
    payload["content"] = chat_text(message, kMarkup, kMaxContent);
  } else {
    Json embeds = Json::array();
    std::size_t total = 0;
    for (const AlertCard& alert : card.alerts) {
      std::size_t size = 0;
      Json embed = embed_of(card, alert, size);
      if (embeds.size() == kMostEmbeds || total + size > kMaxTotal) {
        break;
      }
      total += size;
      embeds.push_back(std::move(embed));
    }
    std::string content = card.mark + " **" + escaped(shortened(card.title, 500)) + "**";
    if (embeds.size() < card.alerts.size()) {
      content += "\n" + more_text(message, card.alerts.size() - embeds.size());
    }
    payload["content"] = std::move(content);
    payload["embeds"] = std::move(embeds);
  }
  payload["allowed_mentions"] = {{"parse", Json::array()}};
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class DiscordChannel final : public Channel {
 public:
  explicit DiscordChannel(ChannelSettings settings) : settings_(std::move(settings)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    return send(payload_of(message), host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    const Json payload{{"content", chat_text(message, kMarkup, kMaxContent)},
                       {"allowed_mentions", {{"parse", Json::array()}}}};
    return send(payload.dump(-1, ' ', false, Json::error_handler_t::replace), host, stop);
  }

 private:
  Outcome send(std::string body, ChannelHost& host, const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    const bool has_query = request.url.find('?') != std::string::npos;
    request.url += has_query ? "&wait=true" : "?wait=true";
    request.body = std::move(body);
    const Result<HttpResponse> answer = host.http.send(request, stop);
    Outcome outcome = outcome_of(request, answer, host.now());
    if (answer && answer->status == 404) {
      outcome.kind = Outcome::Kind::kDisabled;  // the webhook was deleted
    }
    if (answer && answer->status == 429 && !outcome.retry_after) {
      const Json told = Json::parse(answer->body, nullptr, false);
      if (told.is_object() && told.contains("retry_after") && told["retry_after"].is_number()) {
        outcome.retry_after =
            parse_retry_after(std::to_string(std::ceil(told["retry_after"].get<double>())), host.now());
      }
    }
    return outcome;
  }

  ChannelSettings settings_;
};

}  // namespace

std::unique_ptr<Channel> create_discord_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  return check_http_settings(settings, diagnostics) ? std::make_unique<DiscordChannel>(settings) : nullptr;
}

}  // namespace kpi

#include "daemon/notify/channels/alertmanager.hpp"

#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

/// How long it burns there without a word from us: longer than any restart, short enough to end by itself.
constexpr std::chrono::hours kKeeps{1};
constexpr std::size_t kMaxText = 4000;
constexpr std::size_t kMostAtOnce = 500;

std::string label_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool is_digit = c >= '0' && c <= '9';
    out += is_letter || (is_digit && !out.empty()) ? c : '_';
  }
  return out.empty() ? "_" : out;
}

void set_label(Json& labels, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    labels[label_name(name)] = printable(value, 256);
  }
}

Json labels_of(const AlertView& alert) {
  Json labels = Json::object();
  for (const auto& [name, value] : alert.labels) {
    set_label(labels, name, value);
  }
  for (const auto& [name, value] : alert.segment) {
    set_label(labels, name, value);
  }
  set_label(labels, "kpi", alert.kpi);
  set_label(labels, "source", alert.source);
  set_label(labels, "rule", alert.rule);
  set_label(labels, "owner", alert.owner);
  set_label(labels, "objective", alert.objective);
  set_label(labels, "severity", name_of(alert.severity));
  set_label(labels, "alertname", alert.kpi.empty() ? alert.source : alert.kpi);
  if (!labels.contains("alertname")) {
    labels["alertname"] = "kpid";
  }
  return labels;
}

Json post_of(const Message& message, const AlertView& alert) {
  Message alone = message;
  alone.alerts = {alert};
  const MessageCard whole = card_of(alone);
  const AlertCard& card = whole.alerts.front();
  Json annotations{{"summary", shortened(whole.headline, kMaxText)}};
  const auto annotate = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) {
      annotations[name] = shortened(text, kMaxText);
    }
  };
  annotate("description", card.about);
  annotate("value", card.value);
  for (const Fact& fact : card.facts) {
    annotate(key_of(fact.kind), fact.text);
  }
  annotate("runbook_url", card.runbook);
  annotate("acknowledge_url", card.acknowledge_url);
  annotate("silence_url", card.silence_url);
  annotate("episode", alert.id);
  Json post{{"labels", labels_of(alert)}, {"annotations", std::move(annotations)}};
  post["startsAt"] = rfc3339(std::min(alert.since.value_or(message.created), message.created));
  if (!card.url.empty()) {
    post["generatorURL"] = card.url;
  }
  return post;
}

class AlertmanagerChannel final : public Channel {
 public:
  AlertmanagerChannel(ChannelSettings settings, std::chrono::seconds every)
      : settings_(std::move(settings)), every_(every) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    const std::string now = rfc3339(host.now());
    Json posts = Json::array();
    Outcome kept;
    for (const AlertView& alert : message.alerts) {
      Json post = post_of(message, alert);
      const auto before = host.remotes.find(alert.id);
      Json earlier = before == host.remotes.end() ? Json() : Json::parse(before->second, nullptr, false);
      if (earlier.is_object() && earlier.value("labels", Json()) != post["labels"]) {
        earlier["endsAt"] = now;
        posts.push_back(std::move(earlier));
      }
      if (alert.firing) {
        kept.remotes[alert.id] = post.dump(-1, ' ', false, Json::error_handler_t::replace);
      }
      post["endsAt"] = alert.firing ? rfc3339(host.now() + kKeeps) : now;
      posts.push_back(std::move(post));
    }
    if (message.alerts.empty()) {
      posts.push_back(notice(message, host.now()));
    }
    Outcome outcome = send(posts, host, stop);
    outcome.remotes = std::move(kept.remotes);
    return outcome;
  }

  [[nodiscard]] std::optional<std::chrono::seconds> refresh_every() const override { return every_; }

  Outcome refresh(ChannelHost& host, const std::stop_token& stop) override {
    Json posts = Json::array();
    Outcome last;
    for (const auto& [alert, remote] : host.remotes) {
      Json post = Json::parse(remote, nullptr, false);
      if (!post.is_object()) {
        continue;
      }
      post["endsAt"] = rfc3339(host.now() + kKeeps);
      posts.push_back(std::move(post));
      if (posts.size() == kMostAtOnce) {
        last = send(std::exchange(posts, Json::array()), host, stop);
        if (last.kind != Outcome::Kind::kDelivered) {
          return last;
        }
      }
    }
    return posts.empty() ? last : send(posts, host, stop);
  }

 private:
  /// About no alert: it is over after an hour.
  static Json notice(const Message& message, Instant now) {
    const MessageCard card = card_of(message);
    return {{"labels",
             {{"alertname", "kpid_" + label_name(name_of(message.type))}, {"severity", "info"}, {"id", message.id}}},
            {"annotations",
             {{"summary", shortened(card.headline, kMaxText)},
              {"description", shortened(join(card.lines, "\n"), kMaxText)}}},
            {"startsAt", rfc3339(message.created)},
            {"endsAt", rfc3339(now + kKeeps)}};
  }

  Outcome send(const Json& posts, ChannelHost& host, const std::stop_token& stop) const {
    HttpRequest request = json_post(settings_);
    request.url = base_of(settings_) + "/api/v2/alerts";
    request.body = posts.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!settings_.key("token").empty()) {
      request.headers.emplace_back("authorization", "Bearer " + settings_.key("token").reveal());
    }
    return deliver_http(request, host, stop);
  }

  ChannelSettings settings_;
  std::chrono::seconds every_;
};

}  // namespace

std::unique_ptr<Channel> create_alertmanager_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  const std::string& text = settings.text("every");
  const std::int64_t ms = text.ends_with("ms")
                              ? static_cast<std::int64_t>(parse_number(text.substr(0, text.size() - 2)).value_or(0))
                              : 60'000;
  if (ms < 1000) {
    diagnostics.error(
        settings.position, "channel " + settings.name + ": every is shorter than a second", "write every: 1m");
    return nullptr;
  }
  return check_http_settings(settings, diagnostics)
             ? std::make_unique<AlertmanagerChannel>(settings, std::chrono::seconds{ms / 1000})
             : nullptr;
}

}  // namespace kpi

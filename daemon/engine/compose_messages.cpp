// What a decision becomes: the message as its reader gets it, with its links and charts, and its row in the outbox.

#include "daemon/engine/action_link.hpp"
#include "daemon/engine/alert_chart.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/notify/outbox.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

/// Mail shows pictures: those of the first alerts.
void add_charts(Message& message, const Engine& engine) {
  constexpr std::size_t most = 3;
  const Config& config = engine.config();
  const ChannelConfig* channel = config.find_channel(message.channel);
  if (channel == nullptr || channel->type != "email") {
    return;
  }
  for (std::size_t i = 0; i < std::min(message.alerts.size(), most); ++i) {
    const AlertView& alert = message.alerts[i];
    const Kpi* kpi = config.rules.find(alert.kpi);
    const Line* line = kpi == nullptr ? nullptr : engine.find_line(alert.kpi, alert.segment);
    auto chart = line == nullptr ? std::nullopt : alert_chart(alert, *kpi, *line, channel->voice);
    if (chart) {
      message.attachments.push_back(*std::move(chart));
    }
  }
}

}  // namespace

/// In every voice that a channel has.
AlertView Engine::described(AlertSubject subject) const {
  subject.calendar = &rules_.calendar;
  if (commit_.now != Instant{}) {  // in a step
    subject.now = commit_.now;
  }
  // What came and went is described while it is judged, and the segments are not yet.
  const bool is_total =
      subject.line->segment.empty() && subject.rule != RuleKind::kNoData && subject.reason != Reason::kCameAndWent;
  subject.lost = is_total && subject.judgement.value.is_known() ? lost_segments(*subject.line, subject.slot)
                                                                : std::vector<Labels>();
  AlertView view = describe(subject, voices_);
  view.url = page_of(view.kpi, view.segment);
  return view;
}

/// The alert's reader can say "I have it" and "not now": by pages that ask first, in the language of the channel.
void Engine::add_links(AlertView& view, const std::string& channel, Instant now) {
  if (options_.links == nullptr || config_->public_url.empty() || !view.firing || view.id.empty()) {
    return;
  }
  const auto link = [&](ActionLink::Kind kind) -> std::string {
    const Result<std::string> path = options_.links->path_of({kind, view.id, channel, now + kLinkLife});
    if (!path) {
      warnings_.push_back("messages go without links to acknowledge and to silence: " + path.error().message);
      return "";
    }
    return config_->public_url + *path;
  };
  view.acknowledge_url = link(ActionLink::Kind::kAcknowledge);
  view.silence_url = view.acknowledge_url.empty() ? "" : link(ActionLink::Kind::kSilence);
}

/// Segments that report otherwise, or are expected to, and have no value in a period of the total: it is smaller by
/// them, and nothing was better or worse.
std::vector<Labels> Engine::lost_segments(const Line& total, Slot slot) const {
  std::vector<Labels> lost;
  for (const std::uint32_t index : lines_of_kpi_[total.kpi]) {
    const Line& line = lines_[index];
    const bool is_awaited = line.is_expected || line.no_data.is_on;
    if (line.segment.empty() || line.is_retired || !is_awaited || !line.first || *line.first > slot) {
      continue;
    }
    const Sample* value = line.judged.at(slot);
    if (value == nullptr || std::isnan(value->value)) {
      lost.push_back(line.segment);
    }
  }
  return lost;
}

/// The page of a KPI or segment; empty when people have no page.
std::string Engine::page_of(const std::string& kpi, const Labels& segment) const {
  if (config_->public_url.empty()) {
    return "";
  }
  std::vector<std::string> labels;
  for (const auto& [name, value] : segment) {
    labels.push_back(url_escaped(name + "=" + value));
  }
  return config_->public_url + "/kpis/" + url_escaped(kpi) + (labels.empty() ? "" : "?segment=" + join(labels, "%2C"));
}

Message Engine::compose(const Envelope& envelope, Instant now) {
  Message message;
  message.type = envelope.type;
  message.channel = envelope.channel;
  message.created = now;
  const Voice voice = config_->voice_of(envelope.channel);
  message.language = voice.language;
  message.zone = voice.zone.value_or(config_->zone);
  message.group = envelope.group;
  std::string identity;
  for (const Envelope::Item& item : envelope.items) {
    std::optional<AlertView> view = item.view ? item.view : view_of(item.alert, envelope.type, envelope.channel);
    if (!view) {
      continue;  // the rule is gone: its end is told in the same step
    }
    identity += view->id + "/" + std::string(name_of(view->severity)) + (view->firing ? "+" : "-");
    message.alerts.push_back(in_voice(*std::move(view), voice));
    message.alerts.back().is_known = item.is_known;
    message.alerts.back().unanswered_since = item.unanswered;
    add_links(message.alerts.back(), envelope.channel, now);
  }
  add_charts(message, *this);
  const std::array<std::string_view, 3> parts{envelope.channel, name_of(envelope.type), identity};
  message.id = "msg_" + stable_id(now.time_since_epoch().count(), parts);
  return message;
}

void Engine::send(Message message, StepSummary& summary) {
  commit_.notifications.push_back(notification_of(message));
  summary.messages.push_back(std::move(message));
}

void Engine::receive_config_error(std::string_view refused) {
  const std::string errors(refused.substr(0, refused.rfind('\n')));
  if (config_error_ != errors) {
    config_error_ = errors;
    tells_config_error_ = true;
  }
}

/// Who hears of kpid's own troubles.
std::vector<std::string> Engine::channels_for_self() const {
  const RoutingRules& routing = config_->routing;
  std::vector<std::string> channels;
  if (!routing.routes.empty()) {
    channels = routing.routes.back().to;
  }
  if (!routing.fallback.empty() && std::ranges::find(channels, routing.fallback) == channels.end()) {
    channels.push_back(routing.fallback);
  }
  return channels;
}

void Engine::tell_self(Instant now, StepSummary& summary) {
  if (!std::exchange(tells_config_error_, false)) {
    return;
  }
  for (const std::string& channel : channels_for_self()) {
    Message message;
    message.type = MessageType::kConfigError;
    message.channel = channel;
    message.created = now;
    const Voice voice = config_->voice_of(channel);
    message.language = voice.language;
    message.zone = voice.zone.value_or(config_->zone);
    message.text = say(voice.language, Phrase::kConfigRefused) + "\n\n" + config_error_ + "\n" +
                   say(voice.language, Phrase::kLastGoodRules);
    const std::array<std::string_view, 3> parts{channel, name_of(message.type), config_error_};
    message.id = "msg_" + stable_id(now.time_since_epoch().count(), parts);
    send(std::move(message), summary);
  }
}

}  // namespace kpi

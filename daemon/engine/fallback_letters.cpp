#include "daemon/engine/fallback_letters.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/channel.hpp"
#include "daemon/notify/outbox.hpp"
#include "daemon/notify/text_message.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// So many dead messages are quoted to a fallback; more are counted.
constexpr std::size_t kMostQuoted = 5;
/// Of what the receiver said.
constexpr std::size_t kMostComplaint = 300;
/// So many messages of a fallback are remembered.
constexpr std::size_t kMostHeard = 4096;
constexpr std::chrono::hours kQuiet{1};

/// What it tells, whichever channel it goes to.
std::string key_of(const NotificationRow& row) {
  std::vector<std::string> ids;
  for (const ToldAlert& alert : told_alerts(row.body)) {
    ids.push_back(alert.id);
  }
  std::ranges::sort(ids);
  return ids.empty() ? row.id : row.type + " " + rfc3339(row.created) + " " + join(ids, " ");
}

Severity worst_of(const Message& message) {
  return message.alerts.empty() ? Severity::kNone : worst_first(message).front()->severity;
}

std::vector<Message> worst_messages(const std::vector<NotificationRow>& rows) {
  std::vector<Message> messages;
  for (const NotificationRow& row : rows) {
    if (Result<Message> message = parse_message_json(row.body)) {
      messages.push_back(*std::move(message));
    }
  }
  std::ranges::stable_sort(messages, std::greater<>(), worst_of);
  return messages;
}

/// Whether some recipients of the channel have it.
bool is_partly_told(const NotificationRow& row) {
  return is_with_some(row.progress);
}

/// What became of dead letters, with what the receiver said of the last of them.
std::string lost_words(const std::vector<NotificationRow>& dead, Language language) {
  std::string words;
  for (const bool is_partly : {false, true}) {
    const auto is_such = [&](const NotificationRow& row) { return is_partly_told(row) == is_partly; };
    const auto last = std::find_if(dead.rbegin(), dead.rend(), is_such);
    if (last != dead.rend()) {
      words += say(language,
                   is_partly ? Phrase::kDeliveryPartly : Phrase::kDeliveryFailed,
                   {{"channel", last->channel},
                    {"n", std::ranges::count_if(dead, is_such)},
                    {"error", printable(last->last_error, kMostComplaint)}}) +
               "\n\n";
    }
  }
  return words;
}

/// Of the subject.
Phrase about_phrase(const std::vector<NotificationRow>& dead) {
  const bool is_partly = std::ranges::all_of(dead, is_partly_told);
  if (dead.size() == 1) {
    return is_partly ? Phrase::kDeliveryPartlyAbout : Phrase::kDeliveryFailedAbout;
  }
  return is_partly ? Phrase::kDeliveryPartlyAboutMore : Phrase::kDeliveryFailedAboutMore;
}

/// Whether it cannot wait for an hour.
bool is_urgent(const NotificationRow& row) {
  const Result<Message> message = parse_message_json(row.body);
  const bool is_news = row.type != "alert.resolved" && row.type != "alert.reminder";
  return message && is_news && std::ranges::any_of(message->alerts, [](const AlertView& alert) {
           return alert.severity == Severity::kCritical;
         });
}

}  // namespace

std::vector<std::string> fallbacks_of(const std::string& channel, const Config& config) {
  const ChannelConfig* from = config.find_channel(channel);
  const RoutingRules& routing = config.routing;
  if (from != nullptr && !from->delivery.fallback.empty()) {
    return {from->delivery.fallback};
  }
  if (!routing.fallback.empty() && routing.fallback != channel) {
    return {routing.fallback};
  }
  std::vector<std::string> channels = routing.routes.empty() ? std::vector<std::string>() : routing.routes.back().to;
  std::erase(channels, channel);
  return channels;
}

void FallbackLetters::configure(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  std::map<std::string, Heard, std::less<>> before = std::exchange(heard_, {});
  for (const ChannelConfig& channel : config_->channels) {
    for (const std::string& fallback : fallbacks_of(channel.name, *config_)) {
      heard_[fallback] = std::move(before[fallback]);
      before.erase(fallback);
    }
  }
  for (auto& [channel, quiet] : quiet_) {
    quiet.until = Instant{};  // what was off is tried again: that it still does not work is news
  }
}

/// Whether it is the first that the fallback hears of it.
bool FallbackLetters::hear(const std::string& fallback, const NotificationRow& row) {
  const auto found = heard_.find(fallback);
  if (found == heard_.end()) {
    return true;
  }
  Heard& heard = found->second;
  std::string key = key_of(row);
  if (!heard.keys.insert(key).second) {
    return false;
  }
  heard.order.push_back(std::move(key));
  if (heard.order.size() > kMostHeard) {
    heard.keys.erase(heard.order.front());
    heard.order.pop_front();
  }
  return true;
}

void FallbackLetters::note(const std::vector<NotificationRow>& rows) {
  for (const NotificationRow& row : rows) {
    if (heard_.contains(row.channel)) {
      hear(row.channel, row);
    }
  }
}

void FallbackLetters::forget(const std::vector<NotificationRow>& resent) {
  for (auto& [key, quiet] : quiet_) {
    std::erase_if(quiet.held, [&](const NotificationRow& held) {
      return std::ranges::find(resent, held.id, &NotificationRow::id) != resent.end();
    });
  }
}

FallbackLetters::Rows FallbackLetters::release(Quiet& quiet) {
  Rows held = std::exchange(quiet.held, {});
  for (NotificationRow& row : held) {
    row.next_attempt.reset();
    turned_.push_back(row);
  }
  return held;
}

/// What is told of now, and what waits.
void FallbackLetters::sort(
    const std::string& channel, const std::string& fallback, const Rows& dead, Instant now, Rows& letters) {
  Quiet& quiet = quiet_[{channel, fallback}];
  Rows news;
  std::ranges::copy_if(dead, std::back_inserter(news), [&](const NotificationRow& row) { return hear(fallback, row); });
  if (!holds_ || quiet.until <= now) {
    Rows all = release(quiet);
    news.insert(news.begin(), all.begin(), all.end());
    all.insert(all.end(), dead.begin(), dead.end());
    quiet.until = now + kQuiet;
    letters.push_back(letter_of({channel, fallback, now}, all, news));
    return;
  }
  Rows urgent;
  for (NotificationRow& row : news) {
    if (is_urgent(row)) {
      urgent.push_back(std::move(row));
      continue;
    }
    row.next_attempt = quiet.until;
    turned_.push_back(row);
    quiet.held.push_back(std::move(row));
  }
  if (!urgent.empty()) {
    letters.push_back(letter_of({channel, fallback, now}, urgent, urgent));
  }
}

std::vector<NotificationRow> FallbackLetters::letters(Instant now) {
  Rows letters;
  for (auto& [channel, dead] : std::exchange(dead_, {})) {
    for (NotificationRow& row : dead) {
      if (std::exchange(row.next_attempt, std::nullopt)) {  // held by a run that was killed
        turned_.push_back(row);
      }
    }
    for (const std::string& fallback : fallbacks_of(channel, *config_)) {
      sort(channel, fallback, dead, now, letters);
    }
  }
  for (auto& [key, quiet] : quiet_) {
    if ((!holds_ || quiet.until <= now) && !quiet.held.empty()) {
      const Rows held = release(quiet);
      quiet.until = now + kQuiet;
      letters.push_back(letter_of({key.first, key.second, now}, held, held));
    }
  }
  return letters;
}

Instant FallbackLetters::next_due() const {
  Instant next = Instant::max();
  for (const auto& [key, quiet] : quiet_) {
    next = quiet.held.empty() ? next : std::min(next, quiet.until);
  }
  return next;
}

NotificationRow FallbackLetters::letter_of(const Envelope& envelope, const Rows& dead, const Rows& news) const {
  const auto& [channel, fallback, now] = envelope;
  const std::vector<Message> lost = worst_messages(dead);
  const std::vector<Message> quoted = worst_messages(news);
  const Voice voice = config_->voice_of(fallback);
  const auto say_it = [&](Phrase phrase, std::initializer_list<Fill> fills) {
    return say(voice.language, phrase, fills);
  };
  Message message;
  message.type = MessageType::kDeliveryFailed;
  message.channel = fallback;
  message.created = now;
  message.language = voice.language;
  message.zone = voice.zone.value_or(config_->zone);
  // The first line is the subject: what it is about, not what a receiver's program said.
  if (!lost.empty()) {
    message.text =
        say_it(about_phrase(dead), {{"channel", channel}, {"n", dead.size()}, {"headline", headline(lost.front())}}) +
        "\n\n";
  }
  for (std::size_t i = 0; i < std::min(quoted.size(), kMostQuoted); ++i) {
    message.text += text_rule(quoted[i]) + text_message(quoted[i]) + "\n";
  }
  if (quoted.size() > kMostQuoted) {
    message.text += say_it(Phrase::kAndMoreMessages, {{"n", quoted.size() - kMostQuoted}}) + "\n\n";
  }
  message.text += lost_words(dead, voice.language) + say_it(Phrase::kDeliveryKept, {}) +
                  (lasts_ ? " " + say_it(Phrase::kDeliveryQuiet, {{"channel", channel}}) : "");
  message.id = "msg_" + fingerprint(channel + " " + fallback + " " + rfc3339(now) + " " + dead.front().id + " " +
                                    std::to_string(dead.size()));
  return notification_of(message);
}

}  // namespace kpi

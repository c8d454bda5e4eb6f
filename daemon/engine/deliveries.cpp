#include "daemon/engine/deliveries.hpp"

#include "daemon/notify/message_json.hpp"
#include "daemon/os/log.hpp"
#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <ostream>

namespace kpi {
namespace {

/// No attempt takes so long: an exchange has 30 s, a program a few minutes.
constexpr std::chrono::minutes kLongestSilence{10};
/// What is behind a batch waits no longer than this for what comes meanwhile: an end, a reload, an acknowledgement.
constexpr std::chrono::seconds kLongestBatch{2};
/// How attempts ended is handed over this often.
constexpr std::chrono::milliseconds kTogether{50};
/// Of what the receiver said.
constexpr std::size_t kMostComplaint = 300;

ChannelHost host_of(const DeliveryWorld& world) {
  ChannelHost host{world.http, world.console, [&clock = world.clock] { return clock.now(); }};
  host.host = &world.host;
  return host;
}

}  // namespace

Outcome deliver_once(const Config& config,
                     const NotificationRow& row,
                     ChannelHost& host,
                     std::mutex& console,
                     const std::stop_token& stop) {
  const ChannelConfig* channel = config.find_channel(row.channel);
  if (channel == nullptr || channel->channel == nullptr) {
    return {Outcome::Kind::kRefused, "there is no channel " + row.channel + " any more", std::nullopt};
  }
  auto message = parse_message_json(row.body);
  if (!message) {
    return {Outcome::Kind::kRefused, message.error().message, std::nullopt};
  }
  message->id = row.id;
  message->channel = row.channel;
  std::unique_lock only_one(console, std::defer_lock);
  if (channel->type == "console") {
    only_one.lock();
  }
  Outcome outcome = channel->channel->deliver(*message, host, stop);
  if (outcome.kind != Outcome::Kind::kRefused) {
    return outcome;
  }
  std::optional<Outcome> plain = channel->channel->deliver_plain(*message, host, stop);
  if (!plain) {
    return outcome;
  }
  if (plain->kind == Outcome::Kind::kDelivered) {
    plain->complaint = "sent as plain text; the message as it was made: " + outcome.detail;
    return *std::move(plain);
  }
  return plain->kind == Outcome::Kind::kDisabled ? *std::move(plain) : outcome;
}

Result<void> Deliveries::restore(Store& store) {
  DeliveryMemory memory = KPI_TRY(store.delivery_memory());
  for (NotificationRow& row : std::exchange(memory.held, {})) {
    fallbacks_.take(std::move(row));
  }
  outbox_.restore(memory);
  return {};
}

void Deliveries::configure(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  std::map<std::string, DeliveryRules> rules;
  std::set<std::string> incident_channels;
  refreshes_.clear();
  for (const ChannelConfig& channel : config_->channels) {
    rules[channel.name] = channel.delivery;
    const ChannelKind* kind = find_channel_kind(channel.type);
    if (kind != nullptr && kind->keeps_incidents) {
      incident_channels.insert(channel.name);
    }
    if (channel.channel != nullptr && channel.channel->refresh_every()) {
      refreshes_[channel.name] = Refresh{};
    }
  }
  outbox_.configure(rules, incident_channels);
  fallbacks_.configure(config_);
}

void Deliveries::add(std::vector<NotificationRow> rows) {
  fallbacks_.note(rows);
  outbox_.add(std::move(rows));
}

void Deliveries::resend(Resent letters) {
  std::ranges::move(letters.skipped, std::back_inserter(rows_));
  for (NotificationRow& row : letters.rows) {
    row.state = NotificationRow::State::kQueued;
    row.attempts = 0;
    row.next_attempt.reset();
    DeliveryRow queued;
    queued.id = row.id;
    queued.channel = row.channel;
    queued.last_error = row.last_error;
    queued.progress = row.progress;
    rows_.push_back(std::move(queued));
  }
  fallbacks_.forget(letters.rows);
  outbox_.add(std::move(letters.rows));
}

void Deliveries::recall(Instant now) {
  if (world_.journal == nullptr) {
    return;
  }
  for (const SentJournal::Sent& sent : world_.journal->read()) {
    Outcome outcome;
    outcome.remotes = sent.remotes;
    keep(outbox_.finish(sent.id, outcome, now));
    is_noted_ = true;
  }
}

/// From now on each is noted: on a full disk a kill would send all of them again.
void Deliveries::unwritten() {
  is_unwritable_ = true;
  for (const SentJournal::Sent& sent : std::exchange(sent_, {})) {
    world_.journal->note(sent);
    is_noted_ = true;
  }
}

void Deliveries::written() {
  sent_.clear();
  is_unwritable_ = false;
  if (is_noted_ && is_idle()) {
    world_.journal->clear();
    is_noted_ = false;
  }
}

void Deliveries::start(std::vector<Attempt> batch, Instant now) {
  ++batches_;
  UnderWay& under_way = under_way_[batch.front().row.channel];
  under_way.last = under_way.batches++ == 0 ? now : under_way.last;
  is_noted_ = is_noted_ || (batch.size() > 1 && world_.journal != nullptr);
  world_.jobs.submit(
      [this, batch = std::move(batch), config = config_](const std::stop_token& stop) { run(batch, *config, stop); });
}

/// Nothing when it was cut off: that says nothing about the receiver.
std::optional<Outcome> Deliveries::try_one(const Attempt& attempt,
                                           bool is_alone,
                                           const Config& config,
                                           const std::stop_token& stop) {
  ChannelHost host = host_of(world_);
  host.remotes = attempt.remotes;
  host.progress = attempt.row.progress;
  Outcome outcome = deliver_once(config, attempt.row, host, console_, stop);
  const bool is_delivered = outcome.kind == Outcome::Kind::kDelivered;
  if (stop.stop_requested() && !is_delivered) {
    return std::nullopt;
  }
  if (!is_alone && is_delivered && world_.journal != nullptr) {
    world_.journal->note({attempt.row.id, outcome.remotes});
  }
  return outcome;
}

/// One after another, as long as the receiver takes them and time is not up: what comes meanwhile may change what is
/// left. On a thread of the pool.
void Deliveries::run(const std::vector<Attempt>& batch, const Config& config, const std::stop_token& stop) {
  const auto until = world_.clock.steady() + kLongestBatch;
  auto post_at = world_.clock.steady() + kTogether;
  DeliveryResults results;
  std::size_t tried = 0;
  for (bool goes_on = true; goes_on && tried < batch.size() && !stop.stop_requested(); ++tried) {
    auto outcome = try_one(batch[tried], batch.size() == 1, config, stop);
    if (!outcome) {
      break;
    }
    const auto clock = world_.clock.steady();
    goes_on = clock < until && (outcome->kind == Outcome::Kind::kDelivered || outcome->kind == Outcome::Kind::kRefused);
    results.all.push_back({batch[tried].row.id, *std::move(outcome)});
    if (clock >= post_at) {
      world_.inbox.post(std::exchange(results, {}));
      post_at = clock + kTogether;
    }
  }
  if (!results.all.empty()) {
    world_.inbox.post(std::move(results));
  }
  BatchEnd end{batch.front().row.channel, {}};
  for (; tried < batch.size(); ++tried) {
    end.untried.push_back(batch[tried].row.id);
  }
  world_.inbox.post(std::move(end));
}

void Deliveries::start_due(Instant now, bool is_warm) {
  if (now < last_start_) {
    outbox_.shift_back(last_start_ - now);
    for (auto& [name, refresh] : refreshes_) {
      refresh.next = std::min(refresh.next, now);
    }
    for (auto& [name, under_way] : under_way_) {
      under_way.last = std::min(under_way.last, now);
    }
  }
  last_start_ = now;
  keep(outbox_.give_up_disabled(now));
  for (std::vector<Attempt>& batch : outbox_.take_due(now)) {
    start(std::move(batch), now);
  }
  refresh_due(now, is_warm);
}

std::size_t Deliveries::start_all_due(Instant now) {
  fallbacks_.look_once();
  std::size_t count = 0;
  for (std::vector<Attempt>& batch : outbox_.take_all_due(now)) {
    count += batch.size();
    start(std::move(batch), now);
  }
  return count;
}

void Deliveries::refresh_due(Instant now, bool is_warm) {
  for (auto& [name, refresh] : refreshes_) {
    const std::shared_ptr<Channel>& channel = config_->find_channel(name)->channel;
    if (!is_warm) {
      refresh.next = now + *channel->refresh_every();  // what is over by then has had the time to be told
      continue;
    }
    if (refresh.in_flight || refresh.next > now) {
      continue;
    }
    refresh.next = now + *channel->refresh_every();
    ChannelHost host = host_of(world_);
    host.remotes = outbox_.burning(name);
    if (host.remotes.empty()) {
      continue;
    }
    refresh.in_flight = true;
    world_.jobs.submit([this, whom = name, channel, host](const std::stop_token& stop) mutable {
      world_.inbox.post(RefreshEnd{whom, channel->refresh(host, stop)});
    });
  }
}

void Deliveries::take(const RefreshEnd& end) {
  if (const auto refresh = refreshes_.find(end.channel); refresh != refreshes_.end()) {
    refresh->second.in_flight = false;
  }
  if (end.outcome.kind != Outcome::Kind::kDelivered) {
    log_warning("channel " + end.channel + ": what still burns could not be said again: " + end.outcome.detail);
  }
}

void Deliveries::take(const DeliveryResults& results, Instant now) {
  for (const DeliveryResult& result : results.all) {
    take(result, now);
  }
}

void Deliveries::take(const DeliveryResult& result, Instant now) {
  if (result.outcome.kind == Outcome::Kind::kDelivered && world_.journal != nullptr) {
    sent_.push_back({result.id, result.outcome.remotes});
    if (is_unwritable_) {
      unwritten();
    }
  }
  Finished finished = outbox_.finish(result.id, result.outcome, now);
  const DeliveryRow* row = finished.rows.empty() ? nullptr : &finished.rows.front();  // none of a probe
  if (row != nullptr) {
    under_way_[row->channel].last = now;
  }
  const std::string which = (row == nullptr ? "" : "channel " + row->channel + ": ") + "message " + result.id + ": ";
  const std::string next =
      row == nullptr || !row->next_attempt ? "" : "; tried again at " + rfc3339(*row->next_attempt);
  const bool is_no_news = finished.is_no_news && finished.dead.empty();
  keep(std::move(finished));
  if (is_no_news) {
    log_debug(which + result.outcome.detail + next);
    return;
  }
  if (result.outcome.kind != Outcome::Kind::kDelivered) {
    log_warning(which + result.outcome.detail + next);
  } else if (!result.outcome.complaint.empty()) {
    log_warning(which + result.outcome.complaint);
  } else {
    log_debug(which + "delivered");
  }
}

void Deliveries::take(const BatchEnd& end, Instant now) {
  --batches_;
  UnderWay& under_way = under_way_[end.channel];
  --under_way.batches;
  under_way.last = now;
  outbox_.end_batch(end.channel, end.untried);
}

bool Deliveries::is_stuck(const std::string& channel, Instant now) const {
  const auto found = under_way_.find(channel);
  return found != under_way_.end() && found->second.batches > 0 && found->second.last + kLongestSilence < now;
}

void Deliveries::keep(Finished finished) {
  if (finished.has_disabled) {
    const auto& [channel, why] = *finished.rows.back().disabled;
    log_error("channel " + channel + " takes nothing any more: " + why);
  }
  std::ranges::move(finished.rows, std::back_inserter(rows_));
  for (RefusedAddress& one : finished.refused) {
    refused_[one.channel].push_back(std::move(one));
  }
  for (NotificationRow& row : finished.dead) {
    // What says that something was not delivered is not told about again: no loop, whatever falls back to what.
    if (row.type != name_of(MessageType::kDeliveryFailed)) {
      fallbacks_.take(std::move(row));
    }
  }
}

DeliveryNews Deliveries::take_news(Instant now) {
  DeliveryNews news{std::exchange(rows_, {}), fallbacks_.letters(now)};
  // What was told at the start of this run, or waits: the history has to know.
  for (NotificationRow& row : fallbacks_.take_turned()) {
    DeliveryRow turned;
    turned.id = std::move(row.id);
    turned.state = NotificationRow::State::kDead;
    turned.attempts = row.attempts;
    turned.next_attempt = row.next_attempt;
    turned.last_error = std::move(row.last_error);
    turned.channel = std::move(row.channel);
    turned.progress = std::move(row.progress);
    news.rows.push_back(std::move(turned));
  }
  for (const Outage& outage : outbox_.new_outages(now)) {
    for (const std::string& to : fallbacks_of(outage.channel, *config_)) {
      news.letters.push_back(letter_about(outage, to, now));
    }
  }
  for (const auto& [channel, refused] : std::exchange(refused_, {})) {
    for (const std::string& to : fallbacks_of(channel, *config_)) {
      news.letters.push_back(letter_about(refused, to, now));
    }
  }
  return news;
}

Message Deliveries::letter_to(const std::string& to, const std::string& about, Instant now) const {
  const Voice voice = config_->voice_of(to);
  Message message;
  message.id = "msg_" + fingerprint(about);
  message.type = MessageType::kDeliveryFailed;
  message.channel = to;
  message.created = now;
  message.language = voice.language;
  message.zone = voice.zone.value_or(config_->zone);
  return message;
}

/// What some of a channel's addresses refuse and the others take is no dead letter.
NotificationRow Deliveries::letter_about(const std::vector<RefusedAddress>& refused,
                                         const std::string& to,
                                         Instant now) const {
  const std::string& channel = refused.front().channel;
  std::string about = "refused " + channel + " " + to + " " + rfc3339(now);
  for (const RefusedAddress& one : refused) {
    about += " " + one.address;
  }
  Message message = letter_to(to, about, now);
  for (const RefusedAddress& one : refused) {
    message.text +=
        say(message.language,
            Phrase::kAddressRefuses,
            {{"channel", channel}, {"address", one.address}, {"error", printable(one.why, kMostComplaint)}}) +
        "\n\n";
  }
  message.text += say(message.language, Phrase::kAddressOthers, {});
  return notification_of(message);
}

NotificationRow Deliveries::letter_about(const Outage& outage, const std::string& to, Instant now) const {
  Message message = letter_to(to, "outage " + outage.channel + " " + to + " " + rfc3339(outage.since), now);
  message.text = say(message.language,
                     Phrase::kChannelFails,
                     {{"channel", outage.channel},
                      {"since", time_words(outage.since, message.zone, message.language)},
                      {"error", printable(outage.error, kMostComplaint)}}) +
                 "\n\n" + say(message.language, Phrase::kMessagesWait, {{"n", outage.waiting}});
  return notification_of(message);
}

Instant Deliveries::next_due() const {
  Instant next = std::min(outbox_.next_due(), fallbacks_.next_due());
  for (const auto& [name, refresh] : refreshes_) {
    next = refresh.in_flight ? next : std::min(next, refresh.next);
  }
  return next;
}

}  // namespace kpi

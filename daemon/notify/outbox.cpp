#include "daemon/notify/outbox.hpp"

#include "daemon/notify/retry_wait.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A message that waited longer is given up, also where the channel's rests let it be tried only once.
constexpr hours kLongestWait{80};
/// A channel that forbids us is asked again after this.
constexpr hours kDisabledFor{1};
/// After so many failures in a row an attempt that succeeds means that the receiver is back.
constexpr int kOutage = 3;
/// Of attempts where nobody listens, made every second or two, one of so many is worth a line in the log.
constexpr int kSaidEvery = 20;
/// So often one message is tried in the first hours of an outage, however long it would wait by itself.
constexpr minutes kProbe{5};
constexpr hours kProbed{6};
/// After so long somebody else is told.
constexpr minutes kLongOutage{15};
/// Fewer than these go one by one, each written down before the next.
constexpr std::size_t kLeastForABatch = 16;
constexpr std::size_t kLargestBatch = 4096;

}  // namespace

Instant Outbox::due(const Entry& entry) {
  return entry.row.next_attempt.value_or(Instant{});
}

void Outbox::configure(const std::map<std::string, DeliveryRules>& rules,
                       const std::set<std::string>& incident_channels) {
  for (auto& [channel, queue] : queues_) {
    queue.disabled_until.reset();
  }
  for (const auto& [channel, rule] : rules) {
    Queue& queue = queues_[channel];
    queue.rules = rule;
    queue.keeps_incidents = incident_channels.contains(channel);
    queue.tokens = rule.burst;
    queue.refilled.reset();
  }
}

void Outbox::restore(const DeliveryMemory& memory) {
  for (const ThreadRow& thread : memory.threads) {
    queues_[thread.channel].remotes[thread.alert] = thread.remote;
  }
  for (const auto& [channel, why] : memory.disabled) {
    queues_[channel].disabled = why;  // tried again with the next message: somebody may have mended it
  }
  for (const RefusedAddress& refused : memory.refused) {
    queues_[refused.channel].refused[refused.address] = refused.why;
  }
}

void Outbox::add(std::vector<NotificationRow> rows) {
  for (NotificationRow& row : rows) {
    const std::uint64_t number = next_number_;
    if (!numbers_.emplace(row.id, number).second) {
      continue;
    }
    ++next_number_;
    Queue& queue = queues_[row.channel];
    if (row.attempts == 0 && !row.last_error.empty()) {
      queue.disabled_until.reset();  // sent again by somebody, who may have mended what was off
    }
    // One that failed before the start, maybe hours ago: the receiver may be back, and one attempt tells.
    queue.was_failing = queue.was_failing || (row.attempts > 0 && row.progress.empty());
    Entry entry{std::move(row), {}};
    entry.alerts = told_alerts(entry.row.body);
    entry.is_rest = is_with_some(entry.row.progress);
    for (const ToldAlert& alert : entry.alerts) {
      if (entry.is_rest) {
        break;
      }
      std::set<std::uint64_t>& chain = queue.chains[alert.id];
      if (chain.insert(number).second && chain.size() > 1) {
        ++entry.waits_for;
      }
    }
    queue.all.insert(number);
    if (entry.waits_for == 0) {
      queue.ready.emplace(due(entry), number);
    }
    const bool is_rest = entry.is_rest;
    entries_.emplace(number, std::move(entry));
    if (is_rest) {
      join_rests(queue, number);
    }
    drop_late_before(queue, number);
  }
}

std::size_t Outbox::batch_size(const Queue& queue) {
  const bool is_well = queue.failures == 0 && queue.disabled.empty();
  return is_well && queue.ready.size() >= kLeastForABatch ? std::min(queue.ready.size(), queue.window) : 1;
}

/// One refused connection says it all; an answer that is an error may be about one message.
bool Outbox::is_outage(const Queue& queue) {
  return queue.was_failing || queue.failures >= (queue.is_unreached ? 1 : kOutage);
}

/// When the first message that is ready may be tried.
Instant Outbox::next_try(const Queue& queue) {
  const Instant due_at = queue.ready.begin()->first;
  const bool is_asked_first = queue.was_failing && queue.failures == 0;
  const bool is_probed = is_outage(queue) && (is_asked_first || queue.probe_at < queue.failing_since + kProbed);
  return is_probed ? std::min(due_at, queue.probe_at) : due_at;
}

void Outbox::refill(Queue& queue, Instant now) {
  if (queue.rules.per_second <= 0) {
    return;
  }
  const Instant before = queue.refilled.value_or(now);
  const double seconds_passed = std::max(0.0, std::chrono::duration<double>(now - before).count());
  queue.tokens = std::min(queue.rules.burst, queue.tokens + seconds_passed * queue.rules.per_second);
  queue.refilled = now;
}

Instant Outbox::next_token(const Queue& queue) {
  if (queue.rules.per_second <= 0 || queue.tokens >= 1 || !queue.refilled) {
    return Instant{};
  }
  return *queue.refilled + Duration{std::llround(std::ceil((1 - queue.tokens) / queue.rules.per_second * 1000))};
}

std::vector<std::vector<Attempt>> Outbox::take(Instant now, bool everything) {
  std::vector<std::vector<Attempt>> batches;
  for (auto& [channel, queue] : queues_) {
    refill(queue, now);
    const bool rests =
        everything ? queue.failures >= kOutage : queue.rests_until > now || queue.disabled_until.value_or(now) > now;
    while (!rests && queue.batches < queue.rules.concurrency) {
      std::size_t most = batch_size(queue);
      if (queue.rules.per_second > 0) {
        most = std::min(most, static_cast<std::size_t>(queue.tokens));
      }
      std::vector<Attempt> batch = take_batch(queue, most, now, !everything);
      if (batch.empty()) {
        break;
      }
      ++queue.batches;
      batches.push_back(std::move(batch));
    }
  }
  return batches;
}

std::vector<Attempt> Outbox::take_batch(Queue& queue, std::size_t most, Instant now, bool may_probe) {
  std::vector<Attempt> batch;
  while (batch.size() < most && !queue.ready.empty() &&
         (may_probe ? next_try(queue) : queue.ready.begin()->first) <= now) {
    Entry& entry = entries_.at(queue.ready.begin()->second);
    entry.is_probe = queue.ready.begin()->first > now;
    queue.probe_at = entry.is_probe ? now + kProbe : queue.probe_at;
    queue.ready.erase(queue.ready.begin());
    entry.in_flight = true;
    ++queue.in_flight;
    queue.tokens -= queue.rules.per_second > 0 ? 1 : 0;
    Attempt attempt{entry.row, {}};
    attempt.row.body = body_of(entry);
    for (const ToldAlert& alert : entry.alerts) {
      if (const auto remote = queue.remotes.find(alert.id); remote != queue.remotes.end()) {
        attempt.remotes.insert(*remote);
      }
    }
    batch.push_back(std::move(attempt));
  }
  return batch;
}

void Outbox::end_batch(const std::string& channel, const std::vector<std::string>& untried) {
  Queue& queue = queues_[channel];
  --queue.batches;
  if (queue.failures > 0 || !queue.disabled.empty()) {
    queue.window = 1;
  } else if (untried.empty()) {
    queue.window = std::min(queue.window * 2, kLargestBatch);
  } else {
    queue.window =
        std::max<std::size_t>(queue.window, untried.size() + 1) - untried.size();  // so many went in its time
  }
  for (const std::string& id : untried) {
    const auto number = numbers_.find(id);
    if (number == numbers_.end()) {
      continue;
    }
    Entry& entry = entries_.at(number->second);
    entry.in_flight = false;
    --queue.in_flight;
    queue.tokens += queue.rules.per_second > 0 ? 1 : 0;
    queue.ready.emplace(due(entry), number->second);
  }
}

void Outbox::leave_chains(Queue& queue, std::uint64_t number) {
  for (const ToldAlert& alert : entries_.at(number).alerts) {
    if (const auto rests = queue.rests.find(alert.id); rests != queue.rests.end()) {
      rests->second.erase(number);
      if (rests->second.empty()) {
        queue.rests.erase(rests);
      }
    }
    const auto chain = queue.chains.find(alert.id);
    if (chain == queue.chains.end() || chain->second.erase(number) == 0) {
      continue;  // named twice
    }
    if (chain->second.empty()) {
      queue.chains.erase(chain);
      continue;
    }
    const std::uint64_t next = *chain->second.begin();
    Entry& waiting = entries_.at(next);
    // Only the end of the chain's first one lets another go.
    if (next > number && --waiting.waits_for == 0) {
      queue.ready.emplace(due(waiting), next);
    }
  }
}

void Outbox::remove(Queue& queue, std::uint64_t number) {
  leave_chains(queue, number);
  const auto found = entries_.find(number);
  const Entry& entry = found->second;
  if (const auto end = entries_.find(entry.told_by); end != entries_.end()) {
    std::erase(end->second.tells, number);
  }
  queue.ready.erase({due(entry), number});
  queue.all.erase(number);
  numbers_.erase(entry.row.id);
  entries_.erase(found);
}

Finished Outbox::finish(const std::string& id, const Outcome& outcome, Instant now) {
  Finished finished;
  const auto known = numbers_.find(id);
  if (known == numbers_.end()) {
    return finished;
  }
  const std::uint64_t number = known->second;
  Entry& entry = entries_.at(number);
  Queue& queue = queues_[entry.row.channel];
  queue.in_flight -= entry.in_flight ? 1 : 0;  // not what an earlier run delivered
  entry.in_flight = false;
  ++entry.row.attempts;
  queue.failed += outcome.kind == Outcome::Kind::kDelivered ? 0 : 1;
  std::vector<RefusedAddress> changes = note_recipients(queue, entry.row, outcome);
  switch (outcome.kind) {
    case Outcome::Kind::kDelivered: {
      const std::vector<std::uint64_t> late = entry.tells;
      finished.rows = told_with(entry, now);
      finished.rows.insert(finished.rows.begin(), delivered(queue, number, outcome, now));
      for (const std::uint64_t other : late) {
        remove(queue, other);
      }
      break;
    }
    case Outcome::Kind::kRefused:
      queue.failures = 0;
      queue.disabled_until.reset();
      give_up(queue, number, outcome.detail, finished);
      break;
    case Outcome::Kind::kDisabled: {
      const std::string channel = entry.row.channel;
      finished.has_disabled = queue.disabled.empty();
      queue.disabled = outcome.detail;
      queue.disabled_until = now + kDisabledFor;
      give_up(queue, number, outcome.detail, finished);
      finished.rows.back().disabled = {channel, outcome.detail};
      break;
    }
    case Outcome::Kind::kRetry:
      entry.row.progress = outcome.progress;
      if (outcome.is_partly_taken) {
        try_rest_later(queue, number, outcome, now, finished);
      } else {
        try_later(queue, number, outcome, now, finished);
      }
      break;
  }
  std::ranges::copy_if(
      changes, std::back_inserter(finished.refused), [](const RefusedAddress& one) { return !one.why.empty(); });
  if (!finished.rows.empty()) {
    finished.rows.front().refused = std::move(changes);
  }
  return finished;
}

void Outbox::has_answered(Queue& queue) {
  queue.disabled_until.reset();
  queue.rests_until = Instant{};
  const bool is_back = is_outage(queue);
  queue.was_failing = false;
  queue.failures = 0;
  if (is_back) {
    wake_all(queue);
  }
}

DeliveryRow Outbox::delivered(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant now) {
  const Entry& entry = entries_.at(number);
  DeliveryRow row;
  row.id = entry.row.id;
  row.channel = entry.row.channel;
  row.state = NotificationRow::State::kSent;
  row.attempts = entry.row.attempts;
  row.sent = now;
  row.last_error = outcome.complaint;
  for (const ToldAlert& alert : entry.alerts) {
    const auto remote = outcome.remotes.find(alert.id);
    if (alert.ends && queue.remotes.erase(alert.id) > 0) {
      row.threads.push_back({entry.row.channel, alert.id, ""});
    } else if (!alert.ends && remote != outcome.remotes.end()) {
      queue.remotes[alert.id] = remote->second;
      row.threads.push_back({entry.row.channel, alert.id, remote->second});
    }
  }
  if (!queue.disabled.empty()) {
    row.disabled = {entry.row.channel, ""};
    queue.disabled.clear();
  }
  ++queue.delivered;
  wake_rests(queue, entry);
  remove(queue, number);
  has_answered(queue);
  return row;
}

void Outbox::give_up(Queue& queue, std::uint64_t number, std::string why, Finished& finished) {
  NotificationRow row = entries_.at(number).row;
  row.state = NotificationRow::State::kDead;
  row.next_attempt.reset();
  row.last_error = std::move(why);
  DeliveryRow dead;
  dead.id = row.id;
  dead.channel = row.channel;
  dead.state = row.state;
  dead.attempts = row.attempts;
  dead.last_error = row.last_error;
  dead.progress = row.progress;  // sent again, it goes to those who do not have it
  finished.rows.push_back(std::move(dead));
  finished.dead.push_back(std::move(row));
  ++queue.dead;
  const std::vector<std::uint64_t> late = entries_.at(number).tells;
  remove(queue, number);
  for (const std::uint64_t other : late) {
    give_up(queue, other, finished.dead.back().last_error, finished);
  }
}

void Outbox::try_later(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant now, Finished& finished) {
  Entry& entry = entries_.at(number);
  if (++queue.failures == 1) {
    queue.failing_since = now;
    queue.is_outage_known = false;
  }
  queue.disabled_until.reset();
  queue.is_unreached = outcome.is_unreached;
  finished.is_no_news = queue.is_unreached && queue.failures > kOutage && queue.failures % kSaidEvery != 0;
  const Duration rest = queue.is_unreached ? rest_unreached(entry.row.id, entry.row.attempts, now - queue.failing_since)
                                           : rest_after(entry.row.id, queue.failures);
  queue.rests_until = now + std::max<Duration>(rest, outcome.retry_after.value_or(seconds{0}));
  queue.probe_at = queue.is_unreached ? queue.rests_until : std::max(now + kProbe, queue.rests_until);
  if (entry.is_probe) {
    --entry.row.attempts;  // it is none of those that are published
    queue.ready.emplace(due(entry), number);
    drop_late(queue, number);
    return;
  }
  const std::optional<Duration> pause = retry_wait(entry.row.id, entry.row.attempts);
  if (!pause) {
    give_up(queue, number, outcome.detail, finished);
  } else {
    wait(queue, number, outcome, now + std::max<Duration>(*pause, outcome.retry_after.value_or(seconds{0})), finished);
  }
  while (!queue.all.empty()) {
    const Entry& oldest = entries_.at(*queue.all.begin());
    if (oldest.in_flight || oldest.row.created + kLongestWait >= now) {
      break;
    }
    give_up(queue, *queue.all.begin(), outcome.detail, finished);
  }
}

/// The channel is well: some have it. Who waits is tried by the message's own waits.
void Outbox::try_rest_later(
    Queue& queue, std::uint64_t number, const Outcome& outcome, Instant now, Finished& finished) {
  has_answered(queue);
  Entry& entry = entries_.at(number);
  leave_chains(queue, number);
  join_rests(queue, number);
  entry.is_rest = true;
  const std::optional<Duration> pause = retry_wait(entry.row.id, entry.row.attempts);
  if (!pause || entry.row.created + kLongestWait < now) {
    give_up(queue, number, outcome.detail, finished);
    return;
  }
  wait(queue, number, outcome, now + *pause, finished);
}

void Outbox::wait(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant until, Finished& finished) {
  Entry& entry = entries_.at(number);
  entry.row.next_attempt = until;
  entry.row.last_error = outcome.detail;
  entry.was_asked_to_wait = outcome.retry_after.has_value();
  queue.ready.emplace(due(entry), number);
  DeliveryRow row;
  row.id = entry.row.id;
  row.channel = entry.row.channel;
  row.attempts = entry.row.attempts;
  row.next_attempt = entry.row.next_attempt;
  row.last_error = outcome.detail;
  row.progress = entry.row.progress;
  finished.rows.push_back(std::move(row));
  drop_late(queue, number);
}

/// The receiver is back: what failed while it was away need not wait any longer.
void Outbox::wake_all(Queue& queue) {
  for (const std::uint64_t number : queue.all) {
    Entry& entry = entries_.at(number);
    if (entry.row.next_attempt && !entry.in_flight && !entry.was_asked_to_wait) {
      const bool was_ready = queue.ready.erase({due(entry), number}) > 0;
      entry.row.next_attempt.reset();
      if (was_ready) {
        queue.ready.emplace(due(entry), number);
      }
    }
  }
}

void Outbox::shift_back(Duration by) {
  for (auto& [channel, queue] : queues_) {
    std::set<Key> ready;
    for (const std::uint64_t number : queue.all) {
      Entry& entry = entries_.at(number);
      const bool was_ready = queue.ready.contains({due(entry), number});
      if (entry.row.next_attempt) {
        *entry.row.next_attempt -= by;
      }
      if (was_ready) {
        ready.emplace(due(entry), number);
      }
    }
    queue.ready = std::move(ready);
    queue.failing_since -= by;
    queue.probe_at -= by;
    queue.rests_until = queue.rests_until > Instant{} ? queue.rests_until - by : queue.rests_until;
    if (queue.refilled) {
      *queue.refilled -= by;
    }
    if (queue.disabled_until) {
      *queue.disabled_until -= by;
    }
  }
}

Finished Outbox::give_up_disabled(Instant now) {
  Finished finished;
  for (auto& [channel, queue] : queues_) {
    if (queue.disabled_until.value_or(now) <= now) {
      continue;
    }
    const std::vector<std::uint64_t> numbers(queue.all.begin(), queue.all.end());
    for (const std::uint64_t number : numbers) {
      if (!entries_.at(number).in_flight) {
        give_up(queue, number, "the channel takes nothing: " + queue.disabled, finished);
      }
    }
  }
  return finished;
}

std::vector<Outage> Outbox::new_outages(Instant now) {
  std::vector<Outage> outages;
  for (auto& [channel, queue] : queues_) {
    const bool is_long = queue.failures >= kOutage && queue.failing_since + kLongOutage <= now;
    if (!is_long || queue.is_outage_known || queue.all.empty()) {
      continue;
    }
    queue.is_outage_known = true;
    const NotificationRow& oldest = entries_.at(*queue.all.begin()).row;
    outages.push_back({channel, queue.failing_since, queue.all.size(), oldest.last_error});
  }
  return outages;
}

std::map<std::string, std::string> Outbox::burning(const std::string& channel) const {
  const auto queue = queues_.find(channel);
  return queue == queues_.end() ? std::map<std::string, std::string>{} : queue->second.remotes;
}

Instant Outbox::next_due() const {
  Instant earliest = Instant::max();
  for (const auto& [channel, queue] : queues_) {
    if (queue.ready.empty() || queue.batches >= queue.rules.concurrency) {
      continue;
    }
    const Instant due_at = next_try(queue);
    const bool is_dropped = queue.disabled_until.has_value();  // give_up_disabled() waits for nothing
    earliest = std::min(earliest, is_dropped ? Instant{} : std::max({due_at, queue.rests_until, next_token(queue)}));
  }
  return earliest;
}

std::map<std::string, ChannelState> Outbox::states() const {
  std::map<std::string, ChannelState> states;
  for (const auto& [channel, queue] : queues_) {
    ChannelState& state = states[channel];
    state.queued = queue.all.size();
    state.in_flight = queue.in_flight;
    state.delivered = queue.delivered;
    state.failed = queue.failed;
    state.dead = queue.dead;
    state.rests_until = queue.rests_until > Instant{} ? std::optional(queue.rests_until) : std::nullopt;
    state.disabled = queue.disabled;
  }
  return states;
}

NotificationRow notification_of(const Message& message) {
  NotificationRow row;
  row.id = message.id;
  row.channel = message.channel;
  row.type = name_of(message.type);
  row.created = message.created;
  row.body = outbox_json(message);
  return row;
}

}  // namespace kpi

#pragma once
// The messages on their way: which may be tried now, and what an attempt's outcome means. The history has the same
// rows; this is their order in memory. Pure but for its own state; owned by the engine's thread.
//
// What is told of one alert keeps its order: the next message of an alert waits until the one before it has arrived or
// is given up. What a later message overtakes that waits, too, is not told any more: of an alert that is over the end
// alone is. A message that some of a channel's recipients have waits for the others by itself: it stands before
// nothing, and is no failure of the channel. Messages of other alerts do not wait for it, and no channel waits for
// another. After failures a channel rests for a while, longer each time up to half a minute, so that a receiver that is
// down is not run over; one that nobody listens for is asked again every second or two, since that costs it nothing.

#include "daemon/notify/channel.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kpi {

/// One message to try now, and what the attempt needs to know of earlier ones.
struct Attempt {
  NotificationRow row;
  std::map<std::string, std::string> remotes;  ///< By alert.
};

/// What became of messages, for the history and for those who are to be told.
struct Finished {
  std::vector<DeliveryRow> rows;
  std::vector<NotificationRow> dead;      ///< As they were, with the reason as `last_error`.
  bool has_disabled = false;              ///< The channel takes nothing any more.
  bool is_no_news = false;                ///< Nobody listens there, as it was said shortly before.
  std::vector<RefusedAddress> refused{};  ///< That did not refuse before; the others have the message.
};

/// A channel that has failed for so long that somebody should know.
struct Outage {
  std::string channel;
  Instant since;
  std::size_t waiting = 0;
  std::string error;
};

/// How a channel does, for metrics and pages.
struct ChannelState {
  std::size_t queued = 0;
  std::size_t in_flight = 0;
  std::uint64_t delivered = 0;  ///< These since the start.
  std::uint64_t failed = 0;     ///< Attempts.
  std::uint64_t dead = 0;
  std::optional<Instant> rests_until;
  std::string disabled;  ///< Why it takes nothing; empty: it does.
};

class Outbox {
 public:
  /// The channels there are, and those of them that keep incidents; what was disabled gets another chance.
  void configure(const std::map<std::string, DeliveryRules>& rules,
                 const std::set<std::string>& incident_channels = {});
  void restore(const DeliveryMemory& memory);
  void add(std::vector<NotificationRow> rows);

  /// The clock was set back by so much: what waits does not wait longer for it.
  void shift_back(Duration by);

  /// What each channel may be given now, marked as in flight: at most `concurrency` batches, each to be tried in order
  /// until one fails. A batch has one message, or more of them behind a long queue: it is what a crash may repeat, so
  /// it grows only while all goes well.
  std::vector<std::vector<Attempt>> take_due(Instant now) { return take(now, false); }

  /// For `run --once`: however short ago the last attempt failed; but of a channel that failed three times in a row
  /// nothing.
  std::vector<std::vector<Attempt>> take_all_due(Instant now) { return take(now, true); }

  /// What has been waiting for a channel that takes nothing; to be told elsewhere.
  Finished give_up_disabled(Instant now);

  Finished finish(const std::string& id, const Outcome& outcome, Instant now);
  /// A batch is over; those of it that were not tried wait again.
  void end_batch(const std::string& channel, const std::vector<std::string>& untried);

  /// Channels that have failed for a quarter of an hour, each once for as long as it lasts.
  std::vector<Outage> new_outages(Instant now);

  /// The remotes of a channel's alerts that burn.
  [[nodiscard]] std::map<std::string, std::string> burning(const std::string& channel) const;

  /// When take_due() next has something, as far as is known now.
  [[nodiscard]] Instant next_due() const;
  [[nodiscard]] std::map<std::string, ChannelState> states() const;

  [[nodiscard]] bool is_empty() const { return entries_.empty(); }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using Key = std::pair<Instant, std::uint64_t>;  // when it is due, and its number

  struct Entry {
    NotificationRow row;
    std::vector<ToldAlert> alerts;
    std::size_t waits_for = 0;  // alerts of which an earlier message is on its way
    bool in_flight = false;
    bool is_rest = false;                // some recipients have it: the others, who wait, hold back nothing
    std::set<std::string> told_since{};  // its alerts that a later message tells: the rest does not
    bool was_asked_to_wait = false;      // by Retry-After
    bool is_probe = false;               // tried before its time, to see whether the receiver is back
    std::vector<std::uint64_t> tells{};  // messages that it stands for: they waited until their alerts were over
    std::uint64_t told_by = 0;           // the message that stands for this one; 0: none
  };

  struct Queue {
    DeliveryRules rules;
    bool keeps_incidents = false;                           // it wants the beginning of each, too
    std::set<Key> ready;                                    // neither in flight nor waiting for another one
    std::map<std::string, std::set<std::uint64_t>> chains;  // by alert
    std::map<std::string, std::set<std::uint64_t>> rests;   // likewise: messages that some have, and are in no chain
    std::map<std::string, std::string> remotes;             // by alert
    std::set<std::uint64_t> all;
    std::size_t batches = 0;
    std::size_t in_flight = 0;
    std::size_t window = 1;     // messages in a batch: doubled by each that arrived whole
    int failures = 0;           // in a row
    bool is_unreached = false;  // the last of them: it never had a connection
    Instant failing_since{};    // the first of them
    bool was_failing = false;   // before the start, as a message of then says; until it answers
    bool is_outage_known = false;
    Instant rests_until{};
    Instant probe_at{};  // in an outage: one message is tried then, whenever it is due
    double tokens = 0;
    std::optional<Instant> refilled;
    std::string disabled;
    std::optional<Instant> disabled_until;
    std::map<std::string, std::string> refused;  // why, by address
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t dead = 0;
  };

  [[nodiscard]] static Instant due(const Entry& entry);
  [[nodiscard]] static std::size_t batch_size(const Queue& queue);
  [[nodiscard]] static bool is_outage(const Queue& queue);
  [[nodiscard]] static Instant next_try(const Queue& queue);
  static void refill(Queue& queue, Instant now);
  [[nodiscard]] static Instant next_token(const Queue& queue);
  std::vector<std::vector<Attempt>> take(Instant now, bool everything);
  std::vector<Attempt> take_batch(Queue& queue, std::size_t most, Instant now, bool may_probe);
  void remove(Queue& queue, std::uint64_t number);
  /// Others need not wait for it any longer.
  void leave_chains(Queue& queue, std::uint64_t number);
  // outbox_late.cpp
  [[nodiscard]] static bool overtakes(const Entry& later, const Entry& earlier, const std::string& alert);
  void drop_late(Queue& queue, std::uint64_t number);
  void drop_late_before(Queue& queue, std::uint64_t number);
  [[nodiscard]] std::uint64_t overtaking(const Queue& queue, std::uint64_t number, const std::string& alert) const;
  [[nodiscard]] std::uint64_t end_of(const Queue& queue, std::uint64_t number) const;
  [[nodiscard]] std::vector<DeliveryRow> told_with(const Entry& end, Instant now) const;
  // outbox_rest.cpp
  void join_rests(Queue& queue, std::uint64_t number);
  void wake_rests(Queue& queue, const Entry& told);
  [[nodiscard]] std::set<std::string> first_told_by(const Entry& entry) const;
  [[nodiscard]] std::string body_of(const Entry& entry) const;
  [[nodiscard]] static std::vector<RefusedAddress> note_recipients(Queue& queue,
                                                                   const NotificationRow& row,
                                                                   const Outcome& outcome);
  // outbox.cpp
  DeliveryRow delivered(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant now);
  void give_up(Queue& queue, std::uint64_t number, std::string why, Finished& finished);
  void try_later(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant now, Finished& finished);
  void try_rest_later(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant now, Finished& finished);
  void wait(Queue& queue, std::uint64_t number, const Outcome& outcome, Instant until, Finished& finished);
  void has_answered(Queue& queue);
  void wake_all(Queue& queue);

  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_map<std::string, std::uint64_t> numbers_;  // by id
  std::map<std::string, Queue> queues_;                     // by channel
  std::uint64_t next_number_ = 1;
};

/// The row that a message is in the outbox, not tried yet.
NotificationRow notification_of(const Message& message);

}  // namespace kpi

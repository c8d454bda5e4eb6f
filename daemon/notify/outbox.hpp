#pragma once
// The messages on their way: which may be tried now, and what an attempt's outcome means. The history has the same
// rows; this is their order in memory. Pure but for its own state; owned by the engine's thread.

#include "daemon/notify/channel.hpp"
#include "daemon/store/store.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kpi {

/// The waits between attempts, published in docs/delivery.md: 1 s to 24 hours, 77 hours in all; then a message is dead.
std::span<const std::chrono::seconds> retry_waits();

/// How long to wait after the attempt-th failed attempt (from 1), ±20 % by a hash of the id, so that messages that
/// failed together do not come back together. Nothing: give up.
std::optional<Duration> retry_wait(const std::string& id, int attempt);

/// Each channel has its own queue: within one messages keep their order, one attempt at a time; channels do not wait
/// for each other.
class Outbox {
 public:
  void add(std::vector<NotificationRow> rows);

  /// The next message of each channel that is idle and due, marked as in flight.
  std::vector<NotificationRow> take_due(Instant now);
  /// Every message that is due, whatever became of those before it; for `run --once`, which tries each once.
  std::vector<NotificationRow> take_all_due(Instant now);

  /// What became of an attempt: the row the history gets.
  DeliveryRow finish(const std::string& id, const Outcome& outcome, Instant now);

  /// When take_due() next has something, as far as is known now.
  [[nodiscard]] Instant next_due() const;

  [[nodiscard]] bool is_empty() const { return rows_.empty(); }

  [[nodiscard]] std::size_t size() const { return rows_.size(); }

 private:
  struct Queue {
    std::deque<std::string> ids;
    bool in_flight = false;
  };

  std::map<std::string, NotificationRow> rows_;  // by id
  std::map<std::string, Queue> queues_;          // by channel
};

}  // namespace kpi

#pragma once
// What the engine's thread waits for: results of polls and deliveries, and what people ask. Any thread posts, one
// takes.

#include "daemon/engine/action.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/notify/channel.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace kpi {

struct DeliveryResult {
  std::string id;
  Outcome outcome;
};

/// How attempts of one channel ended, in their order: behind a long queue several at a time, so that the engine does
/// not turn for each.
struct DeliveryResults {
  std::vector<DeliveryResult> all;
};

/// A batch of attempts is over.
struct BatchEnd {
  std::string channel;
  std::vector<std::string> untried;  ///< Ids: an attempt before them failed, or time was up.
};

/// What still burns was said again.
struct RefreshEnd {
  std::string channel;
  Outcome outcome;
};

/// The copy of the history for other tools was made, or could not be.
struct CopyEnd {
  Result<void> copied;
};

struct ReloadRequest {};

struct StopRequest {};

using Event = std::variant<PollResult,
                           DeliveryResults,
                           BatchEnd,
                           RefreshEnd,
                           CopyEnd,
                           ReloadRequest,
                           StopRequest,
                           std::shared_ptr<PendingAction>>;

class Inbox {
 public:
  void post(Event event);
  /// Everything that has come, waiting for the first until `deadline`.
  std::vector<Event> take(std::chrono::steady_clock::time_point deadline);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Event> events_;
};

}  // namespace kpi

#pragma once
// Tells a dead man's switch outside that kpid goes on: it raises the alarm when nothing comes any more. Of the engine's
// thread; the request itself runs on the pool.

#include "daemon/config/config.hpp"
#include "daemon/os/work_pool.hpp"
#include "plugins/http.hpp"

#include <atomic>
#include <memory>
#include <optional>

namespace kpi {

class Heartbeat {
 public:
  /// Both outlive it.
  Heartbeat(HttpClient& http, Jobs& jobs) : http_(http), jobs_(jobs) {}

  /// Sends a beat when the last is as old as `settings` say, and none is on its way. Called while all is well, when a
  /// step is in the history: a daemon that cannot write is not well.
  void beat(const std::optional<HeartbeatConfig>& settings, Instant now);

 private:
  struct State {
    std::atomic<bool> is_on_its_way{false};
    std::atomic<bool> has_failed{false};  ///< So that the log says it once.
  };

  HttpClient& http_;
  Jobs& jobs_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::optional<Instant> last_;
};

}  // namespace kpi

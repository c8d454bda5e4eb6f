#pragma once
// Signals as calls: the process blocks them before its first thread, one thread waits for them.

#include <functional>
#include <thread>

namespace kpi {

/// While it lives, SIGTERM, SIGINT and SIGHUP are handed to `on_signal` on a thread of its own. REQUIRES: made before
/// any other thread. SIGPIPE is ignored from then on.
class SignalWatch {
 public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  SignalWatch(SignalWatch&&) = delete;
  SignalWatch& operator=(SignalWatch&&) = delete;
  ~SignalWatch();

  /// Begins to hand signals over; those that came since construction too.
  void start(std::function<void(int)> on_signal);
  /// No call is made after this, and none is under way.
  void stop();

 private:
  int signal_fd_ = -1;
  int stop_fd_;
  std::jthread thread_;
};

}  // namespace kpi

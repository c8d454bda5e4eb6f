#pragma once
// Notices that something has changed, by looking at it again and again: what inotify misses (network file systems,
// mounted configuration that is swapped by a symbolic link) is noticed too.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace kpi {

/// Looks on a thread of its own while it lives. Its calls may be made by any thread.
class ChangeWatch {
 public:
  /// `on_change` is called on the watch's thread once what `look` says differs from what was known and was the same
  /// twice in a row: whoever writes a file is done by then.
  ChangeWatch(std::chrono::milliseconds every, std::function<void()> on_change);
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;
  ChangeWatch(ChangeWatch&&) = delete;
  ChangeWatch& operator=(ChangeWatch&&) = delete;
  ~ChangeWatch();

  /// From now on this is looked at, and `known` is how it was.
  void look_at(std::function<std::string()> look, std::string known);

 private:
  void run(const std::stop_token& stop);
  /// One look; true: it has changed and rests.
  bool has_changed(const std::function<std::string()>& look, std::uint64_t number);

  std::chrono::milliseconds every_;
  std::function<void()> on_change_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::function<std::string()> look_;  // these under the mutex
  std::string known_;
  std::string seen_;
  std::uint64_t number_ = 0;  // of the last look_at()
  std::jthread thread_;       // last: it uses the rest
};

}  // namespace kpi

#include "daemon/engine/inbox.hpp"

#include <utility>

namespace kpi {

void Inbox::post(Event event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  arrived_.notify_one();
}

std::vector<Event> Inbox::take(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  arrived_.wait_until(lock, deadline, [&] { return !events_.empty(); });
  return std::exchange(events_, {});
}

}  // namespace kpi

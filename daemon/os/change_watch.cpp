#include "daemon/os/change_watch.hpp"

#include <utility>

namespace kpi {

ChangeWatch::ChangeWatch(std::chrono::milliseconds every, std::function<void()> on_change)
    : every_(every), on_change_(std::move(on_change)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

ChangeWatch::~ChangeWatch() {
  thread_.request_stop();
  thread_.join();
}

void ChangeWatch::look_at(std::function<std::string()> look, std::string known) {
  const std::scoped_lock lock(mutex_);
  look_ = std::move(look);
  seen_ = known;
  known_ = std::move(known);
  ++number_;
}

bool ChangeWatch::has_changed(const std::function<std::string()>& look, std::uint64_t number) {
  std::string now = look();
  const std::scoped_lock lock(mutex_);
  if (number != number_ || now == known_) {
    seen_ = known_;
    return false;
  }
  const bool rests = now == seen_;
  seen_ = std::move(now);
  if (rests) {
    known_ = seen_;
  }
  return rests;
}

void ChangeWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, every_, [] { return false; });
    if (stop.stop_requested() || look_ == nullptr) {
      continue;
    }
    const auto look = look_;
    const std::uint64_t number = number_;
    lock.unlock();  // a disk that hangs holds up nobody else
    if (has_changed(look, number)) {
      on_change_();
    }
    lock.lock();
  }
}

}  // namespace kpi

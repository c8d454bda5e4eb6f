#include "daemon/os/change_watch.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

constexpr int kRestsOfLoss = 10;

/// Whether a file is gone, or a quarter of it.
bool has_lost(const FilesAsSeen& known, const FilesAsSeen& now) {
  return std::ranges::any_of(known.files, [&](const auto& entry) {
    const auto& [path, before] = entry;
    const auto found = now.files.find(path);
    const std::uint64_t size = found == now.files.end() ? 0 : found->second.size;
    return !before.mark.empty() &&
           (found == now.files.end() || found->second.mark.empty() || size < before.size / 4 * 3);
  });
}

}  // namespace

ChangeWatch::ChangeWatch(std::chrono::milliseconds every, std::function<void()> on_change)
    : every_(every), on_change_(std::move(on_change)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

ChangeWatch::~ChangeWatch() {
  thread_.request_stop();
  thread_.join();
}

void ChangeWatch::look_at(std::function<FilesAsSeen()> look, FilesAsSeen known) {
  const std::scoped_lock lock(mutex_);
  look_ = std::move(look);
  seen_ = known;
  known_ = std::move(known);
  rests_ = 0;
  ++number_;
}

bool ChangeWatch::has_changed(const std::function<FilesAsSeen()>& look, std::uint64_t number) {
  FilesAsSeen now = look();
  const std::scoped_lock lock(mutex_);
  if (number != number_ || now == known_) {
    seen_ = known_;
    rests_ = 0;
    return false;
  }
  rests_ = now == seen_ ? rests_ + 1 : 0;
  seen_ = std::move(now);
  if (rests_ < (has_lost(known_, seen_) ? kRestsOfLoss : 1)) {
    return false;
  }
  known_ = seen_;
  rests_ = 0;
  return true;
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

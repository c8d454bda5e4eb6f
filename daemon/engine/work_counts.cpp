#include "daemon/engine/work_counts.hpp"

namespace kpi {
namespace {

void add(WorkCount& count, std::chrono::steady_clock::duration took, bool has_failed) {
  ++count.done;
  count.failed += has_failed ? 1 : 0;
  count.seconds += std::chrono::duration<double>(took).count();
}

}  // namespace

void WorkCounts::count_poll(const std::string& source, std::chrono::steady_clock::duration took, bool has_failed) {
  const std::scoped_lock lock(mutex_);
  add(polls_[source], took, has_failed);
}

void WorkCounts::count_step(std::chrono::steady_clock::duration took, bool has_failed) {
  const std::scoped_lock lock(mutex_);
  add(steps_, took, has_failed);
}

std::map<std::string, WorkCount> WorkCounts::polls() const {
  const std::scoped_lock lock(mutex_);
  return polls_;
}

WorkCount WorkCounts::steps() const {
  const std::scoped_lock lock(mutex_);
  return steps_;
}

}  // namespace kpi

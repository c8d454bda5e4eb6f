#include "daemon/os/work_pool.hpp"

#include <pthread.h>
#include <utility>

namespace kpi {
namespace {

/// Enough for libcurl with TLS and for a plugin's parser; a thousand of them are then half a gigabyte of addresses.
constexpr std::size_t kStackBytes = std::size_t{512} << 10U;

}  // namespace

WorkPool::WorkPool(std::size_t most_threads, std::chrono::milliseconds idle)
    : most_threads_(most_threads), idle_(idle) {}

WorkPool::~WorkPool() {
  request_stop();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [&] { return threads_ == 0; });
}

void WorkPool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  if (stop_.stop_requested()) {
    return;
  }
  jobs_.push_back(std::move(job));
  if (waiting_ < jobs_.size() && threads_ < most_threads_) {
    start_thread();
  }
  work_.notify_one();
}

void WorkPool::request_stop() {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
  }
  stop_.request_stop();
  const std::lock_guard lock(mutex_);
  work_.notify_all();
}

bool WorkPool::close(std::chrono::milliseconds patience) {
  request_stop();
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [&] { return threads_ == 0; });
}

std::size_t WorkPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_;
}

void* WorkPool::run_thread(void* pool) {
  static_cast<WorkPool*>(pool)->run();
  return nullptr;
}

/// Called with the lock held. When no thread can be had the job waits for one that runs.
void WorkPool::start_thread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  if (pthread_create(&thread, &attributes, &run_thread, this) == 0) {
    ++threads_;
  }
  pthread_attr_destroy(&attributes);
}

void WorkPool::run() {
  std::unique_lock lock(mutex_);
  while (!stop_.stop_requested()) {
    if (jobs_.empty()) {
      ++waiting_;
      const bool has_work = work_.wait_for(lock, idle_, [&] { return !jobs_.empty() || stop_.stop_requested(); });
      --waiting_;
      if (!has_work) {
        break;
      }
      continue;
    }
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job(stop_.get_token());
    job = nullptr;  // what it holds ends outside the lock
    lock.lock();
  }
  --threads_;
  left_.notify_all();
}

}  // namespace kpi

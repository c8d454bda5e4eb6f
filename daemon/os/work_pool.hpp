#pragma once
// Threads for work that blocks: polls and deliveries. The pool grows on demand up to its limit and its idle threads
// leave again. It holds no state of the domain: a job says what it found by posting to an inbox.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>

namespace kpi {

using Job = std::function<void(const std::stop_token&)>;

/// Runs what blocks, elsewhere or later.
class Jobs {
 public:
  Jobs() = default;
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;
  Jobs(Jobs&&) = delete;
  Jobs& operator=(Jobs&&) = delete;
  virtual ~Jobs() = default;

  /// The job must not throw.
  virtual void submit(Job job) = 0;
  /// Asks the jobs that run to stop, and drops those that wait.
  virtual void request_stop() = 0;
};

/// submit() from any thread. The destructor asks all jobs to stop and waits for them; jobs not begun are dropped.
class WorkPool final : public Jobs {
 public:
  explicit WorkPool(std::size_t most_threads = 1000, std::chrono::milliseconds idle = std::chrono::seconds{30});
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  WorkPool(WorkPool&&) = delete;
  WorkPool& operator=(WorkPool&&) = delete;
  ~WorkPool() override;

  void submit(Job job) override;
  void request_stop() override;
  /// Asks all jobs to stop and waits so long for them. False: one still runs, which the destructor would wait for.
  [[nodiscard]] bool close(std::chrono::milliseconds patience);

  [[nodiscard]] std::size_t threads() const;

 private:
  static void* run_thread(void* pool);
  void start_thread();
  void run();

  const std::size_t most_threads_;
  const std::chrono::milliseconds idle_;
  std::stop_source stop_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // a job waits, or the pool stops
  std::condition_variable left_;  // a thread has left
  std::deque<Job> jobs_;
  std::size_t threads_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace kpi

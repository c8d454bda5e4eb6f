#pragma once
// How much was done since the start, and how long it took: for metrics. Any thread counts and reads.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace kpi {

struct WorkCount {
  std::uint64_t done = 0;    ///< Whether or not it failed.
  std::uint64_t failed = 0;  ///< Of these.
  double seconds = 0;        ///< That all of them took.
};

class WorkCounts {
 public:
  void count_poll(const std::string& source, std::chrono::steady_clock::duration took, bool has_failed);
  void count_step(std::chrono::steady_clock::duration took, bool has_failed);

  /// By source, also those that a reload took away.
  [[nodiscard]] std::map<std::string, WorkCount> polls() const;
  [[nodiscard]] WorkCount steps() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, WorkCount> polls_;
  WorkCount steps_;
};

}  // namespace kpi

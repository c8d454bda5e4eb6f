#pragma once
// What a piece of work costs: CPU and wall time of this process, and the median of several. One thread.

#include "rules/base/result.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kpi::bench {

struct Cost {
  double cpu = 0;  ///< Seconds, of all threads of the process.
  double wall = 0;
};

class Stopwatch {
 public:
  Stopwatch();
  [[nodiscard]] Cost read() const;

 private:
  Cost begun_;
};

/// CPU seconds since the process began.
double process_cpu();

/// The figures of one run, in the order in which they were added, and the one line of JSON that the driver reads.
class Figures {
 public:
  void add(const std::string& name, Cost cost);

  /// A fact beside the costs: how many rows there were.
  void fact(const std::string& name, double value) { facts_.emplace_back(name, value); }

  /// {"step": {"cpu": 0.1, "wall": 0.2, "n": 5}, …, "rows": 10000, "peak_mib": 120.5}; several costs of one name are
  /// their median.
  [[nodiscard]] std::string json() const;

 private:
  std::vector<std::pair<std::string, std::vector<Cost>>> costs_;
  std::vector<std::pair<std::string, double>> facts_;
};

/// A benchmark that cannot do its work has nothing to report: it ends.
template <class T>
T must(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return take(std::move(result));
}

}  // namespace kpi::bench

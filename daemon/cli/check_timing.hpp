#pragma once
// What loading and judging cost, for `kpid check --timing`: the whole, and what costs most. Any thread may call it.

#include "daemon/cli/command.hpp"
#include "daemon/engine/engine.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace kpi {

class CheckTiming {
 public:
  using Time = std::chrono::steady_clock::duration;

  /// Something that took so long; `what` says what was done.
  struct Cost {
    std::string what;
    Time took{};
  };

  explicit CheckTiming(Clock& clock) : clock_(clock) {}

  /// Runs something and adds what it took to the steps.
  template <class Work>
  auto step(std::string what, const Work& work) {
    const auto begun = clock_.steady();
    auto result = work();
    steps_.push_back({std::move(what), clock_.steady() - begun});
    return result;
  }

  /// Judges the newest period of each line again, and notes what each KPI took. REQUIRES a restored engine.
  void measure_kpis(const Engine& engine, Instant now);

  /// The steps, and the KPIs that cost most.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] nlohmann::ordered_json json() const;

 private:
  Clock& clock_;
  std::vector<Cost> steps_;
  std::vector<Cost> kpis_;  // dearest first
};

}  // namespace kpi

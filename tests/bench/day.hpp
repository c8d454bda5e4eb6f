#pragma once
// A day in the life of an engine with many KPIs, as steps that are measured one by one.

#include "daemon/engine/engine.hpp"
#include "tests/bench/worlds.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace kpi::bench {

/// Calls `step(kind, prepare, now)` for each step of one day: `prepare` hands the engine its polls and belongs to the
/// step.
///   "due"   the periods of all KPIs have just ended, nothing has come yet
///   "one"   one KPI got its sample (kOnes times, a KPI each)
///   "all"   all others got theirs
///   "idle"  nothing came and nothing is due (kIdles times)
class Day {
 public:
  static constexpr std::uint32_t kOnes = 20;
  static constexpr std::uint32_t kIdles = 20;

  using Step = std::function<void(const std::string& kind, const std::function<void()>& prepare, Instant now)>;

  Day(Engine& engine, std::uint32_t kpis) : engine_(engine), kpis_(kpis) {}

  /// REQUIRES: every earlier day's samples were delivered and judged.
  void run(std::uint32_t day, const Step& step);

  /// Some hours after the last of these days ended everywhere.
  static Instant after(std::uint32_t day);

 private:
  void receive(const Delivery& delivery, Instant now);

  Engine& engine_;
  std::uint32_t kpis_;
};

/// How many KPIs (or segments) the history of a world holds, and for how many days.
struct Extent {
  std::uint32_t kpis = 0;
  std::uint32_t days = 0;
};

Extent extent_of(const Engine& engine);

/// DIR/history.db with `extent.days` days of all KPIs, as one import of them writes it.
void make_history(const std::string& dir, const Extent& extent);

}  // namespace kpi::bench

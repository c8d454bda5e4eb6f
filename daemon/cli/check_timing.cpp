#include "daemon/cli/check_timing.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/line.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace kpi {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostKpis = 10;
/// Each line is judged so often, and the quickest time counts.
constexpr int kRounds = 3;

std::int64_t microseconds(CheckTiming::Time time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

/// "12.3 ms", "480 us"; in a column.
std::string shown(CheckTiming::Time time) {
  const std::int64_t whole = microseconds(time);
  const std::int64_t tenths = (whole + 50) / 100;
  const std::string text = whole < 1000 ? std::to_string(whole) + " us"
                                        : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
  return std::string(text.size() < 12 ? 12 - text.size() : 0, ' ') + text;
}

ordered_json list_of(const std::vector<CheckTiming::Cost>& costs, const char* name) {
  ordered_json list = ordered_json::array();
  for (const CheckTiming::Cost& cost : costs) {
    list.push_back({{name, cost.what}, {"microseconds", microseconds(cost.took)}});
  }
  return list;
}

}  // namespace

void CheckTiming::measure_kpis(const Engine& engine, Instant now) {
  const JudgeContext context = engine.judge_context(now);
  std::map<std::uint32_t, std::pair<Time, std::size_t>> of_kpi;
  for (const Line& line : engine.lines()) {
    if (line.judged.values.empty()) {
      continue;
    }
    Time best = Time::max();
    for (int round = 0; round < kRounds; ++round) {
      const auto begun = clock_.steady();
      judge_period(line, context, line.judged.values.back().slot);
      best = std::min(best, clock_.steady() - begun);
    }
    auto& [took, lines] = of_kpi[line.kpi];
    took += best;
    ++lines;
  }
  for (const auto& [kpi, cost] : of_kpi) {
    kpis_.push_back({engine.config().rules.kpis[kpi].id + ", " + counted(cost.second, "line"), cost.first});
  }
  std::ranges::sort(kpis_,
                    [](const Cost& a, const Cost& b) { return std::pair(b.took, a.what) < std::pair(a.took, b.what); });
  kpis_.resize(std::min(kpis_.size(), kMostKpis));
}

std::string CheckTiming::text() const {
  std::string text;
  for (const Cost& step : steps_) {
    text += shown(step.took) + "  " + step.what + "\n";
  }
  if (!kpis_.empty()) {
    text += "judging one period takes longest of:\n";
  }
  for (const Cost& kpi : kpis_) {
    text += shown(kpi.took) + "  " + kpi.what + "\n";
  }
  return text;
}

ordered_json CheckTiming::json() const {
  return {{"steps", list_of(steps_, "step")}, {"kpis", list_of(kpis_, "kpi")}};
}

}  // namespace kpi

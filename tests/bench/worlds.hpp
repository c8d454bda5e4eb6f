#pragma once
// The worlds that are measured, made from a seed: files in a folder of their own, the same on every machine.

#include "daemon/config/config.hpp"
#include "rules/base/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace kpi::bench {

/// Loads DIR/kpid.yaml; throws what is wrong with it.
std::shared_ptr<const Config> load_world(const std::string& dir);

/// DIR/data.csv with `rows` rows of four metrics for 1 000 shops by day or 100 shops by hour, and four KPIs on them.
void make_import_world(const std::string& dir, std::uint64_t rows, bool is_hourly);

/// How the KPIs of a world get their numbers.
enum class Shape : std::uint8_t {
  kMetric,  ///< A rule and a metric each; a source has 100 metrics.
  kFilter,  ///< A rule each, all on one metric: board.value{id="k00017"}.
  kSplit,   ///< One rule, split by the label `id`.
};

/// DIR/kpid.yaml and DIR/rules/*.yaml, 500 rules a file.
void make_kpi_world(const std::string& dir, std::uint32_t kpis, Shape shape);

/// DIR/kpid.yaml and DIR/rules/*.yaml: `kpis` rules on one metric, each split by its label `id`.
void make_split_kpis_world(const std::string& dir, std::uint32_t kpis);

/// DIR/kpid.yaml and DIR/rules/*.yaml: `kpis` ratios of two 7-day sums, judged by the hour, over points of so many
/// minutes.
void make_ratio_world(const std::string& dir, std::uint32_t kpis, std::uint32_t minutes);

/// What the KPI `kpi` delivers for a day. Its limit is 50: each day another hundredth of the KPIs misses it.
double value_of(std::uint32_t kpi, std::uint32_t day);
/// Day 0 of every world.
inline constexpr Date kFirstDay{std::chrono::year{2025}, std::chrono::January, std::chrono::day{1}};

/// What the sources deliver for the KPIs first..last-1 for the days from..to-1: one poll a source that has any. The
/// shape is read from the configuration.
struct Delivery {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t from = 0;
  std::uint32_t to = 1;
};

void deliver(const Config& config, const Delivery& delivery, const std::function<void(std::uint32_t, Poll)>& poll);

}  // namespace kpi::bench

#pragma once
// What /metrics says, in the text format of Prometheus.

#include "daemon/config/config.hpp"
#include "daemon/engine/work_counts.hpp"
#include "daemon/notify/outbox.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace kpi {

/// What is known beside the history. Counts are those since the start.
struct MetricsGround {
  std::uint64_t steps = 0;
  std::uint64_t new_samples = 0;
  std::uint64_t restated_samples = 0;
  std::uint64_t judged = 0;
  std::uint64_t forecasts = 0;
  std::uint64_t messages = 0;
  std::uint64_t reloads_refused = 0;
  bool is_config_ok = true;
  bool is_writable = true;
  std::size_t untried = 0;  ///< Sources that have not been polled since the start.
  Instant last_step;
  std::map<std::string, WorkCount> polls{};  ///< By source.
  WorkCount step_work{};
  std::map<std::string, ChannelState> channels{};
  std::map<std::string, std::size_t> states{};  ///< How many KPIs and segments, by state; those without a sample too.
};

/// With what the history of the configuration says at `now`; what it cannot say is left out.
std::string metrics_text(const MetricsGround& ground, const Config& config, Instant now);

}  // namespace kpi

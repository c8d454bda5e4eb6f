#include "daemon/config/config_keys.hpp"

namespace kpi {
namespace {

constexpr std::int64_t kLeastMs = 60'000;

}  // namespace

void read_heartbeat(const YamlNode& node, ConfigReading& reading) {
  HeartbeatConfig heartbeat;
  MapReader map(node, "heartbeat", reading.diagnostics);
  if (const YamlNode* url = map.required("url", "what is asked while all is well: url: \"${env:HEARTBEAT_URL}\"")) {
    // Whoever knows it can keep the alarm from being raised: it is a secret.
    heartbeat.url = read_secret_text(*url, "write url: \"${env:HEARTBEAT_URL}\"", reading);
  }
  Span every;
  if (map.span("every", every)) {
    if (every.approximate_ms() < kLeastMs) {
      reading.diagnostics.error(map.position_of("every"), "a heartbeat comes once a minute at most", "write every: 5m");
    } else {
      heartbeat.every = std::chrono::milliseconds{every.approximate_ms()};
    }
  }
  map.text_list("allow_private", heartbeat.allow_private);
  map.finish();
  if (!heartbeat.url.empty()) {
    reading.config.heartbeat = std::move(heartbeat);
  }
}

}  // namespace kpi

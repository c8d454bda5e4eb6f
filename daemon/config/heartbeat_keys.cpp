#include "daemon/config/config_keys.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/secret_reference.hpp"

namespace kpi {
namespace {

constexpr std::int64_t kLeastMs = 60'000;

/// Whoever knows the URL can keep the alarm from being raised: it is a secret.
Secret url_of(const YamlNode& node, ConfigReading& reading) {
  if (!is_secret_reference(node.scalar)) {
    warn_of_literal_secret(node.position, "write url: \"${env:HEARTBEAT_URL}\"", reading.diagnostics);
    return Secret(node.scalar);
  }
  if (reading.secrets == Secrets::kIgnored) {
    return {};
  }
  auto found = read_secret(std::string(node.position.source->name), node.scalar);
  if (found) {
    return *std::move(found);
  }
  if (reading.secrets == Secrets::kChecked && found.error().kind == ErrorKind::kNotFound) {
    reading.diagnostics.warning(node.position, found.error().message, std::string(kMissingSecret));
  } else {
    reading.diagnostics.error(node.position, found.error().message);
  }
  return {};
}

}  // namespace

void read_heartbeat(const YamlNode& node, ConfigReading& reading) {
  HeartbeatConfig heartbeat;
  MapReader map(node, "heartbeat", reading.diagnostics);
  if (const YamlNode* url = map.required("url", "what is asked while all is well: url: \"${env:HEARTBEAT_URL}\"")) {
    heartbeat.url = url_of(*url, reading);
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

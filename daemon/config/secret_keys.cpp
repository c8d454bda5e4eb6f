#include "daemon/config/config_keys.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/secret_reference.hpp"

namespace kpi {

std::optional<Secret> look_up_secret(const YamlNode& node, ConfigReading& reading) {
  if (reading.secrets == Secrets::kIgnored) {
    return std::nullopt;
  }
  auto found = expand_secrets(node.position.source->name, node.scalar);
  if (found) {
    return std::move(found->text);
  }
  if (reading.secrets == Secrets::kChecked && found.error().kind == ErrorKind::kNotFound) {
    reading.diagnostics.warning(node.position, found.error().message, std::string(kMissingSecret));
  } else {
    reading.diagnostics.error(node.position, found.error().message);
  }
  return std::nullopt;
}

Secret read_secret_text(const YamlNode& node, std::string remedy, ConfigReading& reading) {
  if (!is_secret_reference(node.scalar) && !holds_secret_reference(node.scalar)) {
    warn_of_literal_secret(node.position, std::move(remedy), reading.diagnostics);
    return Secret(node.scalar);
  }
  return look_up_secret(node, reading).value_or(Secret());
}

}  // namespace kpi

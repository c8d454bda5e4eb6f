#pragma once
// Secrets that stand in the file where no key says that it holds one: in an address, a query, a header. Private to the
// reading of the configuration.

#include "rules/load/yaml.hpp"

namespace kpi {

/// Warns of each below a source or a channel, at its place.
void warn_of_literal_secrets(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace kpi

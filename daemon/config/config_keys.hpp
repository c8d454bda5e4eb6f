#pragma once
// The keys of kpid.yaml, one function for each map. Private to load_config.

#include "daemon/config/config.hpp"
#include "rules/load/yaml.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kpi {

/// What the readers of the maps share.
struct ConfigReading {
  Config& config;
  Diagnostics& diagnostics;
  Secrets secrets;
  std::map<std::string, Position> names;  ///< "source web", "channel growth": where each was first defined.
  std::vector<std::pair<Position, std::string>> fallbacks{};  ///< Of channels: looked up once all are known.

  /// Reports a name that was defined before. True when it is new.
  bool define(const std::string& what, const YamlNode& name);
};

/// `sources:`. `with_plugins` false: those that a rule test names, of which only kinds, units and grains count.
void read_sources(const YamlNode& node, ConfigReading& reading, bool with_plugins);
/// The sources of rates that `convert` names must have some.
void check_conversions(const Config& config, Diagnostics& diagnostics);
void read_channels(const YamlNode& node, ConfigReading& reading);
void read_routes(const YamlNode& node, ConfigReading& reading);
/// Every channel that routes name must exist; the last route must match everything.
void check_routes(const YamlNode* node, ConfigReading& reading);
/// `calendar:`. `read_near` reads a file that is named beside kpid.yaml.
void read_calendar(const YamlNode& node,
                   ConfigReading& reading,
                   const std::function<Result<std::string>(const std::string&)>& read_near);

}  // namespace kpi

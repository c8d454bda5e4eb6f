#pragma once
// The keys that a plugin understands, read as its table says. Private to the readers of sources; one thread.

#include "daemon/config/option_tree.hpp"
#include "rules/load/yaml.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kpi {

/// Reads one key of a plugin; keys with a dot stand in a map of their own, which `maps` keeps open.
class PluginKeys {
 public:
  PluginKeys(MapReader& map, std::string where, const std::string& file, SourceSecrets secrets)
      : map_(map), where_(std::move(where)), file_(file), secrets_(secrets) {}

  OptionValues read(const std::vector<OptionSpec>& specs);

 private:
  MapReader* inner(const std::string& key);
  OptionValue value(MapReader* map, const OptionSpec& spec, const std::string& key);
  void check_networks(const OptionSpec& spec, const OptionValue& networks);
  /// An address that is written out and that no poll will connect to.
  void check_addresses(const OptionValues& values);
  std::string converted(const YamlNode& node, const OptionSpec& spec);

  MapReader& map_;
  std::string where_;
  const std::string& file_;
  SourceSecrets secrets_;
  std::map<std::string, std::unique_ptr<MapReader>> inner_;
};

}  // namespace kpi

#pragma once
// The whole configuration as it was written, from all its files, for `kpid config`. Any thread may call it.

#include "daemon/config/config.hpp"
#include "rules/load/yaml.hpp"

namespace kpi {

struct ConfigTree {
  ConfigLoad load;  ///< What was wrong with it; its texts are what the positions in `whole` point into.
  YamlNode whole;   ///< A map: kpid.yaml's keys, then the sources and the KPIs of all files and packs.
};

/// REQUIRES nothing of secrets: none is looked up.
ConfigTree load_config_tree(const std::string& path, Host& host);

/// `tree` as YAML in which each line ends with where it comes from. What is or may be a secret is not shown, references
/// to secrets are.
std::string config_text(const ConfigTree& tree);

}  // namespace kpi

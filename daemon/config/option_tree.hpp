#pragma once
// What plugins are given of a YAML file: secrets looked up, structures as plain trees. Private to the reading of
// sources; at load only.

#include "daemon/config/config.hpp"
#include "daemon/config/secret_reference.hpp"
#include "plugins/option_tree.hpp"
#include "rules/load/yaml.hpp"

#include <string_view>

namespace kpi {

/// Looks secrets up for one source. A missing one is reported once for its place, by the mode of the load.
class SourceSecrets {
 public:
  SourceSecrets(Secrets mode, Diagnostics& diagnostics) : mode_(mode), diagnostics_(diagnostics) {}

  /// A key that holds a secret: a literal is warned of.
  [[nodiscard]] Secret read(const YamlNode& node, std::string_view key) const;
  /// A text in which references are looked up.
  [[nodiscard]] ExpandedText expand(const YamlNode& node) const;

 private:
  Secrets mode_;
  Diagnostics& diagnostics_;
};

/// The whole tree, with what its references stand for; without `secrets` they are plain texts. A text of which a
/// reference is only a part has its pieces as items.
OptionTree option_tree(const YamlNode& node, const SourceSecrets* secrets);

}  // namespace kpi

#pragma once
// KPI packs: rule files that come with kpid, whose sources the user binds to his own. A pack becomes an ordinary map of
// `kpis:` before it is loaded. Pure.

#include "rules/base/diagnostic.hpp"
#include "rules/load/yaml.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace kpi {

/// A pack as it is shipped: rules/library/NAME.yaml.
struct PackText {
  std::string_view name;
  std::string_view text;
};

/// All that this program has, by name.
std::span<const PackText> pack_texts();

/// The KPIs of a pack as one entry of `packs:` wants them.
struct UsedPack {
  YamlNode kpis;  ///< For load_kpis().
  /// What their expressions read that is no KPI, by its name at the user's, and the KPIs that read it.
  std::map<std::string, std::set<std::string>> metrics;
  std::map<std::string, std::string> own_names{};           ///< What the pack itself calls these metrics.
  std::map<std::string, std::set<std::string>> left_out{};  ///< KPIs that `only` leaves out, and those that read them.
};

/// Reads the keys of one entry of `packs:` but for `use`: `sources` and `metrics` rename what the pack reads, `only`
/// picks KPIs, `change` merges into them. `map` is the reader of the entry, `pack` the tree of the pack.
UsedPack use_pack(MapReader& map, const std::string& name, const YamlNode& pack);

}  // namespace kpi

#pragma once
// Every kind of source: the plugins, and those that presets make. The presets of the program are read once; any thread.

#include "daemon/config/option_tree.hpp"
#include "plugins/http/preset.hpp"
#include "plugins/source.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// The plugins and connectors, by name.
const std::vector<const Plugin*>& source_kinds();
const Plugin* find_source_kind(std::string_view name);

/// A connector of the program with what it says about itself.
struct Connector {
  Plugin plugin;
  PresetPage page;
  std::string_view text;
};

/// In the order of their names. What is wrong with one, which a test sees to that nothing is, is in `diagnostics`.
const std::vector<Connector>& connectors();
const Diagnostics& connector_diagnostics();

/// The kind of source that a preset's file makes; nothing when something was reported. Positions point into `texts`.
std::optional<Plugin> read_preset(const std::string& path,
                                  const std::string& text,
                                  SourceSet& texts,
                                  Diagnostics& diagnostics);

}  // namespace kpi

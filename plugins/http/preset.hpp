#pragma once
// The http plugin, and kinds of sources made from presets: a preset declares parameters, which become the keys of its
// sources. Any thread.

#include "plugins/source.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// A preset that is part of the program: plugins/connectors/NAME.yaml.
struct PresetText {
  std::string_view name;
  std::string_view text;
};

std::span<const PresetText> preset_texts();

/// What a preset says about itself, for its page of documentation.
struct PresetPage {
  std::string name;
  std::string title;
  std::vector<std::string> setup;  ///< What to create at the vendor, step by step.
  std::string rights;
  std::string quota;
  std::string restatement;
  std::vector<std::string> notes;
  std::string example;  ///< YAML.
};

/// The row of the registry for `plugin: http`.
Plugin http_plugin();
/// Declarations under `params` of a source of `plugin: http` become keys of that source.
void declare_params(const OptionTree& params, Plugin& plugin, Diagnostics& diagnostics);
/// The kind of source that a preset makes; nothing when something was reported.
std::optional<Plugin> preset_plugin(const std::string& name,
                                    std::shared_ptr<const OptionTree> preset,
                                    Diagnostics& diagnostics);
std::optional<PresetPage> preset_page(const std::string& name, const OptionTree& preset, Diagnostics& diagnostics);

}  // namespace kpi

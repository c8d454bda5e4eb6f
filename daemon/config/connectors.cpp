#include "daemon/config/connectors.hpp"

#include "rules/load/yaml.hpp"

#include <algorithm>
#include <deque>

namespace kpi {
namespace {

/// A preset holds no references to secrets of a machine: they are the source's.
std::shared_ptr<const OptionTree> read_tree(const SourceText& text, Diagnostics& diagnostics) {
  const auto tree = parse_yaml(text, diagnostics);
  if (!tree) {
    return nullptr;
  }
  return std::make_shared<const OptionTree>(option_tree(*tree, nullptr));
}

struct Known {
  SourceSet texts;
  Diagnostics diagnostics;
  std::vector<Connector> connectors;
  std::vector<const Plugin*> kinds;

  Known() {
    for (const PresetText& preset : preset_texts()) {
      const std::string name(preset.name);
      const SourceText& text = texts.add("connectors/" + name + ".yaml", std::string(preset.text));
      const auto tree = read_tree(text, diagnostics);
      auto plugin = tree ? preset_plugin(name, tree, diagnostics) : std::nullopt;
      auto page = tree ? preset_page(name, *tree, diagnostics) : std::nullopt;
      if (plugin) {
        connectors.push_back({*std::move(plugin), page.value_or(PresetPage{}), preset.text});
      }
    }
    for (const Plugin& plugin : plugins()) {
      kinds.push_back(&plugin);
    }
    for (const Connector& connector : connectors) {
      kinds.push_back(&connector.plugin);
    }
    std::ranges::sort(kinds, {}, &Plugin::name);
  }
};

const Known& known() {
  static const Known once;
  return once;
}

}  // namespace

const std::vector<const Plugin*>& source_kinds() {
  return known().kinds;
}

const Plugin* find_source_kind(std::string_view name) {
  if (const Plugin* plugin = find_plugin(name)) {
    return plugin;  // the connectors are not read for nothing
  }
  const auto found = std::ranges::find(source_kinds(), name, &Plugin::name);
  return found == source_kinds().end() ? nullptr : *found;
}

const std::vector<Connector>& connectors() {
  return known().connectors;
}

const Diagnostics& connector_diagnostics() {
  return known().diagnostics;
}

std::optional<Plugin> read_preset(const std::string& path,
                                  const std::string& text,
                                  SourceSet& texts,
                                  Diagnostics& diagnostics) {
  const auto tree = read_tree(texts.add(path, text), diagnostics);
  if (!tree) {
    return std::nullopt;
  }
  const std::size_t slash = path.rfind('/');
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  return preset_plugin(name.substr(0, name.find('.')), tree, diagnostics);
}

}  // namespace kpi

#include "daemon/config/plugin_keys.hpp"

#include "daemon/os/address_policy.hpp"
#include "rules/base/text.hpp"

#include <utility>

namespace kpi {
namespace {

std::string default_of(const OptionSpec& spec) {
  if (spec.type != OptionSpec::Type::kDuration || spec.fallback.empty()) {
    return spec.fallback;
  }
  const auto span = parse_span(spec.fallback);
  return span ? std::to_string(span->approximate_ms()) : "";
}

}  // namespace

OptionValues PluginKeys::read(const std::vector<OptionSpec>& specs) {
  OptionValues values;
  for (const OptionSpec& spec : specs) {
    const std::size_t dot = spec.key.find('.');
    MapReader* map = dot == std::string::npos ? &map_ : inner(spec.key.substr(0, dot));
    values[spec.key] = value(map, spec, dot == std::string::npos ? spec.key : spec.key.substr(dot + 1));
  }
  for (auto& [name, reader] : inner_) {
    if (reader) {
      reader->finish();
    }
  }
  return values;
}

/// The reader of the map under `key`; null when the key is absent.
MapReader* PluginKeys::inner(const std::string& key) {
  auto found = inner_.find(key);
  if (found == inner_.end()) {
    const YamlNode* node = map_.optional(key);
    auto reader =
        node == nullptr ? nullptr : std::make_unique<MapReader>(*node, where_ + "." + key, map_.diagnostics());
    found = inner_.emplace(key, std::move(reader)).first;
  }
  return found->second.get();
}

OptionValue PluginKeys::value(MapReader* map, const OptionSpec& spec, const std::string& key) {
  OptionValue result;
  result.text = default_of(spec);
  result.position = map_.position();
  const YamlNode* node = nullptr;
  if (map != nullptr) {
    node = spec.required ? map->required(key, spec.help) : map->optional(key);
  } else if (spec.required) {
    map_.diagnostics().error(map_.position(), "the key " + spec.key + " is missing", spec.help);
  }
  if (node == nullptr) {
    return result;
  }
  result.position = node->position;
  result.given = true;
  switch (spec.type) {
    case OptionSpec::Type::kList:
      result.items = read_text_list(*node, map_.diagnostics(), key);
      check_networks(spec, result);
      break;
    case OptionSpec::Type::kSecret:
      result.secret = secrets_.read(*node, key);
      break;
    case OptionSpec::Type::kTree:
      result.tree = std::make_shared<const OptionTree>(option_tree(*node, &secrets_));
      break;
    default:
      result.text = converted(*node, spec);
  }
  return result;
}

void PluginKeys::check_networks(const OptionSpec& spec, const OptionValue& networks) {
  if (spec.key != "allow_private") {
    return;
  }
  if (const auto policy = AddressPolicy::parse(networks.items); !policy) {
    map_.diagnostics().error(networks.position, policy.error().message);
  }
}

std::string PluginKeys::converted(const YamlNode& node, const OptionSpec& spec) {
  Diagnostics& diagnostics = map_.diagnostics();
  switch (spec.type) {
    case OptionSpec::Type::kText:
      return read_text(node, diagnostics).value_or("");
    case OptionSpec::Type::kPath:
      return resolve_path(file_, read_text(node, diagnostics).value_or(""));
    case OptionSpec::Type::kChoice: {
      const auto choice = read_choice(node, spec.choices, diagnostics);
      return choice ? spec.choices[*choice] : spec.fallback;
    }
    case OptionSpec::Type::kNumber:
      return number_text(read_number(node, diagnostics).value_or(0));
    case OptionSpec::Type::kFlag:
      return read_flag(node, diagnostics).value_or(false) ? "true" : "false";
    case OptionSpec::Type::kDuration:
      return std::to_string(read_span(node, diagnostics).value_or(Span{}).approximate_ms());
    case OptionSpec::Type::kList:
    case OptionSpec::Type::kSecret:
    case OptionSpec::Type::kTree:
      break;
  }
  return "";
}

}  // namespace kpi

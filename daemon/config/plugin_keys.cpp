#include "daemon/config/plugin_keys.hpp"

#include "daemon/os/address_policy.hpp"
#include "rules/base/text.hpp"

#include <functional>
#include <optional>
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

/// The address in "http://10.0.0.7:9090/api", if no name stands there.
std::optional<IpAddress> address_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return std::nullopt;
  }
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.rfind('@') == std::string_view::npos ? 0 : host.rfind('@') + 1);
  host = host.starts_with('[') ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
  return parse_ip_address(host == "localhost" ? "127.0.0.1" : host);
}

/// What is asked for, by the names that connectors and the language of presets have for it; elsewhere an address is a
/// value as any other.
bool names_an_address(std::string_view key) {
  return key == "url" || key == "token_url" || key == "server" || key == "base";
}

using UseText = std::function<void(const OptionTree& text)>;

/// Every address in a tree that is no secret.
void each_address(const OptionTree& node, const UseText& use) {
  for (const OptionTree& item : node.items) {
    each_address(item, use);
  }
  for (const auto& [key, value] : node.entries) {
    if (names_an_address(key.text) && value.kind == OptionTree::Kind::kText && !value.secret) {
      use(value);
    }
    each_address(value, use);
  }
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
  check_addresses(values);
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

void PluginKeys::check_addresses(const OptionValues& values) {
  const auto networks = values.find("allow_private");
  const auto policy = networks == values.end() ? fail(ErrorKind::kNotFound, "it connects to nothing")
                                               : AddressPolicy::parse(networks->second.items);
  if (!policy) {
    return;
  }
  const auto check = [&](const std::string& text, const Position& position) {
    const auto address = address_in(text);
    if (const auto refusal = address ? policy->refusal(*address) : std::nullopt) {
      map_.diagnostics().error(position, *refusal);
    }
  };
  for (const auto& [key, option] : values) {
    if (option.given && names_an_address(key)) {
      check(option.text, option.position);
    }
    const UseText use = [&](const OptionTree& text) { check(text.text, text.position); };
    if (option.tree && key == "request" && option.tree->kind == OptionTree::Kind::kText) {
      use(*option.tree);  // the address alone
    }
    if (option.tree) {
      each_address(*option.tree, use);
    }
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
      return std::to_string(read_span(node, diagnostics, spec.key).value_or(Span{}).approximate_ms());
    case OptionSpec::Type::kList:
    case OptionSpec::Type::kSecret:
    case OptionSpec::Type::kTree:
      break;
  }
  return "";
}

}  // namespace kpi

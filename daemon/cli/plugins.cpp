#include "daemon/cli/connector_page.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/config/connectors.hpp"
#include "plugins/shared_object.hpp"
#include "plugins/source.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <system_error>

#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// One key as it is shown.
struct Key {
  std::string name;
  std::string type;  ///< "text", "path", "one of . ,"
  std::string fallback;
  bool required = false;
  std::string help;
};

/// One plugin or kind of channel.
struct BuiltIn {
  std::string name;
  std::string kind;  ///< "source", "channel"
  std::string help;
  std::vector<Key> keys;
  std::vector<Key> metric_keys;
};

std::string_view name_of(OptionSpec::Type type) {
  static constexpr std::array<std::string_view, 9> kNames{
      "text", "path", "choice", "number", "flag", "duration", "list", "secret", "map"};
  return kNames.at(static_cast<std::size_t>(type));
}

/// A value as YAML wants it: signs in quotes.
std::string yaml_text(const std::string& value) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return std::ranges::all_of(value, is_plain) ? value : "\"" + value + "\"";
}

std::vector<Key> keys_of(const std::vector<OptionSpec>& specs) {
  std::vector<Key> keys;
  for (const OptionSpec& spec : specs) {
    std::string type(name_of(spec.type));
    for (std::size_t i = 0; i < spec.choices.size(); ++i) {
      type = (i == 0 ? "one of " : type + ", ") + yaml_text(spec.choices[i]);
    }
    keys.push_back({spec.key, std::move(type), spec.fallback, spec.required, spec.help});
  }
  return keys;
}

std::vector<Key> keys_of(const ChannelKind& kind) {
  static constexpr std::array<std::string_view, 7> kNames{
      "text", "secret", "secret", "path", "list", "duration", "choice"};
  std::vector<Key> keys;
  for (const std::string& name : kind.keys) {
    const ChannelKey& known = channel_key(name);
    std::string type(kNames.at(static_cast<std::size_t>(known.type)));
    for (std::size_t i = 0; i < known.choices.size(); ++i) {
      type = (i == 0 ? "one of " : type + ", ") + yaml_text(known.choices[i]);
    }
    const bool required = std::ranges::find(kind.required, name) != kind.required.end();
    keys.push_back({known.name, std::move(type), known.fallback, required, known.help});
  }
  return keys;
}

std::vector<BuiltIn> built_in() {
  std::vector<BuiltIn> all;
  for (const Plugin* plugin : source_kinds()) {
    all.push_back({plugin->name, "source", plugin->help, keys_of(plugin->options), keys_of(plugin->metric_options)});
  }
  for (const ChannelKind& kind : channel_kinds()) {
    all.push_back({kind.name, "channel", kind.help, keys_of(kind), {}});
  }
  return all;
}

ordered_json json_of(const std::vector<Key>& keys) {
  ordered_json list = ordered_json::array();
  for (const Key& key : keys) {
    list.push_back({{"key", key.name},
                    {"type", key.type},
                    {"required", key.required},
                    {"default", key.fallback.empty() ? ordered_json(nullptr) : ordered_json(key.fallback)},
                    {"help", key.help}});
  }
  return list;
}

void print_json(const std::vector<BuiltIn>& shown, const std::vector<std::string>& drivers, std::ostream& out) {
  ordered_json sources = ordered_json::array();
  ordered_json channels = ordered_json::array();
  for (const BuiltIn& item : shown) {
    ordered_json json{{"name", item.name}, {"help", item.help}, {"keys", json_of(item.keys)}};
    if (item.kind == "source") {
      json["metric_keys"] = json_of(item.metric_keys);
    }
    (item.kind == "source" ? sources : channels).push_back(std::move(json));
  }
  const ordered_json document{{"sources", sources}, {"channels", channels}, {"installed", drivers}};
  out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

void print_keys(const std::vector<Key>& keys, bool colour, std::ostream& out) {
  Table table({{""}, {""}, {""}});
  for (const Key& key : keys) {
    const std::string fallback = key.fallback.empty() ? "" : "default " + yaml_text(key.fallback);
    table.add({{"  " + key.name, CellTone::kHeading},
               {key.type, CellTone::kQuiet},
               {key.required ? "required" : fallback, key.required ? CellTone::kWarning : CellTone::kQuiet}});
  }
  const std::string text = table.text(colour);
  const std::vector<std::string_view> lines = split(text, '\n');
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out << lines[i] << "\n" << (keys[i].help.empty() ? "" : wrapped(keys[i].help, 6));
  }
}

void print_text(const std::vector<BuiltIn>& shown, Io& io) {
  const bool colour = wants_colour(io);
  bool is_first = true;
  for (const BuiltIn& item : shown) {
    const std::string how = item.kind == "source" ? "sources: {NAME: {plugin: " : "channels: {NAME: {type: ";
    io.out << (is_first ? "" : "\n") << painted(item.name, CellTone::kHeading, colour) << "  "
           << painted(how + item.name + (item.keys.empty() ? "}}" : ", …}}"), CellTone::kQuiet, colour) << "\n"
           << wrapped(item.help, 0);
    is_first = false;
    print_keys(item.keys, colour, io.out);
    if (!item.metric_keys.empty()) {
      io.out << "  " << painted("of each of its metrics:", CellTone::kQuiet, colour) << "\n";
      print_keys(item.metric_keys, colour, io.out);
    }
  }
}

/// A connector as its template or its page; nothing: neither was asked for.
std::optional<int> show_connector(const Arguments& arguments, Io& io) {
  if (!arguments.has("yaml") && !arguments.has("markdown")) {
    return std::nullopt;
  }
  const auto found = std::ranges::find(
      connectors(), arguments.text("name"), [](const Connector& connector) { return connector.plugin.name; });
  if (found == connectors().end()) {
    return complain(io, kExitUsage, "--yaml and --markdown show one connector, such as ga4: kpid plugins ga4 --yaml");
  }
  if (arguments.has("yaml")) {
    io.out << found->text;
  } else {
    io.out << connector_page(*found);
  }
  return kExitFine;
}

/// The names of the drivers in the folder of plugins.
std::vector<std::string> installed() {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator file(kPluginFolder, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().extension() == ".so") {
      names.push_back(printable(file->path().stem().string(), 100));
    }
  }
  std::ranges::sort(names);
  return names;
}

int show_plugins(const Arguments& arguments, Io& io) {
  if (const auto code = show_connector(arguments, io)) {
    return *code;
  }
  std::vector<BuiltIn> shown = built_in();
  if (arguments.has("name")) {
    const std::string name = arguments.text("name");
    std::vector<std::string> names;
    std::ranges::transform(shown, std::back_inserter(names), &BuiltIn::name);
    std::erase_if(shown, [&](const BuiltIn& item) { return item.name != name; });
    if (shown.empty()) {
      const std::string near = did_you_mean(name, names);
      return complain(io,
                      kExitUsage,
                      "there is no plugin or channel type \"" + printable(name, 64) + "\"; " +
                          (near.empty() ? "there are " + join(names, ", ") : near));
    }
  }
  const std::vector<std::string> drivers = arguments.has("name") ? std::vector<std::string>{} : installed();
  if (arguments.has("json")) {
    print_json(shown, drivers, io.out);
    return kExitFine;
  }
  print_text(shown, io);
  for (const std::string& driver : drivers) {
    io.out << "\n"
           << driver << "  sources: {NAME: {plugin: shared, library: " << driver << ", …}}\nInstalled in "
           << kPluginFolder << "\n";
  }
  return kExitFine;
}

}  // namespace

Command plugins_command() {
  return {"plugins",
          "the kinds of sources and channels that are built in or installed, with their keys",
          "kpid plugins                     all of them\n"
          "kpid plugins csv                 one\n"
          "kpid plugins ga4 --yaml > my.yaml   a connector to change, for plugin: http with preset: my.yaml",
          {{"name", "NAME", "only this one", true},
           {"yaml", "", "a connector as it is written"},
           {"markdown", "", "a connector's page of documentation"},
           json_argument()},
          show_plugins};
}

}  // namespace kpi

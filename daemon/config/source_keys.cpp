#include "daemon/config/config_keys.hpp"
#include "daemon/config/connectors.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/option_tree.hpp"
#include "daemon/config/plugin_keys.hpp"
#include "daemon/os/files.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <set>

namespace kpi {
namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::ranges::all_of(text, fits);
}

void check_name(const YamlNode& name, std::string_view what, Diagnostics& diagnostics) {
  if (!is_name(name.scalar)) {
    diagnostics.error(name.position,
                      "\"" + printable(name.scalar) + "\" cannot be the name of a " + std::string(what),
                      "use letters, digits and _, starting with a letter");
  }
}

/// Everything about one source while its keys are read.
class SourceReader {
 public:
  SourceReader(const YamlNode& name, ConfigReading& reading, bool with_plugins)
      : name_(name),
        reading_(reading),
        diagnostics_(reading.diagnostics),
        with_plugins_(with_plugins),
        errors_before_(reading.diagnostics.count(Diagnostic::Severity::kError)) {}

  void read(const YamlNode& body) {
    config_.position = name_.position;
    config_.settings.name = name_.scalar;
    config_.settings.zone = reading_.config.zone;
    config_.settings.calendar = reading_.config.rules.calendar;
    config_.settings.position = name_.position;
    if (!reading_.config.history.empty()) {
      config_.settings.state_folder = reading_.config.history + ".credentials";
    }
    const std::string where = "sources.{" + printable(name_.scalar) + "}";
    MapReader map(body, where, diagnostics_);
    const Plugin* plugin = read_plugin(map);
    if (plugin != nullptr) {
      config_.settings.options = keys(map, where).read(plugin->options);
      if (!preset_text_.empty()) {
        config_.settings.options["preset"].text = preset_text_;  // an edit of it is one of the source
      }
      take_defaults(*plugin);
    }
    read_time(map);
    read_labels(map);
    config_.settings.settle = config_.settle;
    if (const YamlNode* metrics =
            map.required("metrics", "the numbers it delivers: metrics: {visitors: {kind: flow}}")) {
      read_metrics(*metrics, plugin);
    }
    if (knows_keys(plugin)) {
      map.finish();
    }
    if (plugin != nullptr && plugin->is_entered) {
      read_reminder(map);
    }
    build(plugin);
    warn_of_literal_secrets(body, diagnostics_);
    reading_.config.sources.push_back(std::move(config_));
  }

 private:
  [[nodiscard]] PluginKeys keys(MapReader& map, const std::string& where) const {
    return {map, where, name_.position.source->name, SourceSecrets(reading_.secrets, diagnostics_)};
  }

  const Plugin* read_plugin(MapReader& map) {
    const YamlNode* node =
        with_plugins_ ? map.required("plugin", "the kind of source, such as csv") : map.optional("plugin");
    if (node == nullptr || !with_plugins_) {
      return nullptr;
    }
    config_.plugin = node->scalar;
    const Plugin* plugin = find_source_kind(node->scalar);
    if (plugin != nullptr && plugin->name == "http") {
      return read_http(map, *plugin);
    }
    if (plugin == nullptr) {
      std::vector<std::string> names;
      for (const Plugin* known : source_kinds()) {
        names.push_back(known->name);
      }
      const std::string near = did_you_mean(node->scalar, names);
      diagnostics_.error(node->position,
                         "there is no plugin \"" + printable(node->scalar) + "\"",
                         near.empty() ? "plugins: " + join(names, " ") : near);
    }
    return plugin;
  }

  /// A source of `plugin: http` describes itself, or names the file of a preset that does.
  const Plugin* read_http(MapReader& map, const Plugin& http) {
    const YamlNode* preset = map.optional("preset");
    const bool describes_itself = map.optional("request") != nullptr || map.optional("steps") != nullptr;
    if (preset != nullptr && !describes_itself) {
      return read_preset_file(*preset);
    }
    if (describes_itself) {
      map.optional("version");  // a preset that was copied into the source is one of its own
    }
    own_plugin_ = http;
    if (const YamlNode* params = map.optional("params")) {
      declare_params(option_tree(*params, nullptr), *own_plugin_, diagnostics_);
    }
    return &*own_plugin_;
  }

  /// The kind of source that a file makes.
  const Plugin* read_preset_file(const YamlNode& node) {
    const std::string path =
        resolve_path(name_.position.source->name, read_text(node, diagnostics_, "preset").value_or(""));
    FileHost files;
    auto file = files.read_file(path, kMaxYamlBytes);
    if (!file) {
      const bool is_connector = std::ranges::any_of(
          connectors(), [&](const Connector& connector) { return connector.plugin.name == node.scalar; });
      diagnostics_.error(node.position,
                         file.error().message,
                         is_connector ? "write plugin: " + node.scalar + ", which is built in"
                                      : "write preset: the path of a preset's file");
      return nullptr;
    }
    preset_text_ = file->text;
    if (auto made = read_preset(path, file->text, *reading_.config.texts, diagnostics_)) {
      own_plugin_ = *std::move(made);
      return &*own_plugin_;
    }
    return nullptr;
  }

  /// What the kind of source says where the source says nothing: read before the source's own keys.
  void take_defaults(const Plugin& plugin) {
    if (!plugin.defaults) {
      return;
    }
    const SourceDefaults defaults = plugin.defaults(config_.settings.options);
    config_.settle = defaults.settle.value_or(config_.settle);
    config_.missing = defaults.missing.value_or(config_.missing);
    config_.every = defaults.every.value_or(config_.every);
    config_.settings.zone = defaults.zone.value_or(config_.settings.zone);
    config_.settings.grain = defaults.grain.value_or(config_.settings.grain);
  }

  /// Without its plugin nobody knows the keys of a source.
  [[nodiscard]] bool knows_keys(const Plugin* plugin) const { return plugin != nullptr || !with_plugins_; }

  void read_time(MapReader& map) {
    Span every;
    if (map.span("every", every)) {
      config_.every = std::chrono::milliseconds{every.approximate_ms()};
      if (every.approximate_ms() < 1000) {
        diagnostics_.error(map.position_of("every"), "a source is polled at most once a second", "write every: 15m");
      }
    }
    map.grain("grain", config_.settings.grain);
    map.zone("timezone", config_.settings.zone);
    if (map.span("settle", config_.settle) && config_.settle.approximate_ms() < 0) {
      diagnostics_.error(map.position_of("settle"), "settle cannot be negative");
    }
    std::size_t missing = 0;
    if (map.choice("missing", {"unknown", "zero", "last"}, missing)) {
      config_.missing = static_cast<Missing>(missing);
    }
    Span stale;
    if (map.span("stale", stale)) {
      config_.stale = stale;
      if (stale.approximate_ms() <= 0) {
        diagnostics_.error(map.position_of("stale"), "stale wants how late a period may be", "write stale: 2 days");
      }
    }
    Date since{};
    if (map.date("since", since)) {
      config_.since = since;
    }
  }

  /// A value that people enter is late when they are to be reminded.
  void read_reminder(MapReader& map) {
    config_.is_entered = true;
    if (config_.stale) {
      diagnostics_.error(map.position_of("stale"), "a manual source is not stale", "write remind: 5 days");
    }
    // Read here as a span of the calendar; what is wrong with it was told where it was read as an option.
    if (const YamlNode* remind = map.optional("remind")) {
      if (const auto span = parse_span(remind->scalar)) {
        config_.stale = *span;
      }
    }
  }

  void read_labels(MapReader& map) {
    if (const YamlNode* labels = map.optional("labels")) {
      for (const auto& [name, column] : labels->entries) {
        check_name(name, "label", diagnostics_);
        if (column.kind != YamlNode::Kind::kScalar || column.scalar.empty()) {
          diagnostics_.error(column.position,
                             "label " + printable(name.scalar) + " wants the name of what its values come from",
                             "write labels: {" + printable(name.scalar) + ": Country}");
        }
        config_.settings.labels.push_back({name.scalar, column.scalar, {}, name.position});
      }
      if (labels->kind != YamlNode::Kind::kMap) {
        diagnostics_.error(labels->position,
                           "labels wants names and where their values come from",
                           "write labels: {country: Country}");
      }
    }
    std::ranges::sort(config_.settings.labels,

                      [](const SourceLabel& a, const SourceLabel& b) { return a.name < b.name; });
    if (const YamlNode* rename = map.optional("rename")) {
      read_rename(*rename);
    }
  }

  void read_rename(const YamlNode& node) {
    for (const auto& [name, values] : node.entries) {
      auto& labels = config_.settings.labels;
      const auto found = std::ranges::find_if(labels, [&](const SourceLabel& l) { return l.name == name.scalar; });
      if (found == labels.end()) {
        diagnostics_.error(name.position,
                           "there is no label \"" + printable(name.scalar) + "\" to rename the values of",
                           "declare it under labels");
        continue;
      }
      for (const auto& [from, to] : values.entries) {
        found->rename[from.scalar] = to.scalar;
      }
    }
  }

  void read_metrics(const YamlNode& node, const Plugin* plugin) {
    if (node.kind != YamlNode::Kind::kMap || node.entries.empty()) {
      diagnostics_.error(
          node.position, "a source delivers at least one metric", "write metrics: {visitors: {kind: flow}}");
      return;
    }
    for (const auto& [name, body] : node.entries) {
      check_name(name, "metric", diagnostics_);
      read_metric(name, body, plugin);
    }
    check_weights();
  }

  /// A mean is weighted by a count of the same source, which then comes with the same periods and labels.
  void check_weights() {
    const std::vector<Metric>& metrics = reading_.config.rules.metrics;
    std::vector<std::string> counts;
    for (const std::uint32_t metric : config_.metrics) {
      if (metrics[metric].kind != MetricKind::kMean) {
        counts.push_back(metrics[metric].name.substr(config_.settings.name.size() + 1));
      }
    }
    for (const YamlNode* weight : weights_) {
      if (std::ranges::find(counts, weight->scalar) != counts.end()) {
        continue;
      }
      const std::string near = did_you_mean(weight->scalar, counts);
      diagnostics_.error(weight->position,
                         "a mean is weighted by a count of the same source, and " + config_.settings.name +
                             " has no count \"" + printable(weight->scalar) + "\"",
                         !near.empty()    ? near
                         : counts.empty() ? "declare it beside the mean: metrics: {answers: {kind: flow}}"
                                          : "it has: " + join(counts, " "));
    }
  }

  void read_metric(const YamlNode& name, const YamlNode& body, const Plugin* plugin) {
    SourceMetric metric;
    metric.name = name.scalar;
    metric.position = name.position;
    Metric model;
    model.name = config_.settings.name + "." + name.scalar;
    model.source = config_.settings.name;
    static const YamlNode kNothing = [] {
      YamlNode node;
      node.kind = YamlNode::Kind::kMap;
      return node;
    }();
    const std::string where =
        "sources.{" + printable(config_.settings.name) + "}.metrics.{" + printable(name.scalar) + "}";
    MapReader map(body.kind == YamlNode::Kind::kNull ? kNothing : body, where, diagnostics_);
    std::size_t kind = 0;
    map.choice("kind", {"flow", "level", "mean", "distinct"}, kind);
    metric.kind = model.kind = static_cast<MetricKind>(kind);
    const bool adds_up = model.kind == MetricKind::kFlow || model.kind == MetricKind::kLevel;
    read_weight(map, model);
    const Across combined = model.weight.empty() ? Across::kNone : Across::kMean;
    auto across = static_cast<std::size_t>(adds_up ? Across::kSum : combined);
    map.choice("across", {"sum", "mean", "min", "max", "none"}, across);
    model.across = static_cast<Across>(across);
    metric.has_own_total = model.across == Across::kNone;
    read_unit(map, model);
    if (const YamlNode* scale = map.optional("scale")) {
      if (read_choice(*scale, {"percent"}, diagnostics_)) {
        metric.scale = 0.01;
      }
    }
    if (plugin != nullptr) {
      metric.options = keys(map, where).read(plugin->metric_options);
    } else {
      for (const char* key : {"column"}) {  // a rule test may keep what the plugin would read
        map.optional(key);
      }
    }
    if (knows_keys(plugin)) {
      map.finish();
    }
    add(std::move(metric), std::move(model));
  }

  void read_weight(MapReader& map, Metric& model) {
    const YamlNode* weight = map.optional("weight");
    if (weight == nullptr) {
      return;
    }
    if (model.kind != MetricKind::kMean) {
      diagnostics_.error(
          map.position_of("weight"),
          "only a mean has a weight, " + model.name + " is of the kind " + std::string(name_of(model.kind)),
          "write kind: mean, or leave weight out");
      return;
    }
    if (read_text(*weight, diagnostics_, "weight")) {
      model.weight = config_.settings.name + "." + weight->scalar;
      weights_.push_back(weight);
    }
  }

  void read_unit(MapReader& map, Metric& model) {
    const YamlNode* unit = map.optional("unit");
    const YamlNode* convert = map.optional("convert");
    const bool is_of_column = unit != nullptr && unit->kind == YamlNode::Kind::kMap;
    config_.conversions.push_back(std::nullopt);
    if (is_of_column && convert != nullptr) {
      read_conversion(*unit, *convert, config_, model, diagnostics_);
    } else if (is_of_column || convert != nullptr) {
      diagnostics_.error((is_of_column ? unit : convert)->position,
                         "a currency that stands in a column and what it is converted to go together",
                         "write unit: {column: Currency}, convert: {to: SEK, rates: fx}");
    } else if (const auto text = unit != nullptr ? read_unit_text(*unit, diagnostics_) : std::nullopt) {
      model.unit = *text;
      if (const auto parsed = Unit::parse(*text); !parsed) {
        diagnostics_.error(unit->position, parsed.error().message);
      }
    }
  }

  void add(SourceMetric metric, Metric model) {
    RuleSet& rules = reading_.config.rules;
    config_.metrics.push_back(static_cast<std::uint32_t>(rules.metrics.size()));
    config_.settings.metrics.push_back(std::move(metric));
    model.grain = config_.settings.grain;
    model.zone = config_.settings.zone;
    model.settle = config_.settle;
    model.missing = config_.missing;
    for (const SourceLabel& label : config_.settings.labels) {
      if (label.name != kCurrencyLabel) {
        model.labels.push_back(label.name);
      }
    }
    rules.metrics.push_back(std::move(model));
  }

  void build(const Plugin* plugin) {
    if (plugin == nullptr || reading_.secrets == Secrets::kIgnored) {
      return;
    }
    const bool is_fine = diagnostics_.count(Diagnostic::Severity::kError) == errors_before_;
    // One that reads structures of its own tells what is wrong in them in the same pass.
    const bool reads_trees =
        std::ranges::find(plugin->options, OptionSpec::Type::kTree, &OptionSpec::type) != plugin->options.end();
    if (is_fine || reads_trees) {
      auto source = plugin->create(config_.settings, diagnostics_);
      config_.source = is_fine ? std::move(source) : nullptr;
    }
  }

  const YamlNode& name_;
  ConfigReading& reading_;
  Diagnostics& diagnostics_;
  bool with_plugins_;
  std::size_t errors_before_;             // those of other sources
  std::vector<const YamlNode*> weights_;  // what means of this source are weighted by
  std::optional<Plugin> own_plugin_;
  std::string preset_text_;  // of the file that own_plugin_ was made of
  SourceConfig config_;
};

}  // namespace

void read_sources(const YamlNode& node, ConfigReading& reading, bool with_plugins) {
  if (node.kind != YamlNode::Kind::kMap) {
    reading.diagnostics.error(
        node.position, "sources wants names and settings", "write sources: {web: {plugin: csv, …}}");
    return;
  }
  for (const auto& [name, body] : node.entries) {
    check_name(name, "source", reading.diagnostics);
    if (reading.define("source", name)) {
      SourceReader(name, reading, with_plugins).read(body);
    }
  }
}

}  // namespace kpi

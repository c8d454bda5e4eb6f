#include "plugins/http/preset.hpp"

#include "plugins/http/http_source.hpp"
#include "plugins/http/plan.hpp"
#include "plugins/http/preset_params.hpp"
#include "plugins/http/render.hpp"
#include "plugins/http/tree_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kpi {
namespace {

using Type = OptionSpec::Type;

struct PlanKey {
  const char* name;
  const OptionTree* HttpKeys::* place;
  const char* help;
};

/// The keys of the preset language, as they stand in a preset and in a source of `plugin: http`.
constexpr std::array<PlanKey, 12> kPlanKeys{{
    {"auth", &HttpKeys::auth, "How requests are authorised: {type: bearer, token: \"${env:TOKEN}\"}."},
    {"window", &HttpKeys::window, "Which periods are asked for: {lookback_days: 4, end: inclusive}."},
    {"request", &HttpKeys::request, "What is sent: {url: https://…, query: {from: \"{{window.start}}\"}}."},
    {"steps", &HttpKeys::steps, "Several requests instead of one: submit, ask until it is done, fetch."},
    {"paginate", &HttpKeys::paginate, "How further pages are found: {kind: cursor, from: /next, at: query:after}."},
    {"decode", &HttpKeys::decode, "What the answer is written in: json, chunks, ndjson, csv or text."},
    {"rows", &HttpKeys::rows, "Where dates and values stand: {kind: records, path: /data, date: {field: day}}."},
    {"outcome",
     &HttpKeys::outcome,
     "What answers mean, first match first: [{when: {status: 429}, then: rate_limited}]."},
    {"wait", &HttpKeys::wait, "Where an answer says how long to wait: {header: x-reset, as: epoch}."},
    {"budget", &HttpKeys::budget, "What the credential may do: {requests: 60, per: 1h, concurrency: 4}."},
    {"gauges", &HttpKeys::gauges, "Numbers of the answer that say what is left: {tokens_left: /quota/remaining}."},
    {"fan_out", &HttpKeys::fan_out, "What one call is for: window, day, metric, or [metric, day]."},
}};

std::vector<OptionSpec> metric_options() {
  return {{.key = "column",
           .type = Type::kText,
           .required = false,
           .fallback = "",
           .choices = {},
           .help = "The field of a row with its values, or a path to it; without it, the one named like the metric."},
          {.key = "group",
           .type = Type::kChoice,
           .required = false,
           .fallback = "sum",
           .choices = {"sum", "count", "last", "max", "avg"},
           .help = "How rows of one period and label set become one value; without it, as rows.group says."}};
}

/// What both kinds of create share.
std::unique_ptr<Source> build(const HttpKeys& keys,
                              HttpPlan plan,
                              Diagnostics& diagnostics,
                              std::size_t errors_before) {
  plan.network = read_network_options(plan.settings.options, diagnostics);
  read_plan(keys, plan, diagnostics);
  using FanOut = WindowPlan::FanOut;
  const bool is_one_value = plan.rows.date.form == DatePlan::Form::kWindow;
  if (is_one_value && plan.has_window && plan.window.fan_out == FanOut::kWindow &&
      plan.settings.grain.unit != Grain::Unit::kInstant) {
    diagnostics.error(keys.position,
                      "one value answers for a window of several periods",
                      "write fan_out: day, so that each period is asked for by itself, or rows.date");
  }
  return diagnostics.count(Diagnostic::Severity::kError) == errors_before ? make_http_source(std::move(plan)) : nullptr;
}

std::unique_ptr<Source> create_http(const std::vector<OptionSpec>& declared,
                                    const SourceSettings& settings,
                                    Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  HttpPlan plan;
  plan.settings = settings;
  plan.origin = settings.name;
  add_constants(settings, plan);
  add_parameters(declared, settings, plan);
  HttpKeys keys;
  keys.position = settings.position;
  for (const PlanKey& key : kPlanKeys) {
    if (const auto option = settings.options.find(key.name); option != settings.options.end() && option->second.tree) {
      keys.*key.place = option->second.tree.get();
      plan.trees.push_back(option->second.tree);
    }
  }
  return build(keys, std::move(plan), diagnostics, before);
}

SourceDefaults defaults_of(const OptionTree* window, const OptionTree* rows) {
  SourceDefaults defaults;
  if (const OptionTree* zone = window == nullptr ? nullptr : window->find("timezone")) {
    if (auto found = Zone::find(zone->text)) {
      defaults.zone = *found;
    }
  }
  const OptionTree* missing = rows == nullptr ? nullptr : rows->find("missing");
  if (missing != nullptr && missing->text == "zero") {
    defaults.missing = Missing::kZero;
  }
  return defaults;
}

SourceDefaults defaults_of_source(const OptionValues& options) {
  const auto tree = [&](const char* key) -> const OptionTree* {
    const auto option = options.find(key);
    return option == options.end() ? nullptr : option->second.tree.get();
  };
  return defaults_of(tree("window"), tree("rows"));
}

/// `is_only_zone`: sources may not name another timezone.
SourceDefaults read_defaults(const OptionTree& preset, bool& is_only_zone, Diagnostics& diagnostics) {
  SourceDefaults defaults = defaults_of(preset.find("window"), preset.find("rows"));
  const OptionTree* node = preset.find("defaults");
  if (node == nullptr) {
    return defaults;
  }
  TreeReader map(*node, "defaults", diagnostics);
  if (const OptionTree* settle = map.optional("settle")) {
    if (const auto span = parse_span(settle->text)) {
      defaults.settle = *span;
    } else {
      diagnostics.error(settle->position, span.error().message);
    }
  }
  if (const OptionTree* zone = map.optional("timezone")) {
    if (const auto found = Zone::find(zone->text)) {
      defaults.zone = *found;
    } else {
      diagnostics.error(zone->position, found.error().message);
    }
  }
  if (const OptionTree* grain = map.optional("grain")) {
    if (const auto found = parse_grain(grain->text)) {
      defaults.grain = *found;
    } else {
      diagnostics.error(grain->position, found.error().message);
    }
  }
  std::chrono::milliseconds every{0};
  if (map.span("every", every)) {
    defaults.every = every;
  }
  map.flag("only_timezone", is_only_zone);
  map.finish();
  return defaults;
}

/// What else is wrong with a preset: without a source, each of its parameters and metrics stands for any.
void check_rest(const HttpKeys& keys, const Plugin& plugin, Diagnostics& diagnostics) {
  HttpPlan plan;
  for (const OptionSpec& spec : plugin.options) {
    plan.values[spec.key] = Json();
    plan.values["secret." + spec.key] = Json();
  }
  SourceMetric& metric = plan.settings.metrics.emplace_back();
  for (const OptionSpec& spec : plugin.metric_options) {
    metric.options[spec.key].text = spec.fallback;
  }
  read_plan(keys, plan, diagnostics);
}

/// Days that the other side cuts in one zone must not get the names of days in another.
void check_zone(const Zone& only, const HttpPlan& plan, Diagnostics& out) {
  if (plan.settings.zone.name() != only.name()) {
    out.error(plan.settings.position,
              "the days of " + plan.origin + " are those of " + only.name() + ", not of " + plan.settings.zone.name(),
              "leave timezone out of this source");
  }
}

}  // namespace

Plugin http_plugin() {
  std::vector<OptionSpec> options;
  for (const PlanKey& key : kPlanKeys) {
    options.push_back(
        {.key = key.name, .type = Type::kTree, .required = false, .fallback = "", .choices = {}, .help = key.help});
  }
  options.push_back({.key = "params",
                     .type = Type::kTree,
                     .required = false,
                     .fallback = "",
                     .choices = {},
                     .help = "Constants that the other keys name as {{NAME}}."});
  options.push_back({.key = "secrets",
                     .type = Type::kTree,
                     .required = false,
                     .fallback = "",
                     .choices = {},
                     .help = "Secrets that the other keys name as {{secret.NAME}}."});
  for (OptionSpec& spec : network_options()) {
    options.push_back(std::move(spec));
  }
  std::vector<OptionSpec> of_metric = metric_options();
  of_metric.push_back({.key = "query",
                       .type = Type::kText,
                       .required = false,
                       .fallback = "",
                       .choices = {},
                       .help = "A text of its own that requests name as {{metric.query}}."});
  return {.name = "http",
          .help = "Any HTTP interface, described in YAML; `preset: FILE` makes a kind of source from a file.",
          .options = std::move(options),
          .metric_options = std::move(of_metric),
          .create = [](const SourceSettings& settings,
                       Diagnostics& diagnostics) { return create_http({}, settings, diagnostics); },
          .defaults = defaults_of_source};
}

void declare_params(const OptionTree& params, Plugin& plugin, Diagnostics& diagnostics) {
  std::vector<OptionSpec> declared;
  for (const auto& [name, body] : params.entries) {
    if (is_declared(body)) {
      declared.push_back(read_param(name, body, diagnostics));
    }
  }
  plugin.options.insert(plugin.options.end(), declared.begin(), declared.end());
  plugin.create = [declared](const SourceSettings& settings, Diagnostics& out) {
    return create_http(declared, settings, out);
  };
}

std::optional<Plugin> preset_plugin(const std::string& name,
                                    std::shared_ptr<const OptionTree> preset,
                                    Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  TreeReader map(*preset, "a preset", diagnostics);
  std::string own_name;
  map.text("preset", own_name);
  std::int64_t version = 1;
  map.integer("version", 1, 1, version);
  const OptionTree* about = map.optional("about");
  map.optional("defaults");
  const std::vector<OptionSpec> params = read_params(map.optional("params"), diagnostics);
  Plugin plugin;
  plugin.name = name;
  plugin.options = params;
  plugin.metric_options = metric_options();
  for (OptionSpec& spec : read_params(map.optional("metric_params"), diagnostics)) {
    std::erase_if(plugin.metric_options, [&](const OptionSpec& known) { return known.key == spec.key; });
    plugin.metric_options.push_back(std::move(spec));
  }
  for (OptionSpec& spec : network_options()) {
    plugin.options.push_back(std::move(spec));
  }
  HttpKeys keys;
  for (const PlanKey& key : kPlanKeys) {
    keys.*key.place = map.optional(key.name);
  }
  map.finish();
  if (about != nullptr) {
    plugin.help = preset_page(name, *preset, diagnostics).value_or(PresetPage{}).title;
  }
  bool is_only_zone = false;
  const SourceDefaults defaults = read_defaults(*preset, is_only_zone, diagnostics);
  const std::optional<Zone> only_zone = is_only_zone ? defaults.zone : std::nullopt;
  plugin.defaults = [defaults](const OptionValues&) { return defaults; };
  plugin.create = [keys, params, preset, name, only_zone](const SourceSettings& settings, Diagnostics& out) {
    const std::size_t errors = out.count(Diagnostic::Severity::kError);
    HttpPlan plan;
    plan.settings = settings;
    plan.origin = name;
    plan.trees.push_back(preset);
    add_parameters(params, settings, plan);
    if (only_zone) {
      check_zone(*only_zone, plan, out);
    }
    HttpKeys placed = keys;
    placed.position = settings.position;
    return build(placed, std::move(plan), out, errors);
  };
  if (diagnostics.count(Diagnostic::Severity::kError) != before) {
    check_rest(keys, plugin, diagnostics);
    return std::nullopt;
  }
  return plugin;
}

std::optional<PresetPage> preset_page(const std::string& name, const OptionTree& preset, Diagnostics& diagnostics) {
  const OptionTree* about = preset.find("about");
  if (about == nullptr) {
    return std::nullopt;
  }
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  PresetPage page;
  page.name = name;
  TreeReader map(*about, "about", diagnostics);
  map.text("title", page.title);
  map.text("rights", page.rights);
  map.text("quota", page.quota);
  map.text("restatement", page.restatement);
  map.text("example", page.example);
  for (auto [key, list] : {std::pair("setup", &page.setup), std::pair("notes", &page.notes)}) {
    const OptionTree* node = map.optional(key);
    for (const OptionTree* item : node == nullptr ? std::vector<const OptionTree*>{} : items_of(*node)) {
      list->push_back(item->text);
    }
  }
  map.finish();
  return diagnostics.count(Diagnostic::Severity::kError) == before ? std::optional(std::move(page)) : std::nullopt;
}

}  // namespace kpi

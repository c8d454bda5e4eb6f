#include "daemon/cli/source_block.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace kpi {
namespace {

constexpr std::size_t kWidth = 100;

/// What stands in a block where neither a default nor the type tells what could: by plugin ("" is any) and key.
struct Sample {
  std::string_view plugin;
  std::string_view key;
  std::string_view value;
};

constexpr std::array<Sample, 23> kSamples{{
    {"sql", "database", "sqlite:crm.db"},
    {"sql", "query", "SELECT date, METRIC FROM by_day WHERE date >= :from AND date < :to"},
    {"exec", "command", "[./orders.py]"},
    {"exec", "environment", "[HOME]"},
    {"shared", "library", "/usr/lib/kpid/plugins/warehouse.so"},
    {"http",
     "request",
     R"({url: "https://api.example.com/v1/days", query: {from: "{{window.start}}", to: "{{window.end}}"}})"},
    {"http", "auth", R"({type: bearer, token: "${env:HTTP_TOKEN}"})"},
    {"http", "rows", "{kind: records, path: /data, date: {field: date}}"},
    {"http", "window", "{lookback_days: 4, end: inclusive}"},
    {"http", "steps", R"([{request: {url: "https://api.example.com/v1/jobs"}, until: {json: "/state == done"}}])"},
    {"http", "paginate", R"({kind: cursor, from: /next, at: "query:after"})"},
    {"http", "decode", "json"},
    {"http", "outcome", "[{when: {status: 429}, then: rate_limited}]"},
    {"http", "wait", "{header: x-reset, as: epoch}"},
    {"http", "budget", "{requests: 60, per: 1h, concurrency: 4}"},
    {"http", "gauges", "{calls_left: /quota/left}"},
    {"http", "fan_out", "day"},
    {"http", "params", "{shop: acme}"},
    {"http", "secrets", R"({token: "${env:HTTP_TOKEN}"})"},
    {"exec", "secrets", R"({token: "${env:EXEC_TOKEN}"})"},
    {"csv", "delimiter", R"(";")"},
    {"json", "records", "/data/days"},
    {"", "allow_private", "[10.0.0.0/8]"},
}};

std::string_view sample_of(const std::string& plugin, std::string_view key) {
  const auto* const found = std::ranges::find_if(kSamples, [&](const Sample& sample) {
    return sample.key == key && (sample.plugin.empty() || sample.plugin == plugin);
  });
  return found == kSamples.end() ? "" : found->value;
}

/// The keys that a source needs; of an http source one of several would do.
bool is_needed(const OptionSpec& spec, const std::string& plugin) {
  return spec.required || (plugin == "http" && (spec.key == "request" || spec.key == "rows"));
}

/// The help as comment lines.
std::string comment(const std::string& help, const std::string& indent) {
  std::string text;
  std::string line = indent + "#";
  for (const std::string_view word : split(help, ' ')) {
    if (line.size() + 1 + word.size() > kWidth) {
      text += line + "\n";
      line = indent + "#";
    }
    line += " " + std::string(word);
  }
  return text + line + "\n";
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '/' || c == ' ';
  });
}

std::string upper(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '.' ? '_' : c;
  }
  return result;
}

/// What stands behind the key: its default, or what is to be filled in.
std::string value_of(const OptionSpec& spec, const std::string& plugin) {
  if (!spec.fallback.empty()) {
    return is_plain(spec.fallback) ? spec.fallback : "\"" + spec.fallback + "\"";
  }
  if (const std::string_view sample = sample_of(plugin, spec.key); !sample.empty()) {
    return std::string(sample);
  }
  switch (spec.type) {
    case OptionSpec::Type::kPath:
      return "data/FILE";
    case OptionSpec::Type::kSecret:
      return "\"${env:" + upper(plugin) + "_" + upper(spec.key) + "}\"";
    case OptionSpec::Type::kChoice:
      return spec.choices.empty() ? "CHOICE" : spec.choices.front();
    case OptionSpec::Type::kNumber:
      return "0";
    case OptionSpec::Type::kFlag:
      return "false";
    case OptionSpec::Type::kDuration:
      return "1 day";
    case OptionSpec::Type::kList:
      return "[data]";
    case OptionSpec::Type::kTree:
      return "{}";
    case OptionSpec::Type::kText:
      break;
  }
  return upper(spec.key);
}

std::string_view map_of(const OptionSpec& spec) {
  const std::size_t dot = spec.key.find('.');
  return dot == std::string::npos ? std::string_view() : std::string_view(spec.key).substr(0, dot);
}

/// A key, or all keys of one map ("date.column", "date.format"), which stand in one line.
std::string key_lines(std::span<const OptionSpec> specs, const std::string& plugin, const std::string& indent) {
  const std::string_view map = map_of(specs.front());
  std::string text;
  std::string pairs;
  for (const OptionSpec& spec : specs) {
    text += comment(spec.help, indent);
    const std::string name = map.empty() ? spec.key : spec.key.substr(map.size() + 1);
    pairs += (pairs.empty() ? "" : ", ") + name + ": " + value_of(spec, plugin);
  }
  const std::string line = map.empty() ? pairs : std::string(map) + ": {" + pairs + "}";
  return text + indent + (is_needed(specs.front(), plugin) ? "" : "# ") + line + "\n";
}

/// The keys from `at` on that stand in one line.
std::span<const OptionSpec> line_at(const std::vector<OptionSpec>& specs, std::size_t at) {
  std::size_t end = at + 1;
  while (!map_of(specs[at]).empty() && end < specs.size() && map_of(specs[end]) == map_of(specs[at])) {
    ++end;
  }
  return std::span(specs).subspan(at, end - at);
}

}  // namespace

std::string source_block(const Plugin& plugin) {
  std::string text = "sources:\n  " + plugin.name + ":" +
                     std::string(20 - std::min<std::size_t>(plugin.name.size(), 19), ' ') +
                     "# a name of your own; formulas write " + plugin.name + ".METRIC\n";
  const std::string indent = "    ";
  text += comment(plugin.help, indent) + indent + "plugin: " + plugin.name + "\n";
  for (const bool is_required : {true, false}) {
    for (std::size_t at = 0; at < plugin.options.size();) {
      const auto line = line_at(plugin.options, at);
      if (is_needed(line.front(), plugin.name) == is_required) {
        text += key_lines(line, plugin.name, indent);
      }
      at += line.size();
    }
  }
  text += indent + "every: 1h                 # how often `kpid run` polls it\n" + indent +
          "grain: day                # the period of one value\n" + indent +
          "# timezone: Europe/Stockholm      # in which its days are cut; default: the daemon's\n" + indent +
          "# settle: 1 day           # how long after its end a day's numbers may still change\n" +
          (plugin.is_entered ? ""
                             : indent + "# stale: 2 days           # somebody is told when the next day is so late\n") +
          indent + "# since: 2024-01-01       # how far back the first poll reads\n" + indent +
          "# labels: {country: Country}      # a label, and where its value comes from\n" + indent + "metrics:\n";
  const std::string inner = indent + "  ";
  text += comment("kind: flow adds up, level is a state, mean a score as delivered, distinct counts different people.",
                  inner);
  std::string keys;
  for (const OptionSpec& spec : plugin.metric_options) {
    text += comment(spec.key + ": " + spec.help, inner);
    keys += spec.required ? ", " + spec.key + ": " + value_of(spec, plugin.name) : "";
  }
  return text + inner + "METRIC: {kind: flow, unit: visits" + keys + "}\n";
}

std::string connector_block(const Connector& connector) {
  const PresetPage& about = connector.page;
  std::string text = "# " + about.title + "\n#\n# What to create:\n";
  int number = 0;
  for (const std::string& step : about.setup) {
    text += comment(std::to_string(++number) + ". " + step, "");
  }
  text += "#\n" + comment("Rights: " + about.rights, "") + comment("Quota: " + about.quota, "") +
          comment("Restatement: " + about.restatement, "");
  for (const std::string& note : about.notes) {
    text += comment(note, "");
  }
  text += about.example + "    # may be added:\n";
  for (const OptionSpec& spec : connector.plugin.options) {
    if (!spec.required && about.example.find(" " + spec.key + ":") == std::string::npos) {
      text += key_lines(std::span(&spec, 1), connector.plugin.name, "    ");
    }
  }
  return text;
}

}  // namespace kpi

#include "rules/load/pack.hpp"

#include "rules/base/text.hpp"
#include "rules/expr/lexer.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <vector>

namespace kpi {
namespace {

/// The user's names for what a pack calls by its own.
struct Binding {
  std::map<std::string, std::string> sources;  ///< "web" -> "ga4"
  std::map<std::string, std::string> metrics;  ///< "web.visitors" -> "ga4.users"; comes before `sources`

  [[nodiscard]] std::string name_of(const std::string& metric) const {
    if (const auto found = metrics.find(metric); found != metrics.end()) {
      return found->second;
    }
    const std::size_t dot = metric.find('.');
    const auto source = sources.find(metric.substr(0, dot));
    return source == sources.end() ? metric : source->second + metric.substr(dot);
  }
};

std::map<std::string, std::string> read_names(MapReader& map, std::string_view key, bool has_dot) {
  std::map<std::string, std::string> names;
  const YamlNode* node = map.optional(key);
  if (node == nullptr) {
    return names;
  }
  const std::string remedy = has_dot ? "write metrics: {web.visitors: ga4.users}" : "write sources: {web: ga4}";
  if (node->kind != YamlNode::Kind::kMap) {
    map.diagnostics().error(node->position, std::string(key) + " wants the pack's names and yours", remedy);
    return names;
  }
  for (const auto& [from, to] : node->entries) {
    const auto text = read_text(to, map.diagnostics(), from.scalar);
    const bool fits = text && (from.scalar.find('.') != std::string::npos) == has_dot &&
                      (text->find('.') != std::string::npos) == has_dot;
    if (fits) {
      names.emplace(from.scalar, *text);
    } else if (text) {
      map.diagnostics().error(
          to.position,
          has_dot ? "a metric is named by its source and its own name, with a dot" : "a source is named without a dot",
          remedy);
    }
  }
  return names;
}

using Entry = std::pair<YamlNode, YamlNode>;

/// The entry of a map under `key`, or null.
Entry* find(YamlNode& map, std::string_view key) {
  const auto found = std::ranges::find_if(map.entries, [&](const auto& entry) { return entry.first.scalar == key; });
  return found == map.entries.end() ? nullptr : &*found;
}

/// Maps are merged key by key; anything else takes the place of what stood there, and its key the place in the file.
void merge(YamlNode& into, const YamlNode& change) {
  if (into.kind != YamlNode::Kind::kMap || change.kind != YamlNode::Kind::kMap) {
    into = change;
    return;
  }
  for (const auto& [key, value] : change.entries) {
    if (Entry* there = find(into, key.scalar)) {
      if (there->second.kind != YamlNode::Kind::kMap || value.kind != YamlNode::Kind::kMap) {
        there->first.position = key.position;
      }
      merge(there->second, value);
    } else {
      into.entries.emplace_back(key, value);
    }
  }
}

/// Renames in one KPI, and notes what it reads.
class Binder {
 public:
  /// `whole`: all KPIs of the pack.
  Binder(const Binding& binding, std::string kpi, const YamlNode& whole, UsedPack& used)
      : binding_(binding), kpi_(std::move(kpi)), whole_(whole), used_(used) {}

  void bind_kpi(YamlNode& body) {
    for (auto& [key, value] : body.entries) {
      if (key.scalar == "value") {
        bind(value);
      } else if (key.scalar == "parts") {
        std::ranges::for_each(value.entries, [&](auto& part) { bind(part.second); });
      } else if (key.scalar == "min_sample") {
        std::ranges::for_each(value.entries, [&](auto& least) { bind(least.first); });
      } else if (key.scalar == "thresholds" || key.scalar == "alerts") {
        bind_limits(value);
      }
    }
  }

 private:
  void bind_limits(YamlNode& node) {
    std::ranges::for_each(node.items, [&](YamlNode& item) { bind_limits(item); });
    for (auto& [key, value] : node.entries) {
      static constexpr std::array<std::string_view, 4> kExpressions{"warning", "critical", "recover", "when"};
      const bool is_expression =
          value.kind == YamlNode::Kind::kScalar && std::ranges::find(kExpressions, key.scalar) != kExpressions.end();
      if (is_expression) {
        bind(value);
      } else {
        bind_limits(value);
      }
    }
  }

  /// One expression; what is none is left for the loader to report.
  void bind(YamlNode& node) {
    const auto tokens = tokenize(node.scalar);
    if (!tokens) {
      return;
    }
    for (const Token& token : std::ranges::reverse_view(*tokens)) {
      const bool is_metric = token.kind == Token::Kind::kName && token.text.find('.') != std::string::npos &&
                             !token.text.starts_with("target.");
      if (is_metric) {
        const std::string name = binding_.name_of(token.text);
        used_.metrics[name].insert(kpi_);
        used_.own_names.emplace(name, token.text);
        node.scalar.replace(token.range.begin, token.range.end - token.range.begin, name);
      } else if (token.kind == Token::Kind::kName && whole_.find(token.text) != nullptr &&
                 used_.kpis.find(token.text) == nullptr) {
        used_.left_out[token.text].insert(kpi_);
      }
    }
  }

  const Binding& binding_;
  std::string kpi_;
  const YamlNode& whole_;
  UsedPack& used_;
};

std::vector<std::string> names_in(const YamlNode& kpis) {
  std::vector<std::string> names;
  names.reserve(kpis.entries.size());
  for (const auto& [name, body] : kpis.entries) {
    names.push_back(name.scalar);
  }
  return names;
}

/// All metrics that a pack reads, by its own names.
std::set<std::string> metrics_in(const YamlNode& pack) {
  UsedPack all{pack, {}, {}};
  for (auto& [id, body] : all.kpis.entries) {
    Binder({}, id.scalar, pack, all).bind_kpi(body);
  }
  std::set<std::string> names;
  for (const auto& [metric, kpis] : all.metrics) {
    names.insert(metric);
  }
  return names;
}

/// What `sources` and `metrics` rename must be the pack's: another name, such as the user's own, would do nothing.
void check_names(MapReader& map, const std::string& pack, const YamlNode& whole) {
  const std::set<std::string> metrics = metrics_in(whole);
  std::set<std::string> sources;
  for (const std::string& metric : metrics) {
    sources.insert(metric.substr(0, metric.find('.')));
  }
  const auto check = [&](std::string_view key, const std::set<std::string>& known) {
    const YamlNode* node = known.empty() ? nullptr : map.optional(key);
    for (const auto& [from, to] : node == nullptr ? decltype(whole.entries){} : node->entries) {
      const bool is_misplaced = (from.scalar.find('.') != std::string::npos) != (key == "metrics");
      if (known.contains(from.scalar) || is_misplaced) {
        continue;  // what is misplaced was told
      }
      const std::vector<std::string> names(known.begin(), known.end());
      const std::string near = did_you_mean(from.scalar, names);
      map.diagnostics().error(from.position,
                              "the pack \"" + pack + "\" reads no \"" + printable(from.scalar, 60) + "\"",
                              near.empty() ? "first its name, then yours; it reads: " + join(names, " ") : near);
    }
  };
  check("sources", sources);
  check("metrics", metrics);
}

void report_unknown(const YamlNode& name, const std::string& pack, const YamlNode& kpis, Diagnostics& diagnostics) {
  const std::vector<std::string> names = names_in(kpis);
  const std::string near = did_you_mean(name.scalar, names);
  diagnostics.error(name.position,
                    "the pack \"" + pack + "\" has no KPI \"" + printable(name.scalar, 60) + "\"",
                    near.empty() ? "it has: " + join(names, " ") : near);
}

void keep_only(const YamlNode& only, const std::string& pack, YamlNode& kpis, Diagnostics& diagnostics) {
  for (const YamlNode& name : only.items) {
    if (kpis.find(name.scalar) == nullptr) {
      report_unknown(name, pack, kpis, diagnostics);
    }
  }
  const std::vector<std::string> kept = read_text_list(only, diagnostics, "only");
  std::erase_if(kpis.entries,
                [&](const auto& entry) { return std::ranges::find(kept, entry.first.scalar) == kept.end(); });
}

}  // namespace

UsedPack use_pack(MapReader& map, const std::string& name, const YamlNode& pack) {
  UsedPack used;
  if (const YamlNode* kpis = pack.find("kpis")) {
    used.kpis = *kpis;
  }
  const YamlNode whole = used.kpis;
  const Binding binding{read_names(map, "sources", false), read_names(map, "metrics", true)};
  check_names(map, name, whole);
  if (const YamlNode* only = map.optional("only")) {
    keep_only(*only, name, used.kpis, map.diagnostics());
  }
  const YamlNode* change = map.optional("change");
  if (change != nullptr && change->kind != YamlNode::Kind::kMap) {
    map.diagnostics().error(
        change->position, "change wants KPIs and their keys", "write change: {visitors: {owner: growth}}");
    change = nullptr;
  }
  for (auto& [id, body] : used.kpis.entries) {
    Binder(binding, id.scalar, whole, used).bind_kpi(body);
  }
  // What the user writes stands in his own names.
  for (const auto& [id, body] : change == nullptr ? decltype(whole.entries){} : change->entries) {
    if (Entry* there = find(used.kpis, id.scalar)) {
      merge(there->second, body);
    } else if (whole.find(id.scalar) != nullptr) {
      map.diagnostics().error(id.position,
                              "only leaves out \"" + printable(id.scalar, 60) + "\" of the pack \"" + name + "\"",
                              "add it to only, or leave this change out");
    } else {
      report_unknown(id, name, whole, map.diagnostics());
    }
  }
  return used;
}

}  // namespace kpi

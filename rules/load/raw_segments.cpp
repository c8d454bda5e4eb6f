// What a KPI says of its segments, and of other KPIs.

#include "rules/base/text.hpp"
#include "rules/load/raw_reading.hpp"

#include <algorithm>
#include <map>

namespace kpi {
namespace {

constexpr std::size_t kMostSegments = 10'000;
constexpr std::size_t kMostNames = 100;

using ListedValues = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Adds every combination of the listed values of a split's labels.
void add_combinations(const std::vector<std::string>& split, const ListedValues& listed, std::vector<Labels>& expect) {
  std::vector<Labels> segments{{}};
  for (const std::string& label : split) {
    std::vector<Labels> longer;
    for (const Labels& segment : segments) {
      for (const std::string& value : listed.at(label)) {
        longer.push_back(segment);
        longer.back().emplace_back(label, value);
      }
    }
    segments = std::move(longer);
    if (segments.size() > kMostSegments) {
      break;  // reported by the caller: there are more than max_segments
    }
  }
  expect.insert(expect.end(), segments.begin(), segments.end());
}

void read_expect(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(node.position, "expect wants labels and their values", "write expect: {country: [SE, NO]}");
    return;
  }
  ListedValues listed;
  for (const auto& [label, values] : node.entries) {
    listed.emplace(label.scalar, read_text_list(values, diagnostics, label.scalar));
  }
  const auto is_listed = [&](const std::string& label) { return listed.contains(label); };
  for (const auto& split : kpi.split_by) {
    if (std::ranges::all_of(split, is_listed)) {
      add_combinations(split, listed, kpi.expect);
    }
  }
  std::ranges::sort(kpi.expect);
  const auto twice = std::ranges::unique(kpi.expect);
  kpi.expect.erase(twice.begin(), twice.end());
  for (const auto& [label, values] : node.entries) {
    const auto uses = [&](const std::vector<std::string>& split) {
      return std::ranges::find(split, label.scalar) != split.end() && std::ranges::all_of(split, is_listed);
    };
    std::vector<std::string> labels;
    for (const std::vector<std::string>& split : kpi.split_by) {
      labels.insert(labels.end(), split.begin(), split.end());
    }
    if (!labels.empty() && std::ranges::find(labels, label.scalar) == labels.end()) {
      diagnostics.error(
          label.position,
          kpi.id + " is not split by \"" + printable(label.scalar) + "\" but by " + join(labels, ", "),
          "write expect: {" + labels.front() + ": […]}, or add " + printable(label.scalar) + " to split_by");
    } else if (std::ranges::none_of(kpi.split_by, uses)) {
      diagnostics.error(label.position,
                        "no split of " + kpi.id + " is listed whole by \"" + printable(label.scalar) + "\"",
                        "expect lists values of every label of a split: write split_by: [" + printable(label.scalar) +
                            "], or list its other labels too");
    }
  }
  if (kpi.expect.size() > kpi.max_segments) {
    diagnostics.error(node.position,
                      "expect lists " + std::to_string(kpi.expect.size()) + " segments, max_segments is " +
                          std::to_string(kpi.max_segments),
                      "write a higher max_segments:");
  }
}

void read_min_sample(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(node.position, "min_sample wants metrics and counts", "write min_sample: {web.visits: 200}");
    return;
  }
  for (const auto& [metric, least] : node.entries) {
    RawMinSample sample;
    sample.metric = read_expression(metric, diagnostics);
    const Expr* tree = sample.metric.tree.get();
    const bool is_all =
        tree != nullptr && tree->kind == Expr::Kind::kCall && tree->text == "all" && tree->children.size() == 1;
    if (is_all) {
      tree = tree->children[0].get();
    }
    if (tree != nullptr && (tree->kind != Expr::Kind::kName || tree->text.find('.') == std::string::npos)) {
      diagnostics.error(
          metric.position, "min_sample wants the name of a metric", "write min_sample: {web.visits: 200}");
      continue;
    }
    const auto number = read_number(least, diagnostics, "min_sample");
    if (number && (*number < 0 || least.scalar.ends_with('%'))) {
      diagnostics.error(least.position,
                        *number < 0 ? "a count cannot be negative" : "min_sample is a count, not a share",
                        "write how many must have been counted: {" + printable(metric.scalar) + ": 200}");
    }
    sample.least = number.value_or(0);
    raw.min_sample.push_back(std::move(sample));
  }
}

}  // namespace

void read_segment_keys(MapReader& map, RawKpi& raw) {
  std::int64_t most = 0;
  if (map.integer("max_segments", 1, static_cast<std::int64_t>(kMostSegments), most)) {
    raw.kpi.max_segments = static_cast<std::size_t>(most);
    if (raw.kpi.split_by.empty()) {
      map.diagnostics().warning(map.position_of("max_segments"),
                                "max_segments says nothing without split_by: there is the total only",
                                "write split_by: with the labels to split by, or leave max_segments out");
    }
  }
  if (const YamlNode* expect = map.optional("expect")) {
    read_expect(*expect, raw.kpi, map.diagnostics());
  }
  Span retire;
  if (map.span("retire", retire)) {
    raw.kpi.retire = retire;
    if (retire.approximate_ms() <= 0) {
      map.diagnostics().error(map.position_of("retire"),
                              "retire is a length of time such as 90 days",
                              "write retire: 90 days, or leave it out: never");
    } else if (raw.kpi.split_by.empty()) {
      map.diagnostics().warning(map.position_of("retire"),
                                "retire says nothing without split_by: the total never retires",
                                "write split_by: with the labels to split by, or leave retire out");
    }
  }
  if (const YamlNode* sample = map.optional("min_sample")) {
    read_min_sample(*sample, raw, map.diagnostics());
  }
}

std::vector<std::string> check_split_labels(const RawKpi& raw,
                                            const std::set<std::string>& there,
                                            Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const auto& [label, position] : raw.split_labels) {
    if (there.empty() || there.contains(label)) {
      known.push_back(label);
      continue;
    }
    const std::vector<std::string> labels(there.begin(), there.end());
    const std::string near = did_you_mean(label, labels);
    diagnostics.error(position,
                      "nothing that " + raw.kpi.id + " reads has the label \"" + printable(label, 60) + "\"",
                      near.empty() ? "labels: " + join(labels, " ") : near);
  }
  return known;
}

void check_splits(const RawKpi& raw, const std::vector<Kpi>& kpis, Diagnostics& diagnostics) {
  const Kpi& kpi = raw.kpi;
  if (!kpi.expect.empty()) {
    return;  // says which segments there are
  }
  std::vector<std::uint32_t> read;
  bool has_metric = false;  // those have the labels: the compiler saw to that
  const auto look_at = [&](const Program& program) {
    has_metric = has_metric || std::ranges::any_of(program.metrics, [](const auto& input) { return !input.all; });
    for (const KpiInput& input : program.kpis) {
      if (!input.is_self) {
        read.push_back(input.kpi);
      }
    }
  };
  look_at(kpi.value);
  if (kpi.thresholds) {
    each_threshold_program(*kpi.thresholds, look_at);
  }
  for (const AlertRule& alert : kpi.alerts) {
    look_at(alert.when);
  }
  for (const std::vector<std::string>& split : has_metric || read.empty() ? decltype(kpi.split_by){} : kpi.split_by) {
    const auto holds = [&](const std::vector<std::string>& other) {
      return std::ranges::all_of(split, [&](const auto& label) { return std::ranges::count(other, label) != 0; });
    };
    const auto has_segments = [&](std::uint32_t index) { return std::ranges::any_of(kpis[index].split_by, holds); };
    if (std::ranges::none_of(read, has_segments)) {
      const Kpi& other = kpis[read.front()];
      std::vector<std::string> splits;
      for (const auto& one : other.split_by) {
        splits.push_back(one.size() == 1 ? one.front() : "[" + join(one, ", ") + "]");
      }
      const std::string its = splits.empty() ? "" : "[" + join(splits, ", ") + "]";
      diagnostics.error(raw.split_labels.at(split.front()),
                        "nothing that " + kpi.id + " reads is split by " + join(split, " and ") +
                            ": no such segment would ever be judged",
                        its.empty() ? "split " + other.id + " so, or leave split_by out"
                                    : "split " + other.id + " so, or write split_by: " + its);
    }
  }
}

void read_relations(MapReader& map, RawKpi& raw) {
  const auto each_name = [&](const YamlNode& node, const auto& use) {
    const std::vector<YamlNode> alone{node};
    const std::vector<YamlNode>& items = node.kind == YamlNode::Kind::kScalar ? alone : node.items;
    if (node.kind == YamlNode::Kind::kMap || items.size() > kMostNames) {
      map.diagnostics().error(node.position, "a list of at most " + std::to_string(kMostNames) + " names was expected");
      return;
    }
    for (const YamlNode& item : items) {
      if (const auto name = read_text(item, map.diagnostics(), "was")) {
        use(*name, item.position);
      }
    }
  };
  if (const YamlNode* was = map.optional("was")) {
    each_name(*was, [&](const std::string& name, Position position) {
      raw.kpi.was.push_back(name);
      raw.was_positions.push_back(position);
    });
  }
  if (const YamlNode* inhibits = map.optional("inhibits")) {
    each_name(*inhibits, [&](const std::string& name, Position position) {
      const std::size_t dot = std::min(name.find('.'), name.size());
      raw.kpi.inhibits.push_back({name.substr(0, dot), name.substr(std::min(dot + 1, name.size()))});
      raw.inhibits_positions.push_back(position);
    });
  }
}

}  // namespace kpi

#include "rules/load/raw_kpi.hpp"

#include "rules/base/text.hpp"
#include "rules/load/definition.hpp"
#include "rules/load/raw_reading.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

void read_better(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kMap) {
    MapReader map(node, where(kpi, ".better"), diagnostics);
    const YamlNode* within = map.required("within", "write better: {within: [low, high]}");
    if (within != nullptr) {
      const bool is_pair = within->kind == YamlNode::Kind::kSequence && within->items.size() == 2;
      const auto low = is_pair ? read_number(within->items[0], diagnostics, "within") : std::nullopt;
      const auto high = is_pair ? read_number(within->items[1], diagnostics, "within") : std::nullopt;
      if (!is_pair || (low && high && *low >= *high)) {
        diagnostics.error(
            within->position, "within wants two numbers, the lower one first", "write within: [3.5, 4.5]");
      } else if (low && high) {
        kpi.better = Better{Better::Kind::kWithin, *low, *high};
      }
    }
    map.finish();
    return;
  }
  if (const auto choice = read_choice(node, {"higher", "lower"}, diagnostics, "better")) {
    kpi.better.kind = *choice == 0 ? Better::Kind::kHigher : Better::Kind::kLower;
  }
}

void read_split_by(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics) {
  Kpi& kpi = raw.kpi;
  if (node.kind == YamlNode::Kind::kScalar) {
    raw.split_labels.emplace(node.scalar, node.position);
    kpi.split_by.push_back({node.scalar});
    return;
  }
  for (const YamlNode& item : node.items) {
    const std::vector<YamlNode> alone{item};
    for (const YamlNode& label : item.kind == YamlNode::Kind::kSequence ? item.items : alone) {
      raw.split_labels.emplace(label.scalar, label.position);
    }
    std::vector<std::string> labels = read_text_list(item, diagnostics, "split_by");
    std::ranges::sort(labels);
    if (std::ranges::adjacent_find(labels) != labels.end()) {
      diagnostics.error(item.position, "a label stands twice in one split");
    }
    const bool is_known = std::ranges::find(kpi.split_by, labels) != kpi.split_by.end();
    if (is_known) {
      diagnostics.error(item.position, "the same split stands here twice", "leave one of them out");
    } else if (!labels.empty()) {
      kpi.split_by.push_back(std::move(labels));
    }
  }
  if (node.kind != YamlNode::Kind::kSequence) {
    diagnostics.error(node.position, "split_by wants a list of labels", "write split_by: [country]");
  }
}

void read_words(MapReader& map, Kpi& kpi) {
  map.text("title", kpi.title);
  map.text("description", kpi.description);
  for (const std::string_view key : {"title", "description"}) {
    if (const YamlNode* node = map.optional(key)) {
      warn_of_comment(*node, key, map.diagnostics());
    }
  }
  map.text("owner", kpi.owner);
  map.text("objective", kpi.objective);
  map.text("runbook", kpi.runbook);
  Date reviewed{};
  if (map.date("reviewed", reviewed)) {
    kpi.reviewed = reviewed;
  }
  if (const YamlNode* labels = map.optional("labels")) {
    read_own_labels(*labels, kpi.labels, map.diagnostics());
  }
}

void read_unit(MapReader& map, RawKpi& raw) {
  const YamlNode* node = map.optional("unit");
  if (node == nullptr) {
    return;
  }
  raw.unit_position = node->position;
  const auto text = read_unit_text(*node, map.diagnostics());
  if (!text) {
    return;
  }
  auto unit = Unit::parse(*text);
  if (!unit) {
    map.diagnostics().error(node->position, unit.error().message);
    return;
  }
  raw.kpi.unit = std::move(*unit);
}

void read_cadence(MapReader& map, RawKpi& raw) {
  if (const YamlNode* every = map.optional("every")) {
    raw.every = read_grain(*every, map.diagnostics(), "every");
    raw.every_position = every->position;
    if (raw.every && raw.every->unit == Grain::Unit::kInstant) {
      map.diagnostics().error(every->position, "a KPI is judged over periods, not at instants", "write every: 5m");
      raw.every.reset();
    }
  }
  Span over;
  if (map.span("over", over)) {
    raw.over = over;
    if (over.approximate_ms() <= 0) {
      map.diagnostics().error(map.position_of("over"),
                              "over is a length of time such as 7 days",
                              "write over: 7 days, or leave it out: one period");
      raw.over.reset();
    }
  }
  const YamlNode* complete = map.optional("complete");
  if (complete != nullptr && parse_span(complete->scalar) && complete->scalar != "0") {
    map.diagnostics().error(complete->position,
                            "complete is the share of the window's periods that must have a value, no length of time",
                            "write complete: 80%; how long the window is stands under over");
  } else if (map.number("complete", raw.kpi.complete) && !(raw.kpi.complete > 0 && raw.kpi.complete <= 1)) {
    const bool is_bare = raw.kpi.complete > 1 && raw.kpi.complete <= 100 && !complete->scalar.ends_with('%');
    map.diagnostics().error(map.position_of("complete"),
                            "complete is a share above 0%, up to 100%",
                            "write complete: " + (is_bare ? number_text(raw.kpi.complete) : "80") + "%");
  }
  Zone zone;
  if (map.zone("timezone", zone)) {
    raw.zone = zone;
  }
}

void read_formula(MapReader& map, RawKpi& raw) {
  if (const YamlNode* value = map.required("value", "the formula, such as shop.orders / web.visits")) {
    raw.value = read_expression(*value, map.diagnostics());
  }
  const YamlNode* parts = map.optional("parts");
  if (parts == nullptr) {
    return;
  }
  if (parts->kind != YamlNode::Kind::kMap) {
    map.diagnostics().error(
        parts->position, "parts wants names and expressions", "write parts: {paid: \"ads.clicks\"}");
    return;
  }
  for (const auto& [name, body] : parts->entries) {
    raw.parts.emplace(name.scalar, read_expression(body, map.diagnostics()));
  }
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::ranges::all_of(text, fits);
}

bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kReserved{"value", "target", "and", "or", "not", "total"};
  return std::ranges::find(kReserved, text) != kReserved.end();
}

}  // namespace

RawKpi read_kpi(const YamlNode& name, const YamlNode& body, Diagnostics& diagnostics) {
  RawKpi raw;
  raw.kpi.id = name.scalar;
  raw.kpi.title = name.scalar;
  raw.kpi.position = name.position;
  raw.kpi.definition = definition_text(body);
  if (!is_name(name.scalar) || is_reserved(name.scalar)) {
    diagnostics.error(name.position,
                      "\"" + printable(name.scalar) + "\" cannot be the name of a KPI",
                      is_reserved(name.scalar) ? "it means something in expressions; choose another"
                                               : "use letters, digits and _, starting with a letter");
  }
  MapReader map(body, where(raw.kpi, ""), diagnostics);
  read_words(map, raw.kpi);
  read_unit(map, raw);
  if (const YamlNode* better = map.optional("better")) {
    read_better(*better, raw.kpi, diagnostics);
  }
  read_formula(map, raw);
  read_cadence(map, raw);
  if (const YamlNode* split = map.optional("split_by")) {
    read_split_by(*split, raw, diagnostics);
  }
  if (const YamlNode* thresholds = map.optional("thresholds")) {
    read_thresholds(*thresholds, raw, diagnostics);
  } else if (raw.kpi.better.kind == Better::Kind::kWithin) {
    raw.thresholds.emplace();  // the band is a limit by itself
  }
  if (const YamlNode* alerts = map.optional("alerts")) {
    read_alerts(*alerts, raw, diagnostics);
  }
  if (const YamlNode* target = map.optional("target")) {
    read_target(*target, raw.kpi, diagnostics);
  }
  if (const YamlNode* targets = map.optional("targets")) {
    read_targets(*targets, raw.kpi, diagnostics);
  }
  if (const YamlNode* no_data = map.optional("no_data")) {
    read_no_data(*no_data, raw.kpi, diagnostics);
  }
  read_segment_keys(map, raw);
  read_relations(map, raw);
  map.finish();
  return raw;
}

}  // namespace kpi

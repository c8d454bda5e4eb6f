#include "rules/load/definition.hpp"

#include "rules/load/raw_kpi.hpp"
#include "rules/load/raw_reading.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

namespace kpi {
namespace {

constexpr std::array<std::string_view, 8> kWords{
    "title", "description", "owner", "objective", "runbook", "reviewed", "labels", "inhibits"};
constexpr std::array<std::string_view, 3> kWordsOfAlerts{"message", "runbook", "labels"};

/// In double quotes: whatever was written, it is read as this text.
void add_scalar(std::string_view scalar, std::string& text) {
  constexpr auto is_escaped = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '"' || c == '\\' || byte < 0x20 || byte == 0x7F;
  };
  text += '"';
  while (!scalar.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(scalar, is_escaped) - scalar.begin());
    text += scalar.substr(0, plain);
    scalar.remove_prefix(plain);
    if (!scalar.empty()) {
      std::array<char, 5> escaped{'\\', scalar.front()};
      if (scalar.front() != '"' && scalar.front() != '\\') {
        std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(scalar.front()));
      }
      text += escaped.data();
      scalar.remove_prefix(1);
    }
  }
  text += '"';
}

using Words = std::span<const std::string_view>;

/// A map, or the maps of a list, go without the keys of `left_out`.
void add_node(const YamlNode& node, Words left_out, std::string& text);

/// In the order of the keys. `add_value` adds what stands at one of them.
template <class AddValue>
void add_map(const YamlNode& map, Words left_out, std::string& text, const AddValue& add_value) {
  std::vector<const std::pair<YamlNode, YamlNode>*> entries;
  entries.reserve(map.entries.size());
  for (const auto& entry : map.entries) {
    if (std::ranges::find(left_out, entry.first.scalar) == left_out.end()) {
      entries.push_back(&entry);
    }
  }
  std::ranges::sort(entries, {}, [](const auto* entry) -> const std::string& { return entry->first.scalar; });
  text += '{';
  for (const auto* entry : entries) {
    text += entry == entries.front() ? "" : ", ";
    add_scalar(entry->first.scalar, text);
    text += ": ";
    add_value(*entry);
  }
  text += '}';
}

void add_list(const YamlNode& list, Words left_out, std::string& text) {
  text += '[';
  for (const YamlNode& item : list.items) {
    text += &item == &list.items.front() ? "" : ", ";
    add_node(item, left_out, text);
  }
  text += ']';
}

void add_node(const YamlNode& node, Words left_out, std::string& text) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      text += '~';
      break;
    case YamlNode::Kind::kScalar:
      add_scalar(node.scalar, text);
      break;
    case YamlNode::Kind::kSequence:
      add_list(node, left_out, text);
      break;
    case YamlNode::Kind::kMap:
      add_map(node, left_out, text, [&](const auto& entry) { add_node(entry.second, {}, text); });
      break;
  }
}

}  // namespace

std::string definition_text(const YamlNode& body) {
  std::string text;
  add_map(body, kWords, text, [&](const auto& entry) {
    const bool is_alerts = entry.first.scalar == "alerts";
    add_node(entry.second, is_alerts ? Words(kWordsOfAlerts) : Words(), text);
  });
  return text;
}

std::optional<Kpi> read_definition(const std::string& kpi,
                                   const std::string& definition,
                                   const CalendarRules& calendar,
                                   const Zone& zone,
                                   SourceSet& texts) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml(texts.add("the rule of " + kpi, kpi + ": " + definition + "\n"), diagnostics);
  if (!tree || diagnostics.has_errors() || tree->kind != YamlNode::Kind::kMap || tree->entries.empty()) {
    return std::nullopt;
  }
  const auto& [name, body] = tree->entries.front();
  RawKpi raw = read_kpi(name, body, diagnostics);
  raw.kpi.every = raw.every.value_or(raw.kpi.every);
  raw.kpi.zone = raw.zone.value_or(zone);
  settle_targets(raw.kpi, calendar, diagnostics);
  return std::move(raw.kpi);
}

}  // namespace kpi

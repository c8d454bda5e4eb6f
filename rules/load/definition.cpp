#include "rules/load/definition.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace kpi {
namespace {

constexpr std::array<std::string_view, 8> kWords{
    "title", "description", "owner", "objective", "runbook", "reviewed", "labels", "inhibits"};
constexpr std::array<std::string_view, 3> kWordsOfAlerts{"message", "runbook", "labels"};

/// In double quotes: whatever was written, it is read as this text.
void add_scalar(std::string_view scalar, std::string& text) {
  text += '"';
  for (const char c : scalar) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 5> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
      text += escaped.data();
    } else {
      text += c;
    }
  }
  text += '"';
}

void add_node(const YamlNode& node, std::string& text);

/// In the order of the keys.
void add_map(const YamlNode& map, std::string& text) {
  std::vector<const std::pair<YamlNode, YamlNode>*> entries;
  for (const auto& entry : map.entries) {
    entries.push_back(&entry);
  }
  std::ranges::stable_sort(entries, {}, [](const auto* entry) -> const std::string& { return entry->first.scalar; });
  text += '{';
  for (const auto* entry : entries) {
    text += entry == entries.front() ? "" : ", ";
    add_scalar(entry->first.scalar, text);
    text += ": ";
    add_node(entry->second, text);
  }
  text += '}';
}

void add_list(const YamlNode& list, std::string& text) {
  text += '[';
  for (const YamlNode& item : list.items) {
    text += &item == &list.items.front() ? "" : ", ";
    add_node(item, text);
  }
  text += ']';
}

void add_node(const YamlNode& node, std::string& text) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      text += '~';
      break;
    case YamlNode::Kind::kScalar:
      add_scalar(node.scalar, text);
      break;
    case YamlNode::Kind::kSequence:
      add_list(node, text);
      break;
    case YamlNode::Kind::kMap:
      add_map(node, text);
      break;
  }
}

/// Takes these keys out of a map.
template <std::size_t kCount>
void drop(const std::array<std::string_view, kCount>& keys, YamlNode& map) {
  std::erase_if(map.entries,
                [&](const auto& entry) { return std::ranges::find(keys, entry.first.scalar) != keys.end(); });
}

}  // namespace

std::string definition_text(const YamlNode& body) {
  YamlNode rest = body;
  drop(kWords, rest);
  for (auto& [key, value] : rest.entries) {
    if (key.scalar == "alerts") {
      std::ranges::for_each(value.items, [](YamlNode& alert) { drop(kWordsOfAlerts, alert); });
    }
  }
  std::string text;
  add_node(rest, text);
  return text;
}

}  // namespace kpi

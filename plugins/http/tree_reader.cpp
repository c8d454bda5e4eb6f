#include "plugins/http/tree_reader.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

std::string shown(const OptionTree& node) {
  switch (node.kind) {
    case OptionTree::Kind::kList:
      return "a list";
    case OptionTree::Kind::kMap:
      return "a map";
    case OptionTree::Kind::kNull:
      return "nothing";
    case OptionTree::Kind::kText:
      break;
  }
  return node.secret ? "a secret" : '"' + printable(node.text, 60) + '"';
}

}  // namespace

TreeReader::TreeReader(const OptionTree& node, std::string where, Diagnostics& diagnostics)
    : node_(&node), where_(std::move(where)), diagnostics_(diagnostics) {
  if (node.kind != OptionTree::Kind::kMap) {
    diagnostics_.error(
        node.position, where_ + " wants a map, got " + shown(node), "write " + where_ + ": {key: value}");
    static const OptionTree kNothing;
    node_ = &kNothing;
  }
}

const OptionTree* TreeReader::optional(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) {
    known_.emplace_back(key);
  }
  const OptionTree* found = node_->find(key);
  if (found != nullptr && found->kind == OptionTree::Kind::kNull) {
    diagnostics_.error(
        found->position, where_ + "." + std::string(key) + " has no value", "write a value, or remove the key");
    return nullptr;
  }
  return found;
}

const OptionTree* TreeReader::required(std::string_view key, std::string remedy) {
  const OptionTree* found = optional(key);
  if (found == nullptr && node_->find(key) == nullptr && node_->kind == OptionTree::Kind::kMap) {
    diagnostics_.error(node_->position, "the key " + std::string(key) + " is missing in " + where_, std::move(remedy));
  }
  return found;
}

void TreeReader::wants(const OptionTree& node, std::string_view key, const std::string& what) {
  diagnostics_.error(node.position, where_ + "." + std::string(key) + " wants " + what + ", got " + shown(node));
}

bool TreeReader::text(std::string_view key, std::string& out) {
  const OptionTree* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  if (node->kind != OptionTree::Kind::kText) {
    wants(*node, key, "a text");
    return false;
  }
  out = node->reveal();
  return true;
}

bool TreeReader::number(std::string_view key, double& out) {
  const OptionTree* node = optional(key);
  const auto number = node == nullptr ? std::nullopt : parse_number(node->text);
  if (node != nullptr && !number) {
    wants(*node, key, "a number");
  }
  out = number.value_or(out);
  return number.has_value();
}

bool TreeReader::integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out) {
  const OptionTree* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  const auto number = parse_number(node->text);
  const bool fits = number && *number >= static_cast<double>(least) && *number <= static_cast<double>(most) &&
                    *number == static_cast<double>(static_cast<std::int64_t>(*number));
  if (!fits) {
    wants(*node, key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return false;
  }
  out = static_cast<std::int64_t>(*number);
  return true;
}

bool TreeReader::flag(std::string_view key, bool& out) {
  const OptionTree* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  if (node->text != "true" && node->text != "false") {
    wants(*node, key, "true or false");
    return false;
  }
  out = node->text == "true";
  return true;
}

bool TreeReader::span(std::string_view key, std::chrono::milliseconds& out) {
  const OptionTree* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  const auto span = parse_span(node->text);
  if (!span || span->approximate_ms() < 0) {
    wants(*node, key, "a duration such as 30s, 5m or 2 days");
    return false;
  }
  out = std::chrono::milliseconds{span->approximate_ms()};
  return true;
}

bool TreeReader::path(std::string_view key, JsonSelect& out) {
  const OptionTree* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  auto parsed = node->kind == OptionTree::Kind::kText ? JsonSelect::parse(node->text)
                                                      : fail(ErrorKind::kInvalid, "a path wants a text");
  if (!parsed) {
    diagnostics_.error(node->position, parsed.error().message);
    return false;
  }
  out = *std::move(parsed);
  return true;
}

bool TreeReader::path(std::string_view key, std::optional<JsonSelect>& out) {
  JsonSelect select;
  if (!path(key, select)) {
    return false;
  }
  out = std::move(select);
  return true;
}

bool TreeReader::choice(std::string_view key, const std::vector<std::string>& choices, std::size_t& out) {
  const OptionTree* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  const auto found = std::ranges::find(choices, node->text);
  if (found == choices.end()) {
    const std::string near = did_you_mean(node->text, choices);
    diagnostics_.error(node->position,
                       where_ + "." + std::string(key) + " is one of " + join(choices, ", ") + ", got " + shown(*node),
                       near);
    return false;
  }
  out = static_cast<std::size_t>(found - choices.begin());
  return true;
}

void TreeReader::finish() {
  for (const auto& [key, value] : node_->entries) {
    if (std::ranges::find(known_, key.text) == known_.end()) {
      const std::string near = did_you_mean(key.text, known_);
      diagnostics_.error(key.position,
                         where_ + " has no key \"" + printable(key.text, 60) + "\"",
                         near.empty() ? "the known keys are " + join(known_, ", ") : near);
    }
  }
}

std::vector<const OptionTree*> items_of(const OptionTree& node) {
  std::vector<const OptionTree*> items;
  if (node.kind == OptionTree::Kind::kList) {
    for (const OptionTree& item : node.items) {
      items.push_back(&item);
    }
  } else {
    items.push_back(&node);
  }
  return items;
}

Json json_of(const OptionTree& node) {
  switch (node.kind) {
    case OptionTree::Kind::kNull:
      return nullptr;
    case OptionTree::Kind::kList: {
      Json list = Json::array();
      for (const OptionTree& item : node.items) {
        list.push_back(json_of(item));
      }
      return list;
    }
    case OptionTree::Kind::kMap: {
      Json object = Json::object();
      for (const auto& [key, value] : node.entries) {
        object[key.text] = json_of(value);
      }
      return object;
    }
    case OptionTree::Kind::kText:
      break;
  }
  if (node.secret || node.is_quoted) {
    return node.reveal();
  }
  if (node.text == "true" || node.text == "false") {
    return node.text == "true";
  }
  if (const auto number = parse_number(node.text)) {
    const auto whole = static_cast<std::int64_t>(*number);
    const bool is_whole = std::abs(*number) < 9e15 && *number == static_cast<double>(whole) &&
                          node.text.find_first_of(".eE") == std::string::npos;
    return is_whole ? Json(whole) : Json(*number);
  }
  return node.text;
}

}  // namespace kpi

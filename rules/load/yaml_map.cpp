#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"
#include "rules/load/yaml_quoting.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

constexpr std::size_t kMostListed = 12;

std::string shown(std::string_view text) {
  return '"' + printable(text, 60) + '"';
}

/// What to do about a key without a value; a value that YAML took for a comment is shown in quotes.
std::string no_value_remedy(const YamlNode& key) {
  const Position& position = key.position;
  if (position.source == nullptr || position.column == 0) {
    return "";
  }
  std::string_view rest = position.source->line(position.line);
  rest = rest.substr(std::min<std::size_t>(position.column - 1 + position.length, rest.size()));
  const std::size_t begin = rest.find_first_not_of(": \t");
  const bool comment = begin != std::string_view::npos && begin + 1 < rest.size() && rest[begin] == '#' &&
                       rest[begin + 1] != ' ' && rest[begin + 1] != '#';
  return comment ? write_quoted({key.scalar, trim(rest.substr(begin))}) : "write a value, or remove the key";
}

std::string known_keys(const std::vector<std::string>& known) {
  if (known.empty()) {
    return "";
  }
  const std::size_t count = std::min(known.size(), kMostListed);
  const std::vector<std::string> listed(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(count));
  return "the known keys are " + join(listed, ", ") + (count < known.size() ? ", …" : "");
}

/// A key that is no key, but the end of the text before it: {warning: 12,5}.
std::string cut_remedy(const YamlNode& previous_key, const YamlNode& previous, const YamlNode& key) {
  const bool same_line = previous.position.line == key.position.line && previous.position.column < key.position.column;
  if (previous.kind != YamlNode::Kind::kScalar || previous.quoted || key.quoted || !same_line) {
    return "";
  }
  const std::size_t begin = previous.position.column - 1;
  const std::size_t end = key.position.column - 1 + key.position.length;
  const std::string_view whole = key.position.source->line(key.position.line).substr(begin, end - begin);
  const std::string digits = previous.scalar + "." + key.scalar;
  const bool has_suffix = std::string_view("%kM").find(digits.back()) != std::string_view::npos;
  if (whole.size() == digits.size() && parse_number(digits.substr(0, digits.size() - (has_suffix ? 1 : 0)))) {
    return "write: " + printable(previous_key.scalar, 60) + ": " + digits;
  }
  return "if it belongs to the text before it, " + write_quoted({previous_key.scalar, whole});
}

/// "kpis.{visits}.target": "kpis.visits.target" for people, "kpis.*.target" for the key log.
std::string place_text(std::string_view where, bool with_names) {
  std::string text;
  bool is_name = false;
  for (const char c : where) {
    if (c == '{' || c == '}') {
      is_name = c == '{';
      text += is_name && !with_names ? "*" : "";
    } else if (!is_name || with_names) {
      text += c;
    }
  }
  return text;
}

/// Assigns what was read, if anything was.
template <class T>
bool set(T& out, std::optional<T> value) {
  if (value) {
    out = std::move(*value);
  }
  return value.has_value();
}

/// What keys are called elsewhere: in the field's other tools, and in talk.
std::string other_word(std::string_view word, const std::vector<std::string>& known) {
  struct Synonym {
    std::string_view word;
    std::string_view key;
  };

  static constexpr std::array<Synonym, 15> kSynonyms{{{"goal", "to"},
                                                      {"baseline", "from"},
                                                      {"deadline", "by"},
                                                      {"due", "by"},
                                                      {"end", "by"},
                                                      {"curve", "path"},
                                                      {"expr", "value"},
                                                      {"formula", "value"},
                                                      {"query", "value"},
                                                      {"name", "title"},
                                                      {"direction", "better"},
                                                      {"interval", "every"},
                                                      {"condition", "when"},
                                                      {"expr", "when"},
                                                      {"limits", "thresholds"}}};
  for (const auto& [synonym, key] : kSynonyms) {
    if (synonym == word && std::ranges::find(known, key) != known.end()) {
      return "write " + std::string(key) + ": that is what it is called here";
    }
  }
  return "";
}

/// How a map of that place looks.
std::string example_of(std::string_view where, const YamlNode& got) {
  struct Example {
    std::string_view key;
    std::string_view text;
  };

  static constexpr std::array<Example, 5> kExamples{
      {{"thresholds", "write thresholds: {warning: 3}"},
       {"target", "write target: {from: 100, to: 300, by: 2027-06-30}"},
       {"targets", "write targets: [{name: first half, from: 100, to: 300, start: 2027-01-01, by: 2027-06-30}]"},
       {"no_data", "write no_data: {then: alert}"},
       {"alerts", "write alerts: [{name: too many, when: value > 3}]"}}};
  const std::string_view key = where.substr(where.rfind('.') == std::string_view::npos ? 0 : where.rfind('.') + 1);
  if (key == "packs" && got.kind == YamlNode::Kind::kScalar) {
    return "write packs: [{use: " + printable(got.scalar, 40) + "}]";
  }
  const auto* const found = std::ranges::find(kExamples, key, &Example::key);
  return found == kExamples.end() ? "write key: value" : std::string(found->text);
}

}  // namespace

std::function<void(const std::string&, std::string_view)> MapReader::key_log;

MapReader::MapReader(const YamlNode& node, std::string where, Diagnostics& diagnostics)
    : node_(node.kind == YamlNode::Kind::kMap ? &node : nullptr),
      position_(node.position),
      where_(place_text(where, true)),
      kind_(place_text(where, false)),
      diagnostics_(diagnostics) {
  if (node_ == nullptr) {
    const std::string got = node.kind == YamlNode::Kind::kSequence ? "a list"
                            : node.kind == YamlNode::Kind::kNull   ? "nothing"
                                                                   : shown(node.scalar);
    diagnostics_.error(position_, where_ + " wants keys with values, got " + got, example_of(where_, node));
  }
}

const YamlNode* MapReader::optional(std::string_view key) {
  if (key_log) {
    key_log(kind_, key);
  }
  const bool asked_before = std::ranges::find(known_, key) != known_.end();
  if (!asked_before) {
    known_.emplace_back(key);
  }
  if (node_ == nullptr) {
    return nullptr;
  }
  const auto entry =
      std::ranges::find_if(node_->entries, [key](const auto& candidate) { return candidate.first.scalar == key; });
  if (entry == node_->entries.end()) {
    return nullptr;
  }
  if (entry->second.kind != YamlNode::Kind::kNull) {
    return &entry->second;
  }
  if (!asked_before) {
    diagnostics_.error(entry->first.position, std::string(key) + " has no value", no_value_remedy(entry->first));
  }
  return nullptr;
}

const YamlNode* MapReader::required(std::string_view key, std::string remedy) {
  const YamlNode* value = optional(key);
  if (value == nullptr && node_ != nullptr && node_->find(key) == nullptr) {
    diagnostics_.error(position_, where_ + " lacks " + shown(key), std::move(remedy));
  }
  return value;
}

bool MapReader::text(std::string_view key, std::string& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_text(*node, diagnostics_, key));
}

bool MapReader::flag(std::string_view key, bool& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_flag(*node, diagnostics_, key));
}

bool MapReader::number(std::string_view key, double& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_number(*node, diagnostics_, key));
}

bool MapReader::span(std::string_view key, Span& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_span(*node, diagnostics_, key));
}

bool MapReader::date(std::string_view key, Date& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_date(*node, diagnostics_, key));
}

bool MapReader::grain(std::string_view key, Grain& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_grain(*node, diagnostics_, key));
}

bool MapReader::zone(std::string_view key, Zone& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_zone(*node, diagnostics_, key));
}

bool MapReader::text_list(std::string_view key, std::vector<std::string>& out) {
  const YamlNode* node = optional(key);
  if (node == nullptr) {
    return false;
  }
  const std::size_t errors = diagnostics_.items().size();
  std::vector<std::string> texts = read_text_list(*node, diagnostics_, key);
  return diagnostics_.items().size() == errors && set(out, std::optional(std::move(texts)));
}

bool MapReader::integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_integer(*node, least, most, diagnostics_, key));
}

bool MapReader::choice(std::string_view key, const std::vector<std::string>& choices, std::size_t& out) {
  const YamlNode* node = optional(key);
  return node != nullptr && set(out, read_choice(*node, choices, diagnostics_, key));
}

void MapReader::finish() {
  if (node_ == nullptr) {
    return;
  }
  const std::pair<YamlNode, YamlNode>* previous = nullptr;
  for (const auto& entry : node_->entries) {
    if (std::ranges::find(known_, entry.first.scalar) == known_.end()) {
      report_unknown(entry, previous);
    }
    previous = &entry;
  }
}

void MapReader::report_unknown(const Entry& entry, const Entry* previous) {
  const auto& [key, value] = entry;
  std::string remedy = other_word(key.scalar, known_);
  if (remedy.empty()) {
    remedy = did_you_mean(key.scalar, known_);
  }
  if (remedy.empty() && previous != nullptr && value.kind == YamlNode::Kind::kNull && value.scalar.empty()) {
    remedy = cut_remedy(previous->first, previous->second, key);
  }
  if (remedy.empty()) {
    remedy = known_keys(known_);
  }
  diagnostics_.error(key.position, "unknown key " + shown(key.scalar) + " in " + where_, std::move(remedy));
}

Position MapReader::position_of(std::string_view key) const {
  const YamlNode* value = node_ == nullptr ? nullptr : node_->find(key);
  return value == nullptr ? position_ : value->position;
}

Position MapReader::position() const {
  return position_;
}

}  // namespace kpi

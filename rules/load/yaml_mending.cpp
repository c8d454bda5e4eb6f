#include "rules/load/yaml_mending.hpp"

#include "rules/load/yaml_quoting.hpp"

#include <algorithm>
#include <string>

namespace kpi {
namespace {

constexpr std::size_t kLongestMended = 1000;
constexpr std::size_t kMostTries = 1000;  // in one file; more of them are no slips

}  // namespace

void YamlMending::mend(YamlNode& node) {
  if (std::ranges::any_of(node.items, is_cut_open)) {
    mend_items(node.items);
  }
  if (std::ranges::any_of(node.entries, [](const auto& entry) { return is_cut_open(entry.second); })) {
    mend_entries(node.entries);
  }
}

bool YamlMending::is_cut_open(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar && !node.quoted && node.scalar.size() <= kLongestMended &&
         open_brackets(node.scalar) > 0;
}

void YamlMending::mend_items(std::vector<YamlNode>& items) {
  std::vector<YamlNode> kept;
  for (YamlNode& item : items) {
    if (kept.empty() || !absorb(kept.back(), "", item)) {
      kept.push_back(std::move(item));
    }
  }
  items = std::move(kept);
}

void YamlMending::mend_entries(Entries& entries) {
  Entries kept;
  for (auto& [key, value] : entries) {
    const bool bare = value.kind == YamlNode::Kind::kNull && value.scalar.empty();
    if (kept.empty() || !bare || !absorb(kept.back().second, kept.back().first.scalar, key)) {
      kept.emplace_back(std::move(key), std::move(value));
    }
  }
  entries = std::move(kept);
}

/// Whether `tail` is a part of the text that begins as `head`. The first such part makes `head` whole, and is reported.
bool YamlMending::absorb(YamlNode& head, std::string_view key, const YamlNode& tail) {
  if (tail.position.line != head.position.line || tail.kind != YamlNode::Kind::kScalar) {
    return false;
  }
  if (head.position == mended_) {
    return tail.position.column < mended_.column + mended_.length;
  }
  if (tries_ == kMostTries || !is_cut_open(head)) {
    return false;
  }
  ++tries_;
  const std::size_t begin = head.position.column - 1;
  const std::string_view whole = value_from(line(head.position.line).substr(0, begin + kLongestMended), begin, true);
  if (open_brackets(whole) != 0 || begin + whole.size() < tail.position.column) {
    return false;
  }
  head.scalar = std::string(whole);
  head.quoted = true;
  head.position.length = static_cast<std::uint32_t>(whole.size());
  mended_ = head.position;
  diagnostics_.error(head.position, "YAML ends this text at its comma", write_quoted({key, whole}));
  return true;
}

/// As SourceText::line, for many calls.
std::string_view YamlMending::line(std::uint32_t number) {
  if (number != line_number_) {
    line_number_ = number;
    line_ = source_.line(number);
  }
  return line_;
}

}  // namespace kpi

// Any bytes as a YAML file: parsed, and the tree read as everything that a loader may want of it.

#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace kpi {
namespace {

constexpr std::size_t kRendered = 20;  // diagnostics whose texts are made; each costs a walk over the input

constexpr std::size_t kZonesRead = 20;  // an unknown zone is compared with all that there are

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

void check_position(const Position& position, const SourceText& source) {
  require(position.source == &source, "a position without its source");
  if (position.line == 0) {
    return;  // the whole file
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(source.text, '\n')) + 1;
  require(position.line <= lines, "a line behind the end of the text");
  const std::size_t length = source.line(position.line).size();
  // A carriage return before the line feed is no part of the line, but may be pointed at.
  require(position.column >= 1 && position.column <= length + 2, "a column behind the end of its line");
}

void read_scalars(const YamlNode& node, Diagnostics& found) {
  read_text(node, found);
  read_flag(node, found);
  read_number(node, found);
  read_integer(node, 1, 500, found);
  read_span(node, found);
  read_date(node, found);
  read_grain(node, found);
  if (found.items().size() < kZonesRead) {
    read_zone(node, found);
  }
  read_text_list(node, found);
  read_choice(node, {"higher", "lower"}, found);
}

void walk(const YamlNode& node, const SourceText& source, Diagnostics& found) {
  check_position(node.position, source);
  if (found.items().size() < 2 * kMaxYamlDepth) {
    read_scalars(node, found);
    MapReader reader(node, "map", found);
    reader.required("value");
    reader.optional("a");
    reader.finish();
  }
  require(node.kind == YamlNode::Kind::kMap || node.entries.empty(), "entries outside a map");
  require(node.kind == YamlNode::Kind::kSequence || node.items.empty(), "items outside a list");
  for (const YamlNode& item : node.items) {
    walk(item, source, found);
  }
  for (const auto& [key, value] : node.entries) {
    require(key.kind == YamlNode::Kind::kScalar, "a key that is no text");
    require(node.find(key.scalar) == &value, "a key that stands twice");
    check_position(key.position, source);
    walk(value, source, found);
  }
}

}  // namespace
}  // namespace kpi

// The name and the type are libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const kpi::SourceText source{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  kpi::Diagnostics found;
  const auto tree = kpi::parse_yaml(source, found);
  kpi::require(tree.has_value() || found.has_errors(), "no tree and no reason");
  if (tree) {
    kpi::walk(*tree, source, found);
  }
  std::size_t rendered = 0;
  for (const kpi::Diagnostic& item : found.items()) {
    kpi::check_position(item.position, source);
    if (item.related.source != nullptr) {
      kpi::check_position(item.related, source);
    }
    if (rendered++ < kpi::kRendered) {
      kpi::require(kpi::is_valid_utf8(item.text()), "a diagnostic that is not UTF-8");
    }
  }
  return 0;
}

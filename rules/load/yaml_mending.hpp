#pragma once
// Puts texts together again that a comma in { } or [ ] has cut: {when: change(value, 1 week) < 2} is one text to the
// person who wrote it, and two keys to YAML. Internal to the YAML reader; pure.

#include "rules/load/yaml.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// For the lists and maps of one file. REQUIRES: source and diagnostics outlive it.
class YamlMending {
 public:
  YamlMending(const SourceText& source, Diagnostics& diagnostics) : source_(source), diagnostics_(diagnostics) {}

  /// Mends what stands in a list or map written with brackets, and reports each text that was cut.
  void mend(YamlNode& node);

  /// Whether unquoted text opens a bracket and does not close it.
  static bool is_cut_open(const YamlNode& node);

 private:
  using Entries = std::vector<std::pair<YamlNode, YamlNode>>;

  void mend_items(std::vector<YamlNode>& items);
  void mend_entries(Entries& entries);
  bool absorb(YamlNode& head, std::string_view key, const YamlNode& tail);
  std::string_view line(std::uint32_t number);

  const SourceText& source_;
  Diagnostics& diagnostics_;
  std::size_t tries_ = 0;
  Position mended_;  // the text mended last
  std::uint32_t line_number_ = 0;
  std::string_view line_;  // line line_number_
};

}  // namespace kpi

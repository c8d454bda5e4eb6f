#pragma once
// YAML files are parsed side by side: of a start with thousands of rules it is most of the time. Any thread may call
// it; the calling one works too and returns when all is done.

#include "rules/base/diagnostic.hpp"
#include "rules/load/yaml.hpp"

#include <optional>
#include <vector>

namespace kpi {

struct ParsedFile {
  const SourceText* text = nullptr;  ///< Null: there is nothing to parse.
  std::optional<YamlNode> tree;      ///< None: it is no tree, and `diagnostics` says why.
  Diagnostics diagnostics;
};

/// Fills in tree and diagnostics. REQUIRES that the texts outlive them.
void parse_files(std::vector<ParsedFile>& files);

}  // namespace kpi

#pragma once
// The first reading of a YAML file: libyaml's events, as strict as we want them. Internal to the YAML reader; pure.

#include "rules/base/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kpi {

/// With so many reports about one file its reading ends: nobody reads more of them.
inline constexpr std::size_t kMaxYamlReports = 200;

/// One event of the only document, in the order of the file. yaml-cpp must tell the same story (see yaml.cpp).
struct YamlEvent {
  enum class Kind : std::uint8_t { kScalar, kAlias, kSequence, kMap, kEnd };

  Kind kind = Kind::kScalar;
  bool quoted = false;  ///< A scalar in quotes, or a block of text.
  bool flow = false;    ///< A list or map in [ ] or { }.
  bool usable = true;   ///< False when the value was refused and should be left out of the tree.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;
  std::uint32_t end = 0;       ///< The offset of the byte after it.
  std::string_view null_text;  ///< Of an unquoted scalar that some YAML reads as null: "", "~", "null", "Null", "NULL".
  std::size_t fingerprint = 0;  ///< Of a scalar's text, see fingerprint_of().
};

std::size_t fingerprint_of(std::string_view scalar);

/// The events of the file's document (none when it is empty), or nothing when a tree cannot be made of it. What is
/// wrong but does not prevent a tree is reported as well.
std::optional<std::vector<YamlEvent>> read_yaml_events(const SourceText& source, Diagnostics& diagnostics);

}  // namespace kpi

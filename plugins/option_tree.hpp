#pragma once
// A piece of YAML as a plugin sees it: texts, lists and maps with their places, without the YAML library. For keys
// whose value is a structure of its own (the request of an http source). Immutable once loaded, so any thread may read
// it.

#include "rules/base/diagnostic.hpp"
#include "rules/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

struct OptionTree {
  enum class Kind : std::uint8_t { kNull, kText, kList, kMap };

  OptionTree();

  Kind kind = Kind::kNull;
  std::string text;        ///< Of a text; also of a null ("", "~", "null"). Empty where it is a secret.
  bool is_quoted = false;  ///< Written in quotes or as a block: a text, even if it looks like a number.
  /// The text held `${env:…}`, `${file:…}` or `${credential:…}`: this is what they stand for.
  std::optional<Secret> secret;
  Position position;
  std::vector<OptionTree> items;                           ///< Of a list.
  std::vector<std::pair<OptionTree, OptionTree>> entries;  ///< Of a map, in the order of the file; keys are texts.

  /// The value under `key`, or null.
  [[nodiscard]] const OptionTree* find(std::string_view key) const;

  /// The text or the secret, for the wire.
  [[nodiscard]] const std::string& reveal() const { return secret ? secret->reveal() : text; }
};

}  // namespace kpi

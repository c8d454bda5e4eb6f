#pragma once
// Reads one map of an OptionTree key by key and, at finish(), reports each key that was never asked for, with the
// nearest known one. One thread.

#include "plugins/http/json_select.hpp"
#include "plugins/option_tree.hpp"
#include "rules/base/calendar.hpp"
#include "rules/base/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class TreeReader {
 public:
  /// `where` names the map in messages ("request"). A node that is no map is reported, and every key is then absent.
  TreeReader(const OptionTree& node, std::string where, Diagnostics& diagnostics);

  const OptionTree* optional(std::string_view key);
  const OptionTree* required(std::string_view key, std::string remedy);

  // `out` stays as it was when the key is absent or wrong. True when it was set.
  bool text(std::string_view key, std::string& out);
  bool number(std::string_view key, double& out);
  bool integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out);
  bool flag(std::string_view key, bool& out);
  bool span(std::string_view key, std::chrono::milliseconds& out);
  bool path(std::string_view key, JsonSelect& out);
  bool path(std::string_view key, std::optional<JsonSelect>& out);
  /// `out` becomes the index of the choice.
  bool choice(std::string_view key, const std::vector<std::string>& choices, std::size_t& out);

  /// Reports unknown keys. Call once, last.
  void finish();

  [[nodiscard]] const OptionTree& node() const { return *node_; }

  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  void wants(const OptionTree& node, std::string_view key, const std::string& what);

  const OptionTree* node_;
  std::string where_;
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
};

/// The texts of a list; one text alone is a list of one.
std::vector<const OptionTree*> items_of(const OptionTree& node);
/// As JSON: an unquoted number, true, false and null by their type, everything else as text.
Json json_of(const OptionTree& node);

}  // namespace kpi

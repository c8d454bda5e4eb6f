#pragma once
// Strict YAML with positions. libyaml's events are read first (yaml-cpp accepts a missing closing quote and drops what
// follows a second document), then yaml-cpp's events build this tree. Duplicate keys, aliases, anchors, tags, merge
// keys, a second document, bad UTF-8, and whatever is over the limits below are diagnostics. A scalar stays text: the
// key that is read decides its type. Pure; any thread may call it, a tree and its texts belong to the caller.

#include "rules/base/calendar.hpp"
#include "rules/base/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// Per file. 10 000 rules in one file are 2.9 MB and 220 000 nodes.
inline constexpr std::size_t kMaxYamlBytes = 8U << 20U;
inline constexpr std::size_t kMaxYamlNodes = 500'000;
inline constexpr std::size_t kMaxYamlDepth = 64;

/// One node of a YAML file.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };

  YamlNode();  // not here: a pair of nodes would need it before the node is complete

  Kind kind = Kind::kNull;
  std::string scalar;        ///< The text of a scalar, unquoted; also of a null ("", "~", "null").
  bool quoted = false;       ///< Written in quotes or as a block scalar.
  bool has_comment = false;  ///< A comment follows on its line.
  Position position;         ///< Its first byte; of a scalar in quotes the quote. The length is that of its first line.
  std::vector<YamlNode> items;                         ///< Of a sequence.
  std::vector<std::pair<YamlNode, YamlNode>> entries;  ///< Of a map, in the order of the file; keys are scalars.

  /// The value under `key`, or null.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

/// The file's tree; nothing when it could not be read (the reasons are in `diagnostics`). An empty file is an empty
/// map. A syntax error ends the parse of this file; everything else is collected, and what was refused (an alias, the
/// second of two equal keys) is left out of the tree. Where a comma or a # has cut unquoted text, the tree holds the
/// whole text, so that the cut is reported once.
std::optional<YamlNode> parse_yaml(const SourceText& source, Diagnostics& diagnostics);

// Scalars by type, in quotes or not. Each reports a diagnostic that names the value and the right spelling, and then
// returns nothing. `name` is what the message calls the value, mostly its key.
std::optional<std::string> read_text(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
/// The text of a unit, which is not empty: without one the key is left out.
std::optional<std::string> read_unit_text(const YamlNode& node, Diagnostics& diagnostics);
/// `true` or `false`; "yes", "on" are errors that say so.
std::optional<bool> read_flag(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
/// `12`, `12.5`, `1.5k`, `2M`, `2%` (0.02), `10:1` (10). `12,5` and `1 200 000` are errors that name the right
/// spelling.
std::optional<double> read_number(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
/// A whole number, `2k` as well.
std::optional<std::int64_t> read_integer(const YamlNode& node,
                                         std::int64_t least,
                                         std::int64_t most,
                                         Diagnostics& diagnostics,
                                         std::string_view name = "this");
std::optional<Span> read_span(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
std::optional<Date> read_date(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
std::optional<Grain> read_grain(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
std::optional<Zone> read_zone(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
/// A sequence of scalars; one scalar alone is a list of one.
std::vector<std::string> read_text_list(const YamlNode& node, Diagnostics& diagnostics, std::string_view name = "this");
/// One of `choices`, as its index; else an error that lists them and names the nearest.
std::optional<std::size_t> read_choice(const YamlNode& node,
                                       const std::vector<std::string>& choices,
                                       Diagnostics& diagnostics,
                                       std::string_view name = "this");

/// Reads one map key by key and, at finish(), reports each key that was never asked for, with the nearest known one.
/// Keeps what it was asked for, so that the reference and the schemas can be tested against the loader.
class MapReader {
 public:
  /// `where` names the map, with names that users chose in braces: "kpis.{visits}" is kpis.visits in messages and
  /// "kpis.*" in the key log. A node that is no map is reported, and every key is then absent.
  MapReader(const YamlNode& node, std::string where, Diagnostics& diagnostics);

  /// The value under `key`, or null when absent. A key present with a null value is reported ("has no value") and
  /// absent.
  const YamlNode* optional(std::string_view key);
  /// The same; absent is reported at the map's position with `remedy`.
  const YamlNode* required(std::string_view key, std::string remedy = "");

  // The same with the conversions above; `out` stays as it was when the key is absent or wrong. True when it was set.
  bool text(std::string_view key, std::string& out);
  bool flag(std::string_view key, bool& out);
  bool number(std::string_view key, double& out);
  bool span(std::string_view key, Span& out);
  bool date(std::string_view key, Date& out);
  bool grain(std::string_view key, Grain& out);
  bool zone(std::string_view key, Zone& out);
  bool text_list(std::string_view key, std::vector<std::string>& out);
  bool integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out);
  /// `out` becomes the index of the choice.
  bool choice(std::string_view key, const std::vector<std::string>& choices, std::size_t& out);

  /// Reports unknown keys. Call once, last.
  void finish();

  [[nodiscard]] Position position() const;
  /// Of the value under `key`; of the map when it is absent.
  [[nodiscard]] Position position_of(std::string_view key) const;

  Diagnostics& diagnostics() { return diagnostics_; }

  /// Called with (where, key) for every key any reader is asked for; for tests that compare documentation with the
  /// loader. Not thread-safe; null by default.
  static std::function<void(const std::string&, std::string_view)> key_log;

 private:
  using Entry = std::pair<YamlNode, YamlNode>;

  void report_unknown(const Entry& entry, const Entry* previous);

  const YamlNode* node_;  // null when the node is no map
  Position position_;
  std::string where_;  ///< As in messages.
  std::string kind_;   ///< As in the key log.
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
};

}  // namespace kpi

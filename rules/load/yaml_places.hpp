#pragma once
// Where a byte of a YAML file stands, and which bytes may not stand there at all. Internal to the YAML reader; pure.

#include "rules/base/diagnostic.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// The text without its byte order mark, which both parsers would skip in their own ways.
std::string_view without_byte_order_mark(std::string_view text);

/// Finds lines and columns in a file. Offsets count bytes of text(). REQUIRES: the source outlives it.
class YamlPlaces {
 public:
  explicit YamlPlaces(const SourceText& source);

  /// The offset of a character, as libyaml counts them. Cheap when asked in the order of the text. REQUIRES valid
  /// UTF-8.
  std::size_t offset_of(std::size_t character);

  /// The place of an offset; the end of the text is on the last line that has any.
  [[nodiscard]] Position at(std::size_t offset) const;

  /// The file without its byte order mark.
  [[nodiscard]] std::string_view text() const { return text_; }

  [[nodiscard]] const SourceText& source() const { return source_; }

 private:
  const SourceText& source_;
  std::string_view text_;
  std::size_t skipped_;  // bytes of the byte order mark
  std::vector<std::size_t> line_starts_;
  bool ascii_ = false;
  std::size_t character_ = 0;  // the one asked for last
  std::size_t offset_ = 0;     // and where it begins
};

/// Bytes that no file of ours may hold, and why.
struct BadBytes {
  std::size_t offset = 0;
  std::string message;
  std::string remedy;
};

/// The first of them: what is not UTF-8, control characters, lone carriage returns, and characters that one of the two
/// parsers, or an editor, takes for a line's end or for nothing at all.
std::optional<BadBytes> find_bad_bytes(std::string_view text);

}  // namespace kpi

#pragma once
// Rows of a CSV text (RFC 4180, any delimiter) with their places; the only user of libcsv. One thread.

#include "rules/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// A place in a text: line and column from 1, columns in characters.
struct CsvPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  bool operator==(const CsvPlace&) const = default;
};

/// What a CSV text must be before it is read: UTF-8 without NUL bytes. Drops a byte order mark from `text`. The error
/// begins with `name:line:`, and tells how to convert the file.
Result<void> require_utf8(std::string_view name, std::string_view& text);

/// Reads a text row by row. It is fed to libcsv line by line, so that lines are known exactly; columns are found by
/// walking the row again, which only a message needs.
class CsvReader {
 public:
  /// `text` outlives the reader and is below 4 GiB.
  CsvReader(std::string_view text, char delimiter);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;
  CsvReader(CsvReader&&) = delete;
  CsvReader& operator=(CsvReader&&) = delete;

  enum class Next : std::uint8_t {
    kRow,
    kBadRow,  ///< trouble() says why; the cells before it, and the rows behind it, can be read.
    kEnd,
    kMalformed,  ///< trouble() says why; nothing behind it can be trusted.
  };
  /// The next row that is not blank. Cells are without quotes; unquoted ones without blanks around them.
  Next next();

  [[nodiscard]] std::size_t size() const;
  /// Valid until the next call of next().
  [[nodiscard]] std::string_view cell(std::size_t index) const;

  /// Whether the text ended in this row without a line end: it may still be being written.
  [[nodiscard]] bool unfinished() const { return unfinished_; }

  /// A handle on the row for place(): it stays valid.
  [[nodiscard]] std::uint64_t row() const;
  /// Where a cell of a row begins (its quote included); beyond its last cell, where the row ends.
  [[nodiscard]] CsvPlace place(std::uint64_t row, std::size_t cell) const;

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  [[nodiscard]] CsvPlace trouble_place() const { return trouble_place_; }

 private:
  struct Parser;

  /// Feeds the next line; what came of it, or nothing yet (a blank line, or a quoted cell that goes on).
  enum class Fed : std::uint8_t { kRow, kMore, kBad, kMalformed };
  Fed feed_line();
  Fed refused(std::size_t offset);
  Fed malformed(CsvPlace place, std::string trouble);
  Next finish();

  std::string_view text_;
  char delimiter_;
  char line_end_;
  std::unique_ptr<Parser> parser_;
  std::size_t offset_ = 0;      // of the line to feed next
  std::uint32_t line_ = 1;      // its number
  std::size_t row_offset_ = 0;  // of the row that is being read or was read last
  std::uint32_t row_line_ = 1;
  bool in_row_ = false;
  bool unfinished_ = false;
  std::string trouble_;
  CsvPlace trouble_place_;
};

}  // namespace kpi

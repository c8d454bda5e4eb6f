#pragma once
// Text for a terminal: colours when they are wanted, columns that line up, lines that are wrapped. Pure but for
// wants_colour. Widths count code points, combining marks as none.

#include "daemon/cli/command.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

inline constexpr std::size_t kTerminalColumns = 80;

/// What a piece of text means; how that looks is one table in table.cpp.
enum class Tone : std::uint8_t { kPlain, kHeading, kQuiet, kGood, kNotice, kWarning, kCritical };

/// Whether people see colours: a terminal, and neither NO_COLOR nor TERM=dumb in the environment.
bool wants_colour(const Io& io);

/// `text` in the colour of its tone; as it is when `colour` is false.
std::string painted(std::string_view text, Tone tone, bool colour);

/// How many columns a text takes.
std::size_t width_of(std::string_view text);

/// `text` in lines of at most kTerminalColumns, each after `indent` spaces; a longer word stays whole. Ends in a
/// newline.
std::string wrapped(std::string_view text, std::size_t indent);

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
};

struct Column {
  std::string title;
  bool is_right = false;  ///< Aligned to the right: numbers.
  std::size_t gap = 2;    ///< Spaces before it.
};

/// Rows under a line of titles. A column without a text in any row is left out, its title too.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES as many cells as columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

  /// Ends in a newline. No line ends in a space.
  [[nodiscard]] std::string text(bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace kpi

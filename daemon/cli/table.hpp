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
enum class CellTone : std::uint8_t { kPlain, kHeading, kQuiet, kGood, kNotice, kWarning, kCritical };

/// Whether people see colours: a terminal, and neither NO_COLOR nor TERM=dumb in the environment.
bool wants_colour(const Io& io);

/// TERM=dumb in the environment: a terminal that cannot take back what it shows.
bool is_dumb_terminal();

/// `text` in the colour of its tone; as it is when `colour` is false.
std::string painted(std::string_view text, CellTone tone, bool colour);

/// How many columns a text takes.
std::size_t width_of(std::string_view text);

/// How many columns people see: of a terminal its own (COLUMNS goes first); 0, without an end, of anything else.
std::size_t columns_of(const Io& io);

/// `text` in lines of at most so many columns (0 is kTerminalColumns), each after `indent` spaces; a longer word stays
/// whole. Ends in a newline.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns = 0);

/// Each line of `text` in lines of at most so many columns (0: without an end), broken at spaces; those that go on
/// begin after `indent` spaces, or two more than the line itself has. A longer word stays whole.
std::string hanging(std::string_view text, std::size_t indent, std::size_t columns);

struct Cell {
  std::string text;
  CellTone tone = CellTone::kPlain;
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

  /// Ends in a newline. No line ends in a space. Where it is wider than `columns` (0: without an end), the last columns
  /// stand under each row instead, by their titles.
  [[nodiscard]] std::string text(bool colour, std::size_t columns = 0) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::size_t count_that_fit(const std::vector<std::size_t>& widths, std::size_t columns) const;
  [[nodiscard]] std::string rest_of(const std::vector<Cell>& row, std::size_t first, std::size_t columns) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace kpi

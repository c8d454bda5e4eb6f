#pragma once
// Series in a CSV file, read line by line, for `kpid forecast` and `kpid anomaly`. One thread.

#include "rules/base/result.hpp"

#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// Cells of one line; quotes are taken off, `""` in a quoted cell is one.
std::vector<std::string> cells_of(std::string_view line);

/// A cell as CSV: quoted where it must be.
std::string echoed_cell(std::string_view text);

/// A number; NaN for an empty cell and the usual words for nothing (NaN, NA, null); nothing for any other text.
std::optional<double> cell_number(std::string_view cell);

class SeriesFile {
 public:
  static Result<SeriesFile> open(const std::string& path);

  /// The cells of the next line that is not empty; nothing at the end. An error names the line.
  Result<std::optional<std::vector<std::string>>> next();

  /// "FILE:LINE:", for errors about the last line.
  [[nodiscard]] std::string place() const;

  [[nodiscard]] bool is_first() const { return rows_ == 1; }

 private:
  std::string path_;
  std::ifstream file_;
  std::size_t line_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace kpi

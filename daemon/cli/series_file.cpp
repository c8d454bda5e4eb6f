#include "daemon/cli/series_file.hpp"

#include "rules/base/text.hpp"

#include <system_error>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>

namespace kpi {
namespace {

/// A million values of twenty digits fit.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;

/// getline with a limit: 1 a line, 0 the end, -1 too long.
int read_line(std::ifstream& file, std::string& line) {
  line.clear();
  std::array<char, 1 << 16> part{};
  while (file.getline(part.data(), static_cast<std::streamsize>(part.size()))) {
    line += part.data();
    return 1;
  }
  while (file.fail() && !file.eof() && file.gcount() > 0) {  // the part was full, and the line goes on
    line.append(part.data(), static_cast<std::size_t>(file.gcount()));
    if (line.size() > kLongestLine) {
      return -1;
    }
    file.clear();
    if (file.getline(part.data(), static_cast<std::streamsize>(part.size()))) {
      line += part.data();
      return 1;
    }
  }
  line += part.data();
  return line.empty() ? 0 : 1;
}

}  // namespace

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

std::string echoed_cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

std::optional<double> cell_number(std::string_view cell) {
  const std::string_view text = trim(cell);
  const std::string word = text.size() < 5 ? to_lower_ascii(text) : "";
  if (text.empty() || word == "nan" || word == "na" || word == "null" || word == "none") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return parse_number(text);
}

Result<SeriesFile> SeriesFile::open(const std::string& path) {
  SeriesFile result;
  result.path_ = path;
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {  // it opens, and has no line
    return fail(ErrorKind::kNotFound, "cannot read " + printable(path) + ": it is a folder; name a file in it");
  }
  result.file_.open(path, std::ios::binary);
  if (!result.file_) {
    return fail(ErrorKind::kNotFound, "cannot read " + printable(path) + ": is the path right, and may you read it?");
  }
  return result;
}

Result<std::optional<std::vector<std::string>>> SeriesFile::next() {
  std::string line;
  for (;;) {
    const int read = read_line(file_, line);
    if (read == 0) {
      return std::optional<std::vector<std::string>>();
    }
    ++line_;
    if (read < 0) {
      return fail(ErrorKind::kInvalid, place() + " this line is longer than 64 MiB; split the series into lines");
    }
    std::string_view text = line;
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) {
      text.remove_prefix(3);
    }
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
    if (!trim(text).empty()) {
      ++rows_;
      return std::optional(cells_of(text));
    }
  }
}

std::string SeriesFile::place() const {
  return printable(path_) + ":" + std::to_string(line_) + ":";
}

}  // namespace kpi

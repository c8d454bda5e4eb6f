#include "daemon/cli/table.hpp"

#include "rules/base/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace kpi {
namespace {

/// Nothing is fitted to less.
constexpr std::size_t kFewestColumns = 20;

/// By CellTone: the numbers of an SGR sequence.
constexpr std::array<std::string_view, 7> kColours{"", "1", "2", "32", "36", "33", "1;31"};

bool is_set(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets it.
  return value != nullptr && *value != '\0';
}

/// Whether the byte at `at` begins a code point that takes a column. U+0300 to U+036F combine with what stands before.
bool takes_column(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if ((byte & 0xC0U) == 0x80U) {
    return false;
  }
  const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
  return byte != 0xCCU && !(byte == 0xCDU && next < 0xB0U);
}

}  // namespace

bool is_dumb_terminal() {
  const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nothing here sets it.
  return terminal != nullptr && std::string_view(terminal) == "dumb";
}

bool wants_colour(const Io& io) {
  return io.is_terminal && !is_set("NO_COLOR") && !is_dumb_terminal();
}

std::string painted(std::string_view text, CellTone tone, bool colour) {
  const std::string_view code = kColours.at(static_cast<std::size_t>(tone));
  if (!colour || code.empty() || text.empty()) {
    return std::string(text);
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    width += takes_column(text, at) ? 1 : 0;
  }
  return width;
}

std::size_t columns_of(const Io& io) {
  if (!io.is_terminal) {
    return 0;
  }
  const char* said = std::getenv("COLUMNS");  // NOLINT(concurrency-mt-unsafe): nothing here sets it.
  const std::string_view text = said == nullptr ? "" : said;
  std::size_t columns = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
      error == std::errc() && columns > 0) {
    return std::max(columns, kFewestColumns);
  }
  winsize size{};
  const bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? std::max<std::size_t>(size.ws_col, kFewestColumns) : 0;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  const std::size_t width = columns == 0 ? kTerminalColumns : std::min(columns, kTerminalColumns);
  std::string out;
  std::string line;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) {
      continue;
    }
    if (!line.empty() && indent + width_of(line) + 1 + width_of(word) > width) {
      out += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += line.empty() ? "" : " ";
    line += word;
  }
  return out + (line.empty() ? "" : std::string(indent, ' ') + line) + "\n";
}

std::string hanging(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t own = std::min(line.find_first_not_of(' '), line.size());
    const std::string begin(std::max(indent, own + 2), ' ');
    std::string part(line);
    std::size_t from = own;  // no line is made of its indent alone
    while (columns > begin.size() && width_of(part) > columns) {
      std::size_t end = part.find(' ', from);
      for (std::size_t next = end; next != std::string::npos && width_of(part.substr(0, next)) <= columns;) {
        end = next;
        next = part.find(' ', next + 1);
      }
      const std::size_t rest = end == std::string::npos ? end : part.find_first_not_of(' ', end);
      if (rest == std::string::npos) {
        break;
      }
      out += part.substr(0, part.find_last_not_of(' ', end) + 1) + "\n";
      part = begin + part.substr(rest);
      from = begin.size();
    }
    out += part + "\n";
  }
  return out;
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths[i] = widths[i] == 0 ? 0 : std::max(widths[i], width_of(columns_[i].title));
  }
  return widths;
}

/// A column without a title, such as that of units, stays with the one before it.
std::size_t Table::count_that_fit(const std::vector<std::size_t>& widths, std::size_t columns) const {
  std::size_t fit = 0;
  std::size_t width = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    width += widths[i] == 0 ? 0 : widths[i] + (width == 0 ? 0 : columns_[i].gap);
    const bool is_whole = i + 1 == widths.size() || !columns_[i + 1].title.empty();
    if (columns == 0 || width <= columns) {
      fit = is_whole ? i + 1 : fit;
    }
  }
  return std::max<std::size_t>(fit, 1);
}

/// "    target on track, pace 104%"
std::string Table::rest_of(const std::vector<Cell>& row, std::size_t first, std::size_t columns) const {
  std::vector<std::string> parts;
  for (std::size_t i = first; i < row.size(); ++i) {
    std::string title = columns_[i].title;
    std::ranges::transform(
        title, title.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (title.empty() && !parts.empty() && !row[i].text.empty()) {
      parts.back() += " " + row[i].text;
    } else if (!row[i].text.empty()) {
      parts.push_back(title + (title.empty() ? "" : " ") + row[i].text);
    }
  }
  return parts.empty() ? "" : wrapped(join(parts, ", "), 4, columns);
}

std::string Table::text(bool colour, std::size_t columns) const {
  const std::vector<std::size_t> widths = this->widths();
  const std::size_t fit = count_that_fit(widths, columns);
  std::vector<Cell> titles;
  for (const Column& column : columns_) {
    titles.push_back({column.title, CellTone::kQuiet});
  }
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string out;
    std::size_t owed = 0;  // spaces that are written only when something follows
    bool is_first = true;
    for (std::size_t i = 0; i < fit; ++i) {
      if (widths[i] == 0) {
        continue;
      }
      owed += is_first ? 0 : columns_[i].gap;
      is_first = false;
      const std::size_t slack = widths[i] - width_of(cells[i].text);
      if (cells[i].text.empty()) {
        owed += slack;
        continue;
      }
      out += std::string(owed + (columns_[i].is_right ? slack : 0), ' ');
      out += painted(cells[i].text, cells[i].tone, colour);
      owed = columns_[i].is_right ? 0 : slack;
    }
    return out + "\n";
  };
  const bool has_titles = std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); });
  std::string out = has_titles ? line(titles) : "";
  for (const auto& row : rows_) {
    out += line(row) + rest_of(row, fit, columns);
  }
  return out;
}

}  // namespace kpi

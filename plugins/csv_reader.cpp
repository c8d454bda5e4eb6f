#include "plugins/csv_reader.hpp"

#include "rules/base/text.hpp"

#include <csv.h>

#include <algorithm>
#include <new>
#include <utility>

namespace kpi {
namespace {

/// A quote that is never closed would else swallow the rest of the file before anybody is told.
constexpr std::size_t kLongestRow = 1U << 20U;
constexpr std::size_t kParserBlock = 4096;

bool is_character_start(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::size_t line_of(std::string_view text, std::size_t offset) {
  return static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n')) + 1;
}

/// The first line that is not UTF-8; 0 for none.
std::size_t first_foreign_line(std::string_view text) {
  if (is_valid_utf8(text)) {
    return 0;
  }
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (!is_valid_utf8(text.substr(begin, end - begin))) {
      break;
    }
    begin = end + 1;
  }
  return number;
}

}  // namespace

Result<void> require_utf8(std::string_view name, std::string_view& text) {
  const auto refuse = [&](std::size_t line, std::string_view what, std::string_view from) {
    return fail(ErrorKind::kInvalid,
                std::string(name) + ':' + std::to_string(line) + ": " + std::string(what) +
                    ": save the file as UTF-8, or convert it with `iconv -f " + std::string(from) + " -t UTF-8`");
  };
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return refuse(1, "the text is UTF-16", "UTF-16");
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return refuse(line_of(text, nul), "a NUL byte, as in UTF-16", "UTF-16LE");
  }
  if (const std::size_t line = first_foreign_line(text); line != 0) {
    return refuse(line, "the text is not UTF-8", "WINDOWS-1252");
  }
  return {};
}

/// The state of libcsv and the cells of the row that it is in.
struct CsvReader::Parser {
  explicit Parser(char delimiter) : delimiter_char(delimiter) { open(); }

  ~Parser() { csv_free(&csv); }

  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  Parser(Parser&&) = delete;
  Parser& operator=(Parser&&) = delete;

  /// The cells that were whole stay.
  void reset() {
    csv_free(&csv);
    open();
  }

  void clear() {
    cells.clear();
    ends.clear();
    rows = 0;
  }

  /// How many bytes were taken; fewer than given: refused there.
  std::size_t feed(std::string_view bytes) {
    return csv_parse(&csv, bytes.data(), bytes.size(), on_cell, on_row, this);
  }

  /// False: a quote is open.
  bool finish() { return csv_fini(&csv, on_cell, on_row, this) == 0; }

  csv_parser csv{};
  char delimiter_char;
  std::string cells;                // one behind the other
  std::vector<std::uint32_t> ends;  // of each cell in `cells`
  int rows = 0;                     // that ended since clear()

 private:
  void open() {
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0) {
      throw std::bad_alloc();
    }
    csv_set_delim(&csv, static_cast<unsigned char>(delimiter_char));
    csv_set_blk_size(&csv, kParserBlock);
  }

  // Called from C, through which nothing may be thrown: without memory for a row the program ends.
  static void on_cell(void* bytes, std::size_t size, void* self) noexcept {
    auto* parser = static_cast<Parser*>(self);
    if (parser->rows == 0) {
      parser->cells.append(static_cast<const char*>(bytes), size);
      parser->ends.push_back(static_cast<std::uint32_t>(parser->cells.size()));
    }
  }

  static void on_row(int, void* self) noexcept { ++static_cast<Parser*>(self)->rows; }
};

CsvReader::CsvReader(std::string_view text, char delimiter)
    : text_(text),
      delimiter_(delimiter),
      // Some spreadsheets still end lines with a lone CR; mixed files are refused where the CR stands.
      line_end_(text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos ? '\r' : '\n'),
      parser_(std::make_unique<Parser>(delimiter)) {}

CsvReader::~CsvReader() = default;

CsvReader::Next CsvReader::next() {
  parser_->clear();
  in_row_ = false;
  while (offset_ < text_.size()) {
    switch (feed_line()) {
      case Fed::kRow:
        return Next::kRow;
      case Fed::kBad:
        return Next::kBadRow;
      case Fed::kMalformed:
        return Next::kMalformed;
      case Fed::kMore:
        break;
    }
  }
  return finish();
}

CsvReader::Fed CsvReader::feed_line() {
  const std::size_t found = text_.find(line_end_, offset_);
  const std::size_t end = found == std::string_view::npos ? text_.size() : found + 1;
  const std::string_view line = text_.substr(offset_, end - offset_);
  const std::size_t begin = std::exchange(offset_, end);
  if (!in_row_) {
    row_offset_ = begin;
    row_line_ = line_;
  }
  unfinished_ = found == std::string_view::npos;
  line_ += unfinished_ ? 0 : 1;
  if (end - row_offset_ > kLongestRow) {
    return malformed(
        place(row(), parser_->ends.size()),
        in_row_ ? "the quote that opens here is not closed within 1 MiB" : "the line is longer than 1 MiB");
  }
  if (const std::size_t taken = parser_->feed(line); taken < line.size()) {
    return refused(begin + taken);
  }
  if (parser_->rows > 1) {
    return malformed({.line = row_line_, .column = 1},
                     "a lone carriage return ends a row within this line: end every line alike, with LF or CR LF");
  }
  if (parser_->rows == 1) {
    return Fed::kRow;
  }
  in_row_ = in_row_ || line.find('"') != std::string_view::npos;
  return Fed::kMore;
}

CsvReader::Fed CsvReader::refused(std::size_t offset) {
  if (in_row_) {
    // What closed the cell was the opening quote of a later one.
    return malformed(place(row(), parser_->ends.size()), "the quote that opens here is not closed: close it");
  }
  const std::string_view before = text_.substr(row_offset_, offset - row_offset_);
  trouble_place_ = {.line = row_line_,
                    .column = static_cast<std::uint32_t>(std::ranges::count_if(before, is_character_start)) + 1};
  const bool stray_quote = text_[offset] == '"';
  trouble_ = stray_quote ? "a quote within a cell: put the whole cell in quotes and write \"\" for each quote in it"
                         : "text behind a closing quote: write \"\" for each quote within a cell";
  parser_->reset();
  return Fed::kBad;
}

CsvReader::Fed CsvReader::malformed(CsvPlace place, std::string trouble) {
  trouble_place_ = place;
  trouble_ = std::move(trouble);
  offset_ = text_.size();
  return Fed::kMalformed;
}

CsvReader::Next CsvReader::finish() {
  const CsvPlace opened = place(row(), parser_->ends.size());
  if (!parser_->finish()) {
    parser_->reset();
    malformed(opened, "the quote that opens here is not closed: close it");
    // Of a last line the end may still be to be written.
    return unfinished_ && row_line_ == line_ ? Next::kBadRow : Next::kMalformed;
  }
  return parser_->rows > 0 ? Next::kRow : Next::kEnd;
}

std::size_t CsvReader::size() const {
  return parser_->ends.size();
}

std::string_view CsvReader::cell(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : parser_->ends[index - 1];
  return std::string_view(parser_->cells).substr(begin, parser_->ends[index] - begin);
}

std::uint64_t CsvReader::row() const {
  return std::uint64_t{row_line_} << 32U | row_offset_;
}

CsvPlace CsvReader::place(std::uint64_t row, std::size_t cell) const {
  CsvPlace place{.line = static_cast<std::uint32_t>(row >> 32U), .column = 1};
  bool quoted = false;
  for (std::size_t i = row & 0xFFFFFFFFU; i < text_.size() && cell > 0; ++i) {
    const char c = text_[i];
    const bool line_ends = c == line_end_;
    if (!quoted && (line_ends || c == '\r' || c == '\n')) {
      return place;
    }
    quoted = quoted != (c == '"');
    cell -= !quoted && c == delimiter_ ? 1 : 0;
    place.column = line_ends ? 1 : place.column + (is_character_start(c) ? 1 : 0);
    place.line += line_ends ? 1 : 0;
  }
  return place;
}

}  // namespace kpi

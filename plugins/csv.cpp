#include "plugins/csv.hpp"

#include "plugins/csv_layout.hpp"
#include "plugins/look.hpp"
#include "plugins/row_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <utility>

namespace kpi {
namespace {

/// How many rows pass between two looks at the stop token: some milliseconds.
constexpr std::size_t kRowsBetweenStops = 4096;

/// One reading of the texts of a source's files.
class CsvImport {
 public:
  CsvImport(const CsvLayout& layout, const PollRequest& request)
      : layout_(layout),
        rows_(layout.settings,
              {.dates = layout.dates, .numbers = layout.numbers, .decimal_is_given = layout.decimal_is_given},
              request.from,
              [this](std::uint64_t row, RowReader::Place place) { return where(row, place); }),
        is_guessed_(!layout.decimal_is_given && layout.numbers.decimal == '.' &&
                    layout.numbers.thousands == NumberFormat::Thousands::kAuto) {}

  /// Which last lines without their end wait for the next poll.
  enum class Holds : std::uint8_t { kNone, kHalfOnes, kAll };

  /// `file` outlives the import.
  Result<void> read(const FileTexts::Text& file, Holds holds, const std::stop_token& stop) {
    holds_ = holds;
    std::string_view text = file.text;
    KPI_TRY(require_utf8(file.name.path, text));
    const char delimiter = layout_.delimiter ? *layout_.delimiter : detect_delimiter(text, layout_);
    files_.emplace_back(file.name, text, delimiter, lines_.size());
    lines_end_ = lines_end_ && text.ends_with('\n');
    NumberFormat numbers = layout_.numbers;
    numbers.comma_is_doubtful = delimiter == ';' && is_guessed_;
    rows_.set_numbers(numbers);
    return read_rows(files_.back(), stop);
  }

  [[nodiscard]] bool has_held() const { return has_held_; }

  /// Whether the last line of every file has its end.
  [[nodiscard]] bool lines_end() const { return lines_end_; }

  Result<Poll> finish() { return rows_.finish(files_.size() == 1 ? "the file" : "the files"); }

 private:
  /// A file while it is read, and after: problems are found in it until the end.
  struct OpenFile {
    OpenFile(const FileSet::Name& named, std::string_view text, char delimiter, std::size_t first)
        : name(named), reader(text, delimiter), first_row(first) {}

    const FileSet::Name& name;
    CsvReader reader;
    CsvColumns columns;
    std::size_t first_row;
  };

  Result<void> read_rows(OpenFile& file, const std::stop_token& stop) {
    CsvReader& reader = file.reader;
    file.columns = KPI_TRY(read_csv_header(reader, layout_, file.name));
    values_.resize(file.columns.metrics.size());
    labels_.resize(file.columns.labels.size());
    for (std::size_t count = 0;; ++count) {
      if (count % kRowsBetweenStops == 0 && stop.stop_requested()) {
        return fail(ErrorKind::kStopped, "reading " + file.name.path + " was stopped");
      }
      const auto next = reader.next();
      if (next == CsvReader::Next::kEnd) {
        return {};
      }
      if (next == CsvReader::Next::kMalformed) {
        return fail(ErrorKind::kInvalid, csv_where(file.name.path, reader.trouble_place()) + ": " + reader.trouble());
      }
      const std::uint64_t row = lines_.size();
      lines_.push_back(reader.row());
      const bool is_bad = next == CsvReader::Next::kBadRow;
      if (is_held(file, is_bad)) {
        has_held_ = true;
        lose(file, row, [&] {
          return RowProblem{csv_where(file.name.path, reader.place(reader.row(), 0)),
                            "the last line has no end yet: it is read once the file is left alone"};
        });
      } else if (is_bad) {
        lose(
            file, row, [&] { return RowProblem{csv_where(file.name.path, reader.trouble_place()), reader.trouble()}; });
      } else {
        take_row(file, row);
      }
    }
  }

  [[nodiscard]] bool is_held(const OpenFile& file, bool is_bad) const {
    const bool is_half = is_bad || file.reader.size() < file.columns.count;
    return file.reader.unfinished() && (holds_ == Holds::kAll || (holds_ == Holds::kHalfOnes && is_half));
  }

  /// A row that cannot be used: of its period nothing is known, where its date can be read.
  template <class Describe>
  void lose(const OpenFile& file, std::uint64_t row, Describe&& describe) {
    const CsvReader& reader = file.reader;
    const std::size_t whole = reader.size() - (reader.unfinished() && reader.size() > 0 ? 1 : 0);
    if (file.name.slot && !file.columns.date) {
      rows_.lose_at(row, *file.name.slot, {}, std::forward<Describe>(describe));
    } else {
      const bool is_there = file.columns.date && *file.columns.date < whole;
      rows_.lose_at(
          row, is_there ? reader.cell(*file.columns.date) : std::string_view(), {}, std::forward<Describe>(describe));
    }
  }

  void take_row(const OpenFile& file, std::uint64_t row) {
    const CsvReader& reader = file.reader;
    const CsvColumns& columns = file.columns;
    if (reader.size() != columns.count || is_blank(reader)) {
      take_odd_row(file, row);
      return;
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      labels_[i] = reader.cell(columns.labels[i]);
    }
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = RowCell::of(reader.cell(columns.metrics[i]));
    }
    if (columns.date) {
      rows_.read(row, reader.cell(*columns.date), labels_, values_);
    } else {
      rows_.read_at(row, *file.name.slot, labels_, values_);
    }
  }

  static bool is_blank(const CsvReader& reader) {
    for (std::size_t i = 0; i < reader.size(); ++i) {
      if (!trim(reader.cell(i)).empty()) {
        return false;
      }
    }
    return true;
  }

  /// A row with another number of cells than the header has, or with nothing in them.
  void take_odd_row(const OpenFile& file, std::uint64_t row) {
    const CsvReader& reader = file.reader;
    const std::size_t wanted = file.columns.count;
    if (is_blank(reader)) {
      return;
    }
    const bool few = reader.size() < wanted;
    lose(file, row, [&] {
      return RowProblem{
          csv_where(file.name.path, reader.place(reader.row(), few ? reader.size() : wanted)),
          std::to_string(reader.size()) + " cells where the header has " + std::to_string(wanted) + ": " +
              (few ? "write every cell, empty ones too" : "put a cell that holds the delimiter in quotes")};
    });
  }

  [[nodiscard]] std::string where(std::uint64_t row, RowReader::Place place) const {
    const auto after = std::ranges::upper_bound(files_, row, {}, &OpenFile::first_row);
    const OpenFile& file = *std::prev(after);
    std::size_t cell = 0;
    switch (place.part) {
      case RowReader::Place::Part::kDate:
        cell = file.columns.date.value_or(0);
        break;
      case RowReader::Place::Part::kLabel:
        cell = file.columns.labels[place.index];
        break;
      case RowReader::Place::Part::kMetric:
        cell = file.columns.metrics[place.index];
        break;
    }
    return csv_where(file.name.path, file.reader.place(lines_[row], cell));
  }

  const CsvLayout& layout_;
  Holds holds_ = Holds::kNone;
  bool has_held_ = false;
  bool lines_end_ = true;
  std::deque<OpenFile> files_;
  std::vector<std::uint64_t> lines_;  // of each row, its handle in its file
  RowReader rows_;
  bool is_guessed_;              // nothing is written of how numbers are
  std::vector<RowCell> values_;  // of the row at hand
  std::vector<std::string_view> labels_;
};

/// What a cursor says behind the version of the files: that a last line had no end although the file may not have been
/// written then, and that a last line waits.
constexpr std::string_view kOpen = " open";
constexpr std::string_view kHeld = " held";

/// A file that was written so short a time ago may still be.
constexpr std::chrono::minutes kStillWritten{1};

struct LastSeen {
  std::string version;
  bool lines_end = false;  ///< Each file's last line had its end, as far as is known.
  bool has_held = false;
};

LastSeen last_seen(std::string_view cursor) {
  const bool has_held = cursor.ends_with(kHeld);
  cursor.remove_suffix(has_held ? kHeld.size() : 0);
  const bool is_open = cursor.ends_with(kOpen);
  cursor.remove_suffix(is_open ? kOpen.size() : 0);
  return {.version = std::string(cursor), .lines_end = !cursor.empty() && !is_open, .has_held = has_held};
}

class CsvSource final : public Source {
 public:
  explicit CsvSource(CsvLayout layout) : layout_(std::move(layout)) {}

  Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) override {
    const LastSeen last = last_seen(request.cursor);
    const FileSet::Listing files = KPI_TRY(layout_.files.list(host, request.from));
    if (!last.has_held && !last.version.empty() && KPI_TRY(version_of(files, host)) == last.version) {
      Poll poll;
      poll.unchanged = true;
      poll.cursor = request.cursor;
      return poll;
    }
    const FileTexts texts = KPI_TRY(read_files(files, host, kMaxCsvBytes));
    CsvImport import(layout_, request);
    for (const FileTexts::Text& file : texts.files) {
      const bool is_recent = file.modified && host.now() - *file.modified < kStillWritten;
      KPI_TRY(import.read(file, held_of(last, texts.version, is_recent), stop));
    }
    Poll poll = KPI_TRY(import.finish());
    layout_.files.tell_undated(files, poll);
    const bool is_open = !import.lines_end() && !(last.lines_end && import.has_held());
    poll.cursor = texts.version + std::string(is_open ? kOpen : "") + std::string(import.has_held() ? kHeld : "");
    return poll;
  }

 private:
  /// A file whose lines had their ends, and whose last one has none now, is being written: "10" may become "1000". So
  /// may be one that is seen for the first time just after it was written.
  static CsvImport::Holds held_of(const LastSeen& last, const std::string& version, bool is_recent) {
    if (last.version == version) {
      return CsvImport::Holds::kNone;
    }
    if (last.lines_end || (last.version.empty() && is_recent)) {
      return CsvImport::Holds::kAll;
    }
    return is_recent ? CsvImport::Holds::kHalfOnes : CsvImport::Holds::kNone;
  }

  CsvLayout layout_;
};

std::unique_ptr<Source> create_csv(const SourceSettings& settings, Diagnostics& diagnostics) {
  auto layout = read_csv_layout(settings, diagnostics);
  return layout ? std::make_unique<CsvSource>(*std::move(layout)) : nullptr;
}

/// The newest file, and of one that is small every row.
void look_at_csv(const SourceSettings& settings, Host& host, Diagnostics& diagnostics) {
  Diagnostics known;
  const auto layout = read_csv_layout(settings, known);
  if (!layout) {
    return;
  }
  const Position& position = settings.options.at("path").position;
  const auto file = newest_file(layout->files, position, host, diagnostics);
  if (!file) {
    return;
  }
  const std::size_t before = diagnostics.items().size();
  std::string_view text = file->text;
  if (require_utf8(file->name.path, text)) {
    CsvReader reader(text, layout->delimiter.value_or(detect_delimiter(text, *layout)));
    tell_missing_columns(reader, *layout, file->name.path, diagnostics);
  }
  if (diagnostics.items().size() > before) {
    return;
  }
  CsvImport import(*layout, PollRequest{});
  const auto read = import.read(*file, CsvImport::Holds::kNone, {});
  tell_look(position, read ? import.finish() : tl::unexpected(read.error()), diagnostics);
}

}  // namespace

Plugin csv_plugin() {
  return {.name = "csv",
          .help = "CSV files with a header line, a date column, and a column per metric and label.",
          .options = csv_options(),
          .metric_options = csv_metric_options(),
          .is_whole = true,
          .create = create_csv,
          .defaults = {},
          .look = look_at_csv};
}

}  // namespace kpi

#include "plugins/csv.hpp"

#include "plugins/csv_layout.hpp"
#include "plugins/rows.hpp"
#include "rules/base/text.hpp"

#include <utility>

namespace kpi {
namespace {

/// How many rows pass between two looks at the stop token: some milliseconds.
constexpr std::size_t kRowsBetweenStops = 4096;

/// One reading of a file's text.
class CsvImport {
 public:
  CsvImport(const CsvLayout& layout, const PollRequest& request, std::string_view text, char delimiter)
      : layout_(layout),
        numbers_(layout.numbers),
        from_(request.from),
        reader_(text, delimiter),
        collector_(layout.settings,
                   [this](std::uint64_t row, std::uint32_t metric) { return where(row, columns_.metrics[metric]); }) {
    numbers_.comma_is_doubtful = delimiter == ';' && !layout.decimal_is_given && numbers_.decimal == '.' &&
                                 numbers_.thousands == NumberFormat::Thousands::kAuto;
  }

  Result<Poll> run(const std::stop_token& stop) {
    columns_ = KPI_TRY(read_csv_header(reader_, layout_));
    values_.resize(columns_.metrics.size());
    labels_.resize(columns_.labels.size());
    for (std::size_t count = 0;; ++count) {
      if (count % kRowsBetweenStops == 0 && stop.stop_requested()) {
        return fail(ErrorKind::kStopped, "reading " + layout_.path + " was stopped");
      }
      const auto next = reader_.next();
      if (next == CsvReader::Next::kEnd) {
        return finish();
      }
      if (next == CsvReader::Next::kMalformed) {
        return fail(ErrorKind::kInvalid, csv_where(layout_.path, reader_.trouble_place()) + ": " + reader_.trouble());
      }
      if (next == CsvReader::Next::kBadRow) {
        take_bad_row();
      } else {
        take_row();
      }
    }
  }

 private:
  void take_bad_row() {
    collector_.problem(reader_.row(),
                       [&] { return RowProblem{csv_where(layout_.path, reader_.trouble_place()), reader_.trouble()}; });
  }

  void take_row() {
    const std::uint64_t row = reader_.row();
    if (reader_.size() != columns_.count || reader_.cell(columns_.date).empty()) {
      take_odd_row(row);
      return;
    }
    const auto slot = slot_of_row(row);
    if (!slot || (from_ && *slot < *from_)) {
      return;
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      labels_[i] = reader_.cell(columns_.labels[i]);
    }
    const std::int64_t set = collector_.label_set(labels_);
    if (set < 0) {
      collector_.problem(row, [&] {
        auto trouble = collector_.label_trouble(labels_);
        return RowProblem{where(row, columns_.labels[trouble.label]), std::move(trouble.message)};
      });
      return;
    }
    take_values(row);
    collector_.add({.row = row, .slot = *slot, .label_set = static_cast<std::uint32_t>(set)}, values_);
  }

  void take_values(std::uint64_t row) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const std::string_view cell = reader_.cell(columns_.metrics[i]);
      const double scale = layout_.settings.metrics[i].scale;
      const auto number = read_number(cell, numbers_);
      if (number && scale == 1 && trim(cell).ends_with('%')) {
        values_[i].reset();
        take_percentage(row, columns_.metrics[i], layout_.settings.metrics[i].name);
      } else if (number) {
        values_[i] = scaled(*number, scale);
      } else {
        values_[i].reset();
        take_bad_cell(row, columns_.metrics[i]);
      }
    }
  }

  void take_percentage(std::uint64_t row, std::size_t cell, const std::string& metric) {
    collector_.problem(row, [&] {
      return RowProblem{where(row, cell),
                        '"' + printable(trim(reader_.cell(cell))) + "\" is a percentage: if " + metric +
                            " is one, write scale: percent"};
    });
  }

  void take_bad_cell(std::uint64_t row, std::size_t cell) {
    collector_.problem(row, [&] { return RowProblem{where(row, cell), number_trouble(reader_.cell(cell), numbers_)}; });
  }

  /// A row with another number of cells than the header has, or without a date.
  void take_odd_row(std::uint64_t row) {
    bool blank = true;
    for (std::size_t i = 0; i < reader_.size(); ++i) {
      blank = blank && trim(reader_.cell(i)).empty();
    }
    // A last line without its end and with too few cells is still being appended: the next poll has all of it.
    if (blank || (reader_.unfinished() && reader_.size() < columns_.count)) {
      return;
    }
    if (reader_.size() == columns_.count) {
      collector_.problem(row, [&] {
        return RowProblem{where(row, columns_.date), "the row has no date: fill it in, or remove the row"};
      });
      return;
    }
    const bool few = reader_.size() < columns_.count;
    collector_.problem(row, [&] {
      return RowProblem{
          where(row, few ? reader_.size() : columns_.count),
          std::to_string(reader_.size()) + " cells where the header has " + std::to_string(columns_.count) + ": " +
              (few ? "write every cell, empty ones too" : "put a cell that holds the delimiter in quotes")};
    });
  }

  std::optional<Slot> slot_of_row(std::uint64_t row) {
    const std::string_view cell = reader_.cell(columns_.date);
    if (cell == date_cell_) {
      return date_slot_;
    }
    const auto moment = layout_.dates.read(cell);
    const SourceSettings& settings = layout_.settings;
    if (!moment || (!moment->has_time && needs_time(settings.grain))) {
      collector_.problem(row, [&] {
        return RowProblem{where(row, columns_.date),
                          moment ? '"' + printable(cell) + "\" has no time of day, which grain " +
                                       settings.grain.text() + " needs: read another column, or a coarser grain"
                                 : layout_.dates.trouble(cell)};
      });
      return std::nullopt;
    }
    const Slot slot = slot_of(*moment, {.grain = settings.grain, .zone = settings.zone, .calendar = settings.calendar});
    // A slip of the year would have every period since then judged.
    if (slot.ms < 0) {
      collector_.problem(row, [&] {
        return RowProblem{where(row, columns_.date),
                          '"' + printable(cell) + "\" lies before 1970: correct the year, or the date's format"};
      });
      return std::nullopt;
    }
    date_cell_ = cell;
    date_slot_ = slot;
    return date_slot_;
  }

  Result<Poll> finish() {
    // A file of which nothing can be read is an error of the source, not so many bad rows.
    if (collector_.row_count() == 0 && date_cell_.empty() && collector_.problem_count() > 0) {
      const RowProblem& first = collector_.first_problem();
      return fail(ErrorKind::kInvalid, first.where + ": " + first.message + " (no row of the file could be read)");
    }
    return collector_.finish();
  }

  [[nodiscard]] std::string where(std::uint64_t row, std::size_t cell) const {
    return csv_where(layout_.path, reader_.place(row, cell));
  }

  const CsvLayout& layout_;
  NumberFormat numbers_;
  std::optional<Slot> from_;
  CsvReader reader_;
  RowCollector collector_;
  CsvColumns columns_;
  std::vector<std::optional<double>> values_;  // of the row at hand
  std::vector<std::string_view> labels_;
  std::string date_cell_;  // rows of one date often follow each other
  Slot date_slot_;
};

class CsvSource final : public Source {
 public:
  explicit CsvSource(CsvLayout layout) : layout_(std::move(layout)) {}

  Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) override {
    if (!request.cursor.empty() && KPI_TRY(host.file_version(layout_.path)) == request.cursor) {
      Poll poll;
      poll.unchanged = true;
      poll.cursor = request.cursor;
      return poll;
    }
    const Host::File file = KPI_TRY(host.read_file(layout_.path, kMaxCsvBytes));
    std::string_view text = file.text;
    KPI_TRY(require_utf8(layout_.path, text));
    const char delimiter = layout_.delimiter ? *layout_.delimiter : detect_delimiter(text, layout_);
    Poll poll = KPI_TRY(CsvImport(layout_, request, text, delimiter).run(stop));
    poll.cursor = file.version;
    return poll;
  }

 private:
  CsvLayout layout_;
};

std::unique_ptr<Source> create_csv(const SourceSettings& settings, Diagnostics& diagnostics) {
  auto layout = read_csv_layout(settings, diagnostics);
  return layout ? std::make_unique<CsvSource>(*std::move(layout)) : nullptr;
}

}  // namespace

Plugin csv_plugin() {
  return {.name = "csv",
          .help = "A CSV file with a header line, a date column, and a column per metric and label.",
          .options = csv_options(),
          .metric_options = csv_metric_options(),
          .create = create_csv};
}

}  // namespace kpi

#pragma once
// From cells to samples: what every source whose answer is made of rows does in the same way. Dates become slots,
// numbers are read and scaled, and what cannot be used becomes a problem of the row. One reader per poll; one thread.

#include "plugins/date_format.hpp"
#include "plugins/number_format.hpp"
#include "plugins/rows.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// The value of a metric in a row, as it was delivered.
struct RowCell {
  enum class Kind : std::uint8_t {
    kNull,
    kText,      ///< Read as a number by the format of the source.
    kNumber,    ///< NaN counts as a null, an infinity is refused.
    kUnusable,  ///< `text` says what it is: "a list".
    kAbsent,    ///< The row is not about this metric.
  };

  Kind kind = Kind::kNull;
  std::string_view text;
  double number = 0;

  static RowCell of(std::string_view text) { return {.kind = Kind::kText, .text = text, .number = 0}; }

  static RowCell of(double number) { return {.kind = Kind::kNumber, .text = {}, .number = number}; }

  static RowCell absent() { return {.kind = Kind::kAbsent, .text = {}, .number = 0}; }

  static RowCell unusable(std::string_view what) { return {.kind = Kind::kUnusable, .text = what, .number = 0}; }
};

/// How the cells of a source are written.
struct RowFormat {
  DateFormat dates;
  NumberFormat numbers;
  std::string_view date_key = "date.format";  ///< That says how dates are written; empty: there is none.
  bool decimal_is_given = false;              ///< The decimal sign was stated.
  bool is_part = false;  ///< What it is read with may never meet in one answer: each has some periods only.
};

class RowReader {
 public:
  /// A part of a row, for people.
  struct Place {
    enum class Part : std::uint8_t { kDate, kLabel, kMetric };

    Part part = Part::kDate;
    std::size_t index = 0;  ///< Of SourceSettings::labels or ::metrics.
  };

  /// Where a part of a row stands: "visitors.csv:17:3". `row` is what read() was given; rows come in the order of their
  /// numbers.
  using Where = std::function<std::string(std::uint64_t row, Place place)>;

  /// Rows before `from` are passed over. `settings` outlives the reader.
  RowReader(const SourceSettings& settings, RowFormat format, std::optional<Slot> from, Where where);

  void set_numbers(NumberFormat numbers) { format_.numbers = numbers; }

  /// One row: its date, and the cells of SourceSettings::labels and ::metrics in their order. An empty date is a
  /// problem.
  void read(std::uint64_t row,
            std::string_view date,
            std::span<const std::string_view> labels,
            std::span<const RowCell> values);
  /// The same for a row whose period is known.
  void read_at(std::uint64_t row, Slot slot, std::span<const std::string_view> labels, std::span<const RowCell> values);

  /// Counts a row that is lost; `describe` gives the RowProblem, and is not called for each.
  template <class Describe>
  void lose(std::uint64_t row, Describe&& describe) {
    collector_.lose(row, std::forward<Describe>(describe));
  }

  /// The same of a row whose period is known: nothing is known of that period then, rather than a sum without it.
  /// `values` say which metrics it is about; none: every one.
  template <class Describe>
  void lose_at(std::uint64_t row, Slot slot, std::span<const RowCell> values, Describe&& describe) {
    if (from_ && slot < *from_) {
      return;
    }
    collector_.lose_of(row, slot, lost_values(values), std::forward<Describe>(describe));
  }

  /// The same of a row that has this date, if it can be read.
  template <class Describe>
  void lose_at(std::uint64_t row, std::string_view date, std::span<const RowCell> values, Describe&& describe) {
    if (const auto slot = slot_of_date(date)) {
      lose_at(row, *slot, values, std::forward<Describe>(describe));
    } else {
      lose(row, std::forward<Describe>(describe));
    }
  }

  /// Something to be told of a row that counts.
  template <class Describe>
  void tell(std::uint64_t row, Describe&& describe) {
    collector_.problem(row, std::forward<Describe>(describe));
  }

  /// Looks at how a cell is written that is handed on as a number, or not at all.
  void note_written(std::uint64_t row, std::size_t metric, std::string_view cell);

  /// Everything that was read. An error of the source is an answer whose numbers are written in two ways (or, where it
  /// is a part, in another way than they are read), and one of which nothing could be read: `what` names it ("the
  /// file").
  Result<Poll> finish(std::string_view what);

 private:
  std::optional<Slot> slot_of_row(std::uint64_t row, std::string_view date);
  /// Nothing: it cannot be read, or does not tell the period.
  [[nodiscard]] std::optional<Slot> slot_of_date(std::string_view date) const;
  [[nodiscard]] Slot slot_of_moment(const WrittenTime& moment) const;
  std::span<const RowValue> lost_values(std::span<const RowCell> values);
  RowValue value_of(std::uint64_t row, std::size_t metric, const RowCell& cell);
  RowValue scaled_value(std::uint64_t row, std::size_t metric, double number);
  [[nodiscard]] Result<void> check_decimal_signs() const;
  RowValue refuse(std::uint64_t row, std::size_t metric, std::string message);

  /// A cell of a metric, as it stands in its row.
  struct WrittenCell {
    std::uint64_t row = 0;
    std::string text;
  };

  /// The first cells of a metric that show how its numbers are written.
  struct Written {
    std::optional<WrittenCell> as_read;
    std::optional<WrittenCell> other;  ///< By the other decimal sign.
  };

  const SourceSettings& settings_;
  RowFormat format_;
  std::optional<Slot> from_;
  Where where_;
  RowCollector collector_;
  std::vector<Written> written_;  // by metric
  std::vector<RowValue> values_;  // of the row at hand
  std::string told_clock_;        // what was told of the changes of the clock
  bool has_date_ = false;         // some row's date could be read
  std::string date_cell_;         // rows of one date often follow each other
  Slot date_slot_;
};

/// Where the date `from` (see PollRequest::from) begins among this source's slots: below a day they are moments, and a
/// date begins at midnight in the source's zone.
Slot first_wanted(Slot from, Grain grain, const Zone& zone);

/// The period of this grain that ended last before `now`, or `now` itself for instants: what a value without a date is
/// taken to be about.
Slot present_slot(Instant now, const SourceSettings& settings);

}  // namespace kpi

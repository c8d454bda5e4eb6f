#pragma once
// Prepared statements for the rows of the history: values are bound in order, columns read by number. Throws
// SQLite::Exception. Private to daemon/store; a query belongs to the thread of its connection and is not re-entrant.

#include "daemon/store/sqlite_file.hpp"
#include "rules/base/time.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::sqlite {

/// The row a query stands on.
class Row {
 public:
  explicit Row(const std::vector<SQLite::Column>& columns) : columns_(columns) {}

  [[nodiscard]] std::int64_t integer(int column) const { return at(column).getInt64(); }

  [[nodiscard]] std::uint32_t id(int column) const { return at(column).getUInt(); }

  [[nodiscard]] Slot slot(int column) const { return {integer(column)}; }

  [[nodiscard]] Instant instant(int column) const { return Instant(Duration(integer(column))); }

  [[nodiscard]] std::string text(int column) const { return at(column).getString(); }

  [[nodiscard]] bool is_null(int column) const { return at(column).isNull(); }

  /// NULL is NaN: SQLite stores no NaN.
  [[nodiscard]] double real(int column) const {
    const double number = at(column).getDouble();  // Of NULL it is 0.
    return number == 0 && is_null(column) ? std::numeric_limits<double>::quiet_NaN() : number;
  }

  [[nodiscard]] std::optional<Instant> optional_instant(int column) const {
    return is_null(column) ? std::nullopt : std::optional(instant(column));
  }

 private:
  [[nodiscard]] const SQLite::Column& at(int column) const { return columns_.at(static_cast<std::size_t>(column)); }

  const std::vector<SQLite::Column>& columns_;
};

/// One prepared statement, kept for the life of its connection.
class Query {
 public:
  Query(const SQLite::Database& db, const std::string& sql) : statement_(db, sql) {}

  /// Runs a statement without rows to its end and returns how many rows it changed.
  template <class... Values>
  int run(const Values&... values) {
    const Reset reset{statement_};
    bind_from(1, values...);
    return statement_.exec();
  }

  /// Binds values to the parameters from `first` on; texts among them must live until run_bound().
  template <class... Values>
  void bind_from(int first, const Values&... values) {
    int index = first;
    (bind(index++, values), ...);
  }

  /// run() with what was bound.
  int run_bound() {
    const Reset reset{statement_};
    return statement_.exec();
  }

  /// Calls `row(Row)` for each row; texts among `values` must live until it returns.
  template <class OnRow, class... Values>
  void each(OnRow&& row, const Values&... values) {
    const Reset reset{statement_};
    bind_from(1, values...);
    const Row current(columns_);
    while (statement_.executeStep()) {
      find_columns();
      row(current);
    }
  }

 private:
  /// A statement left half-way would keep its transaction open.
  struct Reset {
    SQLite::Statement& statement;

    explicit Reset(SQLite::Statement& of) : statement(of) {}

    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;
    Reset(Reset&&) = delete;
    Reset& operator=(Reset&&) = delete;

    ~Reset() { statement.tryReset(); }
  };

  /// Each made once: one that is made for a row counts who owns the statement, for each number that is read.
  void find_columns() {
    for (int i = static_cast<int>(columns_.size()); i < statement_.getColumnCount(); ++i) {
      columns_.push_back(statement_.getColumn(i));
    }
  }

  void bind(int index, std::int64_t value) { statement_.bind(index, value); }

  void bind(int index, std::uint32_t value) { statement_.bind(index, value); }

  void bind(int index, int value) { statement_.bind(index, value); }

  void bind(int index, bool value) { statement_.bind(index, value ? 1 : 0); }

  void bind(int index, Slot value) { statement_.bind(index, value.ms); }

  void bind(int index, Instant value) { bind(index, std::int64_t{value.time_since_epoch().count()}); }

  void bind(int index, const std::string& value) { statement_.bindNoCopy(index, value); }

  void bind(int index, std::string_view value) { statement_.bind(index, std::string(value)); }

  void bind(int index, std::nullopt_t) { statement_.bind(index); }

  void bind(int index, double value) {
    if (std::isnan(value)) {
      statement_.bind(index);
    } else {
      statement_.bind(index, value);
    }
  }

  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      statement_.bind(index);
    }
  }

  SQLite::Statement statement_;
  std::vector<SQLite::Column> columns_;
};

/// INSERT of rows, many by one statement: what a statement costs by itself is paid once for all of them.
class Inserter {
 public:
  /// `into` ends before VALUES, `conflict` stands behind the rows.
  Inserter(const SQLite::Database& db, std::string_view into, int columns, std::string_view conflict)
      : columns_(columns), many_(db, sql(into, kRows, columns, conflict)), one_(db, sql(into, 1, columns, conflict)) {}

  /// Inserts `count` rows; `bind(Query&, first parameter, i)` binds one. `present(i)` is called for each that changed
  /// nothing, because there is such a row already: perhaps the very same one.
  template <class Bind, class Present>
  void run(std::size_t count, Bind&& bind, Present&& present) {
    const auto insert_one = [&](std::size_t i) {
      bind(one_, 1, i);
      if (one_.run_bound() == 0) {
        present(i);
      }
    };
    std::size_t row = 0;
    while (count - row >= kRows) {
      const std::size_t end = row + kRows;
      for (std::size_t i = row; i < end; ++i) {
        bind(many_, (static_cast<int>(i - row) * columns_) + 1, i);
      }
      if (many_.run_bound() == kRows) {
        row = end;
      }
      while (row < end) {
        insert_one(row++);
      }
    }
    while (row < count) {
      insert_one(row++);
    }
  }

 private:
  static constexpr int kRows = 32;

  static std::string sql(std::string_view into, int rows, int columns, std::string_view conflict) {
    std::string row;
    for (int i = 0; i < columns; ++i) {
      row += i == 0 ? "(?" : ",?";
    }
    std::string values;
    for (int i = 0; i < rows; ++i) {
      values += (i == 0 ? "" : ",") + row + ")";
    }
    return fmt::format("{} VALUES{} {}", into, values, conflict);
  }

  int columns_;
  Query many_;
  Query one_;
};

/// Rows of a table keyed (slot, id) of a few ids among many: seeks to each instead of reading what lies between.
class SlotSeeker {
 public:
  /// `next_slot` finds the first slot from ?1 and before ?2; `row` the row of slot ?1 and id ?2.
  SlotSeeker(const SQLite::Database& db, const char* next_slot, const char* row)
      : next_slot_(db, next_slot), row_(db, row) {}

  /// By slot, then in the order of `ids`.
  template <class OnRow>
  void each(Slot from, Slot to, const std::vector<std::uint32_t>& ids, OnRow&& row) {
    for (std::optional<Slot> slot = first(from, to); slot; slot = first({slot->ms + 1}, to)) {
      for (const std::uint32_t id : ids) {
        row_.each(row, *slot, id);
      }
    }
  }

 private:
  std::optional<Slot> first(Slot from, Slot to) {
    std::optional<Slot> found;
    next_slot_.each([&](const Row& row) { found = row.slot(0); }, from, to);
    return found;
  }

  Query next_slot_;
  Query row_;
};

}  // namespace kpi::sqlite

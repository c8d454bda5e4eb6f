#pragma once
// SQLite's own interface with nothing in between: the floor under the history. Throws std::runtime_error.

#include "daemon/store/store.hpp"

#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>

namespace kpi::bench {

class BareStatement {
 public:
  BareStatement(sqlite3* db, const char* sql);

  template <class... Values>
  void run(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    finish();
  }

  /// Calls `row(statement)` for each row.
  template <class Row>
  void each(Row&& row) {
    while (sqlite3_step(statement_.get()) == SQLITE_ROW) {
      row(statement_.get());
    }
    sqlite3_reset(statement_.get());
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }

  void bind(int index, double value) { sqlite3_bind_double(statement_.get(), index, value); }

  void bind(int index, const std::string& value) {
    sqlite3_bind_text(statement_.get(), index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }

  void bind(int index, const std::optional<Instant>& value) {
    if (value) {
      sqlite3_bind_int64(statement_.get(), index, value->time_since_epoch().count());
    } else {
      sqlite3_bind_null(statement_.get(), index);
    }
  }

  template <class Word>
    requires std::is_enum_v<Word>
  void bind(int index, Word value) {
    sqlite3_bind_int(statement_.get(), index, static_cast<int>(value));
  }

  void finish();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class BareDatabase {
 public:
  /// In WAL mode, with the history's cache.
  explicit BareDatabase(const std::string& path);

  void run(const char* sql);

  sqlite3* get() { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };

  std::unique_ptr<sqlite3, Close> db_;
};

/// Inserts the rows of a step into a history as it stands, one transaction, without looking at what is there.
class BareWriter {
 public:
  explicit BareWriter(BareDatabase& db);
  void commit(const StepCommit& step);

 private:
  void write(const StepCommit& step);

  BareDatabase& db_;
  BareStatement sample_;
  BareStatement verdict_;
  BareStatement status_;
  BareStatement alert_;
  BareStatement episode_;
  BareStatement source_;
  BareStatement message_;
  BareStatement last_step_;
};

}  // namespace kpi::bench

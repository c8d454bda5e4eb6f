#pragma once
// What can be read of a table some of whose pages are damaged. Private to daemon/store.

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

namespace kpi::sqlite {

struct SavedRows {
  std::int64_t rows = 0;
  bool is_whole = true;  ///< Nothing of the table is known to be missing.
};

/// Copies the rows of one table that can be read into the table of that name in `to`: those on both sides of damage and
/// between two damaged pages too. Rows that `to` refuses are left out. The time it takes is bounded by the size of
/// `from`, whatever that says. Throws SQLite::Exception when `to` cannot be written.
SavedRows save_rows(SQLite::Database& from, SQLite::Database& to, const std::string& table);

}  // namespace kpi::sqlite

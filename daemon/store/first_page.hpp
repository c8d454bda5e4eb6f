#pragma once
// A history whose first page is gone: SQLite takes it for no database, but the tables are still there, and what names
// them stands on pages of its own. Private to daemon/store; any thread.

#include "rules/base/result.hpp"

#include <string>

namespace kpi::sqlite {

/// Copies the file `damaged` (and its "-wal") to `copy` and gives it a first page that names every table and index that
/// can be found in it. kStorage when there is none. `copy` may be there in part then.
Result<void> copy_with_first_page(const std::string& damaged, const std::string& copy);

/// Whether the pages of a file that SQLite takes for no database name the tables of a history.
bool names_our_tables(const std::string& path);

}  // namespace kpi::sqlite

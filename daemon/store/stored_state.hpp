#pragma once
// All that a start reads of a history. Private to daemon/store; the thread that owns the connection.

#include "daemon/store/store.hpp"
#include "daemon/store/words.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace kpi::sqlite {

/// Throws SQLite::Exception and BadRow.
StoredState read_stored_state(const SQLite::Database& db, Words& words);

}  // namespace kpi::sqlite

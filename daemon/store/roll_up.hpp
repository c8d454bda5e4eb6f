#pragma once
// Old samples become one row a day, old messages go. Throws SQLite::Exception. Private to daemon/store; of the thread
// that owns the connection.

#include "daemon/store/sqlite_query.hpp"
#include "daemon/store/store.hpp"

namespace kpi::sqlite {

/// One bounded piece of the work, in a transaction of its own; true when some is left.
bool roll_up_some(SQLite::Database& db, const RollUpOrder& order);

}  // namespace kpi::sqlite

// SQLite as a source: opened for reading, only SELECT gets through the authorizer, one statement, which must say of
// itself that it only reads.

#include "plugins/sql_query.hpp"
#include "plugins/sql_quoting.hpp"
#include "rules/base/text.hpp"

#include <sqlite3.h>

#include <array>
#include <memory>
#include <string_view>

namespace kpi {
namespace {

constexpr std::array<std::string_view, 3> kForbiddenFunctions{"load_extension", "fts3_tokenizer", "randomblob"};
constexpr int kStepsBetweenLooks = 20'000;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

int authorize(void* /*unused*/, int action, const char* /*first*/, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      for (const std::string_view name : kForbiddenFunctions) {
        if (second != nullptr && name == second) {
          return SQLITE_DENY;
        }
      }
      return SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

/// What the progress handler looks at. The time is counted in its calls and SQLite's own steps, not by a clock: the
/// stop is the daemon's, and the timeout is kept by the number of steps.
struct Watched {
  const std::stop_token& stop;
  std::int64_t left;
  bool timed_out = false;
};

int look(void* data) {
  auto& watched = *static_cast<Watched*>(data);
  watched.timed_out = --watched.left < 0;
  return watched.timed_out || watched.stop.stop_requested() ? 1 : 0;
}

tl::unexpected<Error> trouble(sqlite3* db, const Watched& watched) {
  if (watched.stop.stop_requested()) {
    return fail(ErrorKind::kStopped, "the query was stopped");
  }
  if (watched.timed_out) {
    return fail(ErrorKind::kTimeout, "the query takes too long: give it an index, or a shorter window");
  }
  const int code = sqlite3_errcode(db);
  if (code == SQLITE_AUTH) {
    return fail(ErrorKind::kInvalid, "the query may only read: write one SELECT");
  }
  const bool is_later = code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_CANTOPEN;
  return fail(is_later ? ErrorKind::kUnavailable : ErrorKind::kInvalid, sqlite3_errmsg(db));
}

void restrict(sqlite3* db, const SqlQuery& query) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20U);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1 << 16U);
  // LIKE and GLOB call themselves for each wildcard: what stands in a table, used as a pattern, would run out of stack.
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_busy_timeout(db, static_cast<int>(std::min<std::int64_t>(query.timeout.count(), 5000)));
}

Result<Statement> prepare(sqlite3* db, const std::string& text, const Watched& watched) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v2(db, text.c_str(), static_cast<int>(text.size()) + 1, &raw, &tail) != SQLITE_OK) {
    return trouble(db, watched);
  }
  Statement statement(raw);
  sqlite3_stmt* second = nullptr;
  sqlite3_prepare_v2(db, tail, -1, &second, nullptr);
  const bool has_more = second != nullptr || sqlite3_errcode(db) != SQLITE_OK;
  sqlite3_finalize(second);
  if (raw == nullptr || has_more) {
    return fail(ErrorKind::kInvalid, "the query is one statement: write one SELECT");
  }
  if (sqlite3_stmt_readonly(raw) == 0 || sqlite3_column_count(raw) == 0) {
    return fail(ErrorKind::kInvalid, "the query may only read: write one SELECT");
  }
  return statement;
}

std::vector<std::optional<std::string>> row_of(sqlite3_stmt* statement, std::size_t columns, std::size_t& bytes) {
  std::vector<std::optional<std::string>> row(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    const int column = static_cast<int>(i);
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_NULL:
        break;
      case SQLITE_FLOAT:
        row[i] = number_text(sqlite3_column_double(statement, column));
        break;
      default: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
        row[i] =
            text == nullptr ? "" : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      }
    }
    bytes += row[i] ? row[i]->size() : 0;
  }
  return row;
}

/// SQLite takes a parameter that nobody binds, such as @from, for NULL: nothing would fit, and nothing would be said.
Result<void> check_parameters(sqlite3_stmt* statement, const BoundQuery& bound) {
  const int wanted = bound.uses_from ? 2 : 0;
  if (sqlite3_bind_parameter_count(statement) == wanted) {
    return {};
  }
  const char* name = sqlite3_bind_parameter_name(statement, wanted + 1);
  return fail(ErrorKind::kInvalid,
              "the query has a parameter " + std::string(name == nullptr ? "?" : name) + "; there are :from and :to");
}

}  // namespace

Result<SqlTable> query_sqlite(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop) {
  const BoundQuery bound = KPI_TRY(with_parameters(query.text, kSqliteQuoting, {"?1", "?2"}));
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(address.url.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const Database db(raw);
  // About a hundred thousand steps a millisecond is more than any machine does: the timeout is never too short.
  Watched watched{stop, query.timeout.count() * 100'000 / kStepsBetweenLooks};
  if (opened != SQLITE_OK) {
    return fail(ErrorKind::kUnavailable, raw == nullptr ? "out of memory" : sqlite3_errmsg(raw));
  }
  restrict(raw, query);
  sqlite3_set_authorizer(raw, authorize, nullptr);
  sqlite3_progress_handler(raw, kStepsBetweenLooks, look, &watched);
  const Statement statement = KPI_TRY(prepare(raw, bound.text, watched));
  KPI_TRY(check_parameters(statement.get(), bound));
  if (bound.uses_from) {
    sqlite3_bind_text(statement.get(), 1, query.from.c_str(), static_cast<int>(query.from.size()), nullptr);
    sqlite3_bind_text(statement.get(), 2, query.to.c_str(), static_cast<int>(query.to.size()), nullptr);
  }
  SqlTable table;
  SqlBudget budget(query);
  const auto columns = static_cast<std::size_t>(sqlite3_column_count(statement.get()));
  for (std::size_t i = 0; i < columns; ++i) {
    table.columns.emplace_back(sqlite3_column_name(statement.get(), static_cast<int>(i)));
  }
  while (true) {
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) {
      return table;
    }
    if (code != SQLITE_ROW) {
      return trouble(raw, watched);
    }
    std::size_t bytes = 0;
    table.rows.push_back(row_of(statement.get(), columns, bytes));
    KPI_TRY(budget.add_row(bytes));
  }
}

}  // namespace kpi

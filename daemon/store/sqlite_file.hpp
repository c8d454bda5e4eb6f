#pragma once
// A history file as SQLite sees it: opening, settings, whose file it is, its schema, and errors in words for people.
// Private to daemon/store: the one place besides its neighbours here that knows SQLiteCpp.

#include "daemon/store/schema.hpp"
#include "rules/base/result.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi::sqlite {

/// A stored row that cannot be what kpid wrote.
struct BadRow : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One that refers to what is no longer there: a part of the file is lost.
struct LostRow : BadRow {
  using BadRow::BadRow;
};

/// Whether it says that the file is damaged or is no database, rather than that it could not be read.
bool is_damage(const SQLite::Exception& exception);

/// The names of what `kind` ("table", "view", "index") the file holds of its own, in the order they were made.
std::vector<std::string> names_of(const SQLite::Database& db, const char* kind);

/// In double quotes. Names come from the file's own schema; one with a quote in it is none of ours.
std::string quoted(const std::string& name);

/// `cannot ACTION the history "PATH": SQLite's words; remedy`.
Error describe(std::string_view action, const std::string& path, const SQLite::Exception& exception);
Error describe(std::string_view action, const std::string& path, const BadRow& exception);

/// Runs `body`, which returns a Result; the exceptions of SQLiteCpp end here.
template <class Body>
auto guarded(std::string_view action, const std::string& path, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const SQLite::Exception& exception) {
    return tl::unexpected<Error>(describe(action, path, exception));
  } catch (const BadRow& exception) {
    return tl::unexpected<Error>(describe(action, path, exception));
  }
}

/// The absolute path of a file without symbolic links; the name itself where that cannot be found out. SQLite would
/// take a relative name that begins with "file:" for a URI.
std::string real_path(const std::string& name);

/// Settings of every connection of ours. Changes nothing in the file.
void configure(SQLite::Database& db);

/// A read-only connection to whatever the file is. Throws SQLite::Exception.
std::unique_ptr<SQLite::Database> connect_for_reading(const std::string& path);

/// Whether kpid has kept a history at `path` before: its reserve stands beside it, whatever became of the file.
bool has_kept_history(const std::string& path);

/// There is none at `path`, or no more, and how one comes to be.
Error no_history_yet(const std::string& path);

/// A read-only connection beside the owner of the history, or to a copy. kNotFound, with the remedy, when there is no
/// history yet; kStorage when an older kpid wrote it. Throws SQLite::Exception.
Result<std::unique_ptr<SQLite::Database>> open_for_reading(const std::string& path);

/// The version of the schema in the file; none when it is new. Refuses a file of another program and a schema newer
/// than `known`.
Result<std::optional<int>> schema_version(SQLite::Database& db, const std::string& path, int known);

/// Brings the file from `version` to the last of `migrations`, each step in a transaction of its own.
void migrate(SQLite::Database& db, int version, std::span<const Migration> migrations);

/// SQLite's own check of the file's structure. Of a file of more than `max_pages` only the tables that hold promises
/// (alerts, episodes, messages) are looked at, so that a start never waits for long.
Result<void> check_structure(SQLite::Database& db, const std::string& path, std::int64_t max_pages = 65'536);

}  // namespace kpi::sqlite

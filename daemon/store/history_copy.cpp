#include "daemon/store/history_copy.hpp"

#include "daemon/store/file_lock.hpp"
#include "daemon/store/first_page.hpp"
#include "daemon/store/sqlite_query.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

namespace kpi {
namespace {

using sqlite::guarded;
using sqlite::Query;
using sqlite::Row;

constexpr std::size_t kMostProblems = 100;

std::vector<std::string> tables_of(const SQLite::Database& db) {
  std::vector<std::string> tables;
  Query names(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid");
  names.each([&](const Row& row) { tables.push_back(row.text(0)); });
  return tables;
}

/// Table names come from the file's own schema; one with a quote in it is none of ours.
std::string quoted(const std::string& name) {
  return name.find('"') == std::string::npos ? "\"" + name + "\"" : std::string("\"\"");
}

std::vector<HistoryFindings::Count> counts_of(const SQLite::Database& db) {
  std::vector<HistoryFindings::Count> counts;
  for (const std::string& table : tables_of(db)) {
    Query rows(db, fmt::format("SELECT count(*) FROM {}", quoted(table)).c_str());
    rows.each([&](const Row& row) { counts.push_back({table, row.integer(0)}); });
  }
  return counts;
}

void add_problems(const SQLite::Database& db, const char* sql, std::vector<std::string>& problems) {
  Query query(db, sql);
  query.each([&](const Row& row) {
    if (problems.size() < kMostProblems && row.text(0) != "ok") {
      problems.push_back(printable(row.text(0), 200));
    }
  });
}

// What rows must agree on besides their references: each gives a sentence for every row that does not.
constexpr const char* kAgreements[] = {
    "SELECT 'the table ' || \"table\" || ' refers to a row of ' || parent || ' that is not there' "
    "FROM pragma_foreign_key_check LIMIT 20",
    "SELECT 'the verdict of line ' || line_id || ' for slot ' || slot || ' was judged by rule version ' || "
    "rule_version "
    "|| ', which is not kept' FROM ledger WHERE rule_version <> 0 AND rule_version NOT IN (SELECT id FROM rule_text) "
    "LIMIT 20",
    "SELECT 'the verdict of line ' || line_id || ' for slot ' || slot || ' ends before it begins' FROM ledger WHERE "
    "period_end <= period_start LIMIT 20",
    "SELECT 'the labels of series ' || id || ' are no JSON' FROM series WHERE NOT json_valid(labels) LIMIT 20",
    "SELECT 'the segment of line ' || id || ' is no JSON' FROM line WHERE NOT json_valid(segment) LIMIT 20",
    "SELECT 'the message ' || id || ' is no JSON' FROM outbox WHERE NOT json_valid(body) LIMIT 20",
    "SELECT 'the episode ' || id || ' ended before it began' FROM episode WHERE resolved < pending LIMIT 20",
};

Error cannot(const std::string& action, const std::string& path, const std::error_code& error) {
  return {ErrorKind::kStorage, fmt::format("cannot {} \"{}\": {}", action, printable(path), error.message())};
}

struct Copied {
  std::int64_t rows = 0;
  bool is_whole = true;
};

std::vector<std::string> columns_of(const SQLite::Database& db, const std::string& table) {
  std::vector<std::string> columns;
  Query names(db, fmt::format("SELECT name FROM pragma_table_info({})", quoted(table)).c_str());
  names.each([&](const Row& row) { columns.push_back(quoted(row.text(0))); });
  return columns;
}

/// What both tables have: an older history knows less.
std::string shared_columns(const SQLite::Database& from, const SQLite::Database& to, const std::string& table) {
  std::vector<std::string> columns = columns_of(to, table);
  const std::vector<std::string> known = columns_of(from, table);
  std::erase_if(columns, [&](const auto& name) { return std::ranges::find(known, name) == known.end(); });
  return join(columns, ", ");
}

/// Copies rows of one table until a page of it cannot be read.
Copied copy_rows(SQLite::Database& from, SQLite::Database& to, const std::string& table, const char* order) {
  Copied copied;
  try {
    const std::string columns = shared_columns(from, to, table);
    if (columns.empty()) {
      return copied;  // a newer table
    }
    SQLite::Statement rows(from, fmt::format("SELECT {} FROM {} {}", columns, quoted(table), order));
    std::string marks = "?";
    for (int i = 1; i < rows.getColumnCount(); ++i) {
      marks += ", ?";
    }
    SQLite::Statement insert(to, fmt::format("INSERT OR IGNORE INTO {}({}) VALUES({})", quoted(table), columns, marks));
    while (rows.executeStep()) {
      for (int i = 0; i < rows.getColumnCount(); ++i) {
        const SQLite::Column cell = rows.getColumn(i);
        if (cell.isInteger()) {
          insert.bind(i + 1, cell.getInt64());
        } else if (cell.isFloat()) {
          insert.bind(i + 1, cell.getDouble());
        } else if (cell.isNull()) {
          insert.bind(i + 1);
        } else {
          insert.bind(i + 1, cell.getString());
        }
      }
      copied.rows += insert.exec();
      insert.reset();
    }
  } catch (const SQLite::Exception&) {
    copied.is_whole = false;  // the rest of this table is lost; what was read is kept
  }
  return copied;
}

/// What of `from` can be read goes into the new history `to`.
void copy_tables(SQLite::Database& from, SQLite::Database& to, Salvage& salvage) {
  to.exec("PRAGMA foreign_keys=OFF");
  SQLite::Transaction transaction(to, SQLite::TransactionBehavior::IMMEDIATE);
  to.exec("DELETE FROM progress");
  for (const std::string& table : tables_of(to)) {
    Copied copied = copy_rows(from, to, table, "");
    if (!copied.is_whole) {
      copied.rows += copy_rows(from, to, table, "ORDER BY 1 DESC").rows;  // what lies behind the damage
      salvage.broken.push_back(table);
    }
    salvage.saved.push_back({table, copied.rows});
  }
  to.exec("INSERT OR IGNORE INTO progress VALUES(1, NULL)");
  // Rows whose line or series was lost mean nothing any more.
  to.exec(
      "DELETE FROM sample WHERE series_id NOT IN (SELECT id FROM series);"
      "DELETE FROM ledger WHERE line_id NOT IN (SELECT id FROM line);"
      "DELETE FROM status WHERE line_id NOT IN (SELECT id FROM line)");
  // What a source remembers of its last answer would keep it from bringing again what is lost.
  to.exec("UPDATE source SET cursor = ''");
  transaction.commit();
}

/// What of the file `damaged` can be read; false: not even what it holds is named.
bool copy_from(const std::string& damaged, SQLite::Database& fresh, Salvage& salvage) {
  try {
    SQLite::Database from(damaged, SQLite::OPEN_READWRITE);
    from.exec("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
    if (from.execAndGet("PRAGMA user_version").getInt() <= history_schema_version()) {
      copy_tables(from, fresh, salvage);
    }
    return true;
  } catch (const SQLite::Exception&) {
    salvage.saved.clear();
    salvage.broken.clear();
    return false;
  }
}

Result<Salvage> make_anew(const std::string& path, const std::string& aside) {
  auto fresh = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  (void)::chmod(path.c_str(), S_IRUSR | S_IWUSR);
  sqlite::configure(*fresh);
  fresh->exec("PRAGMA journal_mode=WAL");
  sqlite::migrate(*fresh, 0, history_migrations());
  Salvage salvage{aside, {}, {}};
  if (copy_from(aside, *fresh, salvage)) {
    return salvage;
  }
  const std::string part = path + ".part";
  if (sqlite::copy_with_first_page(aside, part)) {
    copy_from(part, *fresh, salvage);
  }
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(part + suffix, ignored);
  }
  return salvage;
}

Result<void> vacuum_into(const std::string& file, const std::string& to) {
  const auto db = KPI_TRY(sqlite::open_for_reading(file));
  db->exec("PRAGMA query_only=OFF");  // the connection is read-only; VACUUM INTO writes another file
  SQLite::Statement copy(*db, "VACUUM INTO ?");
  copy.bind(1, to);
  copy.exec();
  return {};
}

}  // namespace

Result<void> back_up_history(const std::string& path, const std::string& to) {
  std::error_code error;
  if (std::filesystem::exists(to, error)) {
    return fail(ErrorKind::kInvalid, fmt::format("\"{}\" exists already: name a new file", printable(to)));
  }
  return replace_history_copy(path, to);
}

Result<void> replace_history_copy(const std::string& path, const std::string& to) {
  const std::string file = sqlite::real_path(path);
  const std::string part = to + ".part";
  std::error_code error;
  std::filesystem::remove(part, error);
  // VACUUM INTO takes an empty file as it is: for its owner alone from the first byte on.
  const int made = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (made < 0) {
    return tl::unexpected<Error>(cannot("write", part, std::error_code(errno, std::generic_category())));
  }
  ::close(made);
  const auto copied = guarded("back up", file, [&] { return vacuum_into(file, part); });
  if (!copied) {
    std::filesystem::remove(part, error);
    return copied;
  }
  std::filesystem::rename(part, to, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return tl::unexpected<Error>(cannot("write", to, error));
  }
  return {};
}

Result<HistoryFindings> verify_history(const std::string& path) {
  const std::string file = sqlite::real_path(path);
  return guarded("verify", file, [&]() -> Result<HistoryFindings> {
    const auto db = KPI_TRY(sqlite::open_for_reading(file));
    const SQLite::Transaction moment(*db);
    HistoryFindings findings;
    add_problems(*db, "PRAGMA integrity_check(100)", findings.problems);
    if (!findings.problems.empty()) {
      return findings;  // rows of a damaged file say nothing
    }
    for (const char* agreement : kAgreements) {
      add_problems(*db, agreement, findings.problems);
    }
    findings.counts = counts_of(*db);
    return findings;
  });
}

Result<Salvage> salvage_history(const std::string& path) {
  std::error_code error;
  std::string aside;
  for (int number = 1; aside.empty() || std::filesystem::exists(aside, error); ++number) {
    aside = fmt::format("{}.damaged-{}", path, number);
  }
  std::filesystem::rename(path, aside, error);
  if (error) {
    return tl::unexpected<Error>(cannot("move aside the damaged history", path, error));
  }
  for (const char* suffix : {"-wal", "-shm"}) {  // belong to it; without them its last steps would be lost
    if (std::filesystem::exists(path + suffix, error)) {
      std::filesystem::rename(path + suffix, aside + suffix, error);
    }
  }
  return guarded("make anew", path, [&] { return make_anew(path, aside); });
}

Result<Salvage> salvage_unused_history(const std::string& path) {
  const std::string file = sqlite::real_path(path);
  if (std::error_code error; !std::filesystem::exists(file, error)) {
    return fail(ErrorKind::kNotFound, fmt::format("there is no history \"{}\"", printable(file)));
  }
  FileLock lock = KPI_TRY(FileLock::take(file));
  Result<Salvage> salvage = salvage_history(file);
  salvage ? lock.release() : lock.release_damaged();
  return salvage;
}

std::string text_of(const Salvage& salvage, const std::string& path) {
  std::string rows;
  for (const auto& [table, count] : salvage.saved) {
    if (count > 0) {
      rows += fmt::format("{}{} in {}", rows.empty() ? "" : ", ", count, table);
    }
  }
  const std::string lost =
      salvage.broken.empty() ? "" : fmt::format(" Lost: a part of {}.", join(salvage.broken, ", "));
  return fmt::format(
      "the history \"{}\" was damaged: it is now \"{}\", and what could be read of it is in a new one ({}).{} Every "
      "source is read again from its beginning. Restore a backup if more is missed",
      path,
      salvage.moved_to,
      rows.empty() ? "nothing" : rows,
      lost);
}

}  // namespace kpi

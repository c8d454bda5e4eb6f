#include "daemon/store/history_copy.hpp"

#include "daemon/store/damaged_rows.hpp"
#include "daemon/store/file_lock.hpp"
#include "daemon/store/first_page.hpp"
#include "daemon/store/row_agreements.hpp"
#include "daemon/store/sqlite_query.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>

namespace kpi {
namespace {

using sqlite::guarded;
using sqlite::names_of;

Error cannot(const std::string& action, const std::string& path, const std::error_code& error) {
  return {ErrorKind::kStorage, fmt::format("cannot {} \"{}\": {}", action, printable(path), error.message())};
}

/// Rows that refer to what is lost, table by table; they mean nothing any more.
struct Orphans {
  const char* table;
  const char* condition;
};

constexpr const char* kNoLine = "line_id NOT IN (SELECT id FROM line)";
constexpr const char* kNoSeries = "series_id NOT IN (SELECT id FROM series)";
constexpr const char* kNoKpi = "kpi_id NOT IN (SELECT id FROM kpi)";

constexpr Orphans kOrphans[] = {
    {"series", "metric_id NOT IN (SELECT id FROM metric)"},
    {"line", kNoKpi},
    {"rule_text", kNoKpi},
    {"target_text", kNoKpi},
    {"definition_text", kNoKpi},
    {"source_seen", "source_id NOT IN (SELECT id FROM source_name)"},
    {"sample", kNoSeries},
    {"sample_revision", kNoSeries},
    {"sample_day", kNoSeries},
    {"sample_past", kNoSeries},
    {"ledger", kNoLine},
    {"ledger_revision", kNoLine},
    {"status", kNoLine},
    {"stated_forecast", kNoLine},
    {"episode", kNoLine},
    {"alert", "line_id <> 0 AND line_id NOT IN (SELECT id FROM line)"},
};

/// Rows of the table that mean nothing without what is lost.
void drop(SQLite::Database& db, const char* table, const char* condition, Salvage& salvage) {
  const int dropped = db.exec(fmt::format("DELETE FROM {} WHERE {}", table, condition));
  if (dropped == 0) {
    return;
  }
  const auto saved = std::ranges::find(salvage.saved, table, &HistoryFindings::Count::table);
  if (saved != salvage.saved.end()) {
    saved->rows -= dropped;
  }
  if (std::ranges::find(salvage.broken, table) == salvage.broken.end()) {
    salvage.broken.emplace_back(table);
  }
}

/// Leaves rows that a reading of all of them finds nothing wrong with. Damage within a cell is not met before.
void drop_what_is_wrong(SQLite::Database& db, Salvage& salvage) {
  for (const sqlite::Agreement& agreement : sqlite::row_agreements()) {
    if (agreement.mend == nullptr) {
      drop(db, agreement.table, agreement.broken_by, salvage);
    }
  }
  for (const auto& [table, condition] : kOrphans) {
    drop(db, table, condition, salvage);
  }
  for (const sqlite::Agreement& agreement : sqlite::row_agreements()) {
    if (agreement.mend != nullptr) {
      db.exec(fmt::format("UPDATE {} SET {} WHERE {}", agreement.table, agreement.mend, agreement.broken_by));
    }
  }
}

/// What of `from` can be read goes into the new history `to`. `is_partly_named`: a table that is not there is lost, not
/// one that an older history does not know.
void copy_tables(SQLite::Database& from, SQLite::Database& to, bool is_partly_named, Salvage& salvage) {
  to.exec("PRAGMA foreign_keys=OFF");
  SQLite::Transaction transaction(to, SQLite::TransactionBehavior::IMMEDIATE);
  to.exec("DELETE FROM progress");
  const std::vector<std::string> named = is_partly_named ? names_of(from, "table") : std::vector<std::string>();
  for (const std::string& table : names_of(to, "table")) {
    if (is_partly_named && std::ranges::find(named, table) == named.end()) {
      salvage.broken.push_back(table);
      salvage.saved.push_back({table, 0});
      continue;
    }
    const sqlite::SavedRows saved = sqlite::save_rows(from, to, table);
    if (!saved.is_whole) {
      salvage.broken.push_back(table);
    }
    salvage.saved.push_back({table, saved.rows});
  }
  to.exec("INSERT OR IGNORE INTO progress VALUES(1, NULL)");
  drop_what_is_wrong(to, salvage);
  // What a source remembers of its last answer would keep it from bringing again what is lost.
  to.exec("UPDATE source SET cursor = ''");
  transaction.commit();
}

/// What of the file `damaged` can be read; false: not even what it holds is named.
bool copy_from(const std::string& damaged, SQLite::Database& fresh, bool is_partly_named, Salvage& salvage) {
  try {
    SQLite::Database from(damaged, SQLite::OPEN_READWRITE);
    constexpr int kLongestText = 64 * 1024 * 1024;  // what is damaged may say that a cell is as long as the file
    ::sqlite3_limit(from.getHandle(), SQLITE_LIMIT_LENGTH, kLongestText);
    from.exec("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
    if (from.execAndGet("PRAGMA user_version").getInt() > history_schema_version()) {
      return true;
    }
    copy_tables(from, fresh, is_partly_named, salvage);
    // Where a page that names tables is damaged, SQLite reads none of them.
    return std::ranges::any_of(salvage.saved, [](const auto& of) { return of.rows > 0; });
  } catch (const SQLite::Exception& exception) {
    if ((exception.getErrorCode() & 0xff) == SQLITE_FULL) {
      throw;  // nothing is lost but room
    }
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
  if (copy_from(aside, *fresh, false, salvage)) {
    return salvage;
  }
  const std::string part = path + ".part";
  if (sqlite::copy_with_first_page(aside, part)) {
    salvage = {aside, {}, {}};
    copy_from(part, *fresh, true, salvage);
  }
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(part + suffix, ignored);
  }
  return salvage;
}

/// The damaged file is the history again: what was made of it is not whole.
void put_back(const std::string& path, const std::string& aside) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix, ignored);
    if (std::filesystem::exists(aside + suffix, ignored)) {
      std::filesystem::rename(aside + suffix, path + suffix, ignored);
    }
  }
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

std::string name_of_damaged(const std::string& path) {
  const auto is_taken = [](const std::string& name) {
    return std::ranges::any_of(std::array{"", "-wal", "-shm"}, [&](const char* suffix) {
      std::error_code unknown;
      return std::filesystem::exists(name + suffix, unknown);
    });
  };
  std::string name;
  for (int number = 1; name.empty() || is_taken(name); ++number) {
    name = fmt::format("{}.damaged-{}", path, number);
  }
  return name;
}

Result<Salvage> salvage_history(const std::string& path) {
  std::error_code error;
  const std::string aside = name_of_damaged(path);
  std::filesystem::rename(path, aside, error);
  if (error) {
    return tl::unexpected<Error>(cannot("move aside the damaged history", path, error));
  }
  for (const char* suffix : {"-wal", "-shm"}) {  // belong to it; without them its last steps would be lost
    if (std::filesystem::exists(path + suffix, error)) {
      std::filesystem::rename(path + suffix, aside + suffix, error);
    }
  }
  Result<Salvage> salvage = guarded("make anew", path, [&] { return make_anew(path, aside); });
  if (!salvage) {
    put_back(path, aside);
  }
  return salvage;
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
  std::vector<std::string> parts;
  std::vector<std::string> wholes;
  for (const std::string& table : salvage.broken) {
    const auto saved = std::ranges::find(salvage.saved, table, &HistoryFindings::Count::table);
    (saved != salvage.saved.end() && saved->rows > 0 ? parts : wholes).push_back(table);
  }
  std::string lost = wholes.empty() ? "" : fmt::format(" Lost: whatever was in {}.", join(wholes, ", "));
  lost += parts.empty() ? "" : fmt::format(" Lost: a part of {}.", join(parts, ", "));
  return fmt::format(
      "the history \"{}\" was damaged: it is now \"{}\", and what could be read of it is in a new one ({}).{} Every "
      "source is read again from its beginning. Restore a backup if more is missed",
      path,
      salvage.moved_to,
      rows.empty() ? "nothing" : rows,
      lost);
}

}  // namespace kpi

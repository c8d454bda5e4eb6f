#include "daemon/store/sqlite_file.hpp"

#include "rules/base/text.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <system_error>

#include <filesystem>

namespace kpi::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr std::string_view kOwnFile = "give the history a file of its own in \"history: path\"";

constexpr std::string_view kSalvage =
    "the file is damaged: \"kpid history salvage\" saves what can be read of it, or restore a backup";

/// What to do about a failure, by SQLite's primary result code.
std::string_view remedy_of(const SQLite::Exception& exception) {
  if (std::string_view(exception.what()).starts_with("no such ")) {
    return kSalvage;  // a table or view of ours is gone
  }
  switch (exception.getErrorCode() & 0xff) {
    case SQLITE_FULL:
      return "free space for it";
    case SQLITE_IOERR:
      return "check its disk and file system";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "make the file and its directory readable and writable for the user that runs kpid";
    case SQLITE_NOTADB:
      return "if it was a history, \"kpid history salvage\" saves what can be read of it, or restore a backup; if not, "
             "give the history a file of its own in \"history: path\"";
    case SQLITE_CORRUPT:
      return kSalvage;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program holds a lock on it: let other tools read a copy (kpid history backup)";
    default:
      return "this is a defect in kpid, please report it";
  }
}

std::int64_t number(SQLite::Database& db, const char* query) {
  return db.execAndGet(query).getInt64();
}

}  // namespace

Error describe(std::string_view action, const std::string& path, const SQLite::Exception& exception) {
  return {ErrorKind::kStorage,
          fmt::format("cannot {} the history \"{}\": {}; {}", action, path, exception.what(), remedy_of(exception))};
}

Error describe(std::string_view action, const std::string& path, const BadRow& exception) {
  return {ErrorKind::kStorage,
          fmt::format(
              "cannot {} the history \"{}\": {}; the file is damaged: restore a backup, or move it aside to begin a "
              "new history",
              action,
              path,
              exception.what())};
}

bool is_damage(const SQLite::Exception& exception) {
  const int code = exception.getErrorCode() & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

std::vector<std::string> names_of(const SQLite::Database& db, const char* kind) {
  std::vector<std::string> names;
  SQLite::Statement rows(db,
                         "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY rowid");
  rows.bind(1, kind);
  while (rows.executeStep()) {
    names.push_back(rows.getColumn(0).getString());
  }
  return names;
}

std::string quoted(const std::string& name) {
  return name.find('"') == std::string::npos ? "\"" + name + "\"" : std::string("\"\"");
}

std::string real_path(const std::string& name) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::weakly_canonical(std::filesystem::absolute(name, failed), failed);
  return failed ? name : path.string();
}

void configure(SQLite::Database& db) {
  db.setBusyTimeout(kBusyTimeoutMs);
  db.exec(
      "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA foreign_keys=ON;"
      "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536");
}

Result<std::optional<int>> schema_version(SQLite::Database& db, const std::string& path, int known) {
  const std::int64_t application = number(db, "PRAGMA application_id");
  if (application == kHistoryApplicationId) {
    const std::int64_t version = number(db, "PRAGMA user_version");
    if (version > known) {
      return fail(ErrorKind::kStorage,
                  fmt::format("the history \"{}\" was written by a newer kpid (schema {}; this one knows {}): install "
                              "that kpid again, or restore a backup from before it",
                              path,
                              version,
                              known));
    }
    return static_cast<int>(version);
  }
  if (application != 0) {
    return fail(ErrorKind::kStorage,
                fmt::format("\"{}\" is the database of another program (application id {:#010x}): {}",
                            path,
                            static_cast<std::uint32_t>(application),
                            kOwnFile));
  }
  SQLite::Statement objects(db, "SELECT name FROM sqlite_schema ORDER BY rowid LIMIT 1");
  if (objects.executeStep()) {
    return fail(ErrorKind::kStorage,
                fmt::format(R"("{}" is the database of another program (it holds "{}"): {})",
                            path,
                            printable(objects.getColumn(0).getString(), 64),
                            kOwnFile));
  }
  return std::nullopt;
}

void migrate(SQLite::Database& db, int version, std::span<const Migration> migrations) {
  for (const Migration& migration : migrations) {
    if (migration.version <= version) {
      continue;
    }
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    db.exec(migration.sql);
    db.exec(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kHistoryApplicationId, migration.version));
    transaction.commit();
  }
}

Result<void> check_structure(SQLite::Database& db, const std::string& path, std::int64_t max_pages) {
  const bool is_small = number(db, "PRAGMA page_count") <= max_pages;
  const std::string_view promises[] = {"(alert)", "(episode)", "(outbox)", "(progress)", "(source)"};
  const std::string_view everything[] = {"(1)"};
  for (const std::string_view part :
       is_small ? std::span<const std::string_view>(everything) : std::span<const std::string_view>(promises)) {
    const std::string finding = db.execAndGet(fmt::format("PRAGMA quick_check{}", part)).getString();
    if (finding != "ok") {
      return fail(ErrorKind::kStorage,
                  fmt::format("the history \"{}\" is damaged ({}): \"kpid history salvage\" saves what can be read of "
                              "it, or restore a backup",
                              path,
                              printable(finding, 200)));
    }
  }
  return {};
}

}  // namespace kpi::sqlite

#include "daemon/store/found_history.hpp"

#include "daemon/store/first_page.hpp"
#include "daemon/store/history_copy.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/sqlite_file.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace kpi::sqlite {
namespace {

/// Creates the file for its owner alone. An existing one is not touched: closing a database file that SQLite has open
/// elsewhere in the process would drop SQLite's locks on it.
Result<void> create_private(const std::string& path) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open() has no other form.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  if (errno == EEXIST) {
    return {};
  }
  return fail(ErrorKind::kStorage,
              fmt::format("cannot create the history \"{}\": {}", path, std::generic_category().message(errno)));
}

/// Whether a history of ours is damaged, as far as a start looks: whether it can be opened and its tables are named;
/// all of it (see check_structure()) after a crash. False for a file that is none of ours.
bool is_damaged(const std::string& path, bool is_after_crash) {
  try {
    SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX);
    configure(db);
    const auto version = schema_version(db, path, history_schema_version());
    if (!version || !*version) {
      return false;
    }
    db.execAndGet("SELECT count(*) FROM sqlite_schema");
    return is_after_crash && !check_structure(db, path);
  } catch (const SQLite::Exception& exception) {
    // No database at all: a history whose first page is gone, where one was kept or its other pages name our tables;
    // else a file that is not ours to move.
    return is_damage(exception) &&
           ((exception.getErrorCode() & 0xff) == SQLITE_CORRUPT || has_kept_history(path) || names_our_tables(path));
  }
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

/// A new history begins at `path`, where one was kept. SQLite would remove what was last written to that one: it does
/// not belong to an empty file.
Result<std::string> begin_after_loss(const std::string& path, bool was_there) {
  std::string kept;
  if (size_of(path + "-wal") > 0) {
    std::error_code error;
    kept = name_of_damaged(path) + "-wal";
    std::filesystem::rename(path + "-wal", kept, error);
    if (error) {
      return fail(ErrorKind::kStorage,
                  fmt::format("cannot move aside what is left of the lost history, \"{}-wal\": {}; make its directory "
                              "writable for the user that runs kpid",
                              path,
                              error.message()));
    }
  }
  return fmt::format(
      "the history \"{}\" was {}, although kpid has kept one there: what it held is lost, and a new one begins.{} If "
      "that is not wanted, stop kpid and restore a backup",
      path,
      was_there ? "empty" : "gone",
      kept.empty() ? "" : fmt::format(" What was last written to it is now \"{}\".", kept));
}

}  // namespace

Result<std::string> make_ready(const std::string& path, const FileLock& lock) {
  std::error_code error;
  const bool was_there = std::filesystem::exists(path, error);
  KPI_TRY(create_private(path));
  if (size_of(path) == 0 && (has_kept_history(path) || size_of(path + "-wal") > 0)) {
    return begin_after_loss(path, was_there);
  }
  if (lock.was_damaged() || is_damaged(path, lock.was_abandoned())) {
    return text_of(KPI_TRY(salvage_history(path)), path);
  }
  return std::string();
}

Result<std::unique_ptr<SQLite::Database>> connect_for_writing(const std::string& path,
                                                              bool is_file,
                                                              std::int64_t max_bytes) {
  // A file is there already: it must not be made with the umask's mode.
  const int create = is_file ? 0 : SQLite::OPEN_CREATE;
  auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | create);
  configure(*db);
  const std::optional<int> version = KPI_TRY(schema_version(*db, path, history_schema_version()));
  db->exec("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=8388608");
  if (max_bytes > 0) {
    const std::int64_t page = db->execAndGet("PRAGMA page_size").getInt64();
    db->exec(fmt::format("PRAGMA max_page_count={}", std::max<std::int64_t>(1, max_bytes / page)));
  }
  migrate(*db, version.value_or(0), history_migrations());
  return db;
}

}  // namespace kpi::sqlite

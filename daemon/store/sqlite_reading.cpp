#include "daemon/store/schema.hpp"
#include "daemon/store/sqlite_file.hpp"

#include <fmt/format.h>

#include <system_error>

#include <filesystem>
#include <memory>

namespace kpi::sqlite {
namespace {

/// "file:" URI of a path, every byte that means something in a URI escaped.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '/' ||
                          c == '.' || c == '-' || c == '_';
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

std::unique_ptr<SQLite::Database> connect(const std::string& name, int flags) {
  auto db = std::make_unique<SQLite::Database>(name, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX | flags);
  configure(*db);
  db->exec("PRAGMA query_only=ON; PRAGMA cache_size=-8192");
  db->execAndGet("SELECT count(*) FROM sqlite_schema");  // The first look at the file: here it fails, if it does.
  return db;
}

}  // namespace

bool has_kept_history(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path + ".reserve", ignored);
}

Error no_history_yet(const std::string& path) {
  if (has_kept_history(path)) {
    return {ErrorKind::kNotFound,
            fmt::format("the history \"{}\" is empty or gone, although kpid has kept one there: restore a backup, or "
                        "run \"kpid run --once\" to begin a new one",
                        path)};
  }
  return {ErrorKind::kNotFound, fmt::format(R"(no history yet at "{}": run "kpid run --once" first)", path)};
}

// A reader needs files beside the history. Where it may not create them and no daemon has (a copy on a read-only
// disk), nobody writes, and the file can be read as it stands.
std::unique_ptr<SQLite::Database> connect_for_reading(const std::string& path) {
  try {
    return connect(path, 0);
  } catch (const SQLite::Exception&) {
    std::error_code ignored;
    if (std::filesystem::exists(path + "-wal", ignored)) {
      throw;
    }
    return connect(immutable_uri(path), SQLite::OPEN_URI);
  }
}

Result<std::unique_ptr<SQLite::Database>> open_for_reading(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::status(path, ignored).type() == std::filesystem::file_type::not_found) {
    return tl::unexpected<Error>(no_history_yet(path));
  }
  std::unique_ptr<SQLite::Database> db = connect_for_reading(path);
  const std::optional<int> version = KPI_TRY(schema_version(*db, path, history_schema_version()));
  if (!version) {
    return tl::unexpected<Error>(no_history_yet(path));
  }
  if (*version < history_schema_version()) {
    return fail(ErrorKind::kStorage,
                fmt::format("the history \"{}\" was last written by an older kpid (schema {}; this one reads {}): run "
                            "\"kpid run --once\" to bring it up to date",
                            path,
                            *version,
                            history_schema_version()));
  }
  return db;
}

}  // namespace kpi::sqlite

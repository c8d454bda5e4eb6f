// Whether a history or a copy of one is sound; see history_copy.hpp.

#include "daemon/store/history_copy.hpp"
#include "daemon/store/row_agreements.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/sqlite_query.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <system_error>

#include <algorithm>
#include <filesystem>

namespace kpi {
namespace {

using sqlite::guarded;
using sqlite::names_of;
using sqlite::Query;
using sqlite::quoted;
using sqlite::Row;

constexpr std::size_t kMostProblems = 100;

std::vector<HistoryFindings::Count> counts_of(const SQLite::Database& db) {
  std::vector<HistoryFindings::Count> counts;
  for (const std::string& table : names_of(db, "table")) {
    Query rows(db, fmt::format("SELECT count(*) FROM {}", quoted(table)));
    rows.each([&](const Row& row) { counts.push_back({table, row.integer(0)}); });
  }
  return counts;
}

void add_problems(const SQLite::Database& db, const std::string& sql, std::vector<std::string>& problems) {
  Query query(db, sql);
  query.each([&](const Row& row) {
    if (problems.size() < kMostProblems && row.text(0) != "ok") {
      problems.push_back(printable(row.text(0), 200));
    }
  });
}

constexpr const char* kReferences =
    "SELECT 'the table ' || \"table\" || ' refers to a row of ' || parent || ' that is not there' "
    "FROM pragma_foreign_key_check LIMIT 20";

/// What a history of that version must hold; views that cannot be read are as good as missing.
void add_missing(const SQLite::Database& db, int version, std::vector<std::string>& problems) {
  SQLite::Database model(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  sqlite::migrate(model, 0, history_migrations().first(static_cast<std::size_t>(version)));
  for (const char* kind : {"table", "index", "view"}) {
    const std::vector<std::string> found = names_of(db, kind);
    for (const std::string& name : names_of(model, kind)) {
      if (std::ranges::find(found, name) == found.end()) {
        problems.push_back(fmt::format("the {} {} is missing", kind, name));
      }
    }
  }
  for (const std::string& view : names_of(db, "view")) {
    try {
      const Query all(db, fmt::format("SELECT * FROM {} LIMIT 0", quoted(view)));
    } catch (const SQLite::Exception& exception) {
      problems.push_back(fmt::format("the view {} cannot be read: {}", printable(view, 64), exception.what()));
    }
  }
}

/// In words, why the file is no history at all; empty: it is one.
std::string stranger(SQLite::Database& db) {
  const auto application = static_cast<std::uint32_t>(db.execAndGet("PRAGMA application_id").getInt64());
  if (application == static_cast<std::uint32_t>(kHistoryApplicationId)) {
    return "";
  }
  return fmt::format("its application id is {:#010x}, a history's is {:#010x}", application, kHistoryApplicationId);
}

Result<void> add_findings(const std::string& file, HistoryFindings& findings) {
  const auto db = sqlite::connect_for_reading(file);
  const SQLite::Transaction moment(*db);
  if (const std::string why = stranger(*db); !why.empty()) {
    const std::vector<std::string> tables = names_of(*db, "table");
    findings.is_foreign = std::ranges::find(tables, "ledger") == tables.end();
    findings.problems.push_back(why);
    return {};
  }
  const int version = KPI_TRY(sqlite::schema_version(*db, file, history_schema_version())).value_or(0);
  add_problems(*db, "PRAGMA integrity_check(100)", findings.problems);
  add_missing(*db, std::clamp(version, 0, history_schema_version()), findings.problems);
  if (!findings.problems.empty()) {
    return {};  // rows of a damaged file say nothing
  }
  add_problems(*db, kReferences, findings.problems);
  for (const sqlite::Agreement& agreement : sqlite::row_agreements()) {
    add_problems(
        *db,
        fmt::format("SELECT {} FROM {} WHERE {} LIMIT 20", agreement.sentence, agreement.table, agreement.broken_by),
        findings.problems);
  }
  findings.counts = counts_of(*db);
  return {};
}

}  // namespace

Result<HistoryFindings> verify_history(const std::string& path) {
  const std::string file = sqlite::real_path(path);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  HistoryFindings findings;
  if (!error && size == 0) {
    findings.problems.emplace_back("the file is empty");
    return findings;
  }
  if (error == std::errc::no_such_file_or_directory) {
    return tl::unexpected<Error>(sqlite::no_history_yet(file));
  }
  KPI_TRY(guarded("verify", file, [&]() -> Result<void> {
    try {
      return add_findings(file, findings);
    } catch (const SQLite::Exception& exception) {
      if (!sqlite::is_damage(exception)) {
        throw;
      }
      findings.problems.emplace_back(exception.what());
      return {};
    }
  }));
  return findings;
}

}  // namespace kpi

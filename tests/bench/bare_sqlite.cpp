#include "tests/bench/bare_sqlite.hpp"

#include <stdexcept>

namespace kpi::bench {
namespace {

std::int64_t ms(Instant instant) {
  return instant.time_since_epoch().count();
}

}  // namespace

BareStatement::BareStatement(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(sql) + ": " + sqlite3_errmsg(db));
  }
  statement_.reset(statement);
}

void BareStatement::finish() {
  if (sqlite3_step(statement_.get()) != SQLITE_DONE) {
    throw std::runtime_error(sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
  }
  sqlite3_reset(statement_.get());
}

BareDatabase::BareDatabase(const std::string& path) {
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) {
    throw std::runtime_error("cannot open " + path);
  }
  db_.reset(db);
  run("PRAGMA journal_mode=WAL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF");
}

void BareDatabase::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(sql) + ": " + sqlite3_errmsg(db_.get()));
  }
}

BareWriter::BareWriter(BareDatabase& db)
    : db_(db),
      sample_(db.get(), "INSERT INTO sample VALUES(?, ?, ?, ?)"),
      verdict_(db.get(), "REPLACE INTO ledger VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      status_(db.get(), "REPLACE INTO status VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      alert_(db.get(), "REPLACE INTO alert VALUES(?, ?, ?, ?, ?, ?, ?)"),
      episode_(db.get(), "REPLACE INTO episode VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      source_(db.get(),
              "REPLACE INTO source(name, cursor, last_poll, last_success, error, problems, problem_count) "
              "VALUES(?, ?, ?, ?, ?, ?, ?)"),
      message_(db.get(),
               "INSERT INTO outbox(id, channel, type, created, body, state, attempts, last_error) "
               "VALUES(?, ?, ?, ?, ?, 'queued', 0, '')"),
      last_step_(db.get(), "UPDATE progress SET last_step = ?") {}

void BareWriter::commit(const StepCommit& step) {
  const bool is_promise = !step.notifications.empty() || !step.deliveries.empty() || !step.alerts.empty();
  db_.run(is_promise ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  db_.run("BEGIN IMMEDIATE");
  write(step);
  last_step_.run(ms(step.now));
  db_.run("COMMIT");
}

void BareWriter::write(const StepCommit& step) {
  for (const SampleRow& row : step.samples) {
    sample_.run(row.slot.ms, std::int64_t{row.series}, row.value, ms(step.now));
  }
  for (const VerdictRow& row : step.verdicts) {
    verdict_.run(row.slot.ms,
                 std::int64_t{row.line},
                 ms(row.period.start),
                 ms(row.period.end),
                 row.value,
                 row.limit,
                 row.verdict,
                 row.severity,
                 row.state,
                 row.reason,
                 row.goal,
                 row.expected,
                 row.target_status,
                 row.episode,
                 std::int64_t{row.rule_version},
                 ms(step.now));
  }
  for (const StatusRow& row : step.statuses) {
    status_.run(std::int64_t{row.line},
                row.slot.ms,
                ms(row.period.start),
                ms(row.period.end),
                row.value,
                row.verdict,
                row.state,
                row.severity,
                row.reason,
                row.since,
                row.target,
                row.provisional ? std::optional(row.provisional->start) : std::nullopt,
                row.provisional ? std::optional(row.provisional->end) : std::nullopt,
                row.provisional_value);
  }
  const std::string word = "warning";
  for (const AlertRow& row : step.alerts) {
    alert_.run(std::int64_t{row.line}, row.rule, word, word, row.since, row.episode, row.machine);
  }
  for (const EpisodeRow& row : step.episodes) {
    episode_.run(row.id,
                 std::int64_t{row.line},
                 row.rule,
                 word,
                 ms(row.since),
                 row.pending,
                 row.firing,
                 row.resolved,
                 word,
                 std::int64_t{row.restated});
  }
  for (const SourceRow& row : step.sources) {
    source_.run(row.name, row.cursor, row.last_poll, row.last_success, row.error, std::string(), std::int64_t{0});
  }
  for (const NotificationRow& row : step.notifications) {
    message_.run(row.id, row.channel, row.type, ms(row.created), row.body);
  }
}

}  // namespace kpi::bench

// A history of an earlier schema is brought forward, and what can be saved of a damaged one too.

#include "daemon/store/history_copy.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/sqlite_file.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace kpi::test {
namespace {

using testing::ElementsAre;

/// A history of the schema after so many migrations, with one line and one series.
void make_earlier_history(const std::string& path, std::size_t steps, const char* more) {
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  sqlite::migrate(db, 0, history_migrations().first(steps));
  db.exec(
      "INSERT INTO kpi(id, name) VALUES(1, 'visits'); INSERT INTO line VALUES(1, 1, '{}');"
      "INSERT INTO metric(id, name) VALUES(1, 'web.visits'); INSERT INTO series VALUES(1, 1, '{}');"
      "UPDATE progress SET last_step = 172800000");
  db.exec(more);
}

TEST(Migration, BringsTheHistoryOfEachEarlierSchemaForward) {
  for (std::size_t steps = 1; steps < history_migrations().size(); ++steps) {
    const TempDir directory;
    const std::string path = directory.file("kpid.db");
    make_earlier_history(
        path, steps, "INSERT INTO sample(slot, series_id, value, known_at) VALUES(86400000, 1, 12.5, 172800000)");
    const std::unique_ptr<Store> store = opened(path);
    ASSERT_NE(store, nullptr) << "from schema " << steps;
    const Result<StoredState> state = store->load();
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(state->lines, (std::vector<LineRow>{{1, "visits", {}}}));
    std::vector<double> values;
    ASSERT_TRUE(
        store->samples(Slot{0}, Slot{2 * kDayMs}, {}, [&](const SampleRow& row) { values.push_back(row.value); }));
    EXPECT_EQ(values, std::vector<double>{12.5});
    StepCommit step;
    step.now = *state->last_step + std::chrono::hours(24);
    step.samples = {{1, Slot{2 * kDayMs}, 13}};
    expect_committed(*store, step);
  }
}

TEST(Migration, GivesAStatementTheOutcomeOfItsOwnGoalAlone) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  make_earlier_history(path, 9, "INSERT INTO word VALUES(1, 'met'), (2, 'achieved'), (3, 'off_track');");
  const auto judged = [&](int day, double goal, int status) {
    execute(path,
            fmt::format("INSERT INTO ledger VALUES({0}, 1, {0}, {0}, 1, NULL, 1, 1, 1, 1, {1}, NULL, {2}, NULL, 1, 0)",
                        day * kDayMs,
                        goal,
                        status));
  };
  judged(1, 110, 3);
  judged(2, 95, 3);
  judged(3, 95, 2);
  execute(path, fmt::format("INSERT INTO stated_forecast VALUES(1, {}, 5, 0.01, 100, 110, 1)", kDayMs));
  execute(path, fmt::format("INSERT INTO stated_forecast VALUES(1, {}, 5, 0.97, 100, 95, 1)", 2 * kDayMs));
  EXPECT_THAT(query(path, "SELECT goal, outcome FROM forecast ORDER BY day"),
              ElementsAre("110.0|achieved", "95.0|achieved"));
  opened(path).reset();
  EXPECT_THAT(query(path, "SELECT goal, outcome FROM forecast ORDER BY day"),
              ElementsAre("110.0|changed", "95.0|achieved"));
}

TEST(Migration, TakesASourceAsReadUntilItsLastGoodPoll) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  make_earlier_history(path,
                       13,
                       "INSERT INTO source(name, cursor, last_success, error, problems, problem_count) "
                       "VALUES('crm', '', NULL, '', '[]', 0), ('web', 'seen', 86400005, '', '[]', 0)");
  const std::unique_ptr<Store> store = opened(path);
  ASSERT_NE(store, nullptr);
  const Result<StoredState> state = store->load();
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->sources.size(), 2U);
  EXPECT_EQ(state->sources[0].read_until, std::nullopt);
  EXPECT_EQ(state->sources[1].last_success, Instant{Duration{kDayMs + 5}});
  EXPECT_EQ(state->sources[1].read_until, Instant{Duration{kDayMs + 5}});
}

TEST(Migration, WhatIsSavedOfADamagedHistoryOfEachEarlierSchemaIsBroughtForward) {
  for (std::size_t steps = 1; steps < history_migrations().size(); ++steps) {
    SCOPED_TRACE(steps);
    const TempDir directory;
    const std::string path = directory.file("kpid.db");
    make_earlier_history(
        path,
        steps,
        "INSERT INTO source(name, cursor, error, problems, problem_count) VALUES('web', 'seen', '', '[]', 0);"
        "WITH RECURSIVE day(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM day WHERE n < 2000) "
        "INSERT INTO sample(slot, series_id, value, known_at) SELECT n * 86400000, 1, n, 172800000 FROM day");
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>((std::filesystem::file_size(path) / 4096 - 2) * 4096));
    file << std::string(4096, '\x5a');
    file.close();
    const Result<Salvage> salvage = salvage_unused_history(path);
    ASSERT_TRUE(salvage) << salvage.error().message;
    EXPECT_THAT(salvage->broken, testing::ElementsAre("sample"));
    const std::unique_ptr<Store> store = opened(path);
    ASSERT_NE(store, nullptr);
    const Result<StoredState> state = store->load();
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(state->lines, (std::vector<LineRow>{{1, "visits", {}}}));
    ASSERT_EQ(state->sources.size(), 1U);
    EXPECT_EQ(state->sources[0].cursor, "");
    std::size_t samples = 0;
    ASSERT_TRUE(store->samples(Slot{0}, Slot{3'000 * kDayMs}, {}, [&](const SampleRow&) { ++samples; }));
    EXPECT_GT(samples, 1'000U);
    EXPECT_LT(samples, 2'000U);
    EXPECT_TRUE(verify_history(path)->problems.empty());
  }
}

TEST(Migration, LeavesTheOldSchemaWhenAStepFails) {
  SQLite::Database db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  const std::array good{Migration{1, "CREATE TABLE a(x)"}, Migration{2, "CREATE TABLE b(x)"}};
  const std::array bad{
      good[0], good[1], Migration{3, "CREATE TABLE c(x); INSERT INTO a VALUES(1); DROP TABLE nothing"}};
  sqlite::migrate(db, 0, std::span(good).first(1));
  EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), 1);
  EXPECT_THROW(sqlite::migrate(db, 1, bad), SQLite::Exception);
  EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), 2);
  EXPECT_EQ(db.execAndGet("SELECT group_concat(name) FROM sqlite_schema").getString(), "a,b");
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM a").getInt(), 0);
}

}  // namespace
}  // namespace kpi::test

// docs/history.md shows queries and what the sqlite3 shell prints for them. Each is run here on the history the
// document describes, and must print just that.

#include "daemon/store/schema.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace kpi::test {
namespace {

struct Example {
  int line = 0;
  std::string sql;
  std::string output;
};

/// The ```sql blocks of the document, each with the ```text block that follows it.
std::vector<Example> examples() {
  std::ifstream file(KPI_SOURCE_DIR "/docs/history.md");
  std::vector<Example> found;
  std::string* block = nullptr;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line == "```sql") {
      found.push_back({.line = number, .sql = "", .output = ""});
      block = &found.back().sql;
    } else if (line == "```text" && !found.empty()) {
      block = &found.back().output;
    } else if (line.starts_with("```")) {
      block = nullptr;
    } else if (block != nullptr) {
      *block += line + "\n";
    }
  }
  return found;
}

std::string lines_of(const std::vector<std::string>& rows) {
  std::string text;
  for (const std::string& row : rows) {
    text += row + "\n";
  }
  return text;
}

Instant at(const char* text) {
  return parse_rfc3339(text).value();
}

VerdictRow day_of_march(std::uint32_t line, int number, double value, const char* episode) {
  const Slot slot = slot_of(Date{std::chrono::year(2026) / 3 / number});
  VerdictRow row;
  row.line = line;
  row.slot = slot;
  // Days in Stockholm: an hour before midnight UTC, two from the 29th on.
  row.period = {Instant(Duration(slot.ms - (number > 29 ? 2 : 1) * 3'600'000)),
                Instant(Duration(slot.ms + kDayMs - (number > 28 ? 2 : 1) * 3'600'000))};
  row.value = value;
  row.limit = 0.022;
  row.verdict = std::isnan(value) ? Verdict::kNoData : value < 0.022 ? Verdict::kMissed : Verdict::kMet;
  row.reason = std::isnan(value) ? Reason::kNoSample : Reason::kNone;
  row.severity = row.verdict == Verdict::kMissed ? Severity::kWarning : Severity::kNone;
  row.state = *episode != '\0' ? KpiState::kFiring : KpiState::kOk;
  row.goal = line == 1 ? 0.03 : kNan;
  row.expected = line == 1 ? 0.024 : kNan;
  row.target_status = TargetStatus::kAtRisk;
  row.episode = episode;
  row.rule_version = 1;
  return row;
}

/// The history that the document speaks of.
void write_example(const std::string& path) {
  const std::unique_ptr<Store> store = opened(path);
  StepCommit step;
  step.now = at("2026-03-31T04:00:00Z");
  step.series = {{1, "web.visits", {{"country", "SE"}}}};
  step.lines = {{1, "conversion_rate", {}}, {2, "conversion_rate", {{"country", "SE"}}}};
  step.rule_versions = {{1, "conversion_rate", "9ae16a3b2f90404f", "conversion_rate: orders / visits"}};
  step.target_versions = {{"conversion_rate",
                           "target",
                           "c3a5c85c97cb3127",
                           Date{std::chrono::year(2026) / 1 / 1},
                           0.021,
                           "3 % by 2026-12-31"}};
  step.samples = {{1, slot_of(Date{std::chrono::year(2026) / 3 / 29}), 1480}};
  step.verdicts = {day_of_march(1, 27, 0.024, ""),
                   day_of_march(1, 28, kNan, ""),
                   day_of_march(1, 29, 0.021, "ep_1"),
                   day_of_march(1, 30, 0.0205, "ep_1"),
                   day_of_march(2, 29, 0.026, ""),
                   day_of_march(2, 30, 0.025, "")};
  EpisodeRow episode;
  episode.id = "ep_0";
  episode.line = 1;
  episode.rule = "thresholds";
  episode.severity = Severity::kWarning;
  episode.since = at("2026-02-09T23:00:00Z");
  episode.firing = at("2026-02-11T04:00:00Z");
  episode.resolved = at("2026-02-14T04:00:00Z");
  episode.reason = Reason::kRecovered;
  step.episodes = {episode};
  episode.id = "ep_1";
  episode.since = at("2026-03-28T23:00:00Z");
  episode.firing = at("2026-03-30T04:00:00Z");
  episode.resolved = std::nullopt;
  episode.reason = Reason::kBeyondLimit;
  step.episodes.push_back(episode);
  step.notifications = {message_of("msg_1", at("2026-03-30T04:00:00Z")),
                        message_of("msg_2", at("2026-03-30T04:00:00Z"))};
  step.notifications[1].channel = "board-mail";
  step.deliveries = {{"msg_1", NotificationRow::State::kSent, 1, std::nullopt, at("2026-03-30T04:00:02Z"), ""},
                     {"msg_2", NotificationRow::State::kDead, 9, std::nullopt, std::nullopt, "550 no such mailbox"}};
  expect_committed(*store, step);
  StepCommit restated;
  restated.now = at("2026-04-01T04:00:00Z");
  restated.samples = {{1, step.samples[0].slot, 1512}};
  restated.verdicts = {day_of_march(1, 29, 0.0206, "ep_1")};
  expect_committed(*store, restated);
}

TEST(HistoryDocument, ShowsWhatItsQueriesPrint) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  write_example(path);
  const std::vector<Example> found = examples();
  EXPECT_GE(found.size(), 8U);
  for (const Example& example : found) {
    EXPECT_EQ(lines_of(query(path, example.sql)), example.output) << "docs/history.md:" << example.line;
  }
}

std::string document_text() {
  std::ifstream file(KPI_SOURCE_DIR "/docs/history.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(HistoryDocument, NamesTheVersionOfTheSchema) {
  EXPECT_THAT(document_text(),
              testing::HasSubstr("`PRAGMA user_version`, now " + std::to_string(history_schema_version()) + ")"));
}

/// Every view and table is explained, and every column of the views.
TEST(HistoryDocument, NamesEveryViewTableAndColumn) {
  const std::string document = document_text();
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  write_example(path);
  const SQLite::Database db(path, SQLite::OPEN_READONLY);
  SQLite::Statement names(db,
                          "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') UNION SELECT c.name FROM "
                          "sqlite_schema AS s, pragma_table_info(s.name) AS c WHERE s.type = 'view'");
  int count = 0;
  while (names.executeStep()) {
    ++count;
    const std::string name = names.getColumn(0).getString();
    EXPECT_THAT(document, testing::HasSubstr("`" + name + "`"));
  }
  EXPECT_GT(count, 30);
}

}  // namespace
}  // namespace kpi::test

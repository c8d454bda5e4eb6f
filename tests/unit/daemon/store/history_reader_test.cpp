#include "daemon/store/history_reader.hpp"

#include "daemon/store/schema.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <fstream>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::unique_ptr<HistoryReader> reader_of(const std::string& path) {
  Result<std::unique_ptr<HistoryReader>> reader = open_history_reader(path);
  EXPECT_TRUE(reader) << reader.error().message;
  return reader ? *std::move(reader) : nullptr;
}

Error refusal(const std::string& path) {
  const Result<std::unique_ptr<HistoryReader>> reader = open_history_reader(path);
  return reader ? Error{ErrorKind::kInvalid, "it opened"} : reader.error();
}

EpisodeRow episode_of(const std::string& id, std::uint32_t line, int since, std::optional<Instant> resolved) {
  EpisodeRow row;
  row.id = id;
  row.line = line;
  row.rule = line == 0 ? "source:web" : "thresholds";
  row.severity = Severity::kWarning;
  row.since = morning(since);
  row.pending = morning(since);
  row.resolved = resolved;
  row.reason = resolved ? Reason::kRecovered : Reason::kNone;
  return row;
}

class HistoryReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = opened(path());
    StepCommit step = first_step();
    step.series.push_back({2, "web.visits", {}});
    step.lines = {{1, "conversion_rate", {}}, {2, "conversion_rate", {{"country", "SE"}}}, {3, "orders", {}}};
    expect_committed(*store_, step);
    reader_ = reader_of(path());
    ASSERT_NE(reader_, nullptr);
  }

  [[nodiscard]] std::string path() const { return directory_.file("kpid.db"); }

  [[nodiscard]] const TempDir& directory() const { return directory_; }

  HistoryReader& reader() { return *reader_; }

  void commit(const StepCommit& step) { expect_committed(*store_, step); }

  void stop_daemon() {
    reader_.reset();
    store_.reset();
  }

  std::vector<std::string> verdicts(const VerdictFilter& filter) {
    std::vector<std::string> texts;
    const Result<void> read = reader_->verdicts(filter, [&](const KpiVerdict& verdict) {
      texts.push_back(fmt::format("{} {} = {}, judged {}",
                                  date_text(date_of(verdict.row.slot)),
                                  labels_text(verdict.segment),
                                  number_text(verdict.row.value),
                                  rfc3339(verdict.judged_at)));
    });
    return read ? texts : std::vector<std::string>{read.error().message};
  }

  std::vector<std::string> episodes(const EpisodeFilter& filter) {
    std::vector<std::string> texts;
    const Result<void> read = reader_->episodes(filter, [&](const KpiEpisode& episode) {
      texts.push_back(fmt::format("{} '{}' {}", episode.row.id, episode.kpi, labels_text(episode.segment)));
    });
    return read ? texts : std::vector<std::string>{read.error().message};
  }

  std::vector<std::string> messages(const NotificationFilter& filter) {
    std::vector<std::string> texts;
    const Result<std::vector<NotificationRow>> read = reader_->notifications(filter);
    EXPECT_TRUE(read) << read.error().message;
    for (const NotificationRow& row : read ? *read : std::vector<NotificationRow>{}) {
      texts.push_back(row.id);
    }
    return texts;
  }

  std::vector<std::string> revisions(const std::string& metric, const Labels& labels) {
    std::vector<std::string> texts;
    const Result<void> read = reader_->sample_revisions(metric, labels, [&](const SampleRevision& revision) {
      texts.push_back(fmt::format("{} = {}, {} to {}",
                                  date_text(date_of(revision.slot)),
                                  number_text(revision.value),
                                  rfc3339(revision.known_at),
                                  rfc3339(revision.replaced_at)));
    });
    return read ? texts : std::vector<std::string>{read.error().message};
  }

 private:
  TempDir directory_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<HistoryReader> reader_;
};

TEST_F(HistoryReaderTest, SeesWhatTheDaemonHasJustCommitted) {
  EXPECT_EQ(reader().last_step().value(), morning(1));
  StepCommit step;
  step.now = morning(2);
  commit(step);
  EXPECT_EQ(reader().last_step().value(), morning(2));
}

TEST_F(HistoryReaderTest, SeesOneMomentWhileTheDaemonWritesOn) {
  StepCommit step;
  step.now = morning(2);
  step.verdicts = {verdict_of(1, 1, 1), verdict_of(1, 2, 2)};
  commit(step);
  std::vector<double> seen;
  const Result<void> read = reader().verdicts({.kpi = "conversion_rate"}, [&](const KpiVerdict& verdict) {
    seen.push_back(verdict.row.value);
    StepCommit later;
    later.now = morning(3);
    later.verdicts = {verdict_of(1, 2, 22), verdict_of(1, 3, 33)};
    commit(later);
  });
  EXPECT_TRUE(read);
  EXPECT_THAT(seen, ElementsAre(1, 2));
}

TEST_F(HistoryReaderTest, GivesStatusesWithTheirNames) {
  StatusRow status;
  status.line = 2;
  status.value = 0.25;
  status.state = KpiState::kFiring;
  StepCommit step;
  step.now = morning(2);
  step.statuses = {status};
  status.line = 1;
  step.statuses.push_back(status);
  commit(step);
  const std::vector<KpiStatus> statuses = reader().statuses().value();
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses[0].kpi, "conversion_rate");
  EXPECT_EQ(statuses[0].segment, Labels{});
  EXPECT_EQ(statuses[1].segment, (Labels{{"country", "SE"}}));
  EXPECT_EQ(text_of(statuses[1].row), text_of(step.statuses[0]));
}

TEST_F(HistoryReaderTest, CountsTheStates) {
  StepCommit step;
  step.now = morning(2);
  StatusRow status;
  status.line = 1;
  step.statuses.push_back(status);
  status.line = 2;
  status.state = KpiState::kFiring;
  step.statuses.push_back(status);
  status.line = 3;
  step.statuses.push_back(status);
  commit(step);
  EXPECT_EQ(reader().states().value(), (std::map<KpiState, std::size_t>{{KpiState::kOk, 1}, {KpiState::kFiring, 2}}));
}

TEST_F(HistoryReaderTest, KnowsTheSegmentsOfAKpi) {
  EXPECT_EQ(reader().segments("conversion_rate").value(), (std::vector<Labels>{{}, {{"country", "SE"}}}));
  EXPECT_EQ(reader().segments("conversion").error().kind, ErrorKind::kNotFound);
}

TEST_F(HistoryReaderTest, GivesPeriodsByTheirLinesAsTheyAreAskedFor) {
  StepCommit step;
  step.now = morning(4);
  step.verdicts = {verdict_of(1, 1, 11), verdict_of(1, 2, 12), verdict_of(2, 2, 22)};
  commit(step);
  const auto slot = [](int day) { return verdict_of(1, day, 0).slot; };
  std::vector<double> values;
  ASSERT_TRUE(reader().judged({{2, slot(2)}, {1, slot(3)}, {1, slot(1)}, {2, slot(1)}},
                              [&](const VerdictRow& row) { values.push_back(row.value); }));
  EXPECT_THAT(values, ElementsAre(22, 11));
}

TEST_F(HistoryReaderTest, GivesTheVerdictsOfOneKpi) {
  StepCommit step;
  step.now = morning(4);
  step.verdicts = {
      verdict_of(2, 1, 21), verdict_of(1, 1, 11), verdict_of(1, 2, kNan), verdict_of(3, 1, 31), verdict_of(1, 3, 13)};
  commit(step);
  EXPECT_THAT(verdicts({.kpi = "conversion_rate"}),
              ElementsAre("1970-01-02 total = 11, judged 1970-01-05T06:00:00Z",
                          "1970-01-02 country=SE = 21, judged 1970-01-05T06:00:00Z",
                          "1970-01-03 total = nan, judged 1970-01-05T06:00:00Z",
                          "1970-01-04 total = 13, judged 1970-01-05T06:00:00Z"));
  EXPECT_THAT(verdicts({.kpi = "conversion_rate", .segment = Labels{}, .from = day(2), .to = day(3)}),
              ElementsAre("1970-01-03 total = nan, judged 1970-01-05T06:00:00Z"));
  EXPECT_THAT(verdicts({.kpi = "conversion_rate", .segment = Labels{{"country", "SE"}}, .from = day(1)}),
              ElementsAre("1970-01-02 country=SE = 21, judged 1970-01-05T06:00:00Z"));
  EXPECT_THAT(verdicts({.kpi = "orders", .to = day(1)}), IsEmpty());
}

TEST_F(HistoryReaderTest, SaysWhichKpiOrSegmentItHasNothingOf) {
  EXPECT_THAT(
      verdicts({.kpi = "conversion_rat"}),
      ElementsAre("the history has nothing of a KPI named \"conversion_rat\"; did you mean \"conversion_rate\"?"));
  EXPECT_THAT(verdicts({.kpi = "churn"}), ElementsAre("the history has nothing of a KPI named \"churn\""));
  EXPECT_THAT(verdicts({.kpi = "conversion_rate", .segment = Labels{{"country", "FI"}}}),
              ElementsAre("the history has nothing of the segment country=FI of \"conversion_rate\""));
  const Result<void> read = reader().verdicts({.kpi = "churn"}, [](const KpiVerdict&) {});
  EXPECT_EQ(read.error().kind, ErrorKind::kNotFound);
}

TEST_F(HistoryReaderTest, GivesEpisodesInTheOrderTheyBegan) {
  StepCommit step;
  step.now = morning(9);
  step.episodes = {episode_of("ep_c", 2, 5, std::nullopt),
                   episode_of("ep_a", 1, 1, morning(3)),
                   episode_of("ep_b", 0, 2, morning(6)),
                   episode_of("ep_d", 3, 7, std::nullopt)};
  commit(step);
  const std::string a = "ep_a 'conversion_rate' total";
  const std::string b = "ep_b '' total";
  const std::string c = "ep_c 'conversion_rate' country=SE";
  const std::string d = "ep_d 'orders' total";
  EXPECT_THAT(episodes({}), ElementsAre(a, b, c, d));
  EXPECT_THAT(episodes({.open_only = true}), ElementsAre(c, d));
  EXPECT_THAT(episodes({.kpi = "conversion_rate"}), ElementsAre(a, c));
  EXPECT_THAT(episodes({.from = morning(3)}), ElementsAre(b, c, d));
  EXPECT_THAT(episodes({.from = morning(2), .to = morning(5)}), ElementsAre(a, b));
}

TEST_F(HistoryReaderTest, KeepsEveryColumnOfAnEpisode) {
  EpisodeRow episode = episode_of("ep_a", 1, 1, std::nullopt);
  StepCommit step;
  step.now = morning(2);
  step.episodes = {episode};
  commit(step);
  episode.severity = Severity::kCritical;
  episode.firing = morning(2);
  episode.resolved = morning(4);
  episode.reason = Reason::kRestated;
  episode.restated = true;
  step.episodes = {episode};
  commit(step);
  std::vector<EpisodeRow> rows;
  EXPECT_TRUE(reader().episodes({}, [&](const KpiEpisode& found) { rows.push_back(found.row); }));
  EXPECT_THAT(rows, ElementsAre(episode));
}

TEST_F(HistoryReaderTest, GivesTheNewestMessagesFirst) {
  StepCommit step;
  step.now = morning(4);
  step.notifications = {
      message_of("msg_1", morning(1)), message_of("msg_3", morning(3)), message_of("msg_2", morning(2))};
  step.notifications[2].channel = "board";
  step.deliveries = {{"msg_1", NotificationRow::State::kDead, 8, std::nullopt, std::nullopt, "HTTP 410"}};
  commit(step);
  EXPECT_THAT(messages({}), ElementsAre("msg_3", "msg_2", "msg_1"));
  EXPECT_THAT(messages({.limit = 2}), ElementsAre("msg_3", "msg_2"));
  EXPECT_THAT(messages({.state = NotificationRow::State::kQueued}), ElementsAre("msg_3", "msg_2"));
  EXPECT_THAT(messages({.channel = "ops"}), ElementsAre("msg_3", "msg_1"));
  EXPECT_THAT(messages({.state = NotificationRow::State::kDead, .channel = "ops"}), ElementsAre("msg_1"));
}

TEST_F(HistoryReaderTest, CountsWhatWaitsForEachChannel) {
  StepCommit step;
  step.now = morning(4);
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    step.notifications.push_back(message_of(id, morning(1)));
  }
  step.notifications[3].channel = "board";
  step.notifications[4].channel = "silent";
  step.deliveries = {{"a", NotificationRow::State::kDead, 8, std::nullopt, std::nullopt, ""},
                     {"e", NotificationRow::State::kSent, 1, std::nullopt, morning(4), ""}};
  commit(step);
  EXPECT_THAT(reader().queues().value(),
              ElementsAre(ChannelQueue{.channel = "board", .queued = 1, .oldest = morning(1)},
                          ChannelQueue{.channel = "ops", .queued = 2, .dead = 1, .oldest = morning(1)}));
  StepCommit off;
  off.now = morning(5);
  off.deliveries = {{"b", NotificationRow::State::kQueued, 1, morning(6), std::nullopt, "answered 410"}};
  off.deliveries.front().disabled = {"mail", "answered 410"};
  commit(off);
  EXPECT_THAT(reader().queues().value(), testing::Contains(ChannelQueue{"mail", 0, 0, "answered 410"}));
  EXPECT_THAT(reader().queues().value(),
              testing::Contains(ChannelQueue{"ops", 2, 1, "", "answered 410", morning(6), {}, morning(1)}));
  off.deliveries.front().disabled = {"mail", ""};
  off.deliveries.front().refused = {{"mail", "a@example.com", "550 no such user"}, {"ops", "b@example.com", "551"}};
  commit(off);
  ChannelQueue mail{"mail"};
  mail.refused = {{"a@example.com", "550 no such user"}};
  EXPECT_THAT(reader().queues().value(), testing::Contains(mail));
  off.deliveries.front().refused = {{"mail", "a@example.com", ""}};
  commit(off);
  EXPECT_THAT(reader().queues().value(),
              testing::Not(testing::Contains(testing::Field(&ChannelQueue::channel, "mail"))));
}

TEST_F(HistoryReaderTest, GivesSources) {
  StepCommit step;
  step.now = morning(4);
  step.sources = {{"web", "page-7", morning(4), morning(3), "HTTP 503", {"a", "b"}, 7}};
  commit(step);
  EXPECT_EQ(reader().sources().value(), step.sources);
}

TEST_F(HistoryReaderTest, GivesFormerValuesOfASeries) {
  StepCommit step;
  step.now = morning(2);
  step.samples = {{1, day(1), 10}, {2, day(1), 1}, {1, day(0), kNan}};
  commit(step);
  step.now = morning(3);
  step.samples = {{1, day(1), 11}, {2, day(1), 2}, {1, day(0), 5}};
  commit(step);
  step.now = morning(4);
  step.samples = {{1, day(1), 12}};
  commit(step);
  EXPECT_THAT(revisions("web.visits", {{"country", "SE"}}),
              ElementsAre("1970-01-01 = nan, 1970-01-03T06:00:00Z to 1970-01-04T06:00:00Z",
                          "1970-01-02 = 10, 1970-01-03T06:00:00Z to 1970-01-04T06:00:00Z",
                          "1970-01-02 = 11, 1970-01-04T06:00:00Z to 1970-01-05T06:00:00Z"));
  EXPECT_THAT(revisions("web.visits", {{"country", "NO"}}),
              ElementsAre("the history has nothing of the series web.visits (country=NO)"));
}

TEST_F(HistoryReaderTest, SaysHowSourcesStoodAndWhenNobodyLooked) {
  StepCommit step;
  step.now = morning(2);
  step.source_reads = {{"web", morning(2) - Duration{5}}, {"crm", morning(1) - Duration{9}, morning(1)}};
  step.down_times = {{morning(1), morning(2)}};
  commit(step);
  step.now = morning(4);
  step.source_reads = {{"crm", std::nullopt}};
  step.down_times = {{morning(4), morning(4)}};
  commit(step);
  std::vector<std::string> reads;
  const auto known = reader().source_reads(Instant::max());
  ASSERT_TRUE(known) << known.error().message;
  for (const KnownRead& read : *known) {
    reads.push_back(read.source + " at " + rfc3339(read.at) + ": " + (read.read ? rfc3339(*read.read) : "failed"));
  }
  EXPECT_THAT(reads,
              ElementsAre("crm at 1970-01-02T06:00:00Z: 1970-01-02T05:59:59.991Z",
                          "web at 1970-01-03T06:00:00Z: 1970-01-03T05:59:59.995Z",
                          "crm at 1970-01-05T06:00:00Z: failed"));
  EXPECT_EQ(reader().source_reads(morning(2)).value().size(), 1U);
  EXPECT_EQ(reader().down_times().value(),
            (std::vector<DownTimeRow>{{morning(1), morning(2)}, {morning(4), morning(4)}}));
  EXPECT_THAT(reader().step_times(Instant::max()).value(), ElementsAre(morning(1), morning(2), morning(4)));
  EXPECT_THAT(query(path(), "SELECT since || ' ' || until FROM down_time"),
              ElementsAre("1970-01-02T06:00:00Z 1970-01-03T06:00:00Z"));
  EXPECT_THAT(query(path(), "SELECT source || ' ' || ifnull(read_at, '-') FROM source_read WHERE read_at IS NULL"),
              ElementsAre("crm -"));
}

TEST_F(HistoryReaderTest, ReadsWhenNoDaemonRuns) {
  stop_daemon();
  EXPECT_EQ(reader_of(path())->last_step().value(), morning(1));
}

TEST_F(HistoryReaderTest, ReadsACopyInADirectoryItMayNotWrite) {
  stop_daemon();
  const std::string shelf = directory().file("a shelf?");
  std::filesystem::create_directory(shelf);
  std::filesystem::copy_file(path(), shelf + "/copy.db");
  std::filesystem::permissions(shelf + "/copy.db", std::filesystem::perms(0444));
  std::filesystem::permissions(shelf, std::filesystem::perms(0555));
  const std::string told = in_child(
      [&]() -> std::string {
        const Result<std::unique_ptr<HistoryReader>> reader = open_history_reader(shelf + "/copy.db");
        return reader ? text_of((*reader)->last_step().value()) : reader.error().message;
      },
      true);
  EXPECT_EQ(told, "1970-01-02T06:00:00Z");
}

TEST_F(HistoryReaderTest, IsNoObstacleToTheNextDaemon) {
  stop_daemon();
  const std::unique_ptr<HistoryReader> early = reader_of(path());
  EXPECT_EQ(early->last_step().value(), morning(1));
  const std::unique_ptr<Store> store = opened(path());
  StepCommit step;
  step.now = morning(2);
  expect_committed(*store, step);
  EXPECT_EQ(early->last_step().value(), morning(2));
}

TEST(HistoryReader, SaysThatThereIsNoHistoryYet) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const Error expected{ErrorKind::kNotFound,
                       fmt::format("no history yet at \"{}\": run \"kpid run --once\" first", path)};
  EXPECT_EQ(refusal(path), expected);
  EXPECT_FALSE(std::filesystem::exists(path)) << "a look creates nothing";
  std::ofstream(path).close();
  EXPECT_EQ(refusal(path), expected);
}

TEST(HistoryReader, RefusesWhatItCannotRead) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  opened(path).reset();
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version=0");
  EXPECT_EQ(
      refusal(path).message,
      fmt::format("the history \"{}\" was last written by an older kpid (schema 0; this one reads {}): run \"kpid run "
                  "--once\" to bring it up to date",
                  path,
                  history_schema_version()));
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version=99");
  EXPECT_EQ(
      refusal(path).message,
      fmt::format("the history \"{}\" was written by a newer kpid (schema 99; this one knows {}): install that kpid "
                  "again, or restore a backup from before it",
                  path,
                  history_schema_version()));
  const std::string closed = directory.file("closed.db");
  std::filesystem::copy_file(path, closed);
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  EXPECT_EQ(in_child([&] { return refusal(closed).message; }, true),
            fmt::format("cannot open the history \"{}\": unable to open database file; make the file and its directory "
                        "readable and writable for the user that runs kpid",
                        closed));
}

TEST(HistoryReader, SaysWhatAStrangerHasWrittenIntoTheHistory) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  step.verdicts = {verdict_of(1, 1, 1)};
  expect_committed(*store, step);
  store.reset();
  SQLite::Database(path, SQLite::OPEN_READWRITE)
      .exec("UPDATE ledger SET verdict = 7777; UPDATE series SET labels = 'x'");
  const std::unique_ptr<HistoryReader> reader = reader_of(path);
  const Result<void> read = reader->verdicts({.kpi = "conversion_rate"}, [](const KpiVerdict&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error().message,
      fmt::format("cannot read the history \"{}\": it holds the word number 7777, which is in no list; the file is "
                  "damaged: restore a backup, or move it aside to begin a new history",
                  path));
  store = opened(path);
  const Result<StoredState> state = store->load();
  ASSERT_FALSE(state);
  EXPECT_EQ(
      state.error().message,
      fmt::format("cannot read the history \"{}\": it holds x where kpid writes JSON; the file is damaged: restore a "
                  "backup, or move it aside to begin a new history",
                  path));
}

}  // namespace
}  // namespace kpi::test

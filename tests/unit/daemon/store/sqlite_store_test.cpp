// What holds of the SQLite store beyond the contract: the file, who may open it, and what it keeps of the past.

#include "daemon/store/sqlite_store.hpp"

#include "daemon/store/schema.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <future>

namespace {

std::atomic<int> disk_syncs = 0;

}  // namespace

/// SQLite's own calls end here, so that a test can count how often the disk was waited for.
extern "C" int fdatasync(int fildes) {
  ++disk_syncs;
  return static_cast<int>(::syscall(SYS_fdatasync, fildes));
}

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

unsigned mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

/// What a commit says after the file of that name has gone; with `other`, one of another stands in its place.
Error commit_without(const std::string& name, bool is_replaced) {
  const TempDir directory;
  const std::unique_ptr<Store> store = opened(directory.file("kpid.db"));
  expect_committed(*store, first_step());
  std::filesystem::rename(directory.file(name), directory.file("away"));
  if (is_replaced) {
    write_file(directory.file(name), "another");
  }
  StepCommit step;
  step.reviews.push_back({"conversion", "owner", "looked at", Instant{}});
  const Result<void> done = store->commit(step);
  std::filesystem::rename(directory.file("away"), directory.file(name));
  EXPECT_TRUE(store->commit(step)) << "what stands there is the history again";
  return done ? Error{ErrorKind::kNotFound, "it was written"} : done.error();
}

TEST(SqliteStore, WritesNothingIntoAHistoryThatWasDeletedOrReplaced) {
  for (const std::string name : {"kpid.db", "kpid.db.lock"}) {
    const Error deleted = commit_without(name, false);
    EXPECT_EQ(deleted.kind, ErrorKind::kInvalid) << "trying again would not help";
    EXPECT_THAT(deleted.message, testing::HasSubstr(name + "\" was deleted while kpid had it open"));
    EXPECT_THAT(commit_without(name, true).message,
                testing::HasSubstr(name + "\" was replaced while kpid had it open"));
  }
}

TEST(SqliteStore, CreatesItsFileForItsOwnerAlone) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const mode_t before = ::umask(0);
  const std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  ::umask(before);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path + "-wal"), 0600U);
  EXPECT_EQ(mode_of(path + ".lock"), 0600U);
}

TEST(SqliteStore, MarksItsFileAsAHistory) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  opened(path).reset();
  EXPECT_THAT(query(path, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"),
              ElementsAre(fmt::format("1802529124|{}", history_schema_version())));
  EXPECT_THAT(query(path, "PRAGMA journal_mode"), ElementsAre("wal"));
}

TEST(SqliteStore, KeepsReplacedSamplesWithBothTimes) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  step.samples = {{1, day(1), 10}, {1, day(2), kNan}, {1, day(3), 30}};
  expect_committed(*store, step);
  step.now = morning(2);
  step.samples = {{1, day(1), 11}, {1, day(2), 20}, {1, day(3), 30}};
  expect_committed(*store, step);
  step.now = morning(3);
  step.samples = {{1, day(1), kNan}, {1, day(2), 20}};
  expect_committed(*store, step);
  EXPECT_THAT(query(path,
                    "SELECT slot / 86400000, series_id, ifnull(value, 'null'), known_at / 86400000, "
                    "replaced_at / 86400000 FROM sample_revision ORDER BY id"),
              ElementsAre("1|1|10.0|1|2", "2|1|null|1|2", "1|1|11.0|2|3"));
  EXPECT_THAT(
      query(path, "SELECT slot / 86400000, ifnull(value, 'null'), known_at / 86400000 FROM sample ORDER BY slot"),
      ElementsAre("1|null|3", "2|20.0|2", "3|30.0|1"));
}

TEST(SqliteStore, KeepsReplacedVerdictsWithBothTimes) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  step.verdicts = {verdict_of(1, 1, 0.4), verdict_of(1, 2, kNan)};
  expect_committed(*store, step);
  step.now = morning(2);
  expect_committed(*store, step);  // The same again: nothing is replaced.
  step.now = morning(3);
  step.verdicts[0] = verdict_of(1, 1, 0.6);
  expect_committed(*store, step);
  step.now = morning(4);
  step.verdicts[0].episode = "ep_1";
  expect_committed(*store, step);
  EXPECT_THAT(
      query(path,
            "SELECT slot / 86400000, value, text, ifnull(episode, '-'), judged_at / 86400000, "
            "replaced_at / 86400000 FROM ledger_revision JOIN word ON word.id = verdict ORDER BY ledger_revision.id"),
      ElementsAre("1|0.4|missed|-|1|3", "1|0.6|met|-|3|4"));
  EXPECT_THAT(query(path, "SELECT slot / 86400000, judged_at / 86400000 FROM ledger ORDER BY slot"),
              ElementsAre("1|4", "2|1"));
}

/// Many rows are inserted by one statement, which leaves out what is there.
TEST(SqliteStore, KeepsWhatIsRestatedAmongManyNewRows) {
  constexpr int kRows = 100;
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  for (int i = 1; i <= kRows; ++i) {
    step.samples.push_back({1, day(i), i * 1.0});
    step.verdicts.push_back(verdict_of(1, i, i * 1.0));
  }
  expect_committed(*store, step);
  step.now = morning(2);
  step.samples[40].value = 0.5;
  step.verdicts[70].value = 0.5;
  for (int i = kRows + 1; i <= kRows + 50; ++i) {
    step.samples.push_back({1, day(i), i * 1.0});
    step.verdicts.push_back(verdict_of(1, i, i * 1.0));
  }
  // A slot that comes twice in one step: the later one counts.
  step.samples.insert(step.samples.begin() + 110, {1, day(140), 7});
  expect_committed(*store, step);
  EXPECT_THAT(query(path, "SELECT slot / 86400000, value FROM sample_revision ORDER BY slot"),
              ElementsAre("41|41.0", "140|7.0"));
  EXPECT_THAT(query(path, "SELECT slot / 86400000, value FROM ledger_revision"), ElementsAre("71|71.0"));
  EXPECT_THAT(query(path, "SELECT count(*), sum(value = slot / 86400000), sum(known_at / 86400000 = 1) FROM sample"),
              ElementsAre("150|149|99"));
  EXPECT_THAT(query(path, "SELECT count(*), sum(value = slot / 86400000), sum(judged_at / 86400000 = 1) FROM ledger"),
              ElementsAre("150|149|99"));
}

/// Every column of a verdict counts as a change.
TEST(SqliteStore, TakesAVerdictForChangedByAnyColumn) {
  struct Case {
    const char* name;
    void (*change)(VerdictRow&);
  };

  const std::array cases{
      Case{"period start", [](VerdictRow& row) { row.period.start += Duration(1); }},
      Case{"period end", [](VerdictRow& row) { row.period.end += Duration(1); }},
      Case{"value unknown", [](VerdictRow& row) { row.value = kNan; }},
      Case{"limit", [](VerdictRow& row) { row.limit = 0.7; }},
      Case{"verdict", [](VerdictRow& row) { row.verdict = Verdict::kRecorded; }},
      Case{"severity", [](VerdictRow& row) { row.severity = Severity::kInfo; }},
      Case{"state", [](VerdictRow& row) { row.state = KpiState::kFiring; }},
      Case{"reason", [](VerdictRow& row) { row.reason = Reason::kNull; }},
      Case{"goal", [](VerdictRow& row) { row.goal = 1; }},
      Case{"expected", [](VerdictRow& row) { row.expected = 1; }},
      Case{"target status", [](VerdictRow& row) { row.target_status = TargetStatus::kAtRisk; }},
      Case{"episode", [](VerdictRow& row) { row.episode = "ep"; }},
      Case{"rule version", [](VerdictRow& row) { row.rule_version = 1; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const std::unique_ptr<Store> store = opened(":memory:");
    StepCommit step = first_step();
    step.verdicts = {verdict_of(1, 1, 0.4)};
    expect_committed(*store, step);
    c.change(step.verdicts[0]);
    expect_committed(*store, step);
    EXPECT_THAT(verdicts_of(*store), ElementsAre(text_of(step.verdicts[0])));
  }
}

TEST(SqliteStore, WaitsForTheDiskWhenAStepPromisesSomething) {
  const TempDir directory;
  const std::unique_ptr<Store> store = opened(directory.file("kpid.db"));
  expect_committed(*store, first_step());
  const auto syncs_of = [&](const StepCommit& step) {
    const int before = disk_syncs;
    expect_committed(*store, step);
    return disk_syncs - before;
  };
  StepCommit samples;
  samples.samples = {{1, day(1), 1}};
  StepCommit message;
  message.notifications = {message_of("msg_1", morning(1))};
  StepCommit delivery;
  delivery.deliveries = {{"msg_1", NotificationRow::State::kSent, 1, std::nullopt, morning(1), ""}};
  StepCommit alert;
  alert.alerts = {{1, "thresholds", AlertPhase::kFiring, Severity::kInfo, morning(1), "ep", "{}"}};
  EXPECT_EQ(syncs_of(samples), 0);
  EXPECT_GE(syncs_of(message), 1);
  EXPECT_GE(syncs_of(delivery), 1);
  EXPECT_GE(syncs_of(alert), 1);
  EXPECT_EQ(syncs_of(samples), 0);
}

TEST(SqliteStore, KnowsWhichDeadLettersAreHeld) {
  const std::unique_ptr<Store> store = opened(":memory:");
  StepCommit step;
  for (const char* id : {"msg_1", "msg_2", "msg_3"}) {
    step.notifications.push_back(message_of(id, morning(1)));
  }
  step.deliveries = {{"msg_1", NotificationRow::State::kDead, 1, morning(2), std::nullopt, "answered 401"},
                     {"msg_2", NotificationRow::State::kDead, 1, std::nullopt, std::nullopt, "answered 401"},
                     {"msg_3", NotificationRow::State::kQueued, 1, morning(2), std::nullopt, "answered 500"}};
  expect_committed(*store, step);
  const auto held = store->delivery_memory().value().held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].id, "msg_1");
  EXPECT_EQ(held[0].last_error, "answered 401");
}

TEST(SqliteStore, RefusesASecondStoreOfOneFile) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::string alias = directory.file("alias.db");
  std::unique_ptr<Store> store = opened(path);
  std::filesystem::create_symlink(path, alias);
  const std::string expected = fmt::format(
      "the history \"{0}\" is in use by process {1} (lock file \"{0}.lock\"): stop that kpid first, or set \"history: "
      "path\" to another place",
      path,
      ::getpid());
  EXPECT_EQ(refusal_to_open(path), expected);
  EXPECT_EQ(refusal_to_open(alias), expected);
  EXPECT_EQ(in_child([&] { return refusal_to_open(path); }), expected);
  store.reset();
  EXPECT_EQ(refusal_to_open(path), "it opened");
}

TEST(SqliteStore, WaitsForAnOwnerThatIsDoneSoon) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> owner = opened(path);
  const SqliteStoreOptions options{.patience = std::chrono::seconds(30)};
  std::future<bool> second =
      std::async(std::launch::async, [&] { return open_sqlite_store(path, options).has_value(); });
  owner.reset();
  EXPECT_TRUE(second.get());
}

TEST(SqliteStore, RefusesWhatIsNoHistory) {
  const TempDir directory;
  const std::string own = "give the history a file of its own in \"history: path\"";
  const std::string text = directory.file("notes.txt");
  write_file(text, std::string(2000, 'x'));
  EXPECT_EQ(refusal_to_open(text),
            fmt::format("cannot open the history \"{}\": file is not a database; if it was a history, \"kpid history "
                        "salvage\" saves what can be read of it, or restore a backup; if "
                        "not, {}",
                        text,
                        own));
  const std::string tables = directory.file("shop.db");
  execute(tables, "CREATE TABLE customers(id)");
  EXPECT_EQ(refusal_to_open(tables),
            fmt::format("\"{}\" is the database of another program (it holds \"customers\"): {}", tables, own));
  const std::string marked = directory.file("fossil.db");
  execute(marked, "PRAGMA application_id=252006673; CREATE TABLE blob(id)");
  EXPECT_EQ(refusal_to_open(marked),
            fmt::format("\"{}\" is the database of another program (application id 0x0f055111): {}", marked, own));
  EXPECT_THAT(query(tables, "PRAGMA journal_mode"), ElementsAre("delete")) << "a foreign file is left as it is";
}

TEST(SqliteStore, RefusesANewerSchema) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  opened(path).reset();
  execute(path, "PRAGMA user_version=99");
  EXPECT_EQ(
      refusal_to_open(path),
      fmt::format("the history \"{}\" was written by a newer kpid (schema 99; this one knows {}): install that kpid "
                  "again, or restore a backup from before it",
                  path,
                  history_schema_version()));
}

TEST(SqliteStore, SaysWhatIsWrongWithThePlace) {
  const TempDir directory;
  const std::string nowhere = directory.file("missing/kpid.db");
  EXPECT_EQ(
      refusal_to_open(nowhere),
      fmt::format("cannot open the history \"{}\": the directory \"{}\" does not exist; create it, or set \"history: "
                  "path\" to another place",
                  nowhere,
                  directory.file("missing")));
  const std::string closed = directory.file("closed");
  std::filesystem::create_directory(closed);
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  EXPECT_EQ(in_child([&] { return refusal_to_open(closed + "/kpid.db"); }, true),
            fmt::format("cannot open the history \"{0}/kpid.db\": \"{0}/kpid.db.lock\": Permission denied; make the "
                        "directory writable for the user that runs kpid, or set \"history: path\" to another place",
                        closed));
  const std::string folder = directory.file("folder");
  std::filesystem::create_directory(folder);
  EXPECT_EQ(refusal_to_open(folder),
            fmt::format("cannot open the history \"{}\": unable to open database file; make the file and its directory "
                        "readable and writable for the user that runs kpid",
                        folder));
}

}  // namespace
}  // namespace kpi::test

// What holds of the SQLite store beyond the contract: the file, who may open it, and what it keeps of the past.

#include "daemon/store/sqlite_store.hpp"

#include "daemon/store/history_copy.hpp"
#include "daemon/store/sqlite_file.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <fstream>
#include <future>
#include <iterator>

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

void execute(const std::string& path, const std::string& sql) {
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec(sql);
}

/// The whole error of opening `path`; a text that says so when it opened.
std::string refusal(const std::string& path) {
  const Result<std::unique_ptr<Store>> store = open_sqlite_store(path);
  return store ? "it opened" : store.error().message;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

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
  EXPECT_EQ(refusal(path), expected);
  EXPECT_EQ(refusal(alias), expected);
  EXPECT_EQ(in_child([&] { return refusal(path); }), expected);
  store.reset();
  EXPECT_EQ(refusal(path), "it opened");
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
  EXPECT_EQ(refusal(text),
            fmt::format("cannot open the history \"{}\": file is not a database; if it was a history, \"kpid history "
                        "salvage\" saves what can be read of it, or restore a backup; if "
                        "not, {}",
                        text,
                        own));
  const std::string tables = directory.file("shop.db");
  execute(tables, "CREATE TABLE customers(id)");
  EXPECT_EQ(refusal(tables),
            fmt::format("\"{}\" is the database of another program (it holds \"customers\"): {}", tables, own));
  const std::string marked = directory.file("fossil.db");
  execute(marked, "PRAGMA application_id=252006673; CREATE TABLE blob(id)");
  EXPECT_EQ(refusal(marked),
            fmt::format("\"{}\" is the database of another program (application id 0x0f055111): {}", marked, own));
  EXPECT_THAT(query(tables, "PRAGMA journal_mode"), ElementsAre("delete")) << "a foreign file is left as it is";
}

TEST(SqliteStore, RefusesANewerSchema) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  opened(path).reset();
  execute(path, "PRAGMA user_version=99");
  EXPECT_EQ(
      refusal(path),
      fmt::format("the history \"{}\" was written by a newer kpid (schema 99; this one knows {}): install that kpid "
                  "again, or restore a backup from before it",
                  path,
                  history_schema_version()));
}

TEST(SqliteStore, SaysWhatIsWrongWithThePlace) {
  const TempDir directory;
  const std::string nowhere = directory.file("missing/kpid.db");
  EXPECT_EQ(
      refusal(nowhere),
      fmt::format("cannot open the history \"{}\": the directory \"{}\" does not exist; create it, or set \"history: "
                  "path\" to another place",
                  nowhere,
                  directory.file("missing")));
  const std::string closed = directory.file("closed");
  std::filesystem::create_directory(closed);
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  EXPECT_EQ(in_child([&] { return refusal(closed + "/kpid.db"); }, true),
            fmt::format("cannot open the history \"{0}/kpid.db\": \"{0}/kpid.db.lock\": Permission denied; make the "
                        "directory writable for the user that runs kpid, or set \"history: path\" to another place",
                        closed));
  const std::string folder = directory.file("folder");
  std::filesystem::create_directory(folder);
  EXPECT_EQ(refusal(folder),
            fmt::format("cannot open the history \"{}\": unable to open database file; make the file and its directory "
                        "readable and writable for the user that runs kpid",
                        folder));
}

/// A history with 5000 samples, one page of which was overwritten; it ended in good order.
StepCommit make_damaged(const std::string& path) {
  std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  for (int i = 0; i < 5'000; ++i) {
    step.samples.push_back({1, day(i), static_cast<double>(i)});
  }
  SourceRow source;
  source.name = "web";
  source.cursor = "seen";
  step.sources.push_back(source);
  expect_committed(*store, step);
  store.reset();
  const auto pages = std::filesystem::file_size(path) / 4096;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>((pages - 3) * 4096));
  file << std::string(4096, '\x5a');
  return step;
}

TEST(SqliteStore, SavesWhatCanBeReadOfAFileThatACrashLeftDamaged) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  StepCommit step = make_damaged(path);
  // Of a kpid that was killed: it left its pid.
  write_file(path + ".lock", "1\n");
  const std::unique_ptr<Store> store = opened(path);
  ASSERT_NE(store, nullptr);
  const Result<StoredState> state = store->load();
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->warnings.size(), 1U);
  EXPECT_THAT(
      state->warnings[0],
      testing::StartsWith(fmt::format(
          R"(the history "{0}" was damaged: it is now "{0}.damaged-1", and what could be read of it is in a new )"
          "one (",
          path)));
  EXPECT_THAT(state->warnings[0], testing::HasSubstr("Lost: a part of sample. Every source is read again"));
  ASSERT_FALSE(state->sources.empty());
  for (const SourceRow& source : state->sources) {  // else none would bring again what is lost
    EXPECT_EQ(source.cursor, "") << source.name;
  }
  EXPECT_EQ(state->series.size(), 1U);
  EXPECT_TRUE(state->last_step);
  std::size_t samples = 0;
  ASSERT_TRUE(store->samples(day(0), day(5'000), {}, [&](const SampleRow&) { ++samples; }));
  EXPECT_GT(samples, 4'000U);  // one page of them was overwritten
  EXPECT_LT(samples, 5'000U);
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged-1"));
  EXPECT_TRUE(verify_history(path)->problems.empty());
  step.now += std::chrono::hours(24);
  expect_committed(*store, step);
}

TEST(SqliteStore, SavesAfterDamageWasFoundInAFileThatWasClosedInGoodOrder) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  make_damaged(path);
  std::unique_ptr<Store> store = opened(path);
  const auto read = store->samples(day(0), day(5'000), {}, [](const SampleRow&) {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message,
              testing::HasSubstr(". The next start moves it aside and saves what can be read of it"));
  store.reset();
  store = opened(path);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->load()->warnings.size(), 1U);
  EXPECT_TRUE(store->samples(day(0), day(5'000), {}, [](const SampleRow&) {}));
}

/// Pages are numbered from 1.
void overwrite_page(const std::string& path, long page) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * 4096);
  file << std::string(4096, '\x5a');
}

TEST(SqliteStore, SavesEverythingOfAFileWhoseFirstPageIsGone) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  for (int i = 0; i < 5'000; ++i) {
    step.samples.push_back({1, day(i), static_cast<double>(i)});
  }
  expect_committed(*store, step);
  store.reset();
  const auto rows = [&](const char* table) { return query(path, fmt::format("SELECT count(*) FROM {}", table)); };
  const auto samples = rows("sample");
  const auto ledger = rows("ledger");
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(4096, '\x5a');
  }
  store = opened(path);
  ASSERT_NE(store, nullptr);
  const Result<StoredState> state = store->load();
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->warnings.size(), 1U);
  EXPECT_THAT(state->warnings[0], testing::Not(testing::HasSubstr("Lost")));
  EXPECT_EQ(rows("sample"), samples);
  EXPECT_EQ(rows("ledger"), ledger);
  EXPECT_TRUE(verify_history(path)->problems.empty());
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

TEST(SqliteStore, LoadsWhatCanBeSavedWhereNamesAreDamaged) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  store.reset();
  const std::string root = query(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'series'")[0];
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((std::stol(root) - 1) * 4096L);
    file << std::string(4096, '\x5a');
  }
  store = opened(path);
  if (store != nullptr) {  // no crash came before: it is load() that meets it
    const Result<StoredState> state = store->load();
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(state->warnings.size(), 1U);
  }
  store.reset();
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged-1"));
  EXPECT_TRUE(verify_history(path)->problems.empty());
}

/// A step with a sample and its verdict.
StepCommit judged_step() {
  StepCommit step = first_step();
  step.samples = {{1, day(1), 11}, {1, day(2), 12}};
  step.verdicts = {verdict_of(1, 1, 11), verdict_of(1, 2, 12)};
  return step;
}

TEST(SqliteStore, SavesAFileWithoutItsFirstPageThatWasPutThereByHand) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, judged_step());
  store.reset();
  std::filesystem::remove(path + ".reserve");  // as where a backup was put back
  std::filesystem::remove(path + ".lock");
  overwrite_page(path, 1);
  store = opened(path);
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(store->load());
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged-1"));
  EXPECT_THAT(query(path, "SELECT count(*) FROM sample"), testing::Not(ElementsAre("0")));
}

/// The page that `name` begins on, overwritten.
void overwrite_root(const std::string& path, const char* name) {
  overwrite_page(path,
                 std::stol(query(path, fmt::format("SELECT rootpage FROM sqlite_schema WHERE name = '{}'", name))[0]));
}

TEST(SqliteStore, FindsNamesAndWordsAgainInTheirIndexes) {
  for (const char* table : {"word", "kpi", "metric"}) {
    SCOPED_TRACE(table);
    const TempDir directory;
    const std::string path = directory.file("kpid.db");
    std::unique_ptr<Store> store = opened(path);
    expect_committed(*store, judged_step());
    store.reset();
    const auto verdicts = query(path, "SELECT kpi, segment, day, verdict, state, reason FROM verdict ORDER BY slot");
    ASSERT_FALSE(verdicts.empty());
    overwrite_root(path, table);
    const Result<Salvage> salvage = salvage_unused_history(path);
    ASSERT_TRUE(salvage) << salvage.error().message;
    EXPECT_THAT(salvage->broken, testing::IsEmpty());
    EXPECT_EQ(query(path, "SELECT kpi, segment, day, verdict, state, reason FROM verdict ORDER BY slot"), verdicts);
    EXPECT_TRUE(verify_history(path)->problems.empty());
  }
}

TEST(SqliteStore, StartsWithoutWhatIsToldInWordsThatAreLost) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, judged_step());
  store.reset();
  execute(path, "DELETE FROM word");
  EXPECT_THAT(verify_history(path)->problems,
              testing::Contains(testing::HasSubstr("a number that the table word does not have")));
  for (int start = 0; start < 2; ++start) {  // the ledger may be met by the first one only while it runs
    store = opened(path);
    ASSERT_NE(store, nullptr);
    (void)store->load();
    (void)store->verdicts(Slot{0}, day(5'000), 0, [](const VerdictRow&) {});
    store.reset();
  }
  store = opened(path);
  ASSERT_TRUE(store->load());
  EXPECT_TRUE(store->verdicts(Slot{0}, day(5'000), 0, [](const VerdictRow&) {}));
  store.reset();
  EXPECT_THAT(verify_history(path)->problems, testing::IsEmpty());
  EXPECT_THAT(query(path, "SELECT count(*) FROM sample"), testing::Not(ElementsAre("0")));
}

TEST(SqliteStore, SavesTheTablesThatAreNamedElsewhereWhereAPageOfNamesIsDamaged) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::string copy = directory.file("copy.db");
  std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  step.reviews = {{"visits", "anna", "seen", morning(1)}};
  expect_committed(*store, step);
  store.reset();
  ASSERT_TRUE(back_up_history(path, copy));
  std::ifstream file(copy, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  int damaged = 0;
  int saved = 0;
  for (std::size_t page = 2; page <= bytes.size() / 4096; ++page) {
    if (bytes.substr((page - 1) * 4096, 4096).find("CREATE TABLE ") == std::string::npos) {
      continue;
    }
    std::filesystem::copy_file(copy, path, std::filesystem::copy_options::overwrite_existing);
    overwrite_page(path, static_cast<long>(page));
    const Result<Salvage> salvage = salvage_unused_history(path);
    ASSERT_TRUE(salvage) << salvage.error().message;
    ++damaged;
    EXPECT_THAT(text_of(*salvage, path), testing::HasSubstr("Lost: whatever was in ")) << page;
    saved += query(path, "SELECT count(*) FROM review_entry")[0] == "1" ? 1 : 0;
    EXPECT_TRUE(verify_history(path)->problems.empty()) << page;
  }
  EXPECT_GE(damaged, 3);
  EXPECT_GE(saved, damaged - 1);  // where the page did not name that table
}

TEST(SqliteStore, IsNotSoundWhereItCannotBeReadOrLacksAPart) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  store.reset();
  const std::string copy = directory.file("copy.db");
  const auto problem_of = [&](const auto& damage) {
    std::filesystem::remove(copy);
    EXPECT_TRUE(back_up_history(path, copy));
    damage();
    const Result<HistoryFindings> findings = verify_history(copy);
    if (!findings || findings->problems.empty()) {
      return findings ? std::string("none") : findings.error().message;
    }
    return findings->problems[0];
  };
  const auto pages = std::filesystem::file_size(path) / 4096;
  ASSERT_GT(pages, 20U);
  EXPECT_EQ(problem_of([] {}), "none");
  EXPECT_EQ(problem_of([&] { std::filesystem::resize_file(copy, 0); }), "the file is empty");
  EXPECT_EQ(problem_of([&] { write_file(copy, std::string(2000, 'x')); }), "file is not a database");
  EXPECT_EQ(problem_of([&] { std::filesystem::resize_file(copy, 5 * 4096); }), "database disk image is malformed");
  EXPECT_EQ(problem_of([&] { execute(copy, "DROP VIEW verdict"); }), "the view verdict is missing");
  EXPECT_THAT(problem_of([&] { execute(copy, "DROP TABLE ledger"); }),
              testing::HasSubstr("the table ledger is missing"));
  EXPECT_THAT(problem_of([&] { execute(copy, "PRAGMA application_id=0"); }), testing::HasSubstr("application id"));
  for (long page = 1; page <= 20; ++page) {
    EXPECT_NE(problem_of([&] { overwrite_page(copy, page); }), "none") << page;
  }
}

TEST(SqliteStore, LeavesAFileThatIsNoHistoryWhereItIs) {
  const TempDir directory;
  const std::string path = directory.file("holiday.jpg");
  for (int start = 0; start < 2; ++start) {
    write_file(path, std::string(10'000, 'x'));
    EXPECT_THAT(refusal(path), testing::HasSubstr("file is not a database"));
    EXPECT_FALSE(std::filesystem::exists(path + ".damaged-1"));
  }
}

TEST(SqliteStore, IsSalvagedByHandUnlessSomebodyUsesIt) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  make_damaged(path);
  std::unique_ptr<Store> owner = opened(path);
  EXPECT_THAT(salvage_unused_history(path).error().message, testing::HasSubstr("is in use by process"));
  owner.reset();
  const Result<Salvage> salvage = salvage_unused_history(path);
  ASSERT_TRUE(salvage) << salvage.error().message;
  EXPECT_THAT(salvage->broken, testing::ElementsAre("sample"));
  EXPECT_TRUE(verify_history(path)->problems.empty());
  EXPECT_EQ(salvage_unused_history(directory.file("none.db")).error().kind, ErrorKind::kNotFound);
}

TEST(SqliteStore, IsCopiedWholeWhileItIsWritten) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::string copy = directory.file("copy.db");
  const std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  ASSERT_TRUE(back_up_history(path, copy));
  EXPECT_EQ(std::filesystem::status(copy).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
  const Result<HistoryFindings> findings = verify_history(copy);
  ASSERT_TRUE(findings);
  EXPECT_THAT(findings->problems, testing::IsEmpty());
  EXPECT_THAT(query(copy, "SELECT count(*) FROM sample"),
              testing::ElementsAre(query(path, "SELECT count(*) FROM sample")[0]));
  EXPECT_EQ(back_up_history(path, copy).error().message, fmt::format("\"{}\" exists already: name a new file", copy));
  EXPECT_EQ(back_up_history(directory.file("none.db"), directory.file("x.db")).error().kind, ErrorKind::kNotFound);
}

TEST(SqliteStore, IsVerifiedRowByRow) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  step.lines = {{1, "visits", {}}};
  expect_committed(*store, step);
  store.reset();
  execute(path, "PRAGMA foreign_keys=OFF; INSERT INTO sample VALUES(1, 99, 2.0, 3)");
  execute(path, "UPDATE line SET segment = '{' WHERE id = 1");
  const Result<HistoryFindings> findings = verify_history(path);
  ASSERT_TRUE(findings) << findings.error().message;
  EXPECT_THAT(findings->problems,
              testing::ElementsAre("the table sample refers to a row of series that is not there",
                                   "the segment of line 1 is no JSON"));
}

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

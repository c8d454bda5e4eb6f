// What a start makes of a history that is damaged or lost: it is moved aside, what can be read of it is saved, and it
// is said.

#include "daemon/store/history_copy.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace kpi::test {
namespace {

using testing::ElementsAre;

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

TEST(DamagedHistory, SavesWhatCanBeReadOfAFileThatACrashLeftDamaged) {
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

TEST(DamagedHistory, SavesAfterDamageWasFoundInAFileThatWasClosedInGoodOrder) {
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

TEST(DamagedHistory, SavesEverythingOfAFileWhoseFirstPageIsGone) {
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

TEST(DamagedHistory, LoadsWhatCanBeSavedWhereNamesAreDamaged) {
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

TEST(DamagedHistory, SavesAFileWithoutItsFirstPageThatWasPutThereByHand) {
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

TEST(DamagedHistory, FindsNamesAndWordsAgainInTheirIndexes) {
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

TEST(DamagedHistory, StartsWithoutWhatIsToldInWordsThatAreLost) {
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

TEST(DamagedHistory, SavesTheTablesThatAreNamedElsewhereWhereAPageOfNamesIsDamaged) {
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

TEST(DamagedHistory, IsSalvagedByHandUnlessSomebodyUsesIt) {
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

TEST(DamagedHistory, LeavesAFileThatIsNoHistoryWhereItIs) {
  const TempDir directory;
  const std::string path = directory.file("holiday.jpg");
  for (int start = 0; start < 2; ++start) {
    write_file(path, std::string(10'000, 'x'));
    EXPECT_THAT(refusal_to_open(path), testing::HasSubstr("file is not a database"));
    EXPECT_FALSE(std::filesystem::exists(path + ".damaged-1"));
  }
}

/// What the start after `lose` says of a history that was written and closed in good order.
std::vector<std::string> said_after(const TempDir& directory, const std::function<void(const std::string&)>& lose) {
  const std::string path = directory.file("kpid.db");
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  store.reset();
  lose(path);
  store = opened(path);
  const Result<StoredState> state = store->load();
  EXPECT_TRUE(state) << state.error().message;
  return state ? state->warnings : std::vector<std::string>{};
}

constexpr const char* kLostText =
    "the history \"{}\" was {}, although kpid has kept one there: what it held is lost, and a new one begins. If that "
    "is not wanted, stop kpid and restore a backup";

TEST(LostHistory, IsToldWhereTheFileIsEmptyAndOnceOnly) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  EXPECT_THAT(said_after(directory, [](const std::string& file) { std::filesystem::resize_file(file, 0); }),
              testing::ElementsAre(fmt::format(kLostText, path, "empty")));
  EXPECT_THAT(opened(path)->load()->warnings, testing::IsEmpty());
}

TEST(LostHistory, IsToldWhereTheFileIsGone) {
  const TempDir directory;
  EXPECT_THAT(said_after(directory, [](const std::string& file) { std::filesystem::remove(file); }),
              testing::ElementsAre(fmt::format(kLostText, directory.file("kpid.db"), "gone")));
}

TEST(LostHistory, KeepsWhatWasLastWrittenBesideIt) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const auto said = said_after(directory, [](const std::string& file) {
    std::filesystem::resize_file(file, 0);
    write_file(file + "-wal", "the last steps");
  });
  ASSERT_THAT(said, testing::SizeIs(1));
  EXPECT_THAT(said[0],
              testing::HasSubstr(fmt::format("What was last written to it is now \"{}.damaged-1-wal\".", path)));
  std::ifstream kept(path + ".damaged-1-wal");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "the last steps");
}

TEST(LostHistory, GivesWhatWasLastWrittenToNoOtherDamagedFile) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const auto said = said_after(directory, [](const std::string& file) {
    write_file(file + ".damaged-1", "another history");
    write_file(file + ".damaged-2-wal", "the last steps of yet another");
    std::filesystem::remove(file);
    write_file(file + "-wal", "the last steps");
  });
  ASSERT_THAT(said, testing::SizeIs(1));
  EXPECT_THAT(said[0], testing::HasSubstr(fmt::format("is now \"{}.damaged-3-wal\".", path)));
  EXPECT_FALSE(std::filesystem::exists(path + ".damaged-1-wal"));
}

TEST(LostHistory, IsNoneWhereNeverOneWas) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  write_file(path, "");
  const std::unique_ptr<Store> store = opened(path);
  ASSERT_NE(store, nullptr);
  EXPECT_THAT(store->load()->warnings, testing::IsEmpty());
}

TEST(LostHistory, IsToldToReadersToo) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  EXPECT_THAT(open_sqlite_store_for_reading(path).error().message, testing::StartsWith("no history yet at "));
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  store.reset();
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(open_sqlite_store_for_reading(path).error().message,
            fmt::format("the history \"{}\" is empty or gone, although kpid has kept one there: restore a backup, or "
                        "run \"kpid run --once\" to begin a new one",
                        path));
}

}  // namespace
}  // namespace kpi::test

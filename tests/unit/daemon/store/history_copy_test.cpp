// A copy of the history is whole, and what is wrong with one is found.

#include "daemon/store/history_copy.hpp"

#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace kpi::test {
namespace {

TEST(HistoryCopy, IsCopiedWholeWhileItIsWritten) {
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

TEST(HistoryCopy, IsVerifiedRowByRow) {
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

TEST(HistoryCopy, IsNotSoundWhereItCannotBeReadOrLacksAPart) {
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

}  // namespace
}  // namespace kpi::test

// What is saved of tables with damaged pages: whatever lies on the others.

#include "daemon/store/history_copy.hpp"
#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace kpi::test {
namespace {

constexpr std::size_t kPage = 4096;

/// The pages of a table that hold rows and lead to no others, in the order of its key.
class Leaves {
 public:
  Leaves(const std::string& path, const std::string& table) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    walk(std::stoul(query(path, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")[0]));
  }

  [[nodiscard]] const std::vector<std::size_t>& pages() const { return pages_; }

  [[nodiscard]] std::size_t rows_on(std::size_t page) const { return number((page - 1) * kPage + 3, 2); }

 private:
  [[nodiscard]] std::size_t number(std::size_t at, std::size_t size) const {
    std::size_t found = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      found = (found << 8U) | static_cast<unsigned char>(bytes_.at(i));
    }
    return found;
  }

  void walk(std::size_t page) {
    const std::size_t begin = (page - 1) * kPage;
    constexpr std::size_t kOfRows = 13;
    constexpr std::size_t kOfKeys = 10;
    if (const std::size_t kind = number(begin, 1); kind == kOfRows || kind == kOfKeys) {
      pages_.push_back(page);
      return;
    }
    for (std::size_t i = 0; i < rows_on(page); ++i) {
      walk(number(begin + number(begin + 12 + (2 * i), 2), 4));
    }
    walk(number(begin + 8, 4));
  }

  std::string bytes_;
  std::vector<std::size_t> pages_;
};

std::int64_t count(const std::string& path, const std::string& table) {
  return std::stoll(query(path, "SELECT count(*) FROM " + table)[0]);
}

/// So many days of so many segments, and as many texts.
void make_history(const std::string& path, int lines, int days) {
  const std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  for (int line = 2; line <= lines; ++line) {
    step.lines.push_back({static_cast<std::uint32_t>(line), "visits", {{"city", std::to_string(line)}}});
  }
  for (int of = 1; of <= days; ++of) {
    for (int line = 1; line <= lines; ++line) {
      step.verdicts.push_back(verdict_of(static_cast<std::uint32_t>(line), 20'000 + of, line));
      step.verdicts.back().probability = 0.5;
      step.verdicts.back().projected = kNan;
    }
    step.reviews.push_back({"visits", "anna", std::string(400, 'x'), morning(of)});
    for (int i = 0; i < 10; ++i) {
      step.routing.push_back({fmt::format("alert visits city={} {}", of, i), std::string(80, 'y')});
    }
  }
  expect_committed(*store, step);
}

class DamagedRows : public testing::Test {
 protected:
  /// Saves what can be read after those leaves of a table were overwritten: all but the rows on them must be there.
  void expect_saved(const std::string& table, const std::vector<double>& places) {
    SCOPED_TRACE(table + " at " + testing::PrintToString(places));
    std::filesystem::copy_file(whole_, path_, std::filesystem::copy_options::overwrite_existing);
    const std::int64_t before = count(path_, table);
    const Leaves leaves(path_, table);
    ASSERT_GT(leaves.pages().size(), 8U);
    std::set<std::size_t> damaged;
    for (const double place : places) {
      damaged.insert(leaves.pages()[static_cast<std::size_t>(place * static_cast<double>(leaves.pages().size() - 1))]);
    }
    std::int64_t lost = 0;
    for (const std::size_t page : damaged) {
      lost += static_cast<std::int64_t>(leaves.rows_on(page));
      overwrite_page(path_, static_cast<long>(page));
    }
    const Result<Salvage> salvage = salvage_unused_history(path_);
    ASSERT_TRUE(salvage) << salvage.error().message;
    EXPECT_THAT(salvage->broken, testing::ElementsAre(table));
    EXPECT_EQ(count(path_, table), before - lost);
    EXPECT_TRUE(verify_history(path_)->problems.empty());
  }

  void make(int lines, int days) {
    make_history(path_, lines, days);
    ASSERT_TRUE(back_up_history(path_, whole_));
  }

  TempDir directory_;
  std::string path_ = directory_.file("kpid.db");
  std::string whole_ = directory_.file("whole.db");
};

TEST_F(DamagedRows, OnTheDamagedPagesAloneAreLost) {
  make(20, 120);
  expect_saved("ledger", {0.2, 0.8});
  expect_saved("ledger", {0, 0.5});
  expect_saved("ledger", {0.5, 1});
  expect_saved("ledger", {0, 1});
  expect_saved("stated_forecast", {0.1});
  expect_saved("routing", {0.5, 1});
  expect_saved("review_entry", {0, 1});
}

TEST_F(DamagedRows, OfAPeriodThatFillsManyPagesAreReadBetweenTwoOfThem) {
  make(600, 20);
  expect_saved("ledger", {0.5, 0.51});
  expect_saved("ledger", {0.48, 0.52, 0.56});
}

TEST_F(DamagedRows, OfManyPagesHideNoneOfTheOthers) {
  make(50, 120);
  std::vector<double> places;  // no two of them side by side: what stands between such is lost with them
  for (int i = 0; i < 25; ++i) {
    places.push_back(0.01 + 0.039 * i);
  }
  expect_saved("ledger", places);
}

TEST_F(DamagedRows, ThatAreWrongWithinACellAreLeftOutAndSaid) {
  const std::string& path = path_;
  std::unique_ptr<Store> store = opened(path);
  StepCommit step = first_step();
  step.verdicts = {verdict_of(1, 1, 11), verdict_of(1, 2, 12)};
  for (int i = 0; i < 3; ++i) {
    step.notifications.push_back(message_of("m" + std::to_string(i), morning(i)));
  }
  expect_committed(*store, step);
  store.reset();
  execute(path, "UPDATE outbox SET body = '{\"ty' || body WHERE id = 'm1'");
  execute(path, "UPDATE ledger SET rule_version = 77 WHERE slot = " + std::to_string(day(1).ms));
  execute(path, "UPDATE ledger SET period_end = period_start WHERE slot = " + std::to_string(day(2).ms));
  EXPECT_THAT(verify_history(path)->problems, testing::SizeIs(3));
  const Result<Salvage> salvage = salvage_unused_history(path);
  ASSERT_TRUE(salvage) << salvage.error().message;
  EXPECT_THAT(verify_history(path)->problems, testing::IsEmpty());
  EXPECT_THAT(text_of(*salvage, path), testing::HasSubstr("Lost: a part of ledger, outbox."));
  EXPECT_THAT(query(path, "SELECT id FROM outbox ORDER BY id"), testing::Not(testing::Contains("m1")));
  EXPECT_THAT(query(path, "SELECT rule_version FROM ledger"), testing::ElementsAre("0"));
}

}  // namespace
}  // namespace kpi::test

// How `kpid explain` says what became of a goal: what it was before, and why it was changed.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExplainTarget : public testing::Test {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml",
                   "rules: [rules.yaml]\nsources:\n"
                   "  web: {plugin: csv, path: web.csv, metrics: {visits: {unit: visits}}}\n");
    std::string rows = "Date,visits\n";
    for (int day = 10; day <= 28; ++day) {
      rows += "2026-03-" + std::to_string(day) + "," + std::to_string(90 + day) + "\n";
    }
    program_.write("web.csv", rows);
  }

  void rule(const std::string& target) {
    program_.write("rules.yaml", "kpis: {k: {value: web.visits, target: {" + target + ", judge: pace}}}\n");
  }

  Program program_{"2026-03-29T06:00:00Z"};
};

TEST_F(ExplainTarget, SaysWhatItWasBeforeAChangeAndWhy) {
  rule(
      "from: 100, to: 200, start: 2026-03-10, by: 2026-03-31, changes: ["
      "{date: 2026-04-02, path: compound, why: next}, "
      "{date: 2026-03-20, to: 250, by: 2026-04-15, why: the campaign goes on}]");
  ASSERT_EQ(program_.once("2026-03-29T06:00:00Z"), 0);
  const std::string after = program_.on_folder({"explain", "k"}).out;
  EXPECT_THAT(after,
              HasSubstr("            changed 2026-03-20 from 200 visits to 250 visits, the deadline from 2026-03-31 to "
                        "2026-04-15: the campaign goes on\n"
                        "            changes on 2026-04-02 to another path: next\n"));
  EXPECT_THAT(program_.on_folder({"explain", "k", "--at", "2026-03-15"}).out,
              HasSubstr("            changes on 2026-03-20 from 200 visits to 250 visits"));
  const auto changes = nlohmann::json::parse(program_.on_folder({"explain", "k", "--json"}).out)["target_changes"];
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0], nlohmann::json::parse(R"({"date": "2026-03-20", "goal_before": 200, "goal": 250,
      "deadline_before": "2026-03-31", "deadline": "2026-04-15", "why": "the campaign goes on"})"));
}

TEST_F(ExplainTarget, SaysThatAGoalWasEditedWithoutAReason) {
  rule("from: 100, to: 200, start: 2026-03-10, by: 2026-03-31");
  ASSERT_EQ(program_.once("2026-03-25T06:00:00Z"), 0);
  EXPECT_THAT(program_.on_folder({"explain", "k"}).out, Not(HasSubstr("changed")));
  rule("from: 100, to: 150, start: 2026-03-10, by: 2026-03-31");
  ASSERT_EQ(program_.once("2026-03-29T06:00:00Z"), 0);
  EXPECT_THAT(program_.on_folder({"explain", "k"}).out,
              HasSubstr("            changed 2026-03-29 from 200 visits to 150 visits, without a reason\n"));
}

}  // namespace
}  // namespace kpi::test

// `kpid explain` of an earlier period: what was true then. And what it says of values that one cannot be sure of.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using testing::HasSubstr;
using testing::Not;

void write_config(const Program& program, const std::string& metrics, const std::string& kpi) {
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n  web:\n    plugin: csv\n    path: web.csv\n" + metrics +
                    "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml", "kpis:\n  k:\n    title: K\n" + kpi);
}

constexpr const char* kVisits = "    metrics: {visits: {unit: visits}}\n";
constexpr const char* kShop =
    "    labels: {country: country}\n    metrics: {visits: {unit: visits}, orders: {unit: orders}}\n";

TEST(ExplainPast, GivesTheTargetAsItStoodAfterThatPeriod) {
  Program program("2026-03-21T06:00:00Z");
  const std::string rule =
      "    unit: visits\n    value: web.visits\n"
      "    target: {from: 100, to: 200, start: 2026-03-01, by: 2026-03-31, judge: pace}\n";
  write_config(program, kVisits, rule);
  std::string text = "Date,visits\n";
  for (int day = 1; day <= 20; ++day) {
    text += "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + (day <= 10 ? ",150\n" : ",101\n");
  }
  program.write("web.csv", text);
  ASSERT_EQ(program.once("2026-03-21T06:00:00Z"), 0);
  std::string edited = rule;
  write_config(program, kVisits, edited.replace(edited.find("to: 200"), 7, "to: 900"));
  ASSERT_EQ(program.once("2026-03-21T07:00:00Z"), 0);

  const std::string out = program.on_folder({"explain", "k", "--at", "2026-03-11"}).out;
  EXPECT_THAT(out, HasSubstr("K: ok then, firing now\n"));
  EXPECT_THAT(out, HasSubstr("  target    then on_track: 200 visits to reach, 132.3 visits due by then\n"));
  EXPECT_THAT(out, Not(HasSubstr("900")));
  const auto target =
      nlohmann::json::parse(program.on_folder({"explain", "k", "--at", "2026-03-11", "--json"}).out)["target"];
  EXPECT_EQ(target["status"], "on_track");
  EXPECT_EQ(target["goal"], 200);
  EXPECT_THAT(program.on_folder({"explain", "k"}).out, HasSubstr("  target    off_track: "));
}

TEST(ExplainPast, SaysWithWhatALevelMissedItsTarget) {
  Program program("2026-04-03T06:00:00Z");
  write_config(program,
               kVisits,
               "    unit: visits\n    value: web.visits\n"
               "    target: {from: 100, to: 200, start: 2026-03-30, by: 2026-03-31, judge: pace}\n");
  program.write("web.csv", "Date,visits\n2026-03-30,120\n2026-03-31,160\n2026-04-01,500\n2026-04-02,500\n");
  ASSERT_EQ(program.once("2026-04-03T06:00:00Z"), 0);
  EXPECT_THAT(program.on_folder({"explain", "k"}).out,
              HasSubstr("  target    missed: 200 visits by 2026-03-31, it came to 160 visits\n"));
}

TEST(ExplainPast, SaysWhatChangedOfAPeriodWhoseValueDidNot) {
  Program program("2026-03-11T06:00:00Z");
  write_config(program, kVisits, "    value: web.visits\n    thresholds: {warning: 100, for: 2 days}\n");
  program.write("web.csv", "Date,visits\n2026-03-05,200\n2026-03-06,90\n2026-03-07,90\n2026-03-08,90\n");
  ASSERT_EQ(program.once("2026-03-09T06:00:00Z"), 0);
  program.write("web.csv",
                "Date,visits\n2026-03-05,200\n2026-03-06,150\n2026-03-07,90\n2026-03-08,90\n2026-03-09,90\n");
  ASSERT_EQ(program.once("2026-03-10T06:00:00Z"), 0);
  const std::string out = program.on_folder({"explain", "k", "--at", "2026-03-08 06:00"}).out;
  EXPECT_THAT(
      out,
      HasSubstr("  value     90 visits\n            2026-03-07 was firing until 2026-03-10 06:00, and is pending "
                "since an earlier period was restated\n"));
  EXPECT_THAT(out, Not(HasSubstr("was 90 visits")));
}

TEST(ExplainConfidence, SaysThatALimitIsMissedAndThatItMayBeChance) {
  Program program("2026-03-02T06:00:00Z");
  write_config(program,
               kShop,
               "    unit: \"%\"\n    value: web.orders / web.visits\n"
               "    thresholds: {warning: 2%, confidence: 95%}\n");
  program.write("web.csv", "Date,country,visits,orders\n2026-03-01,SE,3140,52\n");
  ASSERT_EQ(program.once("2026-03-02T06:00:00Z"), 0);
  EXPECT_THAT(
      program.on_folder({"explain", "k"}).out,
      HasSubstr("  interval  1.27% to 2.17%: where the value truly lies, with 95% confidence; an alert wants all "
                "of it beyond the limit\n"
                "  warning   below 2%: missed, but it may be chance: no alert begins or rises by it\n"));
  const auto document = nlohmann::json::parse(program.on_folder({"explain", "k", "--json"}).out);
  EXPECT_EQ(document["rules"][0]["unsure"], true);
  EXPECT_NEAR(document["interval"]["high"].get<double>(), 0.0217, 0.0001);
}

TEST(ExplainGaps, NamesTheSeriesThatATotalIsWithout) {
  Program program("2026-03-04T06:00:00Z");
  write_config(program, kShop, "    unit: \"%\"\n    value: web.orders / web.visits\n    over: 3 days\n");
  program.write("web.csv",
                "Date,country,visits,orders\n2026-03-01,SE,100,2\n2026-03-01,DK,100,2\n2026-03-02,SE,100,2\n"
                "2026-03-03,SE,100,2\n2026-03-03,DK,x,90\n");
  program.once("2026-03-04T06:00:00Z");
  EXPECT_THAT(
      program.on_folder({"explain", "k"}).out,
      HasSubstr("    web.orders = 8 orders\n"
                "      sum, 2026-03-01 to 2026-03-03, 3 of 3 there, 2 series, 1 of them not whole\n"
                "      without country=DK on 2026-03-02\n"
                "    web.visits = unknown (incomplete)\n"
                "      sum, 2026-03-01 to 2026-03-03, 2 of 3 there, 2 series, 1 of them not whole\n"
                "      without country=DK on 2026-03-02, 2026-03-03: a row has no number there, so that the total is "
                "unknown\n"
                "  value     unknown (incomplete)\n"
                "  uneven    web.orders has country=DK on 2026-03-03, web.visits has not: the ratio leaves it out\n"));
  const auto document = nlohmann::json::parse(program.on_folder({"explain", "k", "--json"}).out);
  EXPECT_EQ(document["inputs"][0]["without"][0], "without country=DK on 2026-03-02");
  EXPECT_TRUE(document["uneven"].is_string());
}

TEST(ExplainInputs, SaysWhatTheMinimumSampleWantsAndTheBandIs) {
  Program program("2026-03-03T06:00:00Z");
  write_config(program,
               kShop,
               "    unit: \"%\"\n    value: web.orders / web.visits\n    better: {within: [2%, 5%]}\n"
               "    thresholds: {for: 1 day}\n    min_sample: {web.visits: 100}\n");
  program.write("web.csv", "Date,country,visits,orders\n2026-03-01,SE,200,20\n");
  ASSERT_EQ(program.once("2026-03-01T06:00:00Z"), 0);  // the day has not ended
  const Ended none = program.on_folder({"explain", "k"});
  EXPECT_THAT(none.out,
              HasSubstr("K: no_data\n  period    none yet\n  formula   web.orders / web.visits\n    web.orders = "
                        "unknown (no sample)\n      sum\n"))
      << none.err;
  program.write("web.csv", "Date,country,visits,orders\n2026-03-01,SE,200,20\n2026-03-02,SE,90,2\n");
  program.once("2026-03-03T06:00:00Z");
  const std::string few = program.on_folder({"explain", "k"}).out;
  EXPECT_THAT(few, HasSubstr("      min_sample wants at least 100 visits: too few to tell\n"));
  EXPECT_THAT(few, HasSubstr("  within    2% to 5%: unknown\n"));
  const std::string wide = program.on_folder({"explain", "k", "--at", "2026-03-02"}).out;
  EXPECT_THAT(wide, HasSubstr("      min_sample wants at least 100 visits\n"));
  EXPECT_THAT(wide, HasSubstr("  within    2% to 5%: crossed\n"));
}

}  // namespace
}  // namespace kpi::test

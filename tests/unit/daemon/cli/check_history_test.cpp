// `kpid check` where there is a history: what never matches, and goals beyond what ever was.

#include "rules/base/time.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

/// A hundred days of visits from two countries, one more each day in each.
std::string visits() {
  std::string csv = "Date,Country,Visits\n";
  for (int day = 0; day < 100; ++day) {
    const Slot slot{slot_of(Date{std::chrono::year{2026} / 1 / 1}).ms + day * kDayMs};
    for (const char* country : {"SE", "DK"}) {
      csv += date_text(date_of(slot)) + "," + country + "," + std::to_string(100 + day) + "\n";
    }
  }
  return csv;
}

class CheckHistory : public testing::Test {
 protected:
  CheckHistory() {
    program_.write("web.csv", visits());
    source("grain: day");
    rules("value: web.visits, split_by: [country]");
    program_.once("2026-04-12T06:00:00Z");
  }

  void source(const std::string& key) const {
    program_.write("kpid.yaml",
                   "rules: [rules.yaml]\n"
                   "sources:\n"
                   "  web:\n"
                   "    plugin: csv\n"
                   "    path: web.csv\n"
                   "    date: {column: Date}\n"
                   "    labels: {country: Country}\n"
                   "    metrics: {visits: {column: Visits, unit: visits}}\n"
                   "    " +
                       key + "\n");
  }

  void rules(const std::string& keys) const {
    program_.write("rules.yaml",
                   "kpis:\n  visits: {title: V, description: D, owner: o, objective: g, unit: visits, reviewed: "
                   "2026-04-01, " +
                       keys + "}\n");
  }

  std::string said() { return program_.on_folder({"check"}).err; }

  Program program_{"2026-04-12T06:00:00Z"};
};

TEST_F(CheckHistory, RefusesAnotherGrainThanThatOfItsValues) {
  source("grain: week");
  rules("value: web.visits, every: week");
  const std::string refused =
      "the history has values of web.visits in other periods than those of grain: week (2026-04-03 begins none)";
  EXPECT_NE(said().find(refused), std::string::npos) << said();
  EXPECT_EQ(program_.once("2026-04-13T06:00:00Z"), 1);
  source("grain: day");
  EXPECT_EQ(said().find("begins none"), std::string::npos) << said();
  EXPECT_EQ(program_.once("2026-04-13T06:00:00Z"), 0);
}

TEST_F(CheckHistory, LetsNoVerbWriteValuesOfAnotherGrain) {
  source("grain: week");
  rules("value: web.visits, every: week");
  const std::string refused =
      "the history has values of web.visits in other periods than those of grain: week (2026-04-03 begins none)";
  const Ended imported = program_.on_folder({"import", "--source", "web"});
  EXPECT_EQ(imported.code, 3);
  EXPECT_NE(imported.err.find(refused), std::string::npos) << imported.err;
  source("grain: day");
  rules("value: web.visits");
  EXPECT_EQ(program_.on_folder({"import", "--source", "web"}).code, 0);
}

TEST_F(CheckHistory, RefusesAFinerGrainThanThatOfItsValuesThoughTheyBeginPeriodsOfIt) {
  for (const char* file : {"history.db", "history.db-wal", "history.db-shm"}) {
    program_.remove(file);
  }
  source("grain: week");
  rules("value: web.visits, every: week");
  ASSERT_EQ(program_.once("2026-04-13T06:00:00Z"), 0);
  source("grain: day");
  rules("value: web.visits");
  const std::string refused =
      "the history has values of web.visits of grain: week: they would count beside those of "
      "grain: day that are read from now on";
  EXPECT_NE(said().find(refused), std::string::npos) << said();
  EXPECT_EQ(program_.once("2026-04-14T06:00:00Z"), 1);
  source("grain: week");
  rules("value: web.visits, every: week");
  EXPECT_EQ(said().find("would count"), std::string::npos) << said();
  EXPECT_EQ(program_.once("2026-04-14T06:00:00Z"), 0);
}

TEST_F(CheckHistory, NamesAFilterThatNoRowEverMatched) {
  rules("value: 'web.visits{country=\"SF\"}'");
  EXPECT_EQ(
      said(),
      R"~(DIR/rules.yaml:2:3: warning: visits reads web.visits{country="SF"}, and no row of the history has that country
  2 |   visits: {title: V, description: D, owner: o, objective: g, unit: visits, reviewed: 2026-04-01, value: 'web.visits{country="SF"}'}
    |   ^~~~~~
  help: the history has DK, SE
)~");
  rules("value: 'web.visits{country=\"SE\"}'");
  EXPECT_EQ(said(), "");
}

TEST_F(CheckHistory, NamesLimitsForASegmentThatNeverWas) {
  rules("value: web.visits, split_by: [country], thresholds: {segments: [{match: {country: FINLAND}, warning: 5}]}");
  const std::string text = said();
  EXPECT_NE(text.find("visits has limits for country FINLAND, and the history has no such segment"), std::string::npos)
      << text;
  EXPECT_NE(text.find("help: the history has DK, SE"), std::string::npos) << text;
}

TEST_F(CheckHistory, NamesAGoalThatNeedsMoreThanEverWas) {
  rules("value: web.visits, target: {from: 200, to: 2000, start: 2026-04-01, by: 2026-06-07}");
  const std::string text = said();
  // The total grows by 2 a day, 56 in four weeks; from 398 to 2000 in 58 days it must grow by 773.
  EXPECT_NE(
      text.find(
          "visits must rise by 773.4 visits every four weeks to reach 2,000 visits, and its greatest rise in four "
          "weeks is 56 visits (A, achievable)"),
      std::string::npos)
      << text;
  rules("value: web.visits, target: {from: 200, to: 450, start: 2026-04-01, by: 2026-06-07}");
  EXPECT_EQ(said(), "");
}

TEST_F(CheckHistory, NamesAGoalThatNeedsMoreInTheDaysThatAreLeft) {
  rules("value: web.visits, target: {from: 200, to: 450, start: 2026-04-01, by: 2026-04-13}");
  const std::string text = said();
  EXPECT_NE(
      text.find("visits must rise by 52 visits in the 3 days left to reach 450 visits, and its greatest rise in 3 "
                "days is 6 visits (A, achievable)"),
      std::string::npos)
      << text;
}

TEST_F(CheckHistory, SaysNothingOfATotalThatHasBeenReached) {
  rules("value: web.visits, target: {measure: total, to: 100, start: 2026-04-01, by: 2026-06-07}");
  EXPECT_EQ(said(), "");
}

TEST_F(CheckHistory, NamesConditionsThatContradictThemselves) {
  for (const std::string condition : {"weekday() == 8",
                                      "value > 3 and value < 2",
                                      "value >= 3 and (weekday() < 1 or not (month() <= 12) or value < 3)",
                                      "web.visits > 5 and value > 2 and web.visits <= 5",
                                      "weekday() == 6 and weekday() == 7",
                                      "value > 5 and not value > 5",
                                      "value < 5 and not (value < 10)",
                                      "not (value == value)",
                                      "value != value",
                                      "web.visits < web.visits",
                                      "anomaly(value) > 2",
                                      "age(web.visits) < 0 days",
                                      "change(value, 1 week) < -100%"}) {
    rules("value: web.visits, alerts: [{name: x, when: \"" + condition + "\"}]");
    const std::string text = said();
    const bool is_told = text.find("the condition of \"x\" of visits can never be true") != std::string::npos;
    EXPECT_TRUE(is_told) << condition << text;
    EXPECT_NE(text.find("DIR/rules.yaml:2:142: warning: "), std::string::npos) << text;
  }
  for (const std::string condition : {"weekday() == 7",
                                      "value > 2 and value < 3",
                                      "value < 2 or value > 3",
                                      "value > 1M",
                                      "value == value",
                                      "weekday() == 6 or weekday() == 7",
                                      "weekday() == 6 and not weekday() == 7",
                                      "value < 10 and not (value < 5)",
                                      "value != prev(value, 1 week)",
                                      "age(web.visits) > 2 days",
                                      "prev(value, 1 week) > 3 and value < 2",
                                      "change(value, 1 week) <= -100%",
                                      "not (value > 3 and value < 2)"}) {
    rules("value: web.visits, alerts: [{name: x, when: \"" + condition + "\"}]");
    EXPECT_EQ(said(), "") << condition;
  }
}

TEST_F(CheckHistory, NamesALimitBelowAllThatACountCanBe) {
  rules("value: web.visits, thresholds: {warning: -5}");
  const std::string text = said();
  EXPECT_NE(text.find("the limit warning of visits, -5, can never be missed: no value of the history is below 0"),
            std::string::npos)
      << text;
  rules("value: web.visits, split_by: [country], thresholds: {warning: 5, segments: [{match: total, warning: -5}]}");
  EXPECT_NE(said().find("the limit warning of visits, -5, can never be missed"), std::string::npos) << said();
  rules("value: web.visits, thresholds: {warning: 5}");
  EXPECT_EQ(said(), "");
}

TEST(CheckTotals, AsksForRowsWithoutLabelsUntilSomeCome) {
  Program program("2026-03-03T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\n"
                "sources: {web: {plugin: csv, path: web.csv, labels: {country: Country}, "
                "metrics: {users: {kind: distinct, unit: users}}}}\n");
  program.write("rules.yaml", "kpis: {users: {value: web.users, split_by: [country]}}\n");
  program.write("web.csv", "Date,Country,users\n2026-03-01,SE,5\n");
  const std::string asked =
      "DIR/rules.yaml:1:23: warning: web.users has labels that do not combine (across: none): the total of users needs "
      "rows without labels";
  EXPECT_NE(program.on_folder({"check"}).err.find(asked), std::string::npos) << program.on_folder({"check"}).err;
  ASSERT_EQ(program.once("2026-03-02T06:00:00Z"), 0);
  EXPECT_NE(program.on_folder({"check"}).err.find(asked), std::string::npos);
  program.write("web.csv", "Date,Country,users\n2026-03-01,SE,5\n2026-03-02,SE,5\n2026-03-02,,8\n");
  ASSERT_EQ(program.once("2026-03-03T06:00:00Z"), 0);
  EXPECT_EQ(program.on_folder({"check"}).err.find("rows without labels"), std::string::npos);
}

TEST_F(CheckHistory, RefusesASeasonalPathWithoutLastYear) {
  rules("value: web.visits, target: {measure: total, start: 2026-05-01, to: 90k, by: 2026-06-30, path: seasonal}");
  const Ended ended = program_.on_folder({"check"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(
      ended.err.find("rules.yaml:2:192: error: the seasonal path of visits follows last year, and the history has "
                     "0 of the 61 days that it needs"),
      std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("help: write path: {steps: {2026-05-31: …}} with what is due by then"), std::string::npos)
      << ended.err;
  EXPECT_EQ(program_.once("2026-04-13T06:00:00Z"), 1);
}

TEST_F(CheckHistory, WaitsForASeasonThatIsStillToCome) {
  // Of January to June 2027 a part of 2026 is known, and the rest has not been yet.
  rules("value: web.visits, target: {measure: total, start: 2027-01-01, to: 90k, by: 2027-06-30, path: seasonal}");
  EXPECT_EQ(said().find("seasonal"), std::string::npos) << said();
  EXPECT_EQ(program_.once("2026-04-13T06:00:00Z"), 0);
}

TEST_F(CheckHistory, SaysThatASeasonIsNotKnownBeforeThereIsAHistory) {
  Program program("2026-04-12T06:00:00Z");
  program.write("web.csv", visits());
  program.write("kpid.yaml", program_.read("kpid.yaml"));
  rules("value: web.visits, target: {measure: total, start: 2026-05-01, to: 90k, by: 2026-06-30, path: seasonal}");
  program.write("rules.yaml", program_.read("rules.yaml"));
  const Ended ended = program.on_folder({"check"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.err.find("rules.yaml:2:192: warning: the seasonal path of visits follows last year, of which nothing "
                           "is known yet: without its values the target judges nothing"),
            std::string::npos)
      << ended.err;
}

TEST_F(CheckHistory, FailsByItsWarningsWhenStrict) {
  rules("value: 'web.visits{country=\"SF\"}'");
  EXPECT_EQ(program_.on_folder({"check"}).code, 0);
  EXPECT_EQ(program_.on_folder({"check", "--strict"}).code, 1);
}

TEST_F(CheckHistory, ARouteForASegmentThatNeverWas) {
  program_.write("kpid.yaml",
                 program_.read("kpid.yaml") +
                     "channels: {screen: {type: console}}\n"
                     "routes:\n"
                     "  - {match: {country: [SE, FI]}, to: [screen]}\n"
                     "  - {match: {}, to: [screen]}\n");
  const std::string text = said();
  EXPECT_NE(text.find("kpid.yaml:12:28: warning: the route matches country FI, and the history has no such segment"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("help: the history has DK, SE"), std::string::npos) << text;
  EXPECT_EQ(text.find("country SE,"), std::string::npos) << text;
}

}  // namespace
}  // namespace kpi::test

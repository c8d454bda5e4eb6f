// What kpid check says of routes, mutes and hours.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What check says of these keys beside a source and a channel "screen".
Ended check(const std::string& keys, const std::string& channels = "{screen: {type: console}}") {
  Program program("2026-06-08T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [shop.yaml]\n"
                "sources:\n"
                "  shop: {plugin: csv, path: shop.csv, date: {column: day}, labels: {country: country},\n"
                "         metrics: {orders: {column: orders}}}\n"
                "channels: " +
                    channels + "\n" + keys);
  program.write("shop.yaml",
                "kpis: {orders: {title: Orders, value: shop.orders, owner: growth, objective: More, split_by: "
                "[country],\n"
                "  was: [sales], labels: {team: web}}}\n");
  program.write("shop.csv", "day,country,orders\n2026-06-05,SE,10\n");
  return program.on_folder({"check"});
}

TEST(Routes, TakeAllTheirKeys) {
  const Ended ended = check(
      "calendar: {hours: {office: {days: [monday-friday], start: \"08:00\", end: \"17:00\", holidays: false}}}\n"
      "mutes: {nights: {start: \"22:00\", end: \"08:00\"}, feasts: {holidays: only}}\n"
      "routes:\n"
      "  - {match: {severity: critical}, to: screen, wait: 0s, interval: 1m, repeat: 0, continue: true,\n"
      "     escalate: [{after: 30m, to: [screen]}, {after: 2 office days, to: screen}, {after: 1 business day, to: "
      "screen}]}\n"
      "  - {match: {}, to: [screen], only: office, mute: [nights, feasts], group_by: []}\n"
      "fallback: screen\n");
  EXPECT_EQ(ended.code, 0) << ended.err << ended.out;
}

TEST(Routes, NameWhatThereIs) {
  const Ended ended = check(
      "calendar: {hours: {office: {}}}\n"
      "mutes: {nights: {}}\n"
      "routes:\n"
      "  - {match: {}, to: [screen], mute: [night], only: offices, escalate: [{after: 2 working days, to: [bord]}]}\n"
      "fallback: bord\n");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("kpid.yaml:9:38: error: there is no mute \"night\""));
  EXPECT_THAT(ended.err, HasSubstr("help: did you mean \"nights\"?"));
  EXPECT_THAT(ended.err, HasSubstr("error: there are no hours \"offices\""));
  EXPECT_THAT(ended.err, HasSubstr("help: hours: office"));
  EXPECT_THAT(ended.err, HasSubstr("error: there is no channel \"bord\""));
  EXPECT_THAT(ended.err, HasSubstr("kpid.yaml:10:11: error: there is no channel \"bord\""));
}

TEST(Routes, SayWhatTheirTimesWant) {
  const Ended ended = check(
      "mutes: {nights: {start: \"24:00\", end: \"25:00\", holidays: maybe}}\n"
      "routes:\n"
      "  - {match: {}, to: [screen], mute: nights, wait: 30 days, repeat: 5s, escalate: [{after: soon, to: "
      "[screen]}]}\n");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("error: no day begins at 24:00"));
  EXPECT_THAT(ended.err, HasSubstr("error: end wants a time of day, got \"25:00\""));
  EXPECT_THAT(ended.err, HasSubstr("error: holidays wants one of true, false, only, got \"maybe\""));
  EXPECT_THAT(ended.err, HasSubstr("error: wait wants 0 to 7 days"));
  EXPECT_THAT(ended.err, HasSubstr("error: repeat wants a minute or more, or 0 for no reminder"));
  EXPECT_THAT(ended.err, HasSubstr("error: after wants a duration or days, got \"soon\""));
}

TEST(Routes, AMuteThatNoneUsesIsAWarning) {
  const Ended ended = check("mutes: {nights: {}}\nroutes: [{match: {}, to: [screen]}]\n");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out + ended.err, HasSubstr("warning: no route uses the mute \"nights\""));
}

TEST(Channels, OneThatNothingNamesIsAWarning) {
  const std::string others = "board: {type: console}, mail: {type: console, fallback: spare}, spare: {type: console}";
  const Ended ended = check(
      "routes: [{match: {}, to: [screen], escalate: [{after: 1h, to: [board]}]}]\n"
      "digests: [{every: week, kpis: {}, to: [mail]}]\n",
      "{screen: {type: console}, " + others + ", lost: {type: console}}");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("warning: nothing is sent to the channel \"lost\""));
  for (const char* used : {"screen", "board", "mail", "spare"}) {
    EXPECT_THAT(ended.err, Not(HasSubstr("channel \"" + std::string(used) + "\""))) << used;
  }
}

TEST(Routes, AMuteThatNeverEndsIsWarnedOf) {
  const std::string routes = "routes: [{match: {}, to: [screen], mute: [nights]}]\n";
  const Ended ended = check(routes + "mutes: {nights: {}}\n");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("warning: the mute \"nights\" never ends: routes that use it tell nobody anything"));
  for (const char* window : {"days: [monday]", "start: \"22:00\", end: \"08:00\"", "holidays: false"}) {
    EXPECT_THAT(check(routes + "mutes: {nights: {" + window + "}}\n").err, Not(HasSubstr("never ends"))) << window;
  }
}

struct Match {
  std::string text;
  std::string said;
  std::string remedy;
};

class RouteMatch : public testing::TestWithParam<Match> {};

TEST_P(RouteMatch, IsOfWhatAlertsHave) {
  const Ended ended =
      check("routes:\n  - {match: {" + GetParam().text + "}, to: [screen]}\n  - {match: {}, to: [screen]}\n");
  EXPECT_THAT(ended.err, HasSubstr("kpid.yaml:7:"));
  EXPECT_THAT(ended.err, HasSubstr(GetParam().said));
  EXPECT_THAT(ended.err, HasSubstr("help: " + GetParam().remedy));
  EXPECT_EQ(ended.code, GetParam().said.starts_with("error") ? 1 : 0) << ended.err;
}

INSTANTIATE_TEST_SUITE_P(
    Slips,
    RouteMatch,
    testing::Values(
        Match{"contry: SE", "error: no alert has the label \"contry\": the route would", "did you mean \"country\"?"},
        Match{
            "x: SE", "error: no alert has the label \"x\"", "labels: country kpi objective owner severity source team"},
        Match{"severity: crit", "error: there is no severity \"crit\"", "known: critical info warning"},
        Match{"severity: [info, \"warn\"]", "error: there is no severity \"warn\"", "known: critical"},
        Match{"type: alert.fireing", "error: there is no type \"alert.fireing\"", "did you mean \"alert.firing\"?"},
        Match{"type: delivery.failed",
              "warning: no route chooses who gets delivery.failed: it goes to the channel's `fallback`, else to that "
              "of kpid.yaml, else to the last route",
              "a route can match: alert.firing alert.flapping alert.no_data alert.resolved source.error"},
        Match{"type: \"!alert.reminder\"",
              "warning: no route chooses who gets alert.reminder: it goes to those who were told of the alert",
              "a route can match: alert.firing alert.flapping"},
        Match{"kpi: \"!order\"", "error: there is no KPI \"order\"", "did you mean \"orders\"?"},
        Match{"kpi: sales", "error: there is no KPI \"sales\"", "it is called \"orders\" now"},
        Match{"source: shp", "error: there is no source \"shp\"", "did you mean \"shop\"?"},
        Match{"owner: nobody", "warning: no KPI has the owner \"nobody\"", "known: growth"},
        Match{"objective: Moore", "warning: no KPI has the objective \"Moore\"", "did you mean \"More\"?"},
        Match{"team: wob", "warning: no KPI has the team \"wob\"", "did you mean \"web\"?"}));

TEST(Routes, MatchWhatAlertsHave) {
  const Ended ended = check(
      "routes:\n"
      "  - {match: {country: [SE, FI], team: web, kpi: orders, owner: \"!growth\"}, to: [screen]}\n"
      "  - {match: {source: shop, type: [source.error, alert.no_data], objective: \"\"}, to: [screen]}\n"
      "  - {match: {}, to: [screen]}\n");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err.find("kpid.yaml:7"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("kpid.yaml:8"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace kpi::test

// What kpid check says of routes, mutes and hours.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::HasSubstr;

/// What check says of these keys beside a source and a channel "screen".
Ended check(const std::string& keys) {
  Program program("2026-06-08T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [shop.yaml]\n"
                "sources:\n"
                "  shop: {plugin: csv, path: shop.csv, date: {column: day}, metrics: {orders: {column: orders}}}\n"
                "channels: {screen: {type: console}}\n" +
                    keys);
  program.write("shop.yaml", "kpis: {orders: {title: Orders, value: shop.orders}}\n");
  program.write("shop.csv", "day,orders\n2026-06-05,10\n");
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
  EXPECT_THAT(ended.err, HasSubstr("kpid.yaml:8:38: error: there is no mute \"night\""));
  EXPECT_THAT(ended.err, HasSubstr("help: did you mean \"nights\"?"));
  EXPECT_THAT(ended.err, HasSubstr("error: there are no hours \"offices\""));
  EXPECT_THAT(ended.err, HasSubstr("help: hours: office"));
  EXPECT_THAT(ended.err, HasSubstr("error: there is no channel \"bord\""));
  EXPECT_THAT(ended.err, HasSubstr("kpid.yaml:9:11: error: there is no channel \"bord\""));
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

}  // namespace
}  // namespace kpi::test

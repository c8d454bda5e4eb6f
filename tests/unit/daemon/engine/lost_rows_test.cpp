// A row that cannot be read, in a source that fills what has no row.

#include "daemon/engine/lost_rows.hpp"

#include "plugins/rows.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

constexpr const char* kRules = "kpis: {visits: {value: web.visits}}";

Poll poll_of(const std::vector<std::string>& days) {
  Poll poll;
  poll.series = {{.metric = 0, .labels = {}}};
  for (const std::string& day : days) {
    poll.samples.push_back({.series = 0, .slot = slot_of(*parse_date(day)), .value = 1});
  }
  poll.problems = {{"web.csv:3:1", "\"x\" is not a date"}};
  poll.remarks = {std::string(kLostRemark) + "web.csv:3:1"};
  return poll;
}

std::string lost(const Poll& poll, const std::string& missing, const char* now = "2026-03-04") {
  const auto config = load("timezone: UTC\nsources: {web: {plugin: csv, path: web.csv, missing: " + missing +
                               ", metrics: {visits: {}}}}\nchannels: {team: {type: console}}\n"
                               "routes: [{match: {}, to: [team]}]\n",
                           kRules);
  return lost_row(poll, config->sources[0], *config, at(now)).value_or("");
}

TEST(LostRows, AreNoZeros) {
  const Poll gap = poll_of({"2026-03-01", "2026-03-03"});
  EXPECT_EQ(lost(gap, "zero"),
            "web.csv:3:1: \"x\" is not a date; its period would count as zero (missing: zero), so nothing of this poll "
            "is used");
  EXPECT_THAT(lost(gap, "last"), testing::HasSubstr("as the one before (missing: last)"));
  EXPECT_EQ(lost(gap, "unknown"), "");
  EXPECT_NE(lost(poll_of({"2026-03-01", "2026-03-02"}), "zero"), "") << "it may have been the newest";
  EXPECT_NE(lost(poll_of({}), "zero"), "");
}

TEST(LostRows, DoNoHarmWhereEveryPeriodHasOne) {
  EXPECT_EQ(lost(poll_of({"2026-03-01", "2026-03-02", "2026-03-03"}), "zero"), "") << "a line of totals, say";
  EXPECT_EQ(lost(poll_of({"2026-03-01", "2026-03-02"}), "zero", "2026-03-03 06:00"), "");
}

TEST(LostRows, FailThePoll) {
  Story story(
      "timezone: UTC\nsources: {web: {plugin: csv, path: web.csv, missing: zero, metrics: {visits: {}}}}\n"
      "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n",
      kRules);
  story.put("web.visits", "2026-03-01", 5);
  story.step("2026-03-02");
  story.engine().receive(PollResult{0, at("2026-03-03"), poll_of({"2026-03-01"})});
  story.pass("2026-03-03");
  EXPECT_THAT(story.warnings(),
              testing::Contains(testing::HasSubstr("web.csv:3:1: \"x\" is not a date; its period would")));
  EXPECT_THAT(story.ledger(), testing::Not(testing::Contains(testing::HasSubstr(": 0 recorded"))));
}

}  // namespace
}  // namespace kpi::test

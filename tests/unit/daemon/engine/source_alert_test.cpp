// Sources that fail, and what their KPIs say meanwhile.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kConfig = R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}
  shop: {plugin: csv, path: shop.csv, metrics: {orders: {kind: flow}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team], repeat: 0}]
)";

constexpr const char* kRules = R"(
kpis:
  visits: {value: web.visits}
  orders: {value: shop.orders}
  both: {value: visits + orders}
)";

void judge_one_day(Story& story) {
  story.put("web.visits", "2026-03-01", 10);
  story.put("shop.orders", "2026-03-01", 1);
  story.step("2026-03-02");
}

std::vector<std::string> failing_step(Story& story, const char* time, ErrorKind kind = ErrorKind::kUnavailable) {
  story.fail_source("web", kind);
  return story.step(time);
}

TEST(SourceAlert, WaitsForThreeFailuresInARow) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  EXPECT_THAT(failing_step(story, "2026-03-02 01:00"), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-02 02:00"), IsEmpty());
  EXPECT_THAT(story.step("2026-03-02 03:00"), IsEmpty());  // and is forgotten when one succeeds
  EXPECT_THAT(failing_step(story, "2026-03-02 04:00"), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-02 05:00"), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-02 06:00"),
              ElementsAre("team source.error source web: status 503; without new data: visits, both"));
  EXPECT_THAT(failing_step(story, "2026-03-02 07:00"), IsEmpty());
  EXPECT_THAT(story.step("2026-03-02 08:00"), ElementsAre("team source.recovered source web: it can be read again"));
  EXPECT_THAT(story.step("2026-03-02 09:00"), IsEmpty());
  ASSERT_EQ(story.store().episodes.size(), 1);
  EXPECT_EQ(
      story.store().episodes.begin()->second,
      "source:web warning since 2026-03-02T04:00:00Z pending 2026-03-02T04:00:00Z firing 2026-03-02T04:00:00Z resolved "
      "2026-03-02T08:00:00Z recovered");
}

TEST(SourceAlert, DoesNotWaitForWhatWillNotGoAwayByItself) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  EXPECT_THAT(failing_step(story, "2026-03-02 01:00", ErrorKind::kInvalid),
              ElementsAre("team source.error source web: status 503; without new data: visits, both"));
}

/// A poll that broke off brings what it had, and is a failure all the same.
TEST(SourceAlert, IsNotOverWhileAPollBreaksOff) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  story.put("shop.orders", "2026-03-02", 1);
  EXPECT_EQ(failing_step(story, "2026-03-03 01:00", ErrorKind::kInvalid).size(), 1);
  Poll poll;
  poll.series = {{0, {}}};
  poll.samples = {{0, slot_of(*parse_date("2026-03-02")), 12}};
  poll.broken_off = Error{ErrorKind::kInvalid, "it broke off before 2026-03-03: status 500"};
  story.engine().receive(PollResult{0, at("2026-03-03 02:00"), std::move(poll)});
  EXPECT_THAT(story.pass("2026-03-03 02:00"), IsEmpty());
  EXPECT_TRUE(story.engine().has_failed_source());
  EXPECT_THAT(story.ledger(), testing::Contains(testing::HasSubstr("visits (total) 2026-03-02T00:00:00Z: 12")));
  EXPECT_THAT(story.step("2026-03-03 03:00"), ElementsAre("team source.recovered source web: it can be read again"));
}

/// What has not been asked for yet is not missing.
TEST(SourceAlert, LeavesAPeriodUnjudgedThatMoreIsToComeOf) {
  Story story(
      "timezone: UTC\n"
      "sources: {web: {plugin: csv, path: web.csv, missing: zero, metrics: {visits: {}}}}\n",
      "kpis: {visits: {value: web.visits}}\n");
  const auto read = [&](std::string_view day, std::string_view time, bool has_more) {
    Poll poll;
    poll.series = {{0, {}}};
    poll.samples = {{0, slot_of(*parse_date(day)), 12}};
    poll.has_more = has_more;
    story.engine().receive(PollResult{0, at(time), std::move(poll)});
    story.pass(time);
  };
  read("2026-03-01", "2026-03-04 08:00", true);
  EXPECT_THAT(story.ledger(), IsEmpty());
  read("2026-03-03", "2026-03-04 09:00", false);
  EXPECT_THAT(story.ledger(),
              ElementsAre(testing::HasSubstr("2026-03-01T00:00:00Z: 12"),
                          testing::HasSubstr("2026-03-02T00:00:00Z: 0"),
                          testing::HasSubstr("2026-03-03T00:00:00Z: 12")));
}

TEST(SourceAlert, IsOneWhateverTheSourceFailsOf) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  EXPECT_EQ(failing_step(story, "2026-03-02 01:00", ErrorKind::kInvalid).size(), 1);
  EXPECT_THAT(failing_step(story, "2026-03-02 02:00", ErrorKind::kTimeout), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-02 03:00", ErrorKind::kInvalid), IsEmpty());
}

TEST(SourceAlert, IsNotRepeatedAfterARestart) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  failing_step(story, "2026-03-02 01:00", ErrorKind::kInvalid);
  story.restart();
  EXPECT_THAT(failing_step(story, "2026-03-02 02:00", ErrorKind::kInvalid), IsEmpty());
  story.restart();
  EXPECT_THAT(story.step("2026-03-02 03:00"), ElementsAre("team source.recovered source web: it can be read again"));
}

TEST(SourceAlert, CountsFailuresAcrossRestarts) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  EXPECT_THAT(failing_step(story, "2026-03-02 01:00"), IsEmpty());
  story.restart();
  EXPECT_THAT(failing_step(story, "2026-03-02 02:00"), IsEmpty());
  story.restart();
  EXPECT_THAT(failing_step(story, "2026-03-02 03:00"),
              ElementsAre("team source.error source web: status 503; without new data: visits, both"));
  EXPECT_EQ(
      story.store().episodes.begin()->second,
      "source:web warning since 2026-03-02T01:00:00Z pending 2026-03-02T01:00:00Z firing 2026-03-02T01:00:00Z resolved "
      "- none");
}

TEST(SourceAlert, EndsWithItsSource) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  failing_step(story, "2026-03-02 01:00", ErrorKind::kInvalid);
  story.restart(R"(
timezone: UTC
sources: {shop: {plugin: csv, path: shop.csv, metrics: {orders: {kind: flow}}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team], repeat: 0}]
)",
                "kpis:\n  orders: {value: shop.orders}\n");
  EXPECT_THAT(story.step("2026-03-02 02:00"), ElementsAre("team source.recovered source web: the source was removed"));
  EXPECT_EQ(
      story.store().episodes.begin()->second,
      "source:web warning since 2026-03-02T01:00:00Z pending 2026-03-02T01:00:00Z firing 2026-03-02T01:00:00Z resolved "
      "2026-03-02T02:00:00Z rule_removed");
  story.restart();
  EXPECT_THAT(story.step("2026-03-02 03:00"), IsEmpty());
}

TEST(SourceAlert, ShowsInTheStateOfEveryKpiThatStandsOnTheSource) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  failing_step(story, "2026-03-02 01:00");
  EXPECT_EQ(story.state("visits"), KpiState::kError);
  EXPECT_EQ(story.state("both"), KpiState::kError);
  EXPECT_EQ(story.state("orders"), KpiState::kOk);
  story.step("2026-03-02 02:00");
  EXPECT_EQ(story.state("both"), KpiState::kOk);
}

TEST(SourceAlert, SpeaksForTheMissingDataOfItsKpis) {
  Story story(kConfig, kRules);
  judge_one_day(story);
  story.put("shop.orders", "2026-03-02", 1);
  EXPECT_THAT(failing_step(story, "2026-03-03", ErrorKind::kInvalid),
              ElementsAre("team source.error source web: status 503; without new data: visits, both"));
  story.restart();
  story.put("shop.orders", "2026-03-03", 1);
  EXPECT_THAT(failing_step(story, "2026-03-04"), IsEmpty());
  story.restart();
  story.put("shop.orders", "2026-03-04", 1);
  EXPECT_THAT(failing_step(story, "2026-03-05"), IsEmpty());
  // Readable again, and still without its days: now that is news.
  EXPECT_THAT(
      story.step("2026-03-05 01:00"),
      UnorderedElementsAre("team source.recovered source web: it can be read again",
                           "team alert.no_data visits no_data: no data since 2 March 2026: no sample arrived",
                           "team alert.no_data both no_data: no data since 2 March 2026: a KPI it uses has no value"));
}

constexpr const char* kOwned = R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, settle: 1 day, stale: 2 days, metrics: {visits: {kind: flow}}}
channels: {ops: {type: console}, duty: {type: console}, shop: {type: console}}
routes:
  - {match: {kpi: paid}, to: [duty], continue: true, repeat: 0}
  - {match: {owner: shop}, to: [shop], repeat: 0}
  - {match: {}, to: [ops], repeat: 0}
)";

constexpr const char* kOwnedRules = R"(
kpis:
  free: {title: Free, owner: shop, value: web.visits, no_data: {after: 2 days}}
  paid: {title: Paid, owner: shop, value: web.visits, no_data: {severity: critical, after: 2 days}}
)";

TEST(SourceAlert, IsToldToWhomTheMissingDataOfItsKpisWouldBeToldOnceForEachChannel) {
  Story story(kOwned, kOwnedRules);
  story.put("web.visits", "2026-03-01", 10);
  story.step("2026-03-03");
  // The second is unknown two days after it was due.
  EXPECT_THAT(story.step("2026-03-06"),
              UnorderedElementsAre(
                  "ops source.error source web: nothing came for 2 March 2026; without new data: Free, Paid",
                  "duty source.error source web: nothing came for 2 March 2026; without new data: Paid, Free",
                  "shop source.error source web: nothing came for 2 March 2026; without new data: Free, Paid"));
  for (const Message& message : story.messages()) {
    EXPECT_EQ(message.alerts.at(0).severity, Severity::kCritical) << message.channel;
  }
  story.restart();
  EXPECT_THAT(story.step("2026-03-07"), IsEmpty());
  for (const char* day : {"2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"}) {
    story.put("web.visits", day, 10);
  }
  EXPECT_THAT(story.step("2026-03-07 01:00"),
              UnorderedElementsAre("ops source.recovered source web: what was late has come",
                                   "duty source.recovered source web: what was late has come",
                                   "shop source.recovered source web: what was late has come"));
}

TEST(SourceAlert, ReachesTheOwnersOfItsKpisWhenTheirDataIsMissedNotBefore) {
  Story story(kOwned, kOwnedRules);
  story.put("web.visits", "2026-03-01", 10);
  story.step("2026-03-03");
  const std::string reason = "source.error source web: status 503; without new data: ";
  EXPECT_THAT(failing_step(story, "2026-03-03 01:00", ErrorKind::kInvalid),
              ElementsAre("ops " + reason + "Free, Paid"));
  EXPECT_THAT(failing_step(story, "2026-03-05", ErrorKind::kInvalid), IsEmpty());
  story.restart();
  // What becomes critical is told to those, too, who know of it as something lesser.
  EXPECT_THAT(failing_step(story, "2026-03-06", ErrorKind::kInvalid),
              UnorderedElementsAre(
                  "ops " + reason + "Free, Paid", "duty " + reason + "Paid, Free", "shop " + reason + "Free, Paid"));
  story.restart();
  EXPECT_THAT(failing_step(story, "2026-03-07", ErrorKind::kInvalid), IsEmpty());
}

TEST(SourceAlert, OfOwnersWhoseDataIsMissedLaterTellsThemAlone) {
  Story story(kOwned, R"(
kpis:
  free: {title: Free, owner: shop, value: web.visits, no_data: {after: 4 days}}
  paid: {title: Paid, owner: board, value: web.visits, no_data: {after: 2 days}}
)");
  story.put("web.visits", "2026-03-01", 10);
  story.step("2026-03-03");
  EXPECT_EQ(story.step("2026-03-06").size(), 2) << "ops and duty";
  EXPECT_THAT(story.step("2026-03-08"),
              ElementsAre("shop source.error source web: nothing came for 2 March 2026; without new data: Free, Paid"));
  EXPECT_THAT(story.step("2026-03-09"), IsEmpty());
}

TEST(SourceAlert, HoldsEveryState) {
  Story story(kConfig, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 100}}\n");
  story.put("web.visits", "2026-03-01", 10);
  EXPECT_EQ(story.step("2026-03-02").size(), 1);
  failing_step(story, "2026-03-03", ErrorKind::kInvalid);
  failing_step(story, "2026-03-06", ErrorKind::kInvalid);
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
  for (const char* day : {"2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"}) {
    story.put("web.visits", day, 10);
  }
  EXPECT_THAT(story.step("2026-03-06 01:00"), ElementsAre("team source.recovered source web: it can be read again"));
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
}

/// As many KPIs on one source, each with a limit.
std::string many_kpis(int count) {
  std::string text = "kpis:\n";
  for (int i = 0; i < count; ++i) {
    text += "  k" + std::to_string(i) + ": {value: web.visits, thresholds: {warning: " + std::to_string(i) + "}}\n";
  }
  return text;
}

TEST(SourceAlert, IsOneOfFiftyKpis) {
  Story story(kConfig, many_kpis(50));
  story.put("web.visits", "2026-03-01", 100);
  EXPECT_THAT(story.step("2026-03-02"), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-03 00:00", ErrorKind::kTimeout), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-03 00:15", ErrorKind::kTimeout), IsEmpty());
  EXPECT_THAT(failing_step(story, "2026-03-03 00:30", ErrorKind::kTimeout),
              ElementsAre("team source.error source web: status 503; without new data: k0, "
                          "k1, k2, k3, k4 and 45 more"));
  // Two days later still nothing of the fifty, whose data is missing because of it.
  EXPECT_THAT(failing_step(story, "2026-03-05", ErrorKind::kTimeout), IsEmpty());
  for (const char* day : {"2026-03-02", "2026-03-03", "2026-03-04"}) {
    story.put("web.visits", day, 100);
  }
  EXPECT_THAT(story.step("2026-03-05 01:00"), ElementsAre("team source.recovered source web: it can be read again"));
  EXPECT_EQ(story.state("k49"), KpiState::kOk);
}

}  // namespace
}  // namespace kpi::test

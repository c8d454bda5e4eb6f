// Sources that owe a period: `stale`.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kConfig = R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, settle: 1 day, stale: 2 days, metrics: {visits: {kind: flow}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team], repeat: 0}]
)";

constexpr const char* kRules = R"(
kpis:
  visits: {value: web.visits, no_data: {then: hold}}
)";

void deliver(Story& story, const char* day) {
  story.put("web.visits", day, 10);
}

TEST(LateSource, IsToldOnceAndWhenItDeliversAgain) {
  Story story(kConfig, kRules);
  deliver(story, "2026-03-01");
  EXPECT_THAT(story.step("2026-03-03"), IsEmpty());
  // 2 March ends on the 3rd, settles until the 4th, and is late from the 6th on.
  EXPECT_THAT(story.step("2026-03-05 23:00"), IsEmpty());
  EXPECT_EQ(story.engine().next_event(), at("2026-03-06"));
  EXPECT_THAT(story.pass("2026-03-06"),
              ElementsAre("team source.error source web: nothing came for 2 March 2026; "
                          "without new data: visits"));
  EXPECT_THAT(story.step("2026-03-07"), IsEmpty());
  deliver(story, "2026-03-02");
  EXPECT_THAT(story.step("2026-03-07 01:00"), IsEmpty()) << "the third is late as well";
  deliver(story, "2026-03-05");
  EXPECT_THAT(story.step("2026-03-07 02:00"), ElementsAre("team source.recovered source web: what was late has come"));
}

TEST(LateSource, SurvivesARestartWithoutBeingToldTwice) {
  Story story(kConfig, kRules);
  deliver(story, "2026-03-01");
  story.step("2026-03-03");
  EXPECT_EQ(story.step("2026-03-06").size(), 1);
  story.restart();
  EXPECT_THAT(story.step("2026-03-07"), IsEmpty());
  deliver(story, "2026-03-06");
  EXPECT_THAT(story.step("2026-03-07 02:00"), ElementsAre("team source.recovered source web: what was late has come"));
}

TEST(LateSource, ThatNeverDeliveredStaysLate) {
  Story story(kConfig, kRules);
  EXPECT_THAT(story.step("2026-03-03"), IsEmpty());
  EXPECT_THAT(story.step("2026-03-03 12:00"), IsEmpty());
}

TEST(LateSource, DoesNotMakeItsKpisAnError) {
  Story story(kConfig, kRules);
  deliver(story, "2026-03-01");
  story.step("2026-03-03");
  story.step("2026-03-06");
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
}

TEST(LateSource, SpeaksForTheMissingDataOfItsKpis) {
  Story story(kConfig, "kpis: {visits: {value: web.visits}}");
  deliver(story, "2026-03-01");
  story.step("2026-03-03");
  EXPECT_THAT(story.step("2026-03-06"), ElementsAre(testing::HasSubstr("source.error source web")));
  EXPECT_EQ(story.state("visits"), KpiState::kNoData);
  EXPECT_THAT(story.pass("2026-03-06 12:00"), IsEmpty());
  for (const char* day : {"2026-03-02", "2026-03-03", "2026-03-04"}) {
    deliver(story, day);
  }
  EXPECT_THAT(story.step("2026-03-06 13:00"), ElementsAre(testing::HasSubstr("source.recovered")));
}

TEST(LateSource, ThatFailsSaysWhy) {
  Story story(kConfig, kRules);
  deliver(story, "2026-03-01");
  story.step("2026-03-03");
  story.fail_source("web", ErrorKind::kInvalid);
  EXPECT_THAT(story.step("2026-03-06"),
              ElementsAre("team source.error source web: status 503; without new data: visits"));
}

TEST(LateSource, ThatPeopleEnterAsksForEachOfItsMetrics) {
  Story story(R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}
  survey: {plugin: manual, grain: month, remind: 5 days, metrics: {score: {kind: mean}, answers: {}, calls: {}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team], repeat: 0}]
)",
              kRules);
  story.put("survey.score", "2026-02-01", 4);
  story.put("survey.answers", "2026-02-01", 400);
  story.put("survey.calls", "2026-02-01", 40);
  EXPECT_THAT(story.step("2026-03-03"), IsEmpty());
  story.put("survey.score", "2026-03-01", 5);
  EXPECT_THAT(story.step("2026-04-05"), IsEmpty());
  EXPECT_THAT(story.pass("2026-04-06"), ElementsAre(testing::HasSubstr("survey.answers VALUE --for 2026-03")));
  story.put("survey.answers", "2026-03-01", 500);
  story.step("2026-04-06 12:00");
  story.put("survey.calls", "2026-03-01", 50);
  EXPECT_THAT(story.step("2026-04-07"), ElementsAre(testing::HasSubstr("source.recovered")));
  EXPECT_THAT(story.pass("2026-05-05"), IsEmpty());
}

}  // namespace
}  // namespace kpi::test

// A rule that is edited counts from the next period on: what was judged stays as it was judged, whatever comes late.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSite = R"(
sources: {web: {plugin: csv, path: web.csv, metrics: {visits: {unit: visits}}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

std::string rules(const std::string& keys) {
  return "kpis:\n  visits: {" + keys + "}\n";
}

std::string day(int of) {
  return (of < 10 ? "2026-01-0" : "2026-01-") + std::to_string(of);
}

/// So many days of January, each known the next morning.
void live(Story& story, int from, int to, double value) {
  for (int of = from; of <= to; ++of) {
    story.put("web.visits", day(of), value);
    story.step(day(of + 1) + " 06:00");
  }
}

TEST(EditedRules, ACorrectedValueIsJudgedAloneAndByTheRuleOfNow) {
  Story story(kSite, rules("value: web.visits, thresholds: {warning: 70}"));
  live(story, 1, 20, 80);
  const std::vector<std::string> before = story.ledger();
  story.restart(kSite, rules("value: web.visits * 2, thresholds: {warning: 140}"));
  EXPECT_THAT(story.pass("2026-01-21 07:00"), IsEmpty());
  story.put("web.visits", day(10), 81);
  EXPECT_THAT(story.step("2026-01-21 08:00"), IsEmpty());
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
  std::vector<std::string> wanted = before;
  wanted.at(9) = "visits (total) 2026-01-10T00:00:00Z: 162 met ok 140 not_started ";
  EXPECT_EQ(story.ledger(), wanted);
}

TEST(EditedRules, AStricterLimitFindsNoMissAmongEarlierPeriodsAlsoAfterAStart) {
  Story story(kSite, rules("value: web.visits, thresholds: {warning: 70}"));
  live(story, 1, 20, 80);
  story.restart(kSite, rules("value: web.visits, thresholds: {warning: 90, for: 3 days}"));
  live(story, 21, 22, 80);
  EXPECT_EQ(story.state("visits"), KpiState::kPending);
  story.restart();
  story.put("web.visits", day(5), 81);
  EXPECT_THAT(story.step("2026-01-23 08:00"), IsEmpty()) << "two days are not three";
  EXPECT_EQ(story.state("visits"), KpiState::kPending);
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("2026-01-19T00:00:00Z: 80 met ok 70")));
  story.put("web.visits", day(21), 79);
  EXPECT_THAT(story.step("2026-01-23 09:00"), IsEmpty());
  live(story, 23, 23, 80);
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
  EXPECT_EQ(story.line("visits").thresholds.since, slot_of(*parse_date(day(21))));
}

TEST(EditedRules, AnAlertThatFiredGoesOnFromWhereItBegan) {
  Story story(kSite, rules("value: web.visits, thresholds: {warning: 90}"));
  live(story, 1, 10, 100);
  live(story, 11, 12, 80);
  const std::string episode = story.line("visits").thresholds.episode;
  story.restart(kSite, rules("value: web.visits, thresholds: {warning: 95}"));
  live(story, 13, 13, 80);
  story.put("web.visits", day(13), 85);
  EXPECT_THAT(story.step("2026-01-14 08:00"), IsEmpty());
  EXPECT_EQ(story.line("visits").thresholds.episode, episode);
  EXPECT_EQ(story.line("visits").thresholds.since, slot_of(*parse_date(day(11))));
  story.put("web.visits", day(11), 99);
  EXPECT_THAT(story.step("2026-01-14 09:00"), IsEmpty()) << "it was judged by the rule of then";
  EXPECT_EQ(story.line("visits").thresholds.since, slot_of(*parse_date(day(11))));
}

TEST(EditedRules, AnotherGoalWithoutAReasonLeavesWhatWasJudged) {
  const std::string target =
      "value: web.visits, target: {from: 50, start: 2026-01-01, judge: pace, by: 2026-01-31, to: ";
  Story story(kSite, rules(target + "100}"));
  live(story, 1, 20, 90);
  const std::vector<std::string> before = story.ledger();
  story.restart(kSite, rules(target + "400}"));
  story.put("web.visits", day(5), 91);
  story.step("2026-01-21 08:00");
  std::vector<std::string> after = story.ledger();
  ASSERT_EQ(after.size(), before.size());
  after.at(4) = before.at(4);  // whose data is another
  EXPECT_EQ(after, before);
  live(story, 21, 21, 90);
  EXPECT_THAT(story.ledger().back(), HasSubstr("missed"));
}

TEST(EditedRules, ATargetThatFollowsAMissedOneBeginsAnew) {
  const std::string value = "value: web.visits, target: {from: 50, judge: pace, ";
  Story story(kSite, rules(value + "to: 100, start: 2026-01-01, by: 2026-01-10}"));
  live(story, 1, 12, 60);
  ASSERT_THAT(story.ledger().back(), HasSubstr("missed"));
  ASSERT_EQ(story.line("visits").target.phase, AlertPhase::kFiring);
  // As it is written at a quarter's end: in the same place, and even with the same goal.
  story.restart(kSite, rules(value + "to: 100, start: 2026-01-12, by: 2026-01-31}"));
  story.pass("2026-01-13 07:00");
  live(story, 13, 14, 95);
  EXPECT_THAT(story.ledger().back(), HasSubstr("on_track"));
  EXPECT_EQ(story.line("visits").target.phase, AlertPhase::kInactive);
  story.restart();
  live(story, 15, 15, 95);
  EXPECT_THAT(story.ledger().back(), HasSubstr("on_track"));
}

TEST(EditedRules, WhatIsRestatedOfBeforeTheEditCountsInATotal) {
  for (const std::string measure :
       {"total, start: 2026-01-01, to: 2000", "average, from: 100, start: 2026-01-01, to: 200"}) {
    const std::string target = "value: web.visits, target: {measure: " + measure + ", by: 2026-01-10, judge: pace}";
    Story story(kSite, rules(target));
    live(story, 1, 7, 180);
    story.restart(kSite, rules(target + ", thresholds: {warning: 1, for: 2 days}"));
    live(story, 8, 9, 180);
    story.put("web.visits", day(5), 480);  // together with the last day
    story.put("web.visits", day(10), 180);
    EXPECT_THAT(story.step("2026-01-11 06:00"), Not(Contains(HasSubstr("missed"))));
    EXPECT_EQ(story.line("visits").target_standing.status, TargetStatus::kAchieved) << measure;
  }
}

TEST(EditedRules, ALaterDeadlineTakesAnOutcomeBack) {
  const std::string value = "value: web.visits, target: {from: 50, judge: pace, to: 100, start: 2026-01-01, by: ";
  Story story(kSite, rules(value + "2026-01-10}"));
  live(story, 1, 12, 60);
  ASSERT_THAT(story.ledger().back(), HasSubstr("missed"));
  story.restart(kSite, rules(value + "2026-01-31}"));
  live(story, 13, 13, 95);
  EXPECT_THAT(story.ledger().back(), HasSubstr("on_track"));
}

TEST(EditedRules, LateDataLeavesWhatWasJudgedOnTheWayToATargetThatIsGone) {
  const std::string target = ", target: {from: 50, judge: pace, to: 100, start: 2026-01-01, by: 2026-01-10}";
  const std::string next = ", targets: [{name: q2, measure: total, to: 9000, start: 2026-01-12, by: 2026-03-31}]";
  for (const std::string& since : {std::string(), next}) {
    Story story(kSite, rules("value: web.visits" + target));
    live(story, 1, 12, 60);
    const std::vector<std::string> before = story.ledger();
    story.restart(kSite, rules("value: web.visits" + since));
    story.put("web.visits", day(5), 61);
    story.step("2026-01-13 08:00");
    std::vector<std::string> after = story.ledger();
    ASSERT_EQ(after.size(), before.size());
    after.at(4) = before.at(4);  // whose data is another
    EXPECT_EQ(after, before);
  }
}

TEST(EditedRules, AGoalThatIsTakenBackIsNoEditAtEachStart) {
  const std::string target =
      "value: web.visits, target: {from: 50, start: 2026-01-01, judge: pace, by: 2026-01-31, to: ";
  Story story(kSite, rules(target + "100}"));
  live(story, 1, 5, 90);
  for (const char* goal : {"400}", "100}"}) {
    story.restart(kSite, rules(target + goal));
    story.step("2026-01-06 07:00");
    EXPECT_THAT(story.warnings(), Contains(HasSubstr("was changed without a reason")));
  }
  const std::optional<Slot> edited = story.line("visits").edit->last;
  live(story, 6, 7, 90);
  story.restart();
  story.step("2026-01-08 07:00");
  EXPECT_THAT(story.warnings(), IsEmpty());
  EXPECT_EQ(story.line("visits").edit->last, edited);
}

TEST(EditedRules, AGapIsNoMissBecauseLessPatienceIsAskedFor) {
  Story story(kSite, rules("value: web.visits, thresholds: {warning: 95, for: 5 days}, no_data: {then: hold}"));
  live(story, 1, 8, 100);
  live(story, 9, 10, 60);
  story.step("2026-01-12 06:00");
  story.restart(kSite, rules("value: web.visits, thresholds: {warning: 95}, no_data: {then: hold}"));
  story.put("web.visits", day(11), std::nan(""));
  EXPECT_THAT(story.step("2026-01-13 06:00"), IsEmpty());
  EXPECT_EQ(story.state("visits"), KpiState::kPending);
  live(story, 13, 13, 60);
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
}

TEST(EditedRules, DataOfAGapAtTheEndIsJudgedAsIfItWereNext) {
  Story story(kSite, rules("value: web.visits, thresholds: {warning: 70}, no_data: {then: hold}"));
  live(story, 1, 9, 80);
  live(story, 10, 10, 60);
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
  for (int of = 11; of <= 14; ++of) {
    story.step(day(of + 1) + " 06:00");
  }
  story.restart(kSite, rules("value: web.visits, thresholds: {warning: 75}, no_data: {then: hold}"));
  story.put("web.visits", day(11), 80);
  EXPECT_THAT(story.step("2026-01-16 06:00"), testing::SizeIs(1)) << "resolved";
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
}

TEST(EditedRules, AHoleBeforeTheEditIsJudgedWhenItsDataComes) {
  Story story(kSite, rules("value: web.visits, thresholds: {warning: 70}, no_data: {after: 9 days}"));
  live(story, 1, 9, 80);
  live(story, 11, 12, 80);
  story.restart(kSite, rules("value: web.visits, thresholds: {warning: 75}, no_data: {after: 9 days}"));
  story.put("web.visits", day(10), 60);
  EXPECT_THAT(story.step("2026-01-13 08:00"), IsEmpty()) << "of an earlier form of the rule";
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("2026-01-10T00:00:00Z: 60 missed")));
  EXPECT_THAT(story.ledger(), Not(Contains(HasSubstr("no_data"))));
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
}

}  // namespace
}  // namespace kpi::test

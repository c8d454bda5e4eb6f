// Who is told what, and when nobody is.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kConfig = R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}
channels:
  team: {type: console}
  board: {type: console}
routes:
  - {match: {owner: both}, to: [team, board], repeat: 0}
  - {match: {severity: critical}, to: [board], repeat: 0}
  - {match: {}, to: [team], repeat: 0}
)";

constexpr const char* kRules = R"(
kpis:
  visits:
    value: web.visits
    thresholds: {warning: 100, critical: 50}
)";

std::string with_owner(const std::string& owner) {
  return std::string(kRules) + "    owner: " + owner + "\n";
}

TEST(Told, SeverityThatRisesIsToldAgain) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  EXPECT_THAT(story.step("2026-03-02"), ElementsAre("team alert.firing visits thresholds: below 100"));
  story.put("web.visits", "2026-03-02", 40);
  EXPECT_THAT(story.step("2026-03-03"), ElementsAre("board alert.firing visits thresholds: below 50"));
}

TEST(Told, SeverityThatFallsOrStaysIsNot) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 40);
  EXPECT_THAT(story.step("2026-03-02"), ElementsAre("board alert.firing visits thresholds: below 50"));
  story.put("web.visits", "2026-03-02", 45);
  EXPECT_THAT(story.step("2026-03-03"), IsEmpty());
  story.put("web.visits", "2026-03-03", 90);
  EXPECT_THAT(story.step("2026-03-04"), IsEmpty());
  EXPECT_EQ(severity_of(story.line("visits")), Severity::kWarning);
  // Rising to what they were told before is no news either.
  story.put("web.visits", "2026-03-04", 40);
  EXPECT_THAT(story.step("2026-03-05"), IsEmpty());
}

TEST(Told, SeverityThatRisesAgainAfterAReminderSaidLessIsToldOverARestart) {
  std::string config = kConfig;
  config.replace(config.rfind("repeat: 0"), 9, "repeat: 2 days");
  config.replace(
      config.find("  - {match: {severity"), config.find("  - {match: {}") - config.find("  - {match: {severity"), "");
  Story story(config, kRules);
  story.put("web.visits", "2026-03-01", 40);
  EXPECT_THAT(story.step("2026-03-02"), ElementsAre("team alert.firing visits thresholds: below 50"));
  story.put("web.visits", "2026-03-02", 90);
  EXPECT_THAT(story.step("2026-03-03"), IsEmpty());
  story.put("web.visits", "2026-03-03", 90);
  EXPECT_THAT(story.step("2026-03-04"), ElementsAre("team alert.reminder visits thresholds: below 100 for 3 days"));
  EXPECT_EQ(story.messages().front().alerts.front().severity, Severity::kWarning);
  story.restart();
  story.put("web.visits", "2026-03-04", 40);
  EXPECT_THAT(story.step("2026-03-05"), ElementsAre("team alert.firing visits thresholds: below 50"));
  EXPECT_EQ(story.messages().front().alerts.front().severity, Severity::kCritical);
}

TEST(Told, FineDaysThatDoNotEndAnAlertAreNoneOfTroubleEither) {
  std::string config = kConfig;
  config.replace(config.rfind("repeat: 0"), 9, "repeat: 1 day");
  Story story(config, "kpis:\n  visits:\n    value: web.visits\n    thresholds: {warning: 100, recover_for: 3 days}\n");
  std::vector<std::string> told;
  int day = 1;
  for (const int visits : {90, 120, 120, 80, 80}) {
    story.put("web.visits", "2026-03-0" + std::to_string(day), visits);
    told = story.step("2026-03-0" + std::to_string(++day));
  }
  EXPECT_THAT(told, ElementsAre("team alert.reminder visits thresholds: below 100 for 2 days"));
}

TEST(Told, TheEndOfAnEpisodeIsToldOnce) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  EXPECT_EQ(story.step("2026-03-02").size(), 1);
  story.put("web.visits", "2026-03-02", 120);
  EXPECT_THAT(story.step("2026-03-03"),
              ElementsAre("team alert.resolved visits thresholds: fine again, after trouble since 1 March 2026"));
  story.put("web.visits", "2026-03-03", 130);
  EXPECT_THAT(story.step("2026-03-04"), IsEmpty());
}

TEST(Told, WhatCameAndWentInOneStepIsNot) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 120);
  story.step("2026-03-02");
  story.put("web.visits", "2026-03-02", 40);
  story.put("web.visits", "2026-03-03", 120);
  EXPECT_THAT(story.step("2026-03-04"), IsEmpty());
  EXPECT_EQ(story.store().episodes.size(), 1);  // but it is in the history
}

TEST(Told, AnEpisodeThatEndsAndAnotherThatBeginsInOneStepAreBothTold) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.put("web.visits", "2026-03-02", 120);
  story.put("web.visits", "2026-03-03", 80);
  EXPECT_THAT(
      story.step("2026-03-04"),
      UnorderedElementsAre("team alert.resolved visits thresholds: fine again, after trouble since 1 March 2026",
                           "team alert.firing visits thresholds: below 100"));
  for (const Message& message : story.messages()) {
    EXPECT_EQ(message.alerts.front().value, message.type == MessageType::kAlertResolved ? 120 : 80);
  }
}

TEST(Told, EachChannelGetsAMessageOfItsOwn) {
  Story story(kConfig, with_owner("both"));
  story.put("web.visits", "2026-03-01", 90);
  EXPECT_THAT(
      story.step("2026-03-02"),
      ElementsAre("team alert.firing visits thresholds: below 100", "board alert.firing visits thresholds: below 100"));
  const std::vector<NotificationRow> queued = story.engine().take_queued();
  ASSERT_EQ(queued.size(), 2);
  EXPECT_EQ(queued[0].channel, "team");
  EXPECT_EQ(queued[1].channel, "board");
  EXPECT_NE(queued[0].id, queued[1].id);
}

TEST(Told, OfTheFirstRunOnlyWhatFiresNow) {
  Story story(kConfig, kRules);
  for (const char* day : {"2026-03-01", "2026-03-02"}) {
    story.put("web.visits", day, 40);
  }
  for (const char* day : {"2026-03-03", "2026-03-05"}) {
    story.put("web.visits", day, 120);
  }
  story.put("web.visits", "2026-03-04", 60);
  story.put("web.visits", "2026-03-06", 60);
  EXPECT_THAT(story.step("2026-03-07"), ElementsAre("team alert.firing visits thresholds: below 100"));
  EXPECT_EQ(story.store().episodes.size(), 3);
}

TEST(Told, AnAlertGoesOnFromWhenItBeganAsKnownNow) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 120);
  story.put("web.visits", "2026-03-02", 90);
  story.put("web.visits", "2026-03-03", 90);
  EXPECT_EQ(story.step("2026-03-04").size(), 1U);
  story.put("web.visits", "2026-03-02", 130);  // it was fine, as is known now
  story.put("web.visits", "2026-03-04", 90);
  EXPECT_THAT(story.step("2026-03-05"), IsEmpty());
  ASSERT_EQ(story.store().episodes.size(), 1U);
  EXPECT_THAT(story.store().episodes.begin()->second, testing::HasSubstr("since 2026-03-03"));
  story.put("web.visits", "2026-03-05", 120);
  EXPECT_THAT(story.step("2026-03-06"),
              ElementsAre("team alert.resolved visits thresholds: fine again, after trouble since 3 March 2026"));
}

TEST(Told, MissingDataIsMissingFromWhereItIsNow) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 120);
  story.step("2026-03-02");
  story.step("2026-03-06");
  EXPECT_EQ(story.state("visits"), KpiState::kNoData);
  story.put("web.visits", "2026-03-02", 120);
  story.put("web.visits", "2026-03-03", 120);
  EXPECT_THAT(story.step("2026-03-06 06:00"), IsEmpty());
  ASSERT_EQ(story.store().episodes.size(), 1U);
  EXPECT_THAT(story.store().episodes.begin()->second, testing::HasSubstr("since 2026-03-04"));
  story.put("web.visits", "2026-03-04", 120);
  story.put("web.visits", "2026-03-05", 120);
  EXPECT_THAT(story.step("2026-03-06 12:00"), ElementsAre("team alert.resolved visits no_data: data is back"));
  EXPECT_EQ(story.messages().front().alerts.front().since, at("2026-03-04"));
}

TEST(Told, AGapThatCountsAsFineEndsAnAlertWithoutAValue) {
  Story story(kConfig, std::string(kRules) + "    no_data: {then: ok}\n");
  story.put("web.visits", "2026-03-01", 90);
  EXPECT_EQ(story.step("2026-03-02").size(), 1U);
  EXPECT_EQ(story.step("2026-03-04").size(), 1U);
  const AlertView& alert = story.messages().front().alerts.front();
  EXPECT_FALSE(alert.firing);
  EXPECT_FALSE(alert.value);
  ASSERT_TRUE(alert.period);
  EXPECT_EQ(alert.period->start, at("2026-03-02"));
}

TEST(Told, AnAlertWhoseNewestPeriodHasNoDataIsStale) {
  std::string config = kConfig;
  config.replace(config.rfind("repeat: 0"), 9, "repeat: 1 day");
  Story story(config, std::string(kRules) + "    no_data: {then: hold}\n");
  story.put("web.visits", "2026-03-01", 90);
  EXPECT_EQ(story.step("2026-03-02").size(), 1U);
  EXPECT_THAT(story.step("2026-03-05"),
              ElementsAre("team alert.reminder visits thresholds: below 100 (its newest period has no data)"));
  EXPECT_TRUE(story.messages().front().alerts.front().is_stale);
}

TEST(Told, MissingDataIsToldAfterOnePeriodAndItsReturnToo) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 120);
  EXPECT_THAT(story.step("2026-03-02"), IsEmpty());
  EXPECT_THAT(story.step("2026-03-03 23:59"), IsEmpty());
  EXPECT_EQ(story.state("visits"), KpiState::kPending);
  EXPECT_THAT(story.pass("2026-03-04"),
              ElementsAre("team alert.no_data visits no_data: no data since 2 March 2026: no sample arrived"));
  EXPECT_EQ(story.state("visits"), KpiState::kNoData);
  EXPECT_THAT(story.pass("2026-03-05"), IsEmpty());
  for (const char* day : {"2026-03-02", "2026-03-03", "2026-03-04"}) {
    story.put("web.visits", day, 120);
  }
  EXPECT_THAT(story.step("2026-03-05 06:00"), ElementsAre("team alert.resolved visits no_data: data is back"));
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
}

TEST(Told, ALateValueThatFiresAcrossAGapIsTheOneThatIsTold) {
  for (const char* then : {"alert", "hold"}) {
    SCOPED_TRACE(then);
    Story story(kConfig, std::string(kRules) + "    no_data: {then: " + then + "}\n");
    story.put("web.visits", "2026-03-01", 120);
    story.step("2026-03-02");
    story.step("2026-03-09");
    story.put("web.visits", "2026-03-02", 80);
    story.step("2026-03-09 01:00");
    const auto firing = std::ranges::find(story.messages(), MessageType::kAlertFiring, &Message::type);
    ASSERT_NE(firing, story.messages().end());
    const AlertView& alert = firing->alerts.front();
    EXPECT_EQ(alert.value, 80);
    EXPECT_EQ(alert.reason, "below 100 (its newest period has no data) (earlier data came late or was restated)");
  }
}

TEST(Told, ANewPeriodIsJudgedByWhatTheEarlierOnesAreNow) {
  std::string rules(kRules);
  const std::string limits = "thresholds: {";
  ASSERT_NE(rules.find(limits), std::string::npos);
  rules.insert(rules.find(limits) + limits.size(), "for: 2 days, ");
  Story story(kConfig, rules);
  story.put("web.visits", "2026-03-01", 120);
  story.put("web.visits", "2026-03-02", 130);
  story.step("2026-03-03");
  story.put("web.visits", "2026-03-02", 90);  // restated, and in the same poll the next day
  story.put("web.visits", "2026-03-03", 80);
  EXPECT_THAT(story.step("2026-03-04"), ElementsAre("team alert.firing visits thresholds: below 100 for 2 days"));
}

TEST(Told, ARestatementThatEndsTheAlertSaysSo) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.put("web.visits", "2026-03-01", 190);
  EXPECT_THAT(story.step("2026-03-02 01:00"),
              ElementsAre("team alert.resolved visits thresholds: earlier data came late or was restated"));
}

TEST(Told, OfARestatementWhollyInThePastNothing) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 120);
  story.put("web.visits", "2026-03-02", 120);
  story.step("2026-03-03");
  story.put("web.visits", "2026-03-01", 90);
  EXPECT_THAT(story.step("2026-03-03 01:00"), IsEmpty());
  EXPECT_THAT(story.ledger(),
              ElementsAre("visits (total) 2026-03-01T00:00:00Z: 90 missed firing 100 not_started " +
                              story.ledger()[0].substr(story.ledger()[0].rfind(' ') + 1),
                          "visits (total) 2026-03-02T00:00:00Z: 120 met ok 100 not_started "));
}

constexpr const char* kTargetRules = R"(
kpis:
  visits:
    value: web.visits
    target: {from: 100, start: 2026-03-01, to: 200, by: 2026-03-05, judge: pace}
)";

TEST(Told, EachChangeOfATargetsStatus) {
  Story story(kConfig, kTargetRules);
  const auto day = [&](const char* date, double value, const char* now) {
    story.put("web.visits", date, value);
    return story.step(now);
  };
  EXPECT_THAT(day("2026-03-01", 120, "2026-03-02"), IsEmpty());  // on track: no news
  EXPECT_THAT(day("2026-03-02", 136, "2026-03-03"),
              ElementsAre("team target.status visits target: pace 90%, 140 due by now"));
  EXPECT_THAT(day("2026-03-03", 160, "2026-03-04"),
              ElementsAre("team target.status visits target: back on track to 200"));
  EXPECT_TRUE(story.messages().front().alerts.front().since) << "when the trouble began that is over";
  EXPECT_THAT(day("2026-03-04", 110, "2026-03-05"),
              ElementsAre("team target.status visits target: pace 13%, 180 due by now"));
  EXPECT_THAT(day("2026-03-05", 150, "2026-03-06"),
              ElementsAre("board target.status visits target: goal of 200 missed"));
  EXPECT_EQ(story.line("visits").target_standing.status, TargetStatus::kMissed);
  EXPECT_THAT(day("2026-03-06", 500, "2026-03-07"), IsEmpty());  // it is a record now
}

TEST(Told, TheOutcomeOfATargetWhenItsDeadlineIsOverBetweenTwoPeriods) {
  std::string config = kConfig;
  config.replace(config.find("path: web.csv"), 13, "path: web.csv, grain: month");
  Story story(config, R"(
kpis:
  visits:
    value: web.visits
    target: {from: 100, start: 2026-01-01, to: 200, by: 2026-03-30}
)");
  story.put("web.visits", "2026-01-01", 150);
  story.step("2026-02-01");
  story.put("web.visits", "2026-02-01", 190);
  EXPECT_THAT(
      story.step("2026-03-01"),
      ElementsAre("team target.status visits target: 190 at the deadline; the goal is under 1% likely (pace 136%, "
                  "166.3 due by now)"));
  EXPECT_EQ(story.line("visits").target_standing.status, TargetStatus::kOffTrack);
  EXPECT_THAT(story.step("2026-03-30"), IsEmpty());
  EXPECT_THAT(story.step("2026-03-31"), ElementsAre("board target.status visits target: goal of 200 missed"));
  story.restart();
  EXPECT_THAT(story.pass("2026-03-31 01:00"), IsEmpty());
  EXPECT_EQ(story.line("visits").target_standing.status, TargetStatus::kMissed);
  story.put("web.visits", "2026-03-01", 500);
  EXPECT_THAT(story.step("2026-04-01"), IsEmpty());
  story.put("web.visits", "2026-03-01", 400);  // restated: what was decided before it stays
  EXPECT_THAT(story.step("2026-04-02"), IsEmpty());
  EXPECT_EQ(story.line("visits").target.phase, AlertPhase::kFiring);
}

TEST(Told, WhatWasAchievedAndIsNotByRestatedData) {
  Story story(kConfig, R"(
kpis:
  visits:
    value: web.visits
    target: {measure: total, start: 2026-03-01, to: 100, by: 2026-03-20, judge: pace}
)");
  story.put("web.visits", "2026-03-01", 10);
  story.step("2026-03-02");
  story.put("web.visits", "2026-03-02", 95);
  EXPECT_THAT(story.step("2026-03-03"), ElementsAre("team target.status visits target: goal of 100 in total reached"));
  story.put("web.visits", "2026-03-02", 30);
  EXPECT_THAT(story.step("2026-03-03 01:00"),
              ElementsAre("team target.status visits target: back on track to 100 in total (earlier data came late or "
                          "was restated)"));
  story.put("web.visits", "2026-03-03", 10);
  EXPECT_THAT(story.step("2026-03-04"), IsEmpty());
}

TEST(Told, OfTheFirstRunATargetThatWasMissedAndFiresStill) {
  const std::vector<std::pair<const char*, double>> days{
      {"2026-03-01", 120}, {"2026-03-04", 110}, {"2026-03-05", 150}, {"2026-03-06", 500}, {"2026-03-07", 500}};
  Story story(kConfig, kTargetRules);
  for (const auto& [date, value] : days) {
    story.put("web.visits", date, value);
  }
  EXPECT_THAT(story.step("2026-03-07"), ElementsAre("board target.status visits target: goal of 200 missed (150)"));
  EXPECT_THAT(story.step("2026-03-08"), IsEmpty());
  Story after(kConfig, kTargetRules);  // of a ledger that begins after the deadline nothing is known
  after.put("web.visits", "2026-03-06", 500);
  EXPECT_THAT(after.step("2026-03-07"), IsEmpty());
}

TEST(Told, ARuleThatWasRemovedEndsItsAlert) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.restart(kConfig, "kpis:\n  visits: {value: web.visits}\n");
  EXPECT_THAT(story.pass("2026-03-02 01:00"),
              ElementsAre("team alert.resolved visits thresholds: the rule was removed"));
  const AlertView told = story.messages().at(0).alerts.at(0);
  EXPECT_EQ(told.value, 90);  // the KPI lives on
  EXPECT_EQ(told.period->start, *parse_rfc3339("2026-03-01T00:00:00Z"));
  EXPECT_EQ(told.since, *parse_rfc3339("2026-03-01T00:00:00Z"));
  ASSERT_EQ(story.store().episodes.size(), 1);
  EXPECT_EQ(
      story.store().episodes.begin()->second,
      "thresholds warning since 2026-03-01T00:00:00Z pending 2026-03-02T00:00:00Z firing 2026-03-02T00:00:00Z resolved "
      "2026-03-02T01:00:00Z rule_removed");
  story.restart();
  EXPECT_THAT(story.pass("2026-03-02 02:00"), IsEmpty());
}

TEST(Told, ATargetThatWasRemovedEndsItsAlertByThatName) {
  Story story(kConfig, kTargetRules);
  story.put("web.visits", "2026-03-01", 50);
  EXPECT_THAT(story.step("2026-03-02"), testing::Not(IsEmpty()));
  story.restart(kConfig, "kpis:\n  visits: {value: web.visits}\n");
  EXPECT_THAT(story.pass("2026-03-02 01:00"), ElementsAre("team alert.resolved visits target: the target was removed"));
}

TEST(Told, AKpiThatWasRemovedEndsItsAlerts) {
  Story story(kConfig, std::string(kRules) + "  other: {value: web.visits}\n");
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.restart(kConfig, "kpis:\n  other: {value: web.visits}\n");
  EXPECT_THAT(story.pass("2026-03-02 01:00"),
              ElementsAre("team alert.resolved visits thresholds: the rule was removed"));
}

/// Its alert ended with it; edited, it counts from the next period on. The status must not go on saying that it fires.
TEST(Told, TheStatusOfARuleThatComesBackEditedIsThatOfItsAlerts) {
  const std::string others = "  other: {value: web.visits}\n";
  Story story(kConfig, kRules + others);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.restart(kConfig, "kpis:\n" + others);
  story.pass("2026-03-02 01:00");
  story.restart(kConfig, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 95, for: 2 days}}\n" + others);
  story.pass("2026-03-02 02:00");
  EXPECT_EQ(story.line("visits").thresholds.phase, AlertPhase::kInactive);
  const std::uint32_t line = story.line("visits").id;
  EXPECT_EQ(story.store().states.at(line), KpiState::kOk);
}

/// As when a file is moved away and back, or a deploy writes several files one after the other.
TEST(Told, AnAlertWhoseRuleComesBackFiresAgainAtOnce) {
  const std::string others = "  other: {value: web.visits}\n";
  const std::string without = "kpis:\n" + others;
  Story story(kConfig, kRules + others);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.restart(kConfig, without);
  EXPECT_THAT(story.pass("2026-03-02 01:00"),
              ElementsAre("team alert.resolved visits thresholds: the rule was removed"));
  story.restart(kConfig, without);
  EXPECT_THAT(story.pass("2026-03-02 02:00"), IsEmpty());
  story.restart(kConfig, kRules + others);
  const auto again = story.step("2026-03-02 03:00");
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again.front().substr(0, 37), "team alert.firing visits thresholds: ");
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
  EXPECT_EQ(story.messages().at(0).alerts.at(0).since, *parse_rfc3339("2026-03-01T00:00:00Z"));
  EXPECT_EQ(story.store().episodes.size(), 2U);
  story.restart();
  EXPECT_THAT(story.step("2026-03-02 04:00"), IsEmpty());
  story.put("web.visits", "2026-03-02", 150);
  const auto over = story.step("2026-03-03");
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over.front().substr(0, 39), "team alert.resolved visits thresholds: ");
}

TEST(Told, AnotherRuleThatComesInItsPlaceCountsFromTheNextPeriodOn) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.restart(kConfig, "kpis:\n  other: {value: web.visits}\n");
  story.pass("2026-03-02 01:00");
  story.restart(kConfig, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 95, critical: 50}}\n");
  EXPECT_THAT(story.step("2026-03-02 02:00"), IsEmpty());
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
}

TEST(Told, NothingOfAKpiThatOnlyChangedItsTitle) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-01", 90);
  story.step("2026-03-02");
  story.restart(kConfig, std::string(kRules) + "    title: Visits a day\n");
  EXPECT_THAT(story.pass("2026-03-02 01:00"), IsEmpty());
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
}

}  // namespace
}  // namespace kpi::test

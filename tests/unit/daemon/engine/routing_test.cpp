// Scenarios of delivery through the engine: samples come, time passes, and somebody is told or not.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kSource =
    "timezone: UTC\n"
    "sources:\n"
    "  web: {plugin: csv, path: web.csv, grain: 5m, every: 5m, labels: {region: Region},\n"
    "        metrics: {speed: {kind: mean, across: none}}}\n"
    "channels: {team: {type: console}, board: {type: console}}\n";

const std::string kRules =
    "kpis:\n"
    "  speed:\n"
    "    value: web.speed\n"
    "    split_by: [region]\n"
    "    no_data: {then: hold}\n"
    "    thresholds: {warning: 50, critical: 20}\n";

const EngineOptions kDaemon{};  // waits for groups

std::string config(const std::string& route) {
  return kSource + "routes: [{match: {}, to: [team]" + route + "}]\n";
}

Labels region(const std::string& name) {
  return {{"region", name}};
}

/// The message without the reasons.
std::string head(const std::string& text) {
  return text.substr(0, text.find(": "));
}

TEST(Routing, AGroupWaitsForOthersAndTheClockAloneTellsIt) {
  Story story(config(", repeat: 0"), kRules, kDaemon);
  story.put("web.speed", "2026-03-31 10:00", 40, region("eu"));
  story.put("web.speed", "2026-03-31 10:00", 60, region("us"));
  EXPECT_THAT(story.step("2026-03-31 10:05"), IsEmpty());
  EXPECT_EQ(rfc3339(story.engine().next_event()), "2026-03-31T10:05:30Z");
  EXPECT_THAT(story.pass("2026-03-31 10:05:30"),
              ElementsAre("team alert.firing speed thresholds (region=eu): below 50"));
}

TEST(Routing, WhatWaitsSurvivesAKill) {
  Story story(config(", repeat: 0"), kRules, kDaemon);
  story.put("web.speed", "2026-03-31 10:00", 40, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 10:05"), IsEmpty());
  story.restart();
  EXPECT_THAT(story.pass("2026-03-31 10:06"), IsEmpty()) << "nothing leaves before the source was read";
  EXPECT_EQ(story.step("2026-03-31 10:07").size(), 1U);
  story.restart();
  EXPECT_THAT(story.step("2026-03-31 10:08"), IsEmpty());
}

TEST(Routing, ASourceThatIsNotReadIsWaitedForTwoIntervals) {
  Story story(config(", repeat: 0"), kRules, kDaemon);
  story.put("web.speed", "2026-03-31 10:00", 40, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 10:05"), IsEmpty());
  story.restart();
  EXPECT_THAT(story.pass("2026-03-31 10:14"), IsEmpty());
  EXPECT_EQ(rfc3339(story.engine().next_event()), "2026-03-31T10:15:00Z");
  EXPECT_EQ(story.pass("2026-03-31 10:15").size(), 1U);
}

TEST(Routing, RecoveredWhileDownIsToldToThoseWhoKnowAndWhatIsInhibitedIsNot) {
  const std::string rules =
      "kpis:\n"
      "  speed: {value: web.speed, split_by: [region], thresholds: {warning: 50}, no_data: {after: 50m}}\n";
  Story story(config(", wait: 0s, interval: 0s, repeat: 0"), rules, kDaemon);
  story.put("web.speed", "2026-03-31 08:55", 40, region("a"));
  EXPECT_EQ(story.step("2026-03-31 09:00").size(), 1U);
  // Down from 09:00 to 09:45. Then the source fails at first: twelve segments have no data, and nothing is said of
  // them.
  for (int i = 0; i < 12; ++i) {
    story.put("web.speed", "2026-03-31 08:55", 60, region("b" + std::to_string(i)));
  }
  EXPECT_THAT(story.step("2026-03-31 09:01"), IsEmpty());
  story.restart();
  story.fail_source("web", ErrorKind::kInvalid);
  EXPECT_THAT(story.step("2026-03-31 09:45"),
              ElementsAre("team source.error source web: status 503; without new data: speed"));
  story.put("web.speed", "2026-03-31 09:40", 60, region("a"));
  std::vector<std::string> told = story.step("2026-03-31 09:46");
  ASSERT_GE(told.size(), 2U);
  EXPECT_EQ(head(told[0]), "team alert.resolved speed thresholds (region=a)");
}

TEST(Routing, WhatCameAndWentWhileDownIsOneSummary) {
  Story story(config(", repeat: 0"), kRules, kDaemon);
  story.put("web.speed", "2026-03-31 08:55", 60, region("eu"));
  story.put("web.speed", "2026-03-31 08:55", 60, region("us"));
  EXPECT_THAT(story.step("2026-03-31 09:00"), IsEmpty());
  story.restart();
  for (const char* name : {"eu", "us"}) {
    story.put("web.speed", "2026-03-31 09:00", 40, region(name));
    story.put("web.speed", "2026-03-31 09:05", 60, region(name));
  }
  const auto told = story.step("2026-03-31 09:15");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("team alert.resolved speed thresholds")) << told[0];
  ASSERT_EQ(story.messages().front().alerts.size(), 2U);
  const AlertView& alert = story.messages().front().alerts[0];
  EXPECT_FALSE(alert.value) << "nobody reads the value of the trouble as what is so now";
  EXPECT_EQ(alert.previous, 60);
  EXPECT_EQ(alert.reason,
            "was 40: came and went while kpid was not running, from 31 March 2026 09:00 to 31 March 2026 09:05")
      << "from the start of the bad period to that of the fine one";
  EXPECT_THAT(story.step("2026-03-31 09:20"), IsEmpty());
}

TEST(Routing, WhatIsNotReadYetAfterAStartIsNotMissing) {
  const std::string rules = "kpis:\n  speed: {value: web.speed, split_by: [region], thresholds: {warning: 50}}\n";
  Story story(config(", repeat: 0"), rules, kDaemon);
  story.put("web.speed", "2026-03-31 08:55", 60, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 09:00"), IsEmpty());
  story.put("web.speed", "2026-03-31 09:00", 60, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 09:06"), IsEmpty());
  story.restart();
  const std::vector<std::string> before = story.ledger();
  EXPECT_THAT(story.pass("2026-03-31 09:15"), IsEmpty());  // a turn that was quicker than the first poll
  EXPECT_EQ(story.ledger(), before);
  EXPECT_EQ(rfc3339(story.engine().next_event()), "2026-03-31T09:16:00Z");
  story.put("web.speed", "2026-03-31 09:05", 40, region("eu"));
  story.put("web.speed", "2026-03-31 09:10", 60, region("eu"));
  const auto told = story.step("2026-03-31 09:15:01");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], testing::HasSubstr("came and went while kpid was not running"));
  story.restart();
  story.pass("2026-03-31 10:30");
  EXPECT_THAT(story.pass("2026-03-31 10:31"), testing::Not(IsEmpty())) << "it is not waited for for ever";
}

TEST(Routing, OfAFirstRunWhatCameAndWentIsNotTold) {
  Story story(config(""), kRules, kDaemon);
  story.put("web.speed", "2026-03-31 08:50", 40, region("eu"));
  story.put("web.speed", "2026-03-31 08:55", 60, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 09:00"), IsEmpty());
  EXPECT_THAT(story.pass("2026-03-31 09:30"), IsEmpty());
}

TEST(Routing, TheEndOfAMuteIsToldOnceAndWhatCameAndWentIsKept) {
  const std::string mutes = "mutes: {nights: {start: \"22:00\", end: \"08:00\"}}\n";
  Story story(config(", mute: [nights], repeat: 0, group_by: [region]") + mutes, kRules, kDaemon);
  story.put("web.speed", "2026-03-30 19:55", 60, region("a"));
  story.put("web.speed", "2026-03-30 19:55", 40, region("b"));
  story.put("web.speed", "2026-03-30 19:55", 60, region("c"));
  story.step("2026-03-30 20:00");
  EXPECT_EQ(story.pass("2026-03-30 20:01").size(), 1U);
  const auto put_all = [&](const char* at, double a, double b, double c) {
    story.put("web.speed", at, a, region("a"));
    story.put("web.speed", at, b, region("b"));
    story.put("web.speed", at, c, region("c"));
  };
  put_all("2026-03-31 01:55", 40, 40, 40);
  EXPECT_THAT(story.step("2026-03-31 02:00"), IsEmpty());
  story.restart();
  put_all("2026-03-31 02:55", 40, 60, 40);
  EXPECT_THAT(story.step("2026-03-31 03:00"), IsEmpty());
  put_all("2026-03-31 03:55", 40, 60, 60);
  EXPECT_THAT(story.step("2026-03-31 04:00"), IsEmpty());
  const auto told = story.pass("2026-03-31 08:00");
  std::vector<std::string> heads;
  std::ranges::transform(told, std::back_inserter(heads), head);
  EXPECT_THAT(
      heads,
      ElementsAre("team alert.firing speed thresholds (region=a)", "team alert.resolved speed thresholds (region=b)"));
  const auto hushed = story.store().hushed(Instant{}, Instant::max());
  ASSERT_TRUE(hushed);
  ASSERT_EQ(hushed->size(), 1U);
  EXPECT_EQ(hushed->front().by, "nights");
  EXPECT_THAT(hushed->front().view, testing::HasSubstr("\"region\":\"c\""));
}

TEST(Routing, ARouteForWhatIsCriticalIsNotToldOfTheWarningThatIsLeftOfIt) {
  Story story(kSource + "routes: [{match: {severity: critical}, to: [board], wait: 30m}, {match: {}, to: [team]}]\n",
              kRules,
              kDaemon);
  story.put("web.speed", "2026-03-31 10:00", 10, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 10:05"), IsEmpty());
  story.put("web.speed", "2026-03-31 10:05", 40, region("eu"));
  EXPECT_THAT(story.step("2026-03-31 10:10"), IsEmpty());
  EXPECT_THAT(story.pass("2026-03-31 10:11"),
              ElementsAre("team alert.firing speed thresholds (region=eu): below 50 for 10 minutes"));
  EXPECT_THAT(story.pass("2026-03-31 10:36"), IsEmpty());
}

TEST(Routing, AnAcknowledgementSurvivesARestartAndStopsWhatFollows) {
  Story story(config(", repeat: 30m, escalate: [{after: 30m, to: [board]}]"), kRules, kDaemon);
  story.put("web.speed", "2026-03-31 10:00", 10, region("eu"));
  story.step("2026-03-31 10:05");
  ASSERT_EQ(story.pass("2026-03-31 10:06").size(), 1U);
  const std::string episode = story.messages().front().alerts.front().id;
  Acknowledgement words;
  words.by = "anna";
  words.comment = "on it";
  words.until = at("2026-03-31 12:20");
  ASSERT_TRUE(story.engine().acknowledge(episode, words, at("2026-03-31 10:20")));
  EXPECT_THAT(story.step("2026-03-31 10:20"), IsEmpty());
  story.restart();
  EXPECT_THAT(story.step("2026-03-31 11:50"), IsEmpty());
  const std::vector<std::string> told = story.step("2026-03-31 12:21");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].starts_with("board alert.escalated") || told[1].starts_with("board alert.escalated"));
  const auto wrong = story.engine().acknowledge("ep_none", words, at("2026-03-31 12:22"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "no alert \"ep_none\" fires now; kpid alerts lists them");
}

TEST(Routing, AnEscalationSaysSinceWhenNobodyHasAcknowledgedIt) {
  Story story(config(", repeat: 0, escalate: [{after: 30m, to: [board]}, {after: 2h, to: [board]}]"), kRules, kDaemon);
  const auto since = [&](std::string_view time) -> std::optional<std::string> {
    story.step(time);
    EXPECT_EQ(story.messages().size(), 1U);
    const AlertView& alert = story.messages().front().alerts.front();
    return alert.unanswered_since ? std::optional(rfc3339(*alert.unanswered_since)) : std::nullopt;
  };
  story.put("web.speed", "2026-03-31 10:00", 10, region("eu"));
  story.step("2026-03-31 10:05");
  EXPECT_EQ(story.pass("2026-03-31 10:06").size(), 1U);
  story.restart();
  EXPECT_EQ(since("2026-03-31 10:40"), "2026-03-31T10:06:00Z") << "when somebody was told";
  Acknowledgement words;
  words.by = "anna";
  words.until = at("2026-03-31 11:30");
  const std::string episode = story.messages().front().alerts.front().id;
  ASSERT_TRUE(story.engine().acknowledge(episode, words, at("2026-03-31 10:50")));
  story.step("2026-03-31 10:50");
  story.restart();
  story.step("2026-03-31 11:40");
  EXPECT_EQ(since("2026-03-31 12:10"), "2026-03-31T11:30:00Z") << "somebody had it until then";
}

TEST(Routing, ASilenceSurvivesARestartAndItsEndTells) {
  Story story(config(", repeat: 0"), kRules, kDaemon);
  Silence silence;
  silence.match = {{"region", {"eu"}, false}};
  silence.start = at("2026-03-31 10:00");
  silence.end = at("2026-03-31 18:00");
  silence.by = "bo";
  const auto id = story.engine().add_silence(silence, at("2026-03-31 10:00"));
  ASSERT_TRUE(id);
  story.put("web.speed", "2026-03-31 10:00", 40, region("eu"));
  story.put("web.speed", "2026-03-31 10:00", 80, region("us"));
  story.step("2026-03-31 10:05");
  story.restart();
  EXPECT_THAT(story.step("2026-03-31 11:00"), IsEmpty());
  ASSERT_TRUE(story.engine().end_silence(*id, at("2026-03-31 12:00")));
  EXPECT_THAT(story.pass("2026-03-31 12:00"),
              ElementsAre("team alert.firing speed thresholds (region=eu): below 50 (its newest period has no data)"));
  const auto again = story.engine().end_silence(*id, at("2026-03-31 12:01"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kNotFound);
}

TEST(Routing, ASilenceOfEverythingIsRefused) {
  Story story(config(""), kRules, kDaemon);
  Silence silence;
  silence.end = at("2026-03-31 18:00");
  const auto id = story.engine().add_silence(silence, at("2026-03-31 10:00"));
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().message, "a silence without a match would silence everything; say what, such as kpi=visits");
}

TEST(Routing, KpidsOwnTroublesGoToTheLastRouteAndTheFallback) {
  Story story(kSource + "routes: [{match: {}, to: [team]}]\nfallback: board\n", kRules, kDaemon);
  story.engine().receive_config_error("rules.yaml:3:5: unknown key");
  EXPECT_THAT(story.pass("2026-03-31 10:00"), ElementsAre("team config.error", "board config.error"));
  EXPECT_EQ(story.messages().front().text,
            "The new configuration has errors and is not used.\n\nrules.yaml:3:5: unknown key\nThe last good one stays "
            "in force until this is mended; `kpid check` shows the same.");
  story.engine().receive_config_error("rules.yaml:3:5: unknown key");
  EXPECT_THAT(story.pass("2026-03-31 10:01"), IsEmpty());
}

}  // namespace
}  // namespace kpi::test

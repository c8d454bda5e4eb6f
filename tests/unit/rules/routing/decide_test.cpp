// Who is told what, when: groups and their waits, mutes, silences, acknowledgement, escalation, reminders.

#include "tests/unit/rules/routing/desk.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

constexpr Hours kNights{0x7F, std::chrono::hours{22}, std::chrono::hours{8}, Hours::Holidays::kLikeOtherDays};
constexpr Hours kOffice{0x1F, std::chrono::hours{8}, std::chrono::hours{17}, Hours::Holidays::kLeftOut};

std::string name_at(int i) {
  return "s" + std::to_string(100 + i);
}

Route with_repeat(Route route, Span repeat) {
  route.repeat = repeat;
  return route;
}

TEST(Group, ThirtySegmentsThenFiveMoreAreTwoMessagesThenOneReminder) {
  Desk desk({with_repeat(route_to({"team"}), {.ms = 4 * 3'600'000})});
  for (int i = 0; i < 30; ++i) {
    desk.fires("2026-03-31 10:00:" + std::string(i < 15 ? "05" : "19"), name_at(i));
  }
  for (int i = 30; i < 35; ++i) {
    desk.fires("2026-03-31 10:02", name_at(i));
  }
  const std::vector<std::string> told = desk.until("2026-03-31 14:10");
  ASSERT_EQ(told.size(), 3U);
  EXPECT_TRUE(told[0].starts_with("10:00:35 team alert.firing s100 s101")) << told[0];
  EXPECT_EQ(std::ranges::count(told[0], 's'), 30);
  // What is new first, then the rest of the group.
  EXPECT_TRUE(told[1].starts_with("10:05:35 team alert.firing s130 s131 s132 s133 s134 s100")) << told[1];
  EXPECT_EQ(std::ranges::count(told[1], 's'), 35);
  EXPECT_TRUE(told[2].starts_with("14:05:35 team alert.reminder s100")) << told[2];
  EXPECT_EQ(std::ranges::count(told[2], 's'), 35);
}

TEST(Group, AnAlertThatIsOverWithinTheWaitIsNeverMentioned) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 10:00:10", "b");
  desk.ends("2026-03-31 10:00:20", "a");
  EXPECT_THAT(desk.until("2026-03-31 10:10"), ElementsAre("10:00:30 team alert.firing b"));
  EXPECT_THAT(desk.hushed, IsEmpty());
  desk.ends("2026-03-31 10:20", "b");
  EXPECT_THAT(desk.until("2026-03-31 11:00"), ElementsAre("10:20:30 team alert.resolved -b"));
  EXPECT_TRUE(desk.state.alerts.empty());
  EXPECT_TRUE(desk.state.groups.empty()) << "nothing is kept of what is over";
}

TEST(Group, ThirtyFiveThatEndTogetherAreOneMessage) {
  Desk desk({route_to({"team"})});
  for (int i = 0; i < 35; ++i) {
    desk.fires("2026-03-31 10:00", name_at(i));
  }
  EXPECT_EQ(desk.until("2026-03-31 10:30").size(), 1U);
  for (int i = 0; i < 35; ++i) {
    desk.ends("2026-03-31 10:40:" + std::string(i < 15 ? "00" : "20"), name_at(i));
  }
  const std::vector<std::string> told = desk.until("2026-03-31 12:00");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(std::ranges::count(told[0], '-'), 35);
}

TEST(Group, MissingDataAndBadDataAreTwoMessages) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-31 10:00", "a");
  desk.no_data("2026-03-31 10:00", "b");
  EXPECT_THAT(desk.until("2026-03-31 10:10"),
              ElementsAre("10:00:30 team alert.firing a", "10:00:30 team alert.no_data b"));
}

TEST(Group, WhatEndsAndBeginsAgainWithinAnIntervalIsToldAsBoth) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-31 10:00", "a");
  desk.ends("2026-03-31 10:02", "a");
  desk.fires("2026-03-31 10:03", "a");
  EXPECT_THAT(
      desk.until("2026-03-31 10:10"),
      ElementsAre("10:00:30 team alert.firing a", "10:05:30 team alert.resolved -a", "10:05:30 team alert.firing a"));
}

TEST(Group, WhatBecomesCriticalIsToldAtOnceAndTheRestKeepsTheInterval) {
  Route route = route_to({"team"});
  route.interval_spares_critical = false;
  Desk desk({route});
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 10:01", "b");
  desk.fires("2026-03-31 10:02", "a", Severity::kCritical);
  EXPECT_THAT(
      desk.until("2026-03-31 10:06"),
      ElementsAre("10:00:30 team alert.firing a", "10:02:00 team alert.firing a", "10:05:30 team alert.firing b a"));
}

TEST(Group, WhatBeginsCriticalWaitsForAnIntervalOnlyWhereSomebodyWroteIt) {
  for (const bool is_written : {false, true}) {
    Route route = route_to({"team"});
    route.interval_spares_critical = !is_written;
    Desk desk({route});
    desk.fires("2026-03-31 10:00", "a");
    desk.fires("2026-03-31 10:01", "b", Severity::kCritical);
    EXPECT_THAT(desk.until("2026-03-31 10:20"),
                ElementsAre("10:00:30 team alert.firing a",
                            is_written ? "10:05:30 team alert.firing b a" : "10:01:30 team alert.firing b a"));
  }
}

TEST(Group, AReceiverThatKeepsIncidentsHearsOfAnEndAtOnce) {
  Desk desk({route_to({"pager"})});
  desk.incident_channels = {"pager"};
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 10:01", "b");
  desk.ends("2026-03-31 10:02", "a");
  desk.fires("2026-03-31 10:03", "c", Severity::kCritical);
  EXPECT_THAT(
      desk.until("2026-03-31 10:20"),
      ElementsAre(
          "10:00:30 pager alert.firing a", "10:02:00 pager alert.resolved -a", "10:03:30 pager alert.firing b c"));
  desk.ends("2026-03-31 10:30", "b");
  desk.ends("2026-03-31 10:30", "c");
  EXPECT_THAT(desk.until("2026-03-31 11:00"),
              ElementsAre("10:30:00 pager alert.resolved -b", "10:30:00 pager alert.resolved -c"));
  EXPECT_TRUE(desk.state.groups.empty()) << "nothing is kept of what is over";
}

TEST(Told, TheEndGoesToThoseWhoKnowWhateverTheSeverityIsNow) {
  Desk desk({route_to({"board"}, {{"severity", {"critical"}, false}}), route_to({"team"})});
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 11:00", "a", Severity::kCritical);
  desk.ends("2026-03-31 12:00", "a");
  EXPECT_THAT(desk.until("2026-03-31 13:00"),
              ElementsAre("10:00:30 team alert.firing a",
                          "11:00:30 board alert.firing a",
                          "12:00:30 board alert.resolved -a",
                          "12:00:30 team alert.resolved -a"));
}

TEST(Told, AChannelThatARisenAlertReachesByAnotherRouteHearsOneEnd) {
  Desk desk({route_to({"team"}, {{"severity", {"critical"}, false}}), route_to({"team"})});
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 11:00", "a", Severity::kCritical);
  desk.ends("2026-03-31 12:00", "a");
  EXPECT_THAT(
      desk.until("2026-03-31 13:00"),
      ElementsAre("10:00:30 team alert.firing a", "11:00:00 team alert.firing a", "12:00:30 team alert.resolved -a"));
}

TEST(Mute, ItsEndTellsWhatBurnsAndWhatRecoveredAndNotWhatCameAndWent) {
  Route route = route_to({"team", "duty"});
  route.mute = {"nights"};
  route.group_by = {"name"};
  Desk desk({with_repeat(route, {})});
  desk.rules.mutes.emplace("nights", kNights);
  desk.incident_channels = {"duty"};
  desk.fires("2026-03-30 20:00", "b");
  EXPECT_THAT(desk.until("2026-03-30 21:00"),
              ElementsAre("20:00:30 team alert.firing b", "20:00:30 duty alert.firing b"));
  desk.fires("2026-03-31 02:00", "a");
  desk.fires("2026-03-31 02:00", "c");
  EXPECT_THAT(desk.why("2026-03-31 02:30", "a"),
              ElementsAre("team muted: held: muted by nights until 2026-03-31 08:00",
                          "duty muted: held: muted by nights until 2026-03-31 08:00"));
  desk.ends("2026-03-31 03:00", "b");
  desk.ends("2026-03-31 04:00", "c");
  EXPECT_THAT(desk.until("2026-03-31 09:00"),
              ElementsAre("03:00:00 duty alert.resolved -b",
                          "08:00:00 team alert.firing a",
                          "08:00:00 duty alert.firing a",
                          "08:00:00 team alert.resolved -b"));
  EXPECT_THAT(desk.hushed, ElementsAre("team c by nights", "duty c by nights"));
}

TEST(Mute, TheSameWithARestartAfterEachDecision) {
  Route route = route_to({"team"});
  route.mute = {"nights"};
  route.group_by = {"name"};
  Desk desk({with_repeat(route, {})});
  desk.rules.mutes.emplace("nights", kNights);
  desk.between = [&](RoutingState& /*state*/) { desk.restart(); };
  desk.fires("2026-03-30 20:00", "b");
  desk.fires("2026-03-31 02:00", "a");
  desk.fires("2026-03-31 02:00", "c");
  desk.ends("2026-03-31 03:00", "b");
  desk.ends("2026-03-31 04:00", "c");
  EXPECT_THAT(
      desk.until("2026-03-31 09:00"),
      ElementsAre("20:00:30 team alert.firing b", "08:00:00 team alert.firing a", "08:00:00 team alert.resolved -b"));
  EXPECT_THAT(desk.hushed, ElementsAre("team c by nights"));
}

TEST(Only, HoldsBackUntilTheOfficeOpens) {
  Route route = with_repeat(route_to({"team"}), {});
  route.only = "office";
  Desk desk({route});
  desk.rules.hours.emplace("office", kOffice);
  desk.fires("2026-03-27 18:00", "a");  // a Friday
  EXPECT_THAT(desk.why("2026-03-27 18:01", "a"),
              ElementsAre("team outside_hours: held: outside the hours office until 2026-03-30 08:00"));
  EXPECT_THAT(desk.until("2026-03-30 07:59"), IsEmpty());
  EXPECT_THAT(desk.until("2026-03-30 08:01"), ElementsAre("08:00:00 team alert.firing a"));
}

TEST(Silence, HoldsBackWhatMatchesUntilItIsEnded) {
  Desk desk({with_repeat(route_to({"team"}), {})});
  Silence silence{"si_1",
                  {{"name", {"a"}, false}},
                  desk.time("2026-03-31 09:00"),
                  desk.time("2026-03-31 18:00"),
                  "bo",
                  "release",
                  desk.time("2026-03-31 09:00")};
  put_silence(desk.state, silence, desk.context(desk.time("2026-03-31 09:00")));
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 10:00", "b");
  EXPECT_THAT(desk.until("2026-03-31 11:00"), ElementsAre("10:00:30 team alert.firing b"));
  EXPECT_THAT(desk.why("2026-03-31 11:00", "a"),
              ElementsAre("team silenced: held: silenced by bo (release) until 2026-03-31 18:00"));
  silence.end = desk.time("2026-03-31 12:00");
  put_silence(desk.state, silence, desk.context(silence.end));
  EXPECT_THAT(desk.until("2026-03-31 12:01"), ElementsAre("12:00:00 team alert.firing a b"));
}

TEST(Silence, OfASeverityHoldsBackWhatIsSoBadNow) {
  Desk desk({with_repeat(route_to({"team"}), {.ms = 3'600'000})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 10:01"), ElementsAre("10:00:30 team alert.firing a"));
  put_silence(desk.state,
              {"si_1",
               {{"severity", {"warning"}, false}},
               desk.time("2026-03-31 10:10"),
               desk.time("2026-03-31 23:00"),
               "bo",
               "",
               desk.time("2026-03-31 10:10")},
              desk.context(desk.time("2026-03-31 10:10")));
  EXPECT_THAT(desk.until("2026-03-31 11:10"), ElementsAre("11:00:30 team alert.reminder a"));
  desk.shifts("2026-03-31 11:20", "a", Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 17:00"), IsEmpty());
  desk.shifts("2026-03-31 17:10", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 18:20"), testing::Not(IsEmpty()));
}

TEST(Silence, WhatCameAndWentUnderItIsKeptForTheDigest) {
  Desk desk({with_repeat(route_to({"team"}), {})});
  put_silence(desk.state,
              {"si_1",
               {{"kpi", {"visits"}, false}},
               desk.time("2026-03-31 09:00"),
               desk.time("2026-03-31 18:00"),
               "bo",
               "",
               desk.time("2026-03-31 09:00")},
              desk.context(desk.time("2026-03-31 09:00")));
  desk.fires("2026-03-31 10:00", "a");
  desk.ends("2026-03-31 11:00", "a");
  EXPECT_THAT(desk.until("2026-03-31 19:00"), IsEmpty());
  EXPECT_THAT(desk.hushed, ElementsAre("team a by bo"));
  EXPECT_TRUE(desk.state.silences.empty()) << "one that has ended is not kept in mind";
}

TEST(Inhibited, WhatAnotherAlertSpeaksForWaitsForIt) {
  Desk desk({with_repeat(route_to({"team"}), {})});
  desk.inhibited = {"a"};
  desk.fires("2026-03-31 10:00", "a");
  EXPECT_THAT(desk.until("2026-03-31 11:00"), IsEmpty());
  EXPECT_THAT(desk.why("2026-03-31 11:00", "a"), ElementsAre("team inhibited: held: traffic.thresholds speaks for it"));
  desk.inhibited.clear();
  EXPECT_EQ(desk.until("2026-03-31 11:10").size(), 1U);
}

Route escalating() {
  Route route = with_repeat(route_to({"duty"}), {.ms = 30 * 60'000});
  route.escalate = {{{{.ms = 30 * 60'000}, 0, ""}, {"lead"}}, {{{.ms = 60 * 60'000}, 0, ""}, {"board"}}};
  return route;
}

TEST(Escalation, GoesOnStepByStepAndAllWhoKnowHearTheEnd) {
  Desk desk({with_repeat(escalating(), {})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.ends("2026-03-31 11:30", "a");
  EXPECT_THAT(desk.until("2026-03-31 12:00"),
              ElementsAre("10:00:30 duty alert.firing a",
                          "10:30:30 lead alert.escalated a",
                          "11:00:30 board alert.escalated a",
                          "11:30:00 lead alert.resolved -a",
                          "11:30:00 board alert.resolved -a",
                          "11:30:30 duty alert.resolved -a"));
}

TEST(Escalation, CountsFromWhenAnAlertBecameBadEnoughForItsRoute) {
  Route critical = with_repeat(escalating(), {});
  critical.match = {{"severity", {"critical"}, false}};
  Desk desk({critical, with_repeat(route_to({"duty"}), {})});
  desk.fires("2026-03-31 08:00", "a");
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 10:29"),
              ElementsAre("08:00:30 duty alert.firing a", "10:00:00 duty alert.firing a"));
  desk.restart();
  EXPECT_THAT(desk.until("2026-03-31 11:10"),
              ElementsAre("10:30:00 lead alert.escalated a", "11:00:00 board alert.escalated a"));
}

TEST(Escalation, ThoseItWentToHearThatItBecameWorseOnce) {
  Desk desk({with_repeat(escalating(), {})});
  desk.fires("2026-03-31 10:00", "a");
  desk.until("2026-03-31 10:40");
  desk.acknowledge("2026-03-31 10:45", "a", "2026-03-31 18:00");
  desk.restart();
  desk.fires("2026-03-31 10:50", "a", Severity::kCritical);  // which voids that
  EXPECT_THAT(desk.until("2026-03-31 11:10"),
              ElementsAre("10:50:00 duty alert.firing a", "10:50:00 lead alert.escalated a"));
  Route both = with_repeat(escalating(), {});
  both.to = {"duty", "lead"};
  Desk twice({both});
  twice.fires("2026-03-31 10:00", "a");
  twice.until("2026-03-31 10:40");
  twice.fires("2026-03-31 10:50", "a", Severity::kCritical);
  EXPECT_THAT(twice.until("2026-03-31 10:55"),
              ElementsAre("10:50:00 duty alert.firing a", "10:50:00 lead alert.firing a"));
}

TEST(Escalation, CountsFromWhenSomebodyWasTold) {
  Route route = with_repeat(escalating(), {});
  route.only = "office";
  Desk desk({route});
  desk.rules.hours.emplace("office", kOffice);
  desk.fires("2026-03-31 02:00", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 08:00"), ElementsAre("08:00:00 duty alert.firing a"));
  desk.restart();
  EXPECT_THAT(desk.until("2026-03-31 08:45"), ElementsAre("08:30:00 lead alert.escalated a"));
}

TEST(Escalation, WaitsForAnAlertThatItsGroupsIntervalHolds) {
  Route route = with_repeat(escalating(), {});
  route.escalate.resize(1);
  route.escalate[0].after = {{.ms = 2 * 60'000}, 0, ""};
  route.interval_spares_critical = false;
  Desk desk({route});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.fires("2026-03-31 10:01", "b", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 10:10"),
              ElementsAre("10:00:30 duty alert.firing a",
                          "10:02:30 lead alert.escalated a",
                          "10:05:30 duty alert.firing b a",
                          "10:07:30 lead alert.escalated b"));
}

TEST(Acknowledgement, StopsRemindersAndEscalationUntilItsEnd) {
  Desk desk({escalating()});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.acknowledge("2026-03-31 10:20", "a", "2026-03-31 12:20");
  desk.restart();
  EXPECT_THAT(desk.until("2026-03-31 12:19"), ElementsAre("10:00:30 duty alert.firing a"));
  EXPECT_THAT(desk.why("2026-03-31 12:19", "a"),
              ElementsAre("duty acknowledged: told; acknowledged by anna until 2026-03-31 12:20: no reminder, no "
                          "escalation"));
  EXPECT_THAT(
      desk.until("2026-03-31 12:21"),
      ElementsAre(
          "12:20:00 duty alert.reminder a", "12:20:00 lead alert.escalated a", "12:20:00 board alert.escalated a"));
}

TEST(Acknowledgement, AHigherSeverityVoidsIt) {
  Route route = escalating();
  route.repeat = {};
  Desk desk({route});
  desk.fires("2026-03-31 10:00", "a");
  desk.acknowledge("2026-03-31 10:10", "a", "2026-03-31 18:00");
  desk.fires("2026-03-31 10:40", "a", Severity::kCritical);
  EXPECT_THAT(
      desk.until("2026-03-31 11:15"),
      ElementsAre("10:00:30 duty alert.firing a", "10:40:00 duty alert.firing a", "11:10:00 lead alert.escalated a"));
  ASSERT_EQ(desk.ended.size(), 1U);
  EXPECT_EQ(desk.ended[0].ended, Acknowledgement::End::kRose);
}

TEST(Severity, ThatRisesAgainIsToldAtOnceToThoseWhoLastReadOfSomethingLesser) {
  Route often = with_repeat(route_to({"often"}), {.days = 1});
  often.repeat_grows = false;
  often.continues = true;
  Route seldom = with_repeat(route_to({"seldom"}), {.days = 7});
  seldom.repeat_grows = false;
  Desk desk({often, seldom});
  desk.fires("2026-03-01 10:00", "a", Severity::kCritical);
  desk.shifts("2026-03-01 18:00", "a", Severity::kWarning);
  EXPECT_THAT(
      desk.until("2026-03-02 12:00"),
      ElementsAre(
          "10:00:30 often alert.firing a", "10:00:30 seldom alert.firing a", "10:00:30 often alert.reminder a"));
  desk.restart();
  desk.shifts("2026-03-02 18:00", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-02 18:01"), ElementsAre("18:00:00 often alert.firing a"))
      << "the other still knows it as critical";
  for (const char* time : {"2026-03-02 19:00", "2026-03-02 21:00"}) {
    desk.shifts(time, "a", Severity::kWarning);
    desk.shifts(std::string(time).replace(14, 2, "30"), "a", Severity::kCritical);
  }
  EXPECT_THAT(desk.until("2026-03-03 18:00:30"), ElementsAre("18:00:00 often alert.reminder a"))
      << "a value that wobbles around the limit between two messages is no news";
}

TEST(Severity, IsKnownFromAMessageThatNamesTheAlertBesideANewOne) {
  Desk desk({with_repeat(route_to({"team"}), {})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.shifts("2026-03-31 11:00", "a", Severity::kWarning);
  desk.fires("2026-03-31 12:00", "b");
  desk.shifts("2026-03-31 13:00", "a", Severity::kCritical);
  EXPECT_THAT(
      desk.until("2026-03-31 14:00"),
      ElementsAre("10:00:30 team alert.firing a", "12:00:30 team alert.firing b a", "13:00:00 team alert.firing a b"));
}

/// Only what is critical, after ten minutes.
Route only_critical() {
  Route route = with_repeat(route_to({"duty"}, {{"severity", {"critical"}, false}}), {});
  route.wait = {.ms = 10 * 60'000};
  return route;
}

TEST(Severity, ThatFellBeforeAnybodyKnewLeadsWhereItWouldHaveBegun) {
  Desk desk({only_critical(), with_repeat(route_to({"team"}), {})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.shifts("2026-03-31 10:05", "a", Severity::kWarning);
  desk.restart();
  EXPECT_THAT(desk.until("2026-03-31 10:40"), ElementsAre("10:05:30 team alert.firing a"))
      << "those who are for what is critical are not told of a warning";
  desk.shifts("2026-03-31 10:40", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 11:00"), ElementsAre("10:50:00 duty alert.firing a"));
  desk.shifts("2026-03-31 11:00", "a", Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 12:00"), IsEmpty());
  desk.ends("2026-03-31 12:00", "a");
  EXPECT_THAT(desk.until("2026-03-31 13:00"),
              testing::UnorderedElementsAre("12:10:00 duty alert.resolved -a", "12:00:30 team alert.resolved -a"))
      << "who knew it as critical hears the end";
}

TEST(Severity, ThatFellBeforeAnybodyKnewKeepsItsWayOverARestart) {
  Route both = only_critical();
  both.to = {"team", "board"};
  Route team = route_to({"team"});
  Desk desk({both, team});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.shifts("2026-03-31 10:05", "a", Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 10:40"), ElementsAre("10:05:30 team alert.firing a"));
  const RoutingState before = desk.state;
  desk.restart();
  route_again(desk.state, desk.context(desk.time("2026-03-31 10:40")));
  EXPECT_TRUE(desk.state == before);
  desk.fires("2026-03-31 11:00", "b");
  EXPECT_THAT(desk.until("2026-03-31 11:10"), ElementsAre("11:00:30 team alert.firing b a")) << "one group still";
}

TEST(Severity, ThatFellBeforeARouteForItWasToldWaitsUntilItRises) {
  Route duty = only_critical();
  duty.continues = true;
  Desk desk({duty, with_repeat(route_to({"team"}), {})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.shifts("2026-03-31 10:05", "a", Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 10:30"), ElementsAre("10:00:30 team alert.firing a"));
  EXPECT_THAT(desk.why("2026-03-31 10:30", "a"),
              testing::Contains("duty milder: held: it became milder than what the route is for before it was told"));
  desk.restart();
  desk.shifts("2026-03-31 11:00", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 11:30"), ElementsAre("11:10:00 duty alert.firing a")) << "the team knows it so";
}

TEST(Severity, ThatFellAndEndedUnderAMuteIsKeptForTheDigest) {
  Route duty = only_critical();
  duty.mute = {"nights"};
  Desk desk({duty});
  desk.rules.mutes.emplace("nights", kNights);
  desk.fires("2026-03-30 23:00", "a", Severity::kCritical);
  desk.shifts("2026-03-30 23:30", "a", Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 09:00"), IsEmpty());
  desk.ends("2026-03-31 09:00", "a");
  EXPECT_THAT(desk.until("2026-03-31 10:00"), IsEmpty());
  EXPECT_THAT(desk.hushed, ElementsAre("duty a by nights"));
}

TEST(Severity, ThatRoseAndFellUnderAMuteIsNoNewsToThoseWhoKnowTheRest) {
  Route team = with_repeat(route_to({"team"}), {});
  team.mute = {"nights"};
  Desk desk({team});
  desk.rules.mutes.emplace("nights", kNights);
  desk.fires("2026-03-30 20:00", "a");
  desk.fires("2026-03-30 23:00", "a", Severity::kCritical);
  desk.shifts("2026-03-30 23:30", "a", Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 09:00"), ElementsAre("20:00:30 team alert.firing a"));
  desk.shifts("2026-03-31 09:30", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 10:00"), ElementsAre("09:30:00 team alert.firing a"));
}

TEST(Acknowledgement, OfAnAlertThatHadFallenIsVoidedWhenItRisesAgain) {
  Desk desk({with_repeat(escalating(), {})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.shifts("2026-03-31 10:05", "a", Severity::kWarning);
  desk.acknowledge("2026-03-31 10:10", "a", "2026-03-31 18:00");
  EXPECT_EQ(desk.state.acknowledgements.begin()->second.severity, Severity::kWarning);
  EXPECT_THAT(desk.until("2026-03-31 12:00"), ElementsAre("10:00:30 duty alert.firing a"));
  desk.shifts("2026-03-31 12:00", "a", Severity::kCritical);
  desk.restart();
  EXPECT_THAT(desk.until("2026-03-31 12:45"),
              ElementsAre("12:00:00 duty alert.firing a", "12:30:00 lead alert.escalated a"))
      << "whoever said it had read of a warning; the steps count anew";
  ASSERT_EQ(desk.ended.size(), 1U);
  EXPECT_EQ(desk.ended[0].ended, Acknowledgement::End::kRose);
}

TEST(Acknowledgement, OfACriticalAlertHoldsWhenItFallsAndRises) {
  Desk desk({with_repeat(escalating(), {})});
  desk.fires("2026-03-31 10:00", "a", Severity::kCritical);
  desk.acknowledge("2026-03-31 10:10", "a", "2026-03-31 18:00");
  desk.shifts("2026-03-31 10:20", "a", Severity::kWarning);
  desk.shifts("2026-03-31 10:30", "a", Severity::kCritical);
  EXPECT_THAT(desk.until("2026-03-31 17:00"), ElementsAre("10:00:30 duty alert.firing a"));
}

TEST(Acknowledgement, EndsWithTheEpisode) {
  Desk desk({escalating()});
  desk.fires("2026-03-31 10:00", "a");
  desk.acknowledge("2026-03-31 10:10", "a", "2026-03-31 18:00");
  desk.ends("2026-03-31 10:20", "a");
  desk.fires("2026-03-31 11:00", "a");
  EXPECT_THAT(desk.until("2026-03-31 11:31"),
              ElementsAre("10:00:30 duty alert.firing a",
                          "10:20:30 duty alert.resolved -a",
                          "11:00:30 duty alert.firing a",
                          "11:30:30 duty alert.reminder a",
                          "11:30:30 lead alert.escalated a"));
  ASSERT_EQ(desk.ended.size(), 1U);
  EXPECT_EQ(desk.ended[0].ended, Acknowledgement::End::kResolved);
}

TEST(Reminder, ComesAsOftenAsSomebodyWrote) {
  Route route = with_repeat(route_to({"team"}), {.days = 1});
  route.repeat_grows = false;
  Desk desk({route});
  desk.fires("2026-03-01 10:00", "a");
  EXPECT_EQ(desk.until("2026-03-08 23:00").size(), 8U) << "one a day";
}

std::string in_march(int day, std::string_view time) {
  return "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + " " + std::string(time);
}

TEST(Reminder, ItsGapDoublesUpToAWeekAndAnotherAlertBeginsItsOwn) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-01 10:00", "a");
  std::vector<std::string> days;
  for (int day = 1; day <= 28; ++day) {
    for (const std::string& told : desk.until(in_march(day, "23:00"))) {
      days.push_back(std::to_string(day) + told.substr(8));
    }
  }
  EXPECT_THAT(days,
              ElementsAre("1 team alert.firing a",
                          "2 team alert.reminder a",
                          "4 team alert.reminder a",
                          "8 team alert.reminder a",
                          "15 team alert.reminder a",
                          "22 team alert.reminder a"));
  desk.fires("2026-03-29 10:00", "b");
  EXPECT_THAT(desk.until("2026-03-30 12:00"),
              ElementsAre("10:00:30 team alert.firing b a", "10:00:30 team alert.reminder b"));
}

TEST(Reminder, DoesNotComeMoreOftenBecauseAnotherAlertOfTheGroupComesAndGoes) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-01 10:00", "a");
  std::vector<std::string> days;
  for (int day = 1; day <= 31; ++day) {
    for (const std::string& told : desk.until(in_march(day, "09:00"))) {
      days.push_back(std::to_string(day) + told.substr(8));
    }
    if (day == 10 || day == 25) {
      desk.fires(in_march(day, "09:00"), "b");
      desk.ends(in_march(day, "19:00"), "b");
    }
  }
  // Each day at 9 the day before is told. What names it again counts as a reminder; that b is over changes nothing.
  EXPECT_THAT(days,
              ElementsAre("2 team alert.firing a",
                          "3 team alert.reminder a",
                          "5 team alert.reminder a",
                          "9 team alert.reminder a",
                          "11 team alert.firing b a",
                          "11 team alert.resolved -b",
                          "18 team alert.reminder a",
                          "25 team alert.reminder a",
                          "26 team alert.firing b a",
                          "26 team alert.resolved -b"));
}

TEST(Reminder, OfAlertsThatBeganInTheSameHoursIsOneMessage) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-01 10:00", "a");
  desk.fires("2026-03-01 14:00", "b");
  desk.until("2026-03-01 23:00");
  EXPECT_THAT(desk.until("2026-03-03 23:00"), ElementsAre("14:00:30 team alert.reminder a b"));
}

TEST(Reminder, WaitsForNewsOfItsGroupThatComePresently) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-01 10:00", "a");
  desk.until("2026-03-01 23:00");
  desk.fires("2026-03-02 10:00:15", "b");
  EXPECT_THAT(desk.until("2026-03-02 23:00"), ElementsAre("10:00:45 team alert.firing b a"));
}

TEST(Reminder, DoesNotWaitForNewsThatSomethingHoldsBack) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-01 10:00", "a");
  desk.until("2026-03-02 09:00");
  desk.inhibited.insert("b");
  desk.fires("2026-03-02 10:00", "b");
  EXPECT_THAT(desk.until("2026-03-02 23:00"), ElementsAre(testing::HasSubstr("team alert.reminder a")));
}

TEST(Reminder, KeepsItsTimeOverARestart) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-01 10:00", "a");
  desk.until("2026-03-05 09:00");
  desk.restart();
  EXPECT_THAT(desk.until("2026-03-08 23:00"), ElementsAre("10:00:30 team alert.reminder a"));
}

TEST(WarmUp, NothingLeavesBefore) {
  Desk desk({with_repeat(route_to({"team"}), {})});
  desk.fires("2026-03-31 10:00", "a");
  EXPECT_EQ(desk.until("2026-03-31 10:30").size(), 1U);
  desk.is_warm = false;
  desk.restart();
  desk.fires("2026-03-31 11:00", "b");
  desk.ends("2026-03-31 11:01", "a");
  EXPECT_THAT(desk.until("2026-03-31 11:30"), IsEmpty());
  EXPECT_THAT(desk.why("2026-03-31 11:30", "b"),
              ElementsAre("team warming_up: waiting: kpid has just started, and not every source was read"));
  desk.is_warm = true;
  EXPECT_THAT(desk.until("2026-03-31 11:31"),
              ElementsAre("11:00:30 team alert.resolved -a", "11:00:30 team alert.firing b"));
}

TEST(Routes, AfterAChangeThoseWhoAreNewAreToldAndTheOthersKnow) {
  Desk desk({with_repeat(route_to({"team", "old"}), {})});
  desk.fires("2026-03-31 10:00", "a");
  EXPECT_EQ(desk.until("2026-03-31 10:30").size(), 2U);
  desk.rules.routes = {with_repeat(route_to({"team", "new"}), {})};
  desk.restart();
  route_again(desk.state, desk.context(desk.time("2026-03-31 11:00")));
  EXPECT_THAT(desk.until("2026-03-31 11:30"), ElementsAre("11:00:30 new alert.firing a"));
  desk.ends("2026-03-31 12:00", "a");
  EXPECT_EQ(desk.until("2026-03-31 13:00").size(), 3U) << "those who were told hear the end, the old one too";
}

TEST(Routes, LoadedAgainUnchangedMoveNothing) {
  Desk desk({route_to({"team"})});
  desk.fires("2026-03-31 10:00", "a");
  desk.fires("2026-03-31 10:00:10", "b");
  const RoutingState before = desk.state;
  desk.restart();
  const Decided decided = route_again(desk.state, desk.context(desk.time("2026-03-31 10:00:10")));
  EXPECT_EQ(desk.state, before);
  EXPECT_TRUE(decided.alerts.empty());
}

}  // namespace
}  // namespace kpi::test

// The start after a salvage: what is lost of the history comes back with its sources, and what is not lost stays as it
// was judged.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::IsEmpty;

constexpr const char* kSite = R"(
sources:
  web: {plugin: csv, path: web.csv, metrics: {visits: {unit: visits}}}
  shop: {plugin: csv, path: shop.csv, metrics: {orders: {}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

std::string rules(const std::string& limit) {
  return "kpis:\n  visits: {value: web.visits + shop.orders, over: 7 days, thresholds: {warning: " + limit + "}}\n";
}

std::string day(int of) {
  return (of < 10 ? "2026-01-0" : "2026-01-") + std::to_string(of);
}

void put(Story& story, int from, int to) {
  for (int of = from; of <= to; ++of) {
    story.put("web.visits", day(of), 10 + of);
    story.put("shop.orders", day(of), 1);
  }
}

/// So many days of January, each known the next morning.
void live(Story& story, int from, int to) {
  for (int of = from; of <= to; ++of) {
    put(story, of, of);
    story.step(day(of + 1) + " 06:00");
  }
}

/// On the eighth and ninth.
bool is_on_the_page(Slot slot) {
  const Slot eighth = slot_of(*parse_date(day(8)));
  return slot >= eighth && slot.ms < eighth.ms + 2 * kDayMs;
}

TEST(Salvaged, WhatWasJudgedByAnEarlierRuleStaysWhereTheSameSamplesComeBack) {
  for (const bool alerts : {false, true}) {
    Story story(kSite, rules("70"));
    live(story, 1, 20);
    story.restart(kSite, rules("1000"));
    story.pass("2026-01-21 07:00");
    const std::vector<std::string> before = story.ledger();
    story.restart(Lost{is_on_the_page, nullptr, alerts});
    put(story, 1, 20);
    EXPECT_THAT(story.step("2026-01-21 08:00"), IsEmpty());
    EXPECT_EQ(story.ledger(), before);
  }
}

TEST(Salvaged, WhatHadTooFewToBeJudgedStaysSoUnderTheRuleOfThen) {
  const auto rules_of = [](const std::string& limit) {
    return "kpis:\n  rate: {value: shop.orders / web.visits, min_sample: {web.visits: 20}, thresholds: {warning: " +
           limit + "}}\n";
  };
  Story story(kSite, rules_of("0.01"));
  live(story, 1, 20);  // of the first nine days there are too few
  story.restart(kSite, rules_of("0.02"));
  story.pass("2026-01-21 07:00");
  const std::vector<std::string> before = story.ledger();
  EXPECT_THAT(before, testing::Contains(testing::HasSubstr("no_data")));
  story.restart(Lost{is_on_the_page, nullptr, false});
  put(story, 1, 20);
  EXPECT_THAT(story.step("2026-01-21 08:00"), IsEmpty());
  EXPECT_EQ(story.ledger(), before);
}

TEST(Salvaged, OnlyWhatIsLostOfTheLedgerIsJudgedByTheRuleOfNow) {
  Story story(kSite, rules("70"));
  live(story, 1, 20);
  story.restart(kSite, rules("1000"));
  story.pass("2026-01-21 07:00");
  std::vector<std::string> wanted = story.ledger();
  story.restart(Lost{is_on_the_page, is_on_the_page});
  put(story, 1, 20);
  EXPECT_THAT(story.step("2026-01-21 08:00"), IsEmpty());
  const std::vector<std::string> after = story.ledger();
  ASSERT_EQ(after.size(), wanted.size());
  for (const std::size_t place : {7U, 8U}) {
    EXPECT_THAT(after[place], testing::HasSubstr("missed ok 1000"));
    wanted[place] = after[place];
  }
  EXPECT_EQ(after, wanted);
}

TEST(Salvaged, ASourceThatFailsMakesNoJudgedPeriodAGap) {
  Story story(kSite, rules("70"));
  live(story, 1, 20);
  const std::vector<std::string> before = story.ledger();
  story.restart(Lost{is_on_the_page, nullptr});
  for (int of = 1; of <= 20; ++of) {
    story.put("web.visits", day(of), 10 + of);
  }
  story.fail_source("shop");
  story.step("2026-01-21 07:00");
  EXPECT_EQ(story.ledger(), before);
  put(story, 1, 20);
  EXPECT_THAT(story.step("2026-01-21 08:00"), IsEmpty());
  EXPECT_EQ(story.ledger(), before);
}

TEST(Salvaged, AnEditIsKnownFromTheLedgerWhereAlertsAreLost) {
  Story story(kSite, rules("70"));
  live(story, 1, 20);
  story.restart(kSite, rules("1000"));
  story.pass("2026-01-21 07:00");
  std::vector<std::string> wanted = story.ledger();
  story.restart(Lost{nullptr, nullptr, true});
  put(story, 1, 20);
  story.put("web.visits", day(1), 12);  // restated: of the windows of seven days
  EXPECT_THAT(story.step("2026-01-21 08:00"), IsEmpty());
  const std::vector<std::string> after = story.ledger();
  for (std::size_t place = 0; place < 7; ++place) {
    wanted.at(place) = after.at(place);
  }
  EXPECT_EQ(after, wanted);
}

TEST(Salvaged, AnAlertThatIsLostIsFoundAgainAndEnds) {
  Story story(kSite, rules("70"));
  live(story, 1, 20);
  story.put("web.visits", day(21), -150);
  story.put("shop.orders", day(21), 1);
  ASSERT_EQ(story.step(day(22) + " 06:00").size(), 1U);
  const auto episodes = story.store().episodes;
  const std::vector<std::string> before = story.ledger();
  story.restart(Lost{nullptr, nullptr, true});
  put(story, 1, 20);
  story.put("web.visits", day(21), -150);
  story.put("shop.orders", day(21), 1);
  EXPECT_THAT(story.step(day(22) + " 07:00"),
              testing::ElementsAre(testing::HasSubstr("alert.firing visits thresholds")));
  EXPECT_EQ(story.ledger(), before);
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
  story.put("web.visits", day(22), 500);
  story.put("shop.orders", day(22), 1);
  EXPECT_THAT(story.step(day(23) + " 06:00"),
              testing::ElementsAre(testing::HasSubstr("alert.resolved visits thresholds")));
  EXPECT_EQ(story.store().episodes.size(), episodes.size()) << "under the same id";
}

TEST(Salvaged, AnAlertThatFiredBeforeItsRuleWasEditedGoesOn) {
  const auto of = [](const std::string& limit) {
    return "kpis:\n  visits: {value: web.visits, thresholds: {warning: " + limit + ", recover: 300}}\n";
  };
  const auto put_all = [](Story& story, int to) {
    for (int at = 1; at <= to; ++at) {
      story.put("web.visits", day(at), at == 1 ? 10 : 100);  // neither a miss nor fine
    }
  };
  Story story(kSite, of("70"));
  put_all(story, 10);
  story.step(day(11) + " 06:00");
  story.restart(kSite, of("60"));
  put_all(story, 20);
  story.step(day(21) + " 06:00");
  ASSERT_EQ(story.state("visits"), KpiState::kFiring);
  const auto episodes = story.store().episodes;
  story.restart(Lost{nullptr, nullptr, true});
  put_all(story, 20);
  story.step(day(21) + " 07:00");
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
  EXPECT_EQ(story.store().episodes, episodes);
}

TEST(Salvaged, NothingIsJudgedAgainWhoseSamplesHaveHadTheirTime) {
  const std::string kept = std::string("retention: {samples: 20 days}") + kSite;
  const std::string two = rules("70") + "  double: {value: visits * 2, over: 1 day, thresholds: {warning: 140}}\n";
  Story story(kept, two);
  put(story, 1, 31);
  story.step("2026-02-01 06:00");
  put(story, 1, 31);
  const std::vector<std::string> before = story.ledger();
  const Slot fifth = slot_of(*parse_date(day(5)));
  story.restart(Lost{nullptr, [fifth](Slot slot) { return slot >= fifth; }});
  EXPECT_THAT(story.step("2026-02-01 07:00"), IsEmpty());
  EXPECT_EQ(story.ledger(), before);
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
}

}  // namespace
}  // namespace kpi::test

// An engine is only what its history is: one that is made anew at any moment goes on as if nothing had been.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace kpi::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kConfig = R"(
timezone: Europe/Stockholm
sources:
  shop:
    plugin: csv
    path: shop.csv
    settle: 1 day
    labels: {country: country}
    metrics: {orders: {kind: flow}, revenue: {kind: flow}}
  web: {plugin: csv, path: web.csv, labels: {country: country}, metrics: {visits: {kind: flow}}}
  desk: {plugin: csv, path: desk.csv, missing: zero, metrics: {complaints: {kind: flow}}}
channels: {team: {type: console}, board: {type: console}}
routes:
  - {match: {severity: critical}, to: [team, board]}
  - {match: {}, to: [team]}
)";

constexpr const char* kRules = R"~(
kpis:
  orders:
    value: shop.orders
    split_by: [country]
    expect: {country: [SE, DK]}
    retire: 2 days
    thresholds:
      {warning: 20, critical: 8, for: 2 days, recover: 24, recover_for: 2 days,
       segments: [{match: {country: "NO"}, warning: 15, for: 1 day}, {match: total, warning: 40, critical: 10, recover: 40}],
       when: [{days: sunday, warning: 10}]}
  conversion:
    value: shop.orders / web.visits
    over: 3 days
    split_by: [country]
    min_sample: {web.visits: 250}
    thresholds: {warning: 15%, confidence: 80%}
    target: {from: 10%, start: 2026-03-03, to: 30%, by: 2026-03-24, judge: pace}
    no_data: {after: 2 days}
  basket:
    value: shop.revenue / shop.orders
    alerts: [{name: sudden drop, when: "change(value, 1 day) < -30%", for: 2 days, severity: critical}]
    target: {from: measured, start: 2026-03-10, to: 500, by: 2026-03-26, path: compound, judge: pace}
  complaints: {value: desk.complaints, better: lower, thresholds: {warning: 1}, inhibits: [jumpy.thresholds]}
  jumpy: {value: shop.revenue, thresholds: {warning: "1.1 * prev(value, 1 day)"}, no_data: {then: ok}}
  weekly_revenue: {value: shop.revenue, every: week, complete: 50%, thresholds: {warning: 20000}}
  health: {value: conversion * basket, split_by: [country], thresholds: {warning: 40}}
  weekly_health: {value: avg(health), every: week, complete: 40%, thresholds: {warning: 45}}
)~";

/// Four weeks with all that goes wrong: the same for the same seed.
class Weeks {
 public:
  explicit Weeks(std::uint32_t seed) : random_(seed) {}

  /// What the polls of a day bring; `day` counts from 1 March 2026.
  void deliver(Story& story, int day) {
    deliver_day(story, day);
    if (chance(0.25) && day > 3) {
      deliver_day(story, day - 1 - pick(2));  // again: restated, or late
    }
    if (chance(0.1)) {
      story.fail_source(chance(0.5) ? "web" : "shop", chance(0.5) ? ErrorKind::kInvalid : ErrorKind::kTimeout);
    }
  }

  static std::string date(int day) {
    return date_text(date_of(Slot{slot_of(Date{std::chrono::year{2026} / 2 / 28}).ms + day * kDayMs}));
  }

 private:
  bool chance(double share) { return std::uniform_real_distribution(0.0, 1.0)(random_) < share; }

  int pick(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }

  double number(double low, double high) { return std::round(std::uniform_real_distribution(low, high)(random_)); }

  void deliver_day(Story& story, int day) {
    for (const char* country : {"SE", "NO"}) {
      const Labels labels{{"country", country}};
      if (chance(0.9)) {
        const double orders = number(2, 40);
        story.put("shop.orders", date(day), chance(0.05) ? std::nan("") : orders, labels);
        story.put("shop.revenue", date(day), orders * number(200, 600), labels);
      }
      if (chance(0.9)) {
        story.put("web.visits", date(day), number(60, 200), labels);
      }
    }
    if (chance(0.2)) {
      story.put("desk.complaints", date(day), number(1, 3));
    }
  }

  std::mt19937 random_;
};

struct Played {
  std::vector<std::string> told;
  std::vector<std::string> ledger;
  std::vector<std::string> episodes;
  std::vector<std::string> queued;  ///< What deliveries were given, when nothing was restarted.
};

enum class Interruption { kNone, kRestartAfterEachStep, kFailedCommitBeforeEachStep, kFailedCommitOfEachStep };

Played play(std::uint32_t seed, Interruption interruption) {
  // Where each poll comes twice, a source that fails does so twice.
  Story story(kConfig, kRules, EngineOptions{interruption == Interruption::kFailedCommitOfEachStep ? 4 : 2});
  Weeks weeks(seed);
  std::vector<std::string> queued;
  for (int day = 1; day <= 28; ++day) {
    weeks.deliver(story, day);
    const std::string now = Weeks::date(day + 1) + " 05:00";
    if (interruption == Interruption::kFailedCommitBeforeEachStep) {
      story.fail_step(now);
      story.restart();
    }
    if (interruption == Interruption::kFailedCommitOfEachStep) {
      story.fail_step(now);  // and the next one writes what this one could not
    }
    story.step(now);
    if (interruption == Interruption::kRestartAfterEachStep) {
      story.restart();
    }
    for (const NotificationRow& row : story.engine().take_queued()) {
      queued.push_back(row.id + " " + row.channel + " " + row.body);
    }
    story.pass(Weeks::date(day + 1) + " 23:30");  // what is due without a poll
    if (interruption == Interruption::kRestartAfterEachStep) {
      story.restart();
    }
  }
  Played played{story.told(), story.ledger(), {}, std::move(queued)};
  for (const auto& [id, text] : story.store().episodes) {
    played.episodes.push_back(id + " " + text);
  }
  return played;
}

/// The rows that only one of the two has, the first few; empty when they are the same in the same order.
std::string difference(const std::vector<std::string>& expected, const std::vector<std::string>& got) {
  if (expected == got) {
    return "";
  }
  std::string text;
  const auto add =
      [&](std::string_view sign, const std::vector<std::string>& these, const std::vector<std::string>& those) {
        std::size_t count = 0;
        for (const std::string& row : these) {
          if (std::ranges::find(those, row) == those.end() && ++count <= 6) {
            text += "\n" + std::string(sign) + row;
          }
        }
      };
  add("- ", expected, got);
  add("+ ", got, expected);
  return text.empty() ? "the same in another order" : text;
}

void expect_same(const Played& expected, const Played& got) {
  EXPECT_EQ(difference(expected.told, got.told), "");
  EXPECT_EQ(difference(expected.ledger, got.ledger), "");
  EXPECT_EQ(difference(expected.episodes, got.episodes), "");
}

class EachSeed : public testing::TestWithParam<std::uint32_t> {};

TEST_P(EachSeed, ARestartAfterEachStepChangesNothing) {
  const Played calm = play(GetParam(), Interruption::kNone);
  EXPECT_GT(calm.told.size(), 10);
  EXPECT_GT(calm.ledger.size(), 200);
  expect_same(calm, play(GetParam(), Interruption::kRestartAfterEachStep));
}

TEST_P(EachSeed, ACommitThatFailedAndIsTriedAgainChangesNothing) {
  expect_same(play(GetParam(), Interruption::kNone), play(GetParam(), Interruption::kFailedCommitBeforeEachStep));
}

TEST_P(EachSeed, WhatAStepCannotWriteTheNextOneWrites) {
  const Played calm = play(GetParam(), Interruption::kNone);
  const Played troubled = play(GetParam(), Interruption::kFailedCommitOfEachStep);
  EXPECT_GT(calm.queued.size(), 5);
  EXPECT_EQ(difference(calm.queued, troubled.queued), "");
  EXPECT_EQ(difference(calm.ledger, troubled.ledger), "");
  EXPECT_EQ(difference(calm.episodes, troubled.episodes), "");
}

INSTANTIATE_TEST_SUITE_P(Restart, EachSeed, testing::Range(1U, 13U));

constexpr const char* kOneSource = R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, labels: {country: Country}, metrics: {visits: {kind: flow}, orders: {kind: flow}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

void play_three_days(Story& story) {
  for (const char* day : {"2026-03-01", "2026-03-02", "2026-03-03"}) {
    story.put("web.visits", day, 10, {{"country", "SE"}});
  }
  story.step("2026-03-04");
}

TEST(Restart, AKpiThatIsNewToTheHistoryIsJudgedFromItsBeginning) {
  Story story(kOneSource, "kpis:\n  visits: {value: web.visits}\n");
  play_three_days(story);
  story.restart(kOneSource,
                "kpis:\n  visits: {value: web.visits, split_by: [country]}\n  twice: {value: 2 * visits, split_by: "
                "[country], thresholds: {warning: 30}}\n");
  EXPECT_THAT(
      story.pass("2026-03-04 01:00"),
      ElementsAre("team alert.firing twice thresholds: below 30 for 3 days, twice thresholds (country=SE): below 30 "
                  "for 3 days"));
  EXPECT_EQ(story.ledger().size(), 12);
  EXPECT_EQ(story.line("visits", {{"country", "SE"}}).judged.values.size(), 3);
  const std::vector<std::string> before = story.ledger();
  story.restart();
  EXPECT_THAT(story.pass("2026-03-04 02:00"), IsEmpty());
  EXPECT_EQ(story.ledger(), before);
}

TEST(Restart, ASourceWhoseSettingsChangedIsReadAnew) {
  const std::string rules = "kpis:\n  visits: {value: web.visits}\n";
  Story story(kOneSource, rules);
  Poll poll;
  poll.cursor = "version 1";
  story.engine().receive(PollResult{0, at("2026-03-01"), poll});
  story.pass("2026-03-01");
  EXPECT_EQ(story.engine().poll_request(0, at("2026-03-02")).cursor, "version 1");
  story.restart();
  EXPECT_EQ(story.engine().poll_request(0, at("2026-03-02")).cursor, "version 1");

  struct Change {
    const char* name;
    const char* from;
    const char* to;
  };

  for (const Change& change : {Change{"grain", "plugin: csv,", "plugin: csv, grain: week,"},
                               Change{"zone", "plugin: csv,", "plugin: csv, timezone: Asia/Tokyo,"},
                               Change{"since", "plugin: csv,", "plugin: csv, since: 2026-01-01,"},
                               Change{"path", "web.csv", "other.csv"},
                               Change{"label", "Country", "Land"},
                               Change{"metric", "orders: {kind: flow}", "orders: {kind: flow}, more: {kind: flow}"},
                               Change{"column", "orders: {kind: flow}", "orders: {kind: flow, column: Orders}"},
                               Change{"scale", "orders: {kind: flow}", "orders: {kind: mean, scale: percent}"}}) {
    SCOPED_TRACE(change.name);
    std::string config = kOneSource;
    const std::size_t place = config.find(change.from);
    ASSERT_NE(place, std::string::npos);
    story.restart(config.replace(place, std::string(change.from).size(), change.to), rules);
    EXPECT_EQ(story.engine().poll_request(0, at("2026-03-02")).cursor, "");
  }
  story.restart(kOneSource,
                "kpis:\n  visits: {value: web.visits, thresholds: {warning: 1}}\n");  // the rules do not matter
  EXPECT_EQ(story.engine().poll_request(0, at("2026-03-02")).cursor, "version 1");
}

TEST(Restart, APeriodThatHasNotEndedIsAskedForAgain) {
  Story story(kOneSource, "kpis:\n  visits: {value: web.visits}\n");
  Poll poll;
  poll.cursor = "version 1";
  poll.series.push_back({0, {}});
  poll.samples = {{0, slot_of(Date{std::chrono::year{2026} / 3 / 1}), 5},
                  {0, slot_of(Date{std::chrono::year{2026} / 3 / 2}), 6}};
  story.engine().receive(PollResult{0, at("2026-03-02 12:00"), poll});
  story.pass("2026-03-02 12:00");
  EXPECT_THAT(story.ledger(), ElementsAre("visits (total) 2026-03-01T00:00:00Z: 5 recorded ok  not_started "));
  EXPECT_EQ(story.engine().poll_request(0, at("2026-03-03")).cursor, "");
}

TEST(Restart, StepsDoNotGoBackInTime) {
  Story story(kOneSource, "kpis:\n  visits: {value: web.visits}\n");
  play_three_days(story);
  story.restart();
  const auto earlier = story.engine().step(at("2026-03-03"));
  ASSERT_FALSE(earlier);
  EXPECT_EQ(earlier.error(),
            (Error{ErrorKind::kInvalid,
                   "the history was last stepped at 2026-03-04T00:00:00Z, 2026-03-03T00:00:00Z lies before "
                   "that"}));
}

TEST(Restart, AFailedCommitLeavesTheHistoryAsItWas) {
  Story story(kOneSource, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 20}}\n");
  play_three_days(story);
  const std::vector<std::string> before = story.ledger();
  story.put("web.visits", "2026-03-04", 50, {{"country", "SE"}});
  story.fail_step("2026-03-05");
  story.restart();
  EXPECT_EQ(story.ledger(), before);
  EXPECT_EQ(story.engine().last_step(), at("2026-03-04"));
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
}

TEST(Restart, WhatIsQueuedIsStillQueued) {
  Story story(kOneSource, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 20}}\n");
  play_three_days(story);
  const std::vector<NotificationRow> queued = story.engine().take_queued();
  ASSERT_EQ(queued.size(), 1);
  story.restart();
  EXPECT_EQ(story.engine().take_queued(), queued);
  DeliveryRow sent;
  sent.id = queued[0].id;
  sent.state = NotificationRow::State::kSent;
  sent.attempts = 1;
  sent.sent = at("2026-03-04");
  story.engine().receive(sent);
  story.pass("2026-03-04 01:00");
  story.restart();
  EXPECT_THAT(story.engine().take_queued(), IsEmpty());
}

}  // namespace
}  // namespace kpi::test

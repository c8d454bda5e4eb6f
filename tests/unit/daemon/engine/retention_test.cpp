// What is left when samples and messages have had their time: the ledger whole and as it was judged, a row a day of the
// samples, and a past that cannot come back.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kConfig = R"(
retention: {samples: 40 days, notifications: 30 days}
sources: {web: {plugin: csv, path: web.csv, labels: {country: country}, metrics: {visits: {kind: flow}}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";
constexpr const char* kRules = R"(
kpis: {visits: {value: web.visits, over: 7 days, split_by: [country], thresholds: {warning: 70}}}
)";

std::string date(int day) {
  return date_text(date_of(Slot{slot_of(Date{std::chrono::year(2026) / 1 / 1}).ms + day * kDayMs}));
}

/// Ten a day in two countries; the day after the last one is stepped into.
void live_through(Story& story, int from, int to) {
  for (int day = from; day < to; ++day) {
    story.put("web.visits", date(day), 10, {{"country", "SE"}});
    story.put("web.visits", date(day), 5, {{"country", "DK"}});
  }
  story.step(date(to) + " 06:00");
}

std::size_t samples_in(Store& store) {
  std::size_t count = 0;
  EXPECT_TRUE(store.samples(Slot{0}, Slot{INT64_MAX}, {}, [&](const SampleRow& /*row*/) { ++count; }));
  return count;
}

TEST(Retention, RollsUpWhatIsOldAndLeavesTheLedgerWhole) {
  Story story(kConfig, kRules);
  live_through(story, 0, 100);  // all of it is judged before any of it goes
  const std::vector<std::string> ledger = story.ledger();
  EXPECT_THAT(ledger, SizeIs(3 * 100));
  EXPECT_EQ(samples_in(story.store()), 2U * 40);
  std::vector<std::string> last;
  EXPECT_TRUE(story.store().past_samples(
      [&](const SampleRow& row) { last.push_back(date_text(date_of(row.slot)) + " " + std::to_string(row.value)); }));
  EXPECT_THAT(last, ElementsAre(date(59) + " 10.000000", date(59) + " 5.000000"));
  story.restart();
  EXPECT_EQ(story.ledger(), ledger);
}

TEST(Retention, TheSameFileAgainBringsNothingBack) {
  Story story(kConfig, kRules);
  live_through(story, 0, 100);
  const std::vector<std::string> ledger = story.ledger();
  for (const bool anew : {false, true}) {
    if (anew) {
      story.restart();
    }
    live_through(story, 0, 100);  // a file that begins where it always did
    EXPECT_EQ(story.ledger(), ledger);
    EXPECT_EQ(samples_in(story.store()), 2U * 40);
  }
}

TEST(Retention, WhatIsRestatedNearTheEndOfTheKeptIsNotJudgedByHalfAWindow) {
  Story story(kConfig, kRules);
  live_through(story, 0, 100);
  const std::vector<std::string> before = story.ledger();
  story.put("web.visits", date(62), 1000, {{"country", "SE"}});  // its windows reach into what is gone
  story.put("web.visits", date(90), 1000, {{"country", "SE"}});
  story.step(date(100) + " 07:00");
  const std::vector<std::string> after = story.ledger();
  ASSERT_EQ(after.size(), before.size());
  std::size_t changed = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    changed += after[i] == before[i] ? 0 : 1;
  }
  // The total and SE: the seven days whose windows hold the later one, and three with all of it that hold the earlier
  // one.
  EXPECT_EQ(changed, 2U * (7 + 3));
}

TEST(Retention, ASourceThatIsNewMayBringAllItHas) {
  Story story(kConfig, kRules);
  live_through(story, 0, 100);
  const std::string more =
      std::string(kConfig).replace(std::string(kConfig).find("sources: {"),
                                   10,
                                   "sources: {shop: {plugin: csv, path: shop.csv, metrics: {orders: {kind: flow}}}, ");
  story.restart(
      more,
      std::string(kRules).replace(std::string(kRules).find("kpis: {"), 7, "kpis: {orders: {value: shop.orders}, "));
  for (int day = 0; day < 101; ++day) {
    story.put("shop.orders", date(day), 1);
  }
  story.step(date(101) + " 06:00");
  std::size_t orders = 0;
  for (const std::string& row : story.ledger()) {
    orders += row.starts_with("orders ") ? 1 : 0;
  }
  EXPECT_EQ(orders, 101U);
}

constexpr const char* kAlerts = R"(
kpis:
  visits:
    value: web.visits
    thresholds: {warning: 70, recover: 80}
    alerts:
      - {name: dip, when: "avg(web.visits, 7 days) < 72", severity: critical}
)";

/// Ten days of 60, which fire, and 100 that are neither a miss nor fine.
void fire_for_long(Story& story) {
  for (int day = 0; day < 110; ++day) {
    story.put("web.visits", date(day), day < 10 ? 60 : 71);
    story.step(date(day + 1) + " 06:00");
  }
}

TEST(Retention, AnAlertThatIsOlderGoesOnWhenSomethingComesLate) {
  for (const bool anew : {false, true}) {
    Story story(kConfig, kAlerts);
    fire_for_long(story);
    const std::map<std::string, std::string> episodes = story.store().episodes;
    const std::vector<std::string> ledger = story.ledger();
    const auto since = story.line("visits").thresholds.since;
    const auto dip = story.line("visits").alerts[0].since;
    ASSERT_LT(dip, slot_of(*parse_date(date(10))));
    ASSERT_EQ(story.state("visits"), KpiState::kFiring);
    if (anew) {
      story.restart();
    }
    story.put("web.visits", date(100), 71.5);
    EXPECT_THAT(story.step(date(110) + " 07:00"), IsEmpty());
    EXPECT_NE(story.ledger(), ledger);
    EXPECT_EQ(story.store().episodes, episodes);
    EXPECT_EQ(story.line("visits").thresholds.since, since);
    EXPECT_EQ(story.line("visits").alerts[0].since, dip);
    EXPECT_EQ(story.state("visits"), KpiState::kFiring);
    story.put("web.visits", date(100), 80);  // so that it had ended then
    EXPECT_THAT(story.step(date(110) + " 08:00"), testing::Contains(HasSubstr("resolved")));
  }
}

TEST(Retention, AnAlertThatIsOlderThanWhatTellsHowItStoodGoesOn) {
  Story story(kConfig, kAlerts);
  fire_for_long(story);
  const std::map<std::string, std::string> episodes = story.store().episodes;
  story.restart(Lost{.samples = nullptr, .verdicts = nullptr, .alerts = true});
  story.put("web.visits", date(100), 71.5);
  story.step(date(110) + " 07:00");
  EXPECT_EQ(story.store().episodes, episodes);
  EXPECT_EQ(story.state("visits"), KpiState::kFiring);
}

/// Lives through so many days but those that are lacking, restates one that is kept, and says whether the alert of
/// no_data began where it did before, and there.
void expect_begin_to_stay(
    Story& story, int days, const std::function<bool(int day)>& lacks, int restated, const std::string& begin) {
  for (int day = 0; day < days; ++day) {
    if (!lacks(day)) {
      story.put("web.visits", date(day), 20);
    }
    story.step(date(day + 1) + " 06:00");
  }
  const auto episodes = story.store().episodes;
  ASSERT_TRUE(story.line("visits").no_data.is_on);
  ASSERT_EQ(story.line("visits").no_data.first, slot_of(*parse_date(begin)));
  for (const bool anew : {false, true}) {
    if (anew) {
      story.restart();
    }
    story.put("web.visits", date(restated), anew ? 22 : 21);
    story.step(date(days) + (anew ? " 08:00" : " 07:00"));
    EXPECT_EQ(story.line("visits").no_data.first, slot_of(*parse_date(begin)));
    EXPECT_EQ(story.store().episodes, episodes);
  }
}

/// The first window that begins with a sample, of the 2nd, ends on the 15th.
TEST(Retention, AnAlertOfNoDataKeepsItsBegin) {
  Story story(kConfig, "kpis: {visits: {value: web.visits, over: 14 days, no_data: {after: 2 days}}}");
  expect_begin_to_stay(story, 100, [](int day) { return day % 10 == 0; }, 95, "2026-01-15");
}

TEST(Retention, AnAlertOfNoDataKeepsItsBeginAlsoWhereOfItsFirstPeriodAPartIsKept) {
  const std::string kept = std::string(kConfig).replace(std::string(kConfig).find("40 days"), 7, "120 days");
  Story story(kept, "kpis: {visits: {value: web.visits, every: month, over: 1 month}}");
  expect_begin_to_stay(story, 129, [](int day) { return date(day).ends_with("-10"); }, 35, "2026-01-01");
}

TEST(Retention, APeriodIsJudgedAgainAsLongAsAllOfItIsKept) {
  const std::string kept = std::string(kConfig).replace(std::string(kConfig).find("40 days"), 7, "96 days");
  Story story(kept, "kpis: {month: {value: web.visits, every: month, over: 1 month, thresholds: {critical: 500}}}");
  for (int day = 0; day < 155; ++day) {
    story.put("web.visits", date(day), 20);
    story.step(date(day + 1) + " 06:00");
  }
  ASSERT_EQ(story.state("month"), KpiState::kOk);
  story.put("web.visits", "2026-05-30", -9000);
  EXPECT_THAT(story.step(date(155) + " 07:00"), testing::Contains(HasSubstr("alert.firing month")));
  EXPECT_THAT(story.ledger(), testing::Contains(HasSubstr("-8400 missed")));
}

TEST(Retention, ARuleMayNotLookBackBeyondIt) {
  const auto complaint = [](const char* rules) {
    std::string text;
    class Files final : public Host {
     public:
      explicit Files(const char* rules) : rules_(rules) {}

      Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
        return File{path == "kpid.yaml" ? kConfig : rules_, "1"};
      }

      Result<std::string> file_version(const std::string& /*path*/) override { return "1"; }

     private:
      const char* rules_;
    } host(rules);
    const ConfigLoad loaded =
        load_rule_files({"kpid.yaml", {"rules.yaml"}, nullptr, std::nullopt, nullptr, {}}, Secrets::kIgnored, host);
    return loaded.diagnostics.text();
  };
  EXPECT_THAT(complaint("kpis: {visits: {value: web.visits}}"), IsEmpty());
  EXPECT_THAT(complaint("kpis: {visits: {value: \"change(web.visits, 52 weeks)\"}}"),
              HasSubstr("retention keeps samples for 40 days, and visits needs those of web.visits for 372 days"));
}

}  // namespace
}  // namespace kpi::test

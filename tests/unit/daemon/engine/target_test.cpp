// A target's versions in the history, and what a restart in the middle of its time makes of it: nothing.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace kpi {
namespace {

using test::at;
using test::Story;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kConfig = R"(
sources:
  web: {plugin: csv, path: web.csv, date: {column: day}, metrics: {visits: {kind: flow}}}
channels:
  team: {type: console}
routes:
  - {match: {}, to: [team], repeat: 0}
)";

std::string visits(const std::string& keys) {
  return "kpis:\n  visits:\n    value: web.visits\n    thresholds: {warning: 5}\n    target: {" + keys + "}\n";
}

std::vector<std::string> versions(Story& story) {
  std::vector<std::string> texts;
  const auto state = story.store().load();
  for (const TargetVersionRow& row : state->target_versions) {
    texts.push_back(row.target + " from " + date_text(row.start) + ": " + row.text);
  }
  return texts;
}

constexpr const char* kLast = "path: linear\non_track: 0.95\nat_risk: 0.8\n";

TEST(TargetVersions, AnEditWithoutAReasonIsReported) {
  Story story(kConfig, visits("from: 10, to: 20, start: 2026-03-01, by: 2026-03-10"));
  story.put("web.visits", "2026-03-01", 12);
  story.step("2026-03-02");
  story.restart(kConfig, visits("from: 10, to: 15, start: 2026-03-01, by: 2026-03-10"));
  const auto summary = story.engine().step(at("2026-03-02 01:00"));
  EXPECT_THAT(
      summary->warnings,
      ElementsAre("the target of visits was changed without a reason; keep it and write changes: [{date: …, to: …, "
                  "why: \"…\"}]"));
  EXPECT_THAT(
      versions(story),
      ElementsAre(
          "target from 2026-03-01: from: 10\nto: 20\nstart: 2026-03-01\nby: 2026-03-10\n" + std::string(kLast),
          "target from 2026-03-01: from: 10\nto: 15\nstart: 2026-03-01\nby: 2026-03-10\n" + std::string(kLast)));
}

TEST(TargetVersions, ARenameCarriesTheNewestAlone) {
  const std::string edited = visits("from: 10, to: 15, start: 2026-03-01, by: 2026-03-10");
  Story story(kConfig, visits("from: 10, to: 20, start: 2026-03-01, by: 2026-03-10"));
  story.put("web.visits", "2026-03-01", 12);
  story.step("2026-03-02");
  story.restart(kConfig, edited);
  story.pass("2026-03-02 01:00");
  std::string renamed = edited;
  renamed.replace(renamed.find("  visits:\n"), 10, "  calls:\n    was: [visits]\n");
  story.restart(kConfig, renamed);
  story.pass("2026-03-02 02:00");
  const std::vector<std::string> known = versions(story);
  ASSERT_EQ(known.size(), 3U);
  EXPECT_EQ(known[2], known[1]);
}

TEST(TargetVersions, AChangeKeepsItsReason) {
  Story story(kConfig, visits("from: 10, to: 20, start: 2026-03-01, by: 2026-03-10"));
  story.put("web.visits", "2026-03-01", 12);
  story.step("2026-03-02");
  story.restart(kConfig,
                visits("from: 10, to: 20, start: 2026-03-01, by: 2026-03-10, changes: [{date: 2026-03-05, to: 30, why: "
                       "A/B test result}]"));
  const auto summary = story.engine().step(at("2026-03-02 01:00"));
  EXPECT_THAT(summary->warnings, IsEmpty());
  EXPECT_EQ(versions(story).back(),
            "target from 2026-03-01: from: 10\nto: 20\nstart: 2026-03-01\nby: 2026-03-10\n" + std::string(kLast) +
                "change 2026-03-05: to 30 why A/B test result\n");
}

/// The sum of three days, or the share of them that was met, with a restart before each.
TargetStanding after_three_days(const std::string& keys, bool with_restarts) {
  Story story(kConfig, visits(keys));
  const std::vector<std::pair<std::string, double>> days{{"2026-03-01", 12}, {"2026-03-02", 4}, {"2026-03-03", 9}};
  for (const auto& [day, value] : days) {
    story.put("web.visits", day, value);
    story.step(date_text(date_of(Slot{slot_of(*parse_date(day)).ms + kDayMs})));
    if (with_restarts) {
      story.restart();
    }
  }
  return story.line("visits").target_standing;
}

TEST(TargetVersions, WhatIsMeasuredSurvivesRestarts) {
  for (const char* keys : {"measure: total, to: 100, start: 2026-03-01, by: 2026-03-10",
                           "measure: average, from: 5, to: 10, start: 2026-03-01, by: 2026-03-10",
                           "measure: share_met, to: 90%, start: 2026-03-01, by: 2026-03-10"}) {
    const TargetStanding lived = after_three_days(keys, false);
    const TargetStanding restarted = after_three_days(keys, true);
    EXPECT_TRUE(lived.actual.has_value()) << keys;
    EXPECT_EQ(lived.actual, restarted.actual) << keys;
    EXPECT_EQ(lived.burn_rate, restarted.burn_rate) << keys;
    EXPECT_EQ(lived.status, restarted.status) << keys;
  }
}

/// What a probability near the borders of its statuses made of ninety days, some of them without data; `restart` comes
/// after each.
std::vector<std::string> ninety_days(const std::string& keys, const std::function<void(Story&, int day)>& restart) {
  Story story(kConfig, visits(keys));
  std::mt19937 random{7};
  std::vector<std::string> said;
  for (int day = 0; day < 90; ++day) {
    const Slot slot{slot_of(Date{std::chrono::year{2026} / 1 / 1}).ms + day * kDayMs};
    const auto draw = random();
    if (draw % 8 != 0) {
      story.put("web.visits", date_text(date_of(slot)), 10 + day / 9 + static_cast<double>(draw % 7));
    }
    story.step(date_text(date_of(Slot{slot.ms + kDayMs})) + " 12:00");
    restart(story, day);
    const TargetStanding& standing = story.line("visits").target_standing;
    said.push_back(std::string(name_of(standing.status)) + (standing.says ? " by forecast" : "") +
                   (standing.outlook ? " ahead" : ""));
  }
  const std::vector<std::string> ledger = story.ledger();
  said.insert(said.end(), ledger.begin(), ledger.end());
  return said;
}

TEST(TargetVersions, WhatWasForeseenSurvivesRestarts) {
  for (const std::string measure : {"from: 10, to: 21", "measure: total, to: 1600"}) {
    const std::string keys = measure + ", start: 2026-01-10, by: 2026-04-20";
    const auto lived = ninety_days(keys, [](Story& /*story*/, int /*day*/) {});
    int changes = 0;
    for (std::size_t i = 1; i < 90; ++i) {
      changes += lived[i - 1] != lived[i] ? 1 : 0;
    }
    EXPECT_GE(changes, 6) << keys;
    EXPECT_EQ(lived, ninety_days(keys, [](Story& story, int /*day*/) { story.restart(); })) << keys;
    // The rule has another title each ten days, so the statuses of the one before are found anew.
    const auto retitled = [&](Story& story, int day) {
      if (day % 10 == 0) {
        story.restart(kConfig, visits(keys) + "    title: Visits " + std::to_string(day) + "\n");
      }
    };
    EXPECT_EQ(lived, ninety_days(keys, retitled)) << keys;
  }
}

}  // namespace
}  // namespace kpi

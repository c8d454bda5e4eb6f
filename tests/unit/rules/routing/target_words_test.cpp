// How a target stands, in words.

#include "rules/routing/target_words.hpp"

#include "rules/routing/describe.hpp"
#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

std::string standing_at(const std::string& now) {
  Ledger ledger({metric_named("web.m")},
                "  x:\n    title: X\n    unit: visits\n    value: web.m\n    thresholds: {warning: 10}\n"
                "    target: {measure: share_met, to: 90%, start: 2026-03-01, by: 2026-03-31, judge: pace}\n");
  ledger.targets("x");
  ledger.given("web.m", "2026-03-01", "20 20 20 5 20 20 20 20 20 20");
  ledger.judged_at(now);
  const Line& line = ledger.line("x");
  const Kpi& kpi = ledger.rules().kpis[line.kpi];
  return standing_words(shown_plan(kpi, line), line.target_standing, kpi, Language::kEnglish);
}

TEST(TargetWords, OfAShareWithoutDataAreNoneRatherThanNothingMet) {
  EXPECT_EQ(standing_at("2026-03-11 00:00"), "90% of periods met so far, burn rate 100%");
  EXPECT_EQ(standing_at("2026-03-16 00:00"), "");
}

TEST(TargetWords, OfAMissedLevelNameTheValueThatDecidedIt) {
  Ledger ledger({metric_named("web.m")},
                "  x:\n    title: X\n    unit: visits\n    value: web.m\n"
                "    target: {from: 10, to: 400, start: 2026-03-01, by: 2026-03-05, judge: pace}\n");
  ledger.targets("x");
  ledger.given("web.m", "2026-03-01", "20 30 40 50 260 6");
  const auto said_at = [&](const std::string& now) {
    ledger.judged_at(now);
    const Line& line = ledger.line("x");
    return target_reason(ledger.rules().kpis[line.kpi], line, std::nullopt, Language::kEnglish);
  };
  EXPECT_EQ(said_at("2026-03-06 00:00"), "goal of 400 visits missed");
  EXPECT_EQ(said_at("2026-03-07 00:00"), "goal of 400 visits missed (260 visits)");
}

std::string needed_of(const std::string& values, const std::string& now = "2026-03-13 00:00") {
  Ledger ledger({metric_named("web.m")},
                "  x:\n    title: X\n    unit: visits\n    value: web.m\n"
                "    target: {from: 100, to: 200, start: 2026-03-01, by: 2026-03-31, judge: pace}\n");
  ledger.targets("x");
  ledger.given("web.m", "2026-03-01", values);
  ledger.judged_at(now);
  const Line& line = ledger.line("x");
  const Kpi& kpi = ledger.rules().kpis[line.kpi];
  return describe_target(kpi, line, Language::kEnglish).needed;
}

TEST(TargetWords, OfWhatIsNeededGiveNoRateThatLeadsAwayOrIsOfAFewDays) {
  EXPECT_EQ(needed_of("150 148 146 144 142 140 138 136 134 132 130 128"),
            "+72 visits until then; lately it has moved the other way");
  EXPECT_EQ(needed_of("150 150 150 150 150 150 150 150 150 150 150 150"), "+50 visits until then");
  EXPECT_EQ(needed_of("120 150", "2026-03-03 00:00"), "+50 visits until then");
}

}  // namespace
}  // namespace kpi

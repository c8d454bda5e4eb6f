// How fast a target's measure must still move, beside how it moved lately and at its best, for every measure; and the
// day by which it is expected.

#include "rules/judge/target_rate.hpp"

#include "rules/routing/target_words.hpp"
#include "rules/words/say.hpp"
#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace kpi {
namespace {

/// Judged until 1 March 2026, from 1 January on; the target runs until 30 March, so 30 days are left.
std::unique_ptr<Ledger> aimed(const std::string& target, std::string_view values, const std::string& more = "") {
  auto ledger = std::make_unique<Ledger>(std::vector<Metric>{metric_named("web.m")},
                                         "  x:\n    title: X\n    value: web.m\n" + more + "    target: {" + target +
                                             ", start: 2026-02-01, by: 2026-03-30}\n");
  ledger->given("web.m", "2026-01-01", values).targets("x");
  ledger->judged_at("2026-03-01 00:00");
  return ledger;
}

std::string needed(const Ledger& ledger, Language language = Language::kEnglish) {
  const Line& line = ledger.line("x");
  const Kpi& kpi = ledger.rules().kpis[line.kpi];
  const TargetStanding& standing = line.target_standing;
  const TargetPlan& plan = *plan_of_standing(line);
  const PathLeg leg = leg_at(plan, civil_slot(next_slot(*line.stepped, kpi.every, kpi.zone), kpi));
  return needed_words(plan, leg, standing, rates_of(line, kpi), kpi, language);
}

std::string expected_day(const Ledger& ledger) {
  const auto& outlook = ledger.line("x").target_standing.outlook;
  return outlook && outlook->reached_by ? date_text(date_of(Slot{outlook->reached_by->ms - kDayMs})) : "";
}

TEST(TargetRate, OfALevelIsItsChangeUntilThen) {
  const auto ledger = aimed("from: 100, to: 277", "100+1x29 129+2x30");  // 187 on 28 February
  EXPECT_EQ(needed(*ledger), "+90 until then; at the present rate +60, at the best so far +60");
  EXPECT_EQ(needed(*ledger, Language::kSwedish), "+90 till dess; i nuvarande takt +60, i den bästa hittills +60");
}

TEST(TargetRate, OfCompoundGrowthIsTheWholeGrowth) {
  const auto ledger = aimed("from: 100, to: 150, path: compound", "100x59");
  EXPECT_EQ(needed(*ledger), "+50% until then");
}

TEST(TargetRate, IsThatOfThePathThatAChangeGave) {
  const auto ledger =
      aimed("from: 100, to: 150, changes: [{date: 2026-02-10, path: compound, why: it grows}]", "100x59");
  EXPECT_EQ(needed(*ledger), "+50% until then");
}

TEST(TargetRate, IsNotTheReasonWhereTheForecastDecides) {
  const auto ledger = aimed("from: 100, to: 150", "100x59");
  const Line& line = ledger->line("x");
  EXPECT_EQ(line.target_standing.status, TargetStatus::kOffTrack);
  EXPECT_EQ(target_reason(ledger->rules().kpis[line.kpi], line, std::nullopt, Language::kEnglish),
            "100 at the deadline; the goal is under 1% likely (pace 0%, 124.1 due by now)");
}

TEST(TargetRate, OfATotalIsWhatAPeriodHas) {
  const auto ledger = aimed("from: 0, to: 860, measure: total", "12x31 10x28");
  EXPECT_EQ(needed(*ledger), "19.33 per day, never reached so far; lately 10, at best 12");
}

TEST(TargetRate, OfAMeanIsWhatTheRestMustHave) {
  const auto ledger = aimed("from: 0, to: 11, measure: average", "12x31 10x28");
  EXPECT_EQ(needed(*ledger), "11.93 per day; lately 10, at best 12");
  EXPECT_EQ(expected_day(*ledger), "");
}

TEST(TargetRate, OfAShareIsHowManyOfTheRestMustBeMet) {
  const auto ledger = aimed("to: 80%, measure: share_met", "10x31 10x14 0x14", "    thresholds: {warning: 5}\n");
  EXPECT_EQ(needed(*ledger), "");
  EXPECT_EQ(ledger->line("x").target_standing.outlook->probability, 0);
  EXPECT_EQ(likelihood_words(0, true, Language::kEnglish), "0%");
  EXPECT_EQ(likelihood_words(0, false, Language::kEnglish), "under 1%");  // no forecast of a value is certain
  EXPECT_EQ(likelihood_words(0.0049, true, Language::kEnglish), "under 1%");
  EXPECT_EQ(likelihood_words(0.0051, false, Language::kEnglish), "1%");
  EXPECT_EQ(likelihood_words(0.994, false, Language::kEnglish), "99%");
  EXPECT_EQ(likelihood_words(0.996, false, Language::kEnglish), "over 99%");
  EXPECT_EQ(likelihood_words(1, true, Language::kSwedish), "over 99\u00a0%");
  EXPECT_EQ(expected_day(*ledger), "");
}

TEST(TargetRate, OfAShareGoesByAllThatWasJudgedAndByRuns) {
  const std::string target = "to: 70%, measure: share_met";
  const std::string more = "    thresholds: {warning: 5}\n";
  const auto outlook = [&](std::string_view values) {
    return *aimed(target, values, more)->line("x").target_standing.outlook;
  };
  // January was missed, all of February met: March is not as sure to be as after a good January.
  EXPECT_GT(outlook("10x59").probability, 0.99);
  EXPECT_LT(outlook("0x31 10x28").probability, 0.95);
  // One of three is missed, one by one or ten in a row.
  std::string apart;
  std::string runs;
  for (int day = 0; day < 59; ++day) {
    apart += day % 3 == 1 ? "0 " : "10 ";
    runs += day % 30 < 10 ? "0 " : "10 ";
  }
  const TargetOutlook one_by_one = outlook(apart);
  const TargetOutlook in_a_row = outlook(runs);
  EXPECT_GT(in_a_row.high - in_a_row.low, 1.5 * (one_by_one.high - one_by_one.low));
}

TEST(TargetRate, TheDayIsExpectedForEveryMeasure) {
  EXPECT_EQ(expected_day(*aimed("from: 0, to: 400, measure: total", "10x59")), "2026-03-12");
  EXPECT_EQ(expected_day(*aimed("from: 0, to: 9, measure: average", "10x59")), "2026-03-01");
  // 46.4 of 58 days are to be met: 28 were, and the others are expected to be met one by one.
  const auto share = aimed("to: 80%, measure: share_met", "10x59", "    thresholds: {warning: 5}\n");
  EXPECT_EQ(expected_day(*share), "2026-03-19");
}

}  // namespace
}  // namespace kpi

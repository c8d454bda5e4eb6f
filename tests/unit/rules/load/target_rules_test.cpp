// What may stand under `target:` and `targets:`, what is wrong with it, and what is not SMART.

#include "rules/load/rule_file.hpp"
#include "rules/load/smart.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace kpi {
namespace {

/// Rules over the daily orders of a shop, split by country, and its monthly customers.
class Shop {
 public:
  explicit Shop(const std::string& kpis) {
    Metric orders;
    orders.name = "shop.orders";
    orders.source = "shop";
    orders.labels = {"country"};
    Metric customers = orders;
    customers.name = "shop.customers";
    customers.labels.clear();
    customers.grain = parse_grain("month").value();
    RuleGround ground;
    ground.metrics = {orders, customers};
    ground.zone = Zone::find("Europe/Stockholm").value();
    const YamlNode tree = parse_yaml(sources_.add("a.yaml", kpis), diagnostics).value_or(YamlNode());
    set = load_kpis({&tree}, ground, diagnostics);
  }

  /// "1:4 error: message; remedy" for each.
  [[nodiscard]] std::string said() {
    diagnostics.sort();
    std::string text;
    for (const Diagnostic& item : diagnostics.items()) {
      text += std::to_string(item.position.line) + ":" + std::to_string(item.position.column) +
              (item.severity == Diagnostic::Severity::kError ? " error: " : " warning: ") + item.message +
              (item.remedy.empty() ? "" : "; " + item.remedy) + "\n";
    }
    return text;
  }

  Diagnostics diagnostics;
  std::optional<RuleSet> set;

 private:
  SourceSet sources_;
};

std::vector<Target> targets_of(const std::string& keys) {
  Shop shop("x: {value: shop.orders, " + keys + "}");
  EXPECT_EQ(shop.said(), "");
  return shop.set ? shop.set->kpis.front().targets : std::vector<Target>{};
}

TEST(TargetRules, ATotalNeedsNoBaseline) {
  const auto targets = targets_of("target: {measure: total, to: 1200, start: 2026-07-01, by: 3 months}");
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].measure, Target::Measure::kTotal);
  EXPECT_EQ(targets[0].baseline, 0);
}

TEST(TargetRules, SharesOfThePaceAreThoseOfJudgePace) {
  const auto by_pace = targets_of("target: {from: 1, to: 2, by: 2026-12-31, judge: pace, on_track: 90%, at_risk: 70%}");
  EXPECT_EQ(by_pace[0].on_track, 0.9);
  EXPECT_EQ(by_pace[0].at_risk, 0.7);
  const auto by_forecast = targets_of("target: {from: 1, to: 2, by: 2026-12-31, judge: forecast, on_track: 80%}");
  EXPECT_EQ(by_forecast[0].judge, Target::Judge::kForecast);
  EXPECT_EQ(by_forecast[0].on_track, 0.95);
  EXPECT_EQ(by_forecast[0].at_risk, 0.80);
  EXPECT_EQ(by_forecast[0].likely, 0.8);
  EXPECT_EQ(by_forecast[0].unlikely, 0.3);
}

TEST(TargetRules, GoalsByPeriodAreTargetsOfTheirOwn) {
  const auto targets = targets_of("target: {measure: total, each: quarter, to: {2026-Q4: 500, 2026-Q3: 350}}");
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].goal, 350);
  EXPECT_EQ(date_text(*targets[0].start), "2026-07-01");
  EXPECT_EQ(date_text(*targets[0].deadline), "2026-09-30");
  EXPECT_EQ(date_text(*targets[1].start), "2026-10-01");
}

TEST(TargetRules, AListIsPutInTimeOrder) {
  const auto targets = targets_of(
      "targets: [{name: Q4, from: 2, to: 3, start: 2026-10-01, by: 2026-12-31}, "
      "{name: Q3, from: 1, to: 2, start: 2026-07-01, by: 2026-09-30}]");
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].name, "Q3");
}

struct Complaint {
  const char* name;
  std::string keys;  ///< Of the KPI x, beside its value.
  std::string said;
};

void PrintTo(const Complaint& complaint, std::ostream* out) {
  *out << complaint.name;
}

class TargetComplaints : public testing::TestWithParam<Complaint> {};

TEST_P(TargetComplaints, NameTheRemedy) {
  Shop shop("x: {value: shop.orders,\n " + GetParam().keys + "}");
  EXPECT_EQ(shop.said(), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    TargetComplaints,
    testing::Values(
        Complaint{"ATotalWithABaseline",
                  "target: {measure: total, from: 10, to: 20, by: 2026-12-31}",
                  "2:33 error: a total starts at 0; leave out from\n"},
        Complaint{
            "AShareWithoutThresholds",
            "target: {measure: share_met, to: 95%, by: 2026-12-31}",
            "2:20 error: share_met counts the periods that meet the thresholds, and x has none; write thresholds: "
            "{warning: …}\n"},
        Complaint{"AMeanWithAPath",
                  "target: {measure: average, from: 1, to: 2, by: 2026-12-31, path: s-curve}",
                  "2:67 error: measure: average has no path: it is to be at the goal all along; leave out path\n"},
        Complaint{
            "ASeasonalLevel",
            "target: {from: 1, to: 2, by: 2026-12-31, path: seasonal}",
            "2:49 error: a seasonal path spreads a total over the days as last year did; write measure: total, or "
            "path: {steps: {…}}\n"},
        Complaint{"ATotalOfOverlappingWindows",
                  "over: 7 days, target: {measure: total, to: 20, by: 2026-12-31}",
                  "2:34 error: a total adds up periods, and over: 1 week would count each day several times; leave out "
                  "over, or write measure: average\n"},
        Complaint{"ATotalOfPercentages",
                  "unit: '%', target: {measure: total, to: 500%, by: 2026-12-31}",
                  "2:31 error: a total adds up periods, and percentages of several periods do not add up; write "
                  "measure: average or level, or count what the percentage is of\n"},
        Complaint{
            "ATotalOfRatios",
            "unit: ratio, target: {measure: total, to: 500, by: 2026-12-31}",
            "2:33 error: a total adds up periods, and values in ratio do not add up: x is a ratio; write measure: "
            "average or level, or count what the ratio is of\n"},
        Complaint{"ABudgetOfNothing",
                  "better: lower, target: {measure: total, to: -5, by: 2026-12-31}",
                  "2:46 error: with better: lower a total is a budget, and one of -5 is none; write to: with what may "
                  "be used in all, or better: higher\n"},
        Complaint{"APercentageOfACount",
                  "unit: orders, target: {from: 3, to: 50%, by: 2026-12-31}",
                  "2:38 error: this is in %, the KPI's unit is orders; write it in orders, the unit of the value\n"},
        Complaint{"AReminderBeforeTheStart",
                  "target: {from: 1, to: 2, by: 3 months, remind: [1 year]}",
                  "2:49 error: a reminder 1 year before the deadline lies before the start; write remind: with spans "
                  "shorter than the target's time, such as [30 days, 7 days]\n"},
        Complaint{
            "AStepAfterTheDeadline",
            "target: {from: 1, to: 2, start: 2026-07-01, by: 2026-12-31, path: {steps: {2027-01-31: 1.5}}}",
            "2:68 error: the step 2027-01-31 is not between the start and the deadline; the start is `from` and the "
            "deadline `to`; steps lie between them\n"},
        Complaint{"AChangeWithoutAReason",
                  "target: {from: 1, to: 2, start: 2026-07-01, by: 2026-12-31, changes: [{date: 2026-10-01, to: 3}]}",
                  "2:72 error: kpis.x.target.changes lacks \"why\"; say why the target changes: it stands in the "
                  "review\n"},
        Complaint{
            "AChangeBeforeTheStart",
            "target: {from: 1, to: 2, start: 2026-07-01, by: 2026-12-31, changes: [{date: 2026-06-01, to: 3, why: "
            "more}]}",
            "2:72 error: the change of 2026-06-01 is not within the target's time; it lies after 2026-07-01 and before "
            "2027-01-01\n"},
        Complaint{
            "TargetsThatOverlap",
            "targets: [{name: A, from: 1, to: 2, start: 2026-07-01, by: 2026-10-15},\n  {name: B, from: 2, to: 3, "
            "start: 2026-10-01, by: 2026-12-31}]",
            "3:3 error: the targets \"A\" and \"B\" overlap: one begins on 2026-10-01, before the other has ended; one "
            "target judges at a time; let it start when the other has ended\n"},
        Complaint{"GoalsByPeriodWithoutEach",
                  "target: {measure: total, to: {2026-10: 350}}",
                  "2:10 error: kpis.x.target lacks \"by\"; the deadline: a date, or a span from start such as 6 "
                  "months\n2:31 error: goals by period need to know which; write each: month, quarter or year\n"},
        Complaint{"ADeadlineThatIsNoDay",
                  "target: {from: 1, to: 2, by: 2026-02-30}",
                  "2:31 error: by wants a date such as 2026-03-31, got \"2026-02-30\"; the last day of that month is "
                  "2026-02-28\n"},
        Complaint{"APeriodThatIsNone",
                  "target: {measure: total, each: quarter, to: {2026-10: 350}}",
                  "2:47 error: \"2026-10\" is no quarter; write it as 2026-Q4\n"},
        Complaint{"ASegmentThatIsNone",
                  "target: {from: 1, to: 2, by: 2026-12-31, segments: [{match: {country: SE}, to: 3}]}",
                  "2:54 error: x has no segment country=SE; write split_by: [country]\n"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(TargetRules, AMeasuredBaselineNeedsFourPeriodsInFourWeeks) {
  Shop shop("x: {value: shop.customers, target: {from: measured, to: 2, by: 2026-12-31}}");
  EXPECT_EQ(
      shop.said(),
      "1:43 error: `measured` is the mean of at least 4 periods of the 28 days before the start, and the KPI is judged "
      "every month; write from: with a number\n");
}

// --- SMART ---

std::string smart(const std::string& kpis) {
  Shop shop(kpis);
  EXPECT_EQ(shop.said(), "");
  check_smart(*shop.set, *parse_date("2026-10-20"), {}, shop.diagnostics);
  return shop.said();
}

TEST(Smart, NamesWhatLacksAndTheRemedy) {
  EXPECT_EQ(
      smart("x: {value: shop.orders, target: {from: 1, to: 2, start: 2026-01-01, by: 2026-06-30}}"),
      "1:1 warning: x has no title (S, specific); write title: as people call it\n"
      "1:1 warning: x has no description (S, specific); write description: what is counted, in a sentence\n"
      "1:1 warning: x has no unit (M, measurable); write unit: such as visitors, SEK or \"%\"\n"
      "1:1 warning: x has no objective (R, relevant); write objective: what it is good for\n"
      "1:1 warning: x has no owner (R, relevant); write owner: who looks after it; routes can match it\n"
      "1:1 warning: x has no review since 2026-07-01; ask whether each is still the right KPI and the right target, "
      "and record it: `kpid review KPI --by WHO`, or reviewed: with the date\n"
      "1:33 warning: x has a deadline in the past (T, time-bound); add a target with a new deadline under targets:, "
      "and "
      "keep the old one as the record that it is\n");
}

constexpr const char* kGood =
    ": {title: T, description: D, owner: O, objective: better, unit: orders, value: shop.orders, reviewed: 2026-07-01, "
    "thresholds: {warning: 5}}\n";

TEST(Smart, IsSilentWhereNothingLacks) {
  EXPECT_EQ(smart(std::string("x") + kGood), "");
}

TEST(Smart, HoldsOnlyThoseToItThatPromiseSomething) {
  EXPECT_EQ(smart("x: {value: shop.orders}"), "");
}

TEST(Smart, NamesAllKpisThatLackTheSameInOneWarning) {
  std::string kpis;
  for (int i = 1; i <= 7; ++i) {
    kpis += "k" + std::to_string(i) +
            ": {title: T, description: D, objective: better, unit: orders, value: shop.orders, reviewed: 2026-07-01, "
            "thresholds: {warning: 5}}\n";
  }
  EXPECT_EQ(
      smart(kpis),
      "1:1 warning: k1, k2, k3, k4, k5 and 2 more have no owner (R, relevant); write owner: who looks after it; routes "
      "can match it\n");
}

TEST(Smart, CountsTheKpisOfAnObjective) {
  std::string kpis;
  for (int i = 1; i <= 8; ++i) {
    kpis += "k" + std::to_string(i) + kGood;
  }
  EXPECT_EQ(
      smart(kpis),
      "1:1 warning: 8 KPIs stand for the objective \"better\": k1, k2, k3, k4, k5 and 3 more; more than 7 blur the "
      "picture: keep those that decide, and leave the targets and thresholds of the rest out\n");
}

}  // namespace
}  // namespace kpi

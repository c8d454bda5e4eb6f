// Where a KPI stands on its way to a goal.

#include "rules/judge/target.hpp"

#include "rules/judge/target_season.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string_view>
#include <vector>

namespace kpi {
namespace {

Slot day(std::string_view date) {
  return slot_of(*parse_date(date));
}

/// From the first day to the end of the last one.
TargetPlan plan(double from, double to, std::string_view first, std::string_view last) {
  TargetPlan result;
  result.baseline = from;
  result.goal = to;
  result.start = day(first);
  result.end = Slot{day(last).ms + kDayMs};
  return result;
}

TargetPlan compound(TargetPlan plan) {
  plan.path = Target::Path::kCompound;
  return plan;
}

/// A target judged period by period.
class Journey {
 public:
  explicit Journey(TargetPlan way, std::string_view every = "day") : plan(way), every_(parse_grain(every).value()) {}

  /// The standing at the end of the period that holds this day.
  TargetStanding at(std::string_view date, std::optional<double> value, bool is_past_deadline = true) {
    TargetPeriod period;
    const Slot slot = slot_at(*parse_date(date), every_, {});
    period.every = every_;
    period.end = next_slot(slot, every_);
    period.next_end = next_slot(period.end, every_);
    period.last_known = last_known_;
    period.is_past_deadline = is_past_deadline;
    const Value actual = value ? Value::of(*value) : Value::unknown(Reason::kNoSample);
    const TargetStanding standing = judge_target(target, plan, period, actual, before_);
    before_ = standing.status;
    last_known_ = value ? value : last_known_;
    return standing;
  }

  Target target;
  TargetPlan plan;

 private:
  Grain every_;
  TargetStatus before_ = TargetStatus::kNotStarted;
  std::optional<double> last_known_;
};

/// The path's values at the ends of these days.
std::vector<double> values_on(const TargetPlan& plan, const std::vector<std::string_view>& days) {
  std::vector<double> values;
  for (const std::string_view date : days) {
    values.push_back(expected_at(plan, Slot{day(date).ms + kDayMs}).value_or(std::nan("")));
  }
  return values;
}

TEST(Target, TwelveHundredSignUpsAreHalfDueInTheMiddle) {
  // 1200 sign-ups from 1 July to 30 September; at the end of 15 August, day 46 of 92, there are 480.
  Journey journey(plan(0, 1200, "2026-07-01", "2026-09-30"));
  const TargetStanding standing = journey.at("2026-08-15", 480);
  EXPECT_EQ(standing.expected, 600);
  EXPECT_EQ(standing.progress, 0.4);
  EXPECT_EQ(standing.pace, 0.8);
  EXPECT_EQ(standing.days_left, 46);
  EXPECT_EQ(standing.status, TargetStatus::kAtRisk);
  EXPECT_DOUBLE_EQ(standing.required.value(), 720.0 / 46);
  EXPECT_EQ(journey.at("2026-08-16", 479).status, TargetStatus::kOffTrack);
}

TEST(Target, StatusFollowsThePace) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));  // 100 days, one a day
  const std::pair<double, TargetStatus> wanted[] = {{50, TargetStatus::kOnTrack},
                                                    {47.5, TargetStatus::kOnTrack},
                                                    {47.4, TargetStatus::kAtRisk},
                                                    {40, TargetStatus::kAtRisk},
                                                    {39.9, TargetStatus::kOffTrack},
                                                    {-10, TargetStatus::kOffTrack}};
  for (const auto& [value, status] : wanted) {
    EXPECT_EQ(Journey(journey.plan).at("2026-02-19", value).status, status) << value;
  }
}

TEST(Target, SharesOfThePaceCanBeChosen) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  journey.target.on_track = 1;
  journey.target.at_risk = 0.9;
  EXPECT_EQ(journey.at("2026-02-19", 49).status, TargetStatus::kAtRisk);
  EXPECT_EQ(journey.at("2026-02-19", 44).status, TargetStatus::kOffTrack);
}

TEST(Target, IsNotJudgedBeforeItsStart) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  const TargetStanding standing = journey.at("2025-12-31", 90);
  EXPECT_EQ(standing.status, TargetStatus::kNotStarted);
  EXPECT_EQ(standing.expected, std::nullopt);
}

TEST(Target, IsTooEarlyToTellBeforeATenthOfTheProgressIsDue) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  const TargetStanding ninth = journey.at("2026-01-09", 0);
  EXPECT_EQ(ninth.status, TargetStatus::kOnTrack);
  EXPECT_TRUE(ninth.is_too_early);
  const TargetStanding tenth = journey.at("2026-01-10", 0);
  EXPECT_EQ(tenth.status, TargetStatus::kOffTrack);
  EXPECT_FALSE(tenth.is_too_early);
}

TEST(Target, CompoundGrowthIsEvenInLogarithms) {
  // From 100 to 1000 in six months: a third of the way is a third of the logarithm.
  Journey journey(compound(plan(100, 1000, "2026-01-01", "2026-06-30")), "month");
  journey.plan.end = Slot{journey.plan.start.ms + 180 * kDayMs};
  const double third = 100 * std::pow(10, 59.0 / 180);  // at the end of February
  const TargetStanding standing = journey.at("2026-02-01", third);
  EXPECT_DOUBLE_EQ(standing.expected.value(), third);
  EXPECT_DOUBLE_EQ(standing.pace.value(), 1);
  EXPECT_DOUBLE_EQ(standing.progress.value(), 59.0 / 180);
  EXPECT_EQ(standing.status, TargetStatus::kOnTrack);
  // On a straight line the same value would look late.
  Journey straight(plan(100, 1000, "2026-01-01", "2026-06-30"), "month");
  EXPECT_EQ(straight.at("2026-02-01", third).status, TargetStatus::kOffTrack);
}

TEST(Target, CompoundGrowthRequiresARatePerPeriod) {
  Journey journey(compound(plan(100, 800, "2026-01-01", "2026-06-30")), "month");
  EXPECT_DOUBLE_EQ(journey.at("2026-03-01", 100).required.value(), 1);  // three months of 100 %
}

TEST(Target, CompoundHasNoPaceOnTheOtherSideOfZero) {
  Journey journey(compound(plan(100, 1000, "2026-01-01", "2026-06-30")), "month");
  const TargetStanding standing = journey.at("2026-03-01", -5);
  EXPECT_EQ(standing.pace, std::nullopt);
  EXPECT_EQ(standing.required, std::nullopt);
  EXPECT_EQ(standing.status, TargetStatus::kOnTrack);
}

TEST(Target, LowerIsBetterWhenTheGoalIsBelow) {
  // Customer acquisition cost from 50 to 40.
  Journey journey(plan(50, 40, "2026-01-01", "2026-04-10"));
  const TargetStanding standing = journey.at("2026-02-19", 46);
  EXPECT_EQ(standing.expected, 45);
  EXPECT_DOUBLE_EQ(standing.progress.value(), 0.4);
  EXPECT_DOUBLE_EQ(standing.pace.value(), 0.8);
  EXPECT_EQ(standing.status, TargetStatus::kAtRisk);
  EXPECT_DOUBLE_EQ(standing.required.value(), -6.0 / 50);
  EXPECT_EQ(journey.at("2026-04-10", 39).status, TargetStatus::kAchieved);
}

TEST(Target, IsDecidedByTheLastDayItself) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  EXPECT_FALSE(journey.at("2026-04-09", 100).is_final);
  const TargetStanding last = journey.at("2026-04-10", 100);
  EXPECT_TRUE(last.is_final);
  EXPECT_FALSE(last.is_over);
  EXPECT_EQ(last.status, TargetStatus::kAchieved);
  EXPECT_EQ(last.expected, 100);
  EXPECT_EQ(last.days_left, 0);
  EXPECT_EQ(last.required, std::nullopt);
}

TEST(Target, IsMissedByTheSmallestShortfall) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  EXPECT_EQ(journey.at("2026-04-10", 99.9).status, TargetStatus::kMissed);
}

TEST(Target, IsARecordAfterItsEnd) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  journey.at("2026-04-10", 100);
  const TargetStanding after = journey.at("2026-04-11", 5);
  EXPECT_EQ(after.status, TargetStatus::kAchieved);
  EXPECT_TRUE(after.is_over);
  EXPECT_EQ(after.expected, std::nullopt);
}

TEST(Target, OfWeeksIsDecidedByTheLastWholeWeekBeforeTheDeadline) {
  // 10 April 2026 is a Friday: the week that ends on Sunday the 5th decides.
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"), "week");
  EXPECT_FALSE(journey.at("2026-03-29", 100).is_final);
  const TargetStanding last = journey.at("2026-04-05", 98);
  EXPECT_TRUE(last.is_final);
  EXPECT_EQ(last.status, TargetStatus::kMissed);
  EXPECT_TRUE(journey.at("2026-04-12", 120).is_over);
}

TEST(Target, WaitsForItsDeadlineAfterTheLastPeriodBeforeIt) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"), "week");
  const TargetStanding behind = journey.at("2026-04-05", 98, false);
  EXPECT_TRUE(behind.is_last);
  EXPECT_FALSE(behind.is_final);
  EXPECT_EQ(behind.status, TargetStatus::kOnTrack) << "by its pace";
  EXPECT_EQ(journey.at("2026-04-05", 100, true).status, TargetStatus::kAchieved);
  Journey unknown(plan(0, 100, "2026-01-01", "2026-04-10"), "week");
  unknown.at("2026-03-29", 101);
  EXPECT_EQ(unknown.at("2026-04-05", std::nullopt, false).status, TargetStatus::kOnTrack);
}

TEST(Target, IsNotDecidedByADeadlineThatIsMovedBeforeIt) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-03-30"), "month");
  journey.plan.turns = {{day("2026-03-15"), 100, day("2026-07-01"), Target::Path::kLinear, {}}};
  EXPECT_FALSE(journey.at("2026-02-01", 60).is_last);
  EXPECT_FALSE(journey.at("2026-03-01", 70).is_last);
  EXPECT_TRUE(journey.at("2026-06-01", 100).is_final);
}

TEST(Target, OfMonthsCountsTheMonthsThatAreLeft) {
  Journey journey(plan(0, 120, "2026-01-01", "2026-12-31"), "month");
  EXPECT_DOUBLE_EQ(journey.at("2026-09-01", 90).required.value(), 10);  // October, November, December
  EXPECT_DOUBLE_EQ(journey.at("2026-01-01", 10).required.value(), 10);
}

TEST(Target, RequiresNothingMoreWhenItIsReached) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  EXPECT_EQ(journey.at("2026-02-19", 130).required, 0);
}

TEST(Target, KeepsItsStatusWhileTheValueIsUnknown) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  journey.at("2026-02-19", 42);
  const TargetStanding unknown = journey.at("2026-02-20", std::nullopt);
  EXPECT_EQ(unknown.status, TargetStatus::kAtRisk);
  EXPECT_EQ(unknown.expected, 51);
  EXPECT_EQ(unknown.pace, std::nullopt);
}

TEST(Target, IsDecidedByTheLastKnownValueWhenTheLastDayHasNone) {
  Journey reached(plan(0, 100, "2026-01-01", "2026-04-10"));
  reached.at("2026-04-09", 101);
  EXPECT_EQ(reached.at("2026-04-10", std::nullopt).status, TargetStatus::kAchieved);
  Journey never(plan(0, 100, "2026-01-01", "2026-04-10"));
  EXPECT_EQ(never.at("2026-04-10", std::nullopt).status, TargetStatus::kMissed);
}

TEST(Target, IsOverForALedgerThatBeginsAfterTheDeadline) {
  Journey journey(plan(0, 100, "2025-01-01", "2025-04-10"));
  const TargetStanding standing = journey.at("2026-01-01", 200);
  EXPECT_TRUE(standing.is_over);
  EXPECT_EQ(standing.status, TargetStatus::kMissed);
}

TEST(Target, PathIsDefinedFromItsStartToItsEnd) {
  const TargetPlan way = plan(20, 60, "2026-01-01", "2026-01-04");
  EXPECT_EQ(expected_at(way, day("2025-12-31")), std::nullopt);
  EXPECT_EQ(expected_at(way, day("2026-01-01")), 20);
  EXPECT_EQ(expected_at(way, day("2026-01-03")), 40);
  EXPECT_EQ(expected_at(way, day("2026-01-05")), 60);
  EXPECT_EQ(expected_at(way, day("2026-01-06")), std::nullopt);
  EXPECT_EQ(date_text(deadline_at(way, day("2026-01-02"))), "2026-01-04");
}

TEST(Target, AnSCurveMeetsBothEndsAndTheMiddle) {
  TargetPlan way = plan(100, 300, "2026-01-01", "2026-01-20");
  way.path = Target::Path::kSCurve;
  EXPECT_EQ(expected_at(way, way.start), 100);
  EXPECT_EQ(expected_at(way, way.end), 300);
  EXPECT_DOUBLE_EQ(expected_at(way, day("2026-01-11")).value(), 200);
  // A quarter of the time: (1 / (1 + e^2.5) - 1 / (1 + e^5)) / (1 / (1 + e^-5) - 1 / (1 + e^5)) = 7.011 % of the way.
  EXPECT_NEAR(expected_at(way, day("2026-01-06")).value(), 100 + 200 * 0.07011, 0.01);
  EXPECT_NEAR(expected_at(way, day("2026-01-16")).value(), 300 - 200 * 0.07011, 0.01);
}

TEST(Target, StepsAreJoinedByStraightLines) {
  TargetPlan way = plan(2, 3, "2026-07-01", "2026-12-31");
  way.path = Target::Path::kSteps;
  way.points = {{Slot{day("2026-09-30").ms + kDayMs}, 2.4}};
  EXPECT_EQ(values_on(way, {"2026-09-30", "2026-12-31"}), (std::vector<double>{2.4, 3}));
  EXPECT_DOUBLE_EQ(expected_at(way, day("2026-08-16")).value(), 2.2);  // 46 of 92 days to the step
  EXPECT_DOUBLE_EQ(expected_at(way, day("2026-11-16")).value(), 2.7);  // 46 of 92 days after it
}

TEST(Target, AChangeStartsWhereTheOldPathStood) {
  // 0 to 100 in ten days; after five of them, at 50, the goal becomes 150.
  TargetPlan way = plan(0, 100, "2026-01-01", "2026-01-10");
  way.turns = {{day("2026-01-06"), 150, way.end, Target::Path::kLinear, {}}};
  EXPECT_EQ(values_on(way, {"2026-01-04", "2026-01-05", "2026-01-06", "2026-01-10"}),
            (std::vector<double>{40, 50, 70, 150}));
  EXPECT_EQ(leg_at(way, day("2026-01-06")).goal, 100);  // the period that ends with the 5th
  EXPECT_EQ(leg_at(way, day("2026-01-07")).goal, 150);
}

TEST(Target, PaceAfterAChangeIsProgressFromTheFirstBaselineOn) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-01-10"));
  journey.plan.turns = {{day("2026-01-06"), 150, journey.plan.end, Target::Path::kLinear, {}}};
  const TargetStanding standing = journey.at("2026-01-07", 72);
  EXPECT_EQ(standing.expected, 90);
  EXPECT_DOUBLE_EQ(standing.progress.value(), 0.48);  // 72 of 150
  EXPECT_DOUBLE_EQ(standing.pace.value(), 0.8);       // 72 of the 90 that are due
  EXPECT_EQ(standing.goal, 150);
}

TEST(Target, ALaterDeadlineTakesThePlaceOfTheOldOne) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-01-10"));
  journey.plan.turns = {{day("2026-01-06"), 100, Slot{day("2026-01-20").ms + kDayMs}, Target::Path::kLinear, {}}};
  EXPECT_FALSE(journey.at("2026-01-10", 60).is_final);
  EXPECT_EQ(date_text(deadline_at(journey.plan, day("2026-01-05"))), "2026-01-10");
  EXPECT_EQ(date_text(deadline_at(journey.plan, day("2026-01-08"))), "2026-01-20");
}

TEST(Target, ASeasonalPathFollowsWhatLastYearAddedUpTo) {
  // Last year 10, 10, 60, 20 on the same four weekdays: 100 in all.
  TargetPlan way = plan(0, 1000, "2026-01-01", "2026-01-04");
  way.measure = Target::Measure::kTotal;
  way.path = Target::Path::kSeasonal;
  way.season = {{day("2026-01-02"), 10}, {day("2026-01-03"), 20}, {day("2026-01-04"), 80}, {day("2026-01-05"), 100}};
  EXPECT_EQ(values_on(way, {"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"}),
            (std::vector<double>{100, 200, 800, 1000}));
}

TEST(Target, ADayIsLikeTheSameDayOfLastYear) {
  const auto date = [](std::string_view text) { return date_of(day(text)); };
  NamedDays named;
  named.events["sale"] = {
      date("2025-03-10"), date("2025-03-11"), date("2026-03-16"), date("2026-03-17"), date("2026-03-18")};
  named.events["launch"] = {date("2026-03-26")};
  named.holidays = {date("2025-04-18"),
                    date("2025-04-21"),
                    date("2025-12-25"),
                    date("2026-04-03"),
                    date("2026-04-06"),
                    date("2026-12-25")};
  CalendarRules calendar;
  calendar.days = std::make_shared<const NamedDays>(named);
  const auto like = [&](std::string_view text) { return date_text(like_last_year(date(text), calendar)); };
  EXPECT_EQ(like("2026-03-16"), "2025-03-10");
  EXPECT_EQ(like("2026-03-17"), "2025-03-11") << "the second day of the sale";
  EXPECT_EQ(like("2026-03-18"), "2025-03-11") << "it is longer this year: as its last day";
  EXPECT_EQ(like("2026-03-09"), "2025-03-03") << "an ordinary Monday, where the one 364 days before was the sale's";
  EXPECT_EQ(like("2026-03-12"), "2025-03-13") << "364 days before";
  EXPECT_EQ(like("2026-03-26"), "2025-03-27") << "an event that was not last year";
  EXPECT_EQ(like("2026-04-06"), "2025-04-21") << "Easter Monday";
  EXPECT_EQ(like("2026-04-03"), "2025-04-18") << "Good Friday";
  EXPECT_EQ(like("2026-12-25"), "2025-12-25");
  EXPECT_EQ(date_text(like_last_year(date("2026-03-16"), CalendarRules{})), "2025-03-17");
}

TEST(Target, ATotalIsAchievedWhenItIsReached) {
  Journey journey(plan(0, 100, "2026-01-01", "2026-04-10"));
  journey.plan.measure = Target::Measure::kTotal;
  const TargetStanding standing = journey.at("2026-02-19", 101);
  EXPECT_EQ(standing.status, TargetStatus::kAchieved);
  EXPECT_FALSE(standing.is_over);
  EXPECT_TRUE(journey.at("2026-02-20", 105).is_over);
}

}  // namespace
}  // namespace kpi

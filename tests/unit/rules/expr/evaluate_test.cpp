// What an expression is worth: windows over samples, and how absent data spreads.

#include "rules/expr/evaluate.hpp"

#include "tests/unit/rules/expr/readings.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

// --- arithmetic ---

struct SumCase {
  std::string name;
  std::string text;
  std::string value;
};

void PrintTo(const SumCase& test, std::ostream* out) {
  *out << test.text;
}

class Arithmetic : public testing::TestWithParam<SumCase> {};

/// a is 6, b is 0; u has no sample, n was delivered as null. 2 March 2026 is a Monday.
TEST_P(Arithmetic, Gives) {
  Readings readings({metric_named("x.a"), metric_named("x.b"), metric_named("x.u"), metric_named("x.n")});
  readings.given("x.a", "2026-03-02", "6").given("x.b", "2026-03-02", "0").given("x.u", "2026-03-01", "1");
  readings.given("x.n", "2026-03-02", "nan");
  EXPECT_EQ(readings.value(GetParam().text, "2026-03-02"), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(Evaluate,
                         Arithmetic,
                         testing::Values(SumCase{"Sums", "x.a + 2 - 3", "5"},
                                         SumCase{"Products", "x.a * 2 / 4", "3"},
                                         SumCase{"Powers", "x.a ^ 2", "36"},
                                         SumCase{"Signs", "-x.a + 1", "-5"},
                                         SumCase{"Truth", "x.a > 5 and not x.a > 6", "1"},
                                         SumCase{"Falsehood", "x.a < 5 or x.a != 6", "0"},
                                         SumCase{"AChoice", "if(x.a >= 6, 10, 20)", "10"},
                                         SumCase{"Rounding", "round(x.a / 4) + round(x.a / 7, 2)", "2.86"},
                                         SumCase{"Clamping", "clamp(x.a, 0, 5)", "5"},
                                         SumCase{"TheLeast", "min(x.a, 4, 9)", "4"},
                                         SumCase{"TheLargest", "max(x.a, 4, 9)", "9"},
                                         SumCase{"TheSize", "abs(-x.a)", "6"},
                                         SumCase{"TheWeekday", "weekday()", "1"},
                                         SumCase{"TheMonth", "month()", "3"},
                                         SumCase{"ZeroIsAValue", "x.b", "0"},
                                         SumCase{"ZeroComparesAsAValue", "x.b < 1", "1"},
                                         SumCase{"DivisionByZero", "x.a / x.b", "division_by_zero"},
                                         SumCase{"DivisionByZeroSpreads", "1 + x.a / x.b > 5", "division_by_zero"},
                                         SumCase{"AbsentSpreads", "x.a + x.u", "no_sample"},
                                         SumCase{"NullSpreads", "x.a * x.n", "null"},
                                         SumCase{"TheFirstReasonIsGiven", "x.n + x.u", "null"},
                                         SumCase{"AbsentTimesZeroIsAbsent", "x.b * x.u", "no_sample"},
                                         SumCase{"AbsentInAComparison", "x.u > 1", "no_sample"},
                                         SumCase{"AbsentNegated", "not x.u > 1", "no_sample"},
                                         SumCase{"TrueOrAbsentIsTrue", "x.u > 1 or x.a > 1", "1"},
                                         SumCase{"FalseOrAbsentIsAbsent", "x.u > 1 or x.a < 1", "no_sample"},
                                         SumCase{"FalseAndAbsentIsFalse", "x.a < 1 and x.u > 1", "0"},
                                         SumCase{"TrueAndAbsentIsAbsent", "x.a > 1 and x.u > 1", "no_sample"},
                                         SumCase{"AnAbsentBranchNotTaken", "if(x.a > 1, x.a, x.u)", "6"},
                                         SumCase{"AnAbsentBranchTaken", "if(x.a < 1, x.a, x.u)", "no_sample"},
                                         SumCase{"AnAbsentCondition", "if(x.u > 1, 1, 2)", "no_sample"},
                                         SumCase{"AReplacementForAbsent", "coalesce(x.u, x.a) + coalesce(x.n, 1)", "7"},
                                         SumCase{"TheLeastWithAbsent", "min(x.a, x.u)", "no_sample"},
                                         SumCase{"ClampingWithAbsent", "clamp(x.a, x.u, 9)", "no_sample"},
                                         SumCase{"ARootOfANegative", "(x.b - 4) ^ 0.5", "not_finite"},
                                         SumCase{"Overflow", "(x.a * 1M) ^ 8 ^ 8", "not_finite"},
                                         SumCase{"CountOfNothing", "count(x.u)", "0"}),
                         [](const auto& test) { return test.param.name; });

// --- windows ---

TEST(Windows, OverSevenDaysHoldThePeriodAndTheSixBefore) {
  Readings readings({metric_named("web.visits")});
  readings.given("web.visits", "2026-03-01", "1 2 3 4 5 6 7 8").over("7 days");
  EXPECT_EQ(readings.value("web.visits", "2026-03-07"), "28");
  EXPECT_EQ(readings.value("web.visits", "2026-03-08"), "35");
  EXPECT_EQ(readings.value("web.visits", "2026-03-06"), "incomplete");
}

TEST(Windows, AreAggregatedByTheKindOfTheMetric) {
  const std::string values = "4 8 6";
  Readings readings({with(metric_named("x.flow"), MetricKind::kFlow),
                     with(metric_named("x.level"), MetricKind::kLevel),
                     with(metric_named("x.mean"), MetricKind::kMean)});
  readings.given("x.flow", "2026-03-01", values)
      .given("x.level", "2026-03-01", values)
      .given("x.mean", "2026-03-01", values);
  readings.over("3 days");
  EXPECT_EQ(readings.value("x.flow", "2026-03-03"), "18");
  EXPECT_EQ(readings.value("x.level", "2026-03-03"), "6");
  EXPECT_EQ(readings.value("x.mean", "2026-03-03"), "6");
}

TEST(Windows, AreAggregatedAsTheExpressionSays) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "4 8 6 10").over("4 days");
  const std::pair<const char*, const char*> wanted[] = {{"sum(x.a)", "28"},
                                                        {"avg(x.a)", "7"},
                                                        {"min(x.a)", "4"},
                                                        {"max(x.a)", "10"},
                                                        {"first(x.a)", "4"},
                                                        {"last(x.a)", "10"},
                                                        {"count(x.a)", "4"},
                                                        {"median(x.a)", "7"},
                                                        {"quantile(x.a, 0)", "4"},
                                                        {"quantile(x.a, 0.5)", "7"},
                                                        {"quantile(x.a, 1)", "10"},
                                                        {"round(stddev(x.a), 6)", "2.581989"},
                                                        {"max(x.a, 2 days)", "10"},
                                                        {"sum(x.a, 2 days)", "16"}};
  for (const auto& [text, value] : wanted) {
    EXPECT_EQ(readings.value(text, "2026-03-04"), value) << text;
  }
}

TEST(Windows, NeedAllPeriodsUnlessCompleteSaysOtherwise) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "1 _ 1 1 _ 1 1 1").over("7 days");
  EXPECT_EQ(readings.value("x.a", "2026-03-07"), "incomplete");
  EXPECT_EQ(readings.complete(0.5).value("x.a", "2026-03-07"), "5");
  EXPECT_EQ(readings.complete(5.0 / 7).value("x.a", "2026-03-07"), "5");
  EXPECT_EQ(readings.complete(6.0 / 7).value("x.a", "2026-03-07"), "incomplete");
  EXPECT_EQ(readings.complete(0).value("x.a", "2026-03-20"), "no_sample");
}

TEST(Windows, CountNullsAsMissing) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "1 nan 0").over("3 days");
  EXPECT_EQ(readings.value("x.a", "2026-03-03"), "incomplete");
  EXPECT_EQ(readings.complete(0.6).value("x.a", "2026-03-03"), "1");
  EXPECT_EQ(readings.over("1 day").complete(1).value("x.a", "2026-03-02"), "null");
}

TEST(Windows, OfAMonthFollowTheCalendar) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-01-01", "1x90").every("month");
  EXPECT_EQ(readings.value("x.a", "2026-01-15"), "31");
  EXPECT_EQ(readings.value("x.a", "2026-02-15"), "28");
  EXPECT_EQ(readings.over("2 months").value("x.a", "2026-02-15"), "59");
}

TEST(Windows, OfADayHoldItsHoursWhereTheClockIsMoved) {
  Readings readings({per(metric_named("x.a"), "hour", "Europe/Stockholm")});
  readings.given("x.a", "2026-03-28", "1x72").given("x.a", "2026-10-24", "1x72").every("day");
  EXPECT_EQ(readings.value("x.a", "2026-03-28"), "24");
  EXPECT_EQ(readings.value("x.a", "2026-03-29"), "23");
  EXPECT_EQ(readings.value("x.a", "2026-10-25"), "25");
  EXPECT_EQ(readings.value("x.a", "2026-10-26"), "incomplete");  // 72 hours end one hour early
}

TEST(Windows, KnowHowManyLongIntervalsADayOfTwentyThreeHoursHas) {
  Readings readings({per(metric_named("x.a"), "2h", "Europe/Stockholm")});
  readings.given("x.a", "2026-03-28", "1x36").every("day");
  EXPECT_EQ(readings.value("x.a", "2026-03-29"), "12");
  Readings hole({per(metric_named("x.a"), "2h", "Europe/Stockholm")});
  hole.given("x.a", "2026-03-28", "1x12 1 1 1 1 1 _ 1x6").every("day");
  EXPECT_EQ(hole.value("x.a", "2026-03-29"), "incomplete");
}

TEST(Windows, BackByAWeekKeepTheWallTime) {
  Readings readings({per(metric_named("x.a"), "hour", "Europe/Stockholm")});
  readings.given("x.a", "2026-03-25", "0+1x240").every("hour");
  // 08:00 on Monday the 30th and on Monday the 23rd are 167 hours apart: the night between lost one.
  EXPECT_EQ(readings.value("x.a - prev(x.a, 2 days)", "2026-03-30 08:00"), "47");
  EXPECT_EQ(readings.value("x.a - prev(x.a, 48h)", "2026-03-30 08:00"), "48");
}

TEST(Windows, OfAMonthHoldTheWeeksThatEndInIt) {
  // Weeks from Monday: 23 Feb to 1 Mar ends in March, 30 Mar to 5 Apr does not.
  Readings readings({per(metric_named("x.a"), "week")});
  readings.given("x.a", "2026-02-16", "1 10 100 1000 10000 100000 7").every("month");
  EXPECT_EQ(readings.value("x.a", "2026-03-10"), "111110");
}

TEST(Windows, OfWeeksFollowTheDayTheyBeginWith) {
  // 1 March 2026 is a Sunday: weeks from Sunday begin with it.
  Readings readings({per(metric_named("x.a"), "week")});
  readings.weeks_start(std::chrono::Sunday).given("x.a", "2026-02-22", "1 10 100 1000 10000").every("month");
  EXPECT_EQ(readings.value("x.a", "2026-03-10"), "11110");
}

TEST(Windows, ShiftedIntoTheMiddleOfAMonthAreTheMonthBefore) {
  Readings readings({per(metric_named("x.a"), "month")});
  readings.given("x.a", "2025-01-01", "101+1x24").every("month");
  EXPECT_EQ(readings.value("prev(x.a, 52 weeks)", "2026-03-10"), "103");
  EXPECT_EQ(readings.value("prev(x.a, 1 year)", "2026-03-10"), "103");
}

TEST(Windows, ShiftedByAMonthEndWithTheLastWeekBefore) {
  // The week of 16 March ends on the 23rd; a month before that, on 23 February, ended the week of the 16th.
  Readings readings({per(metric_named("x.a"), "week")});
  readings.given("x.a", "2026-02-02", "1 2 3 4 5 6 7").every("week");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2026-03-16"), "3");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2026-03-09"), "2");
}

TEST(Windows, AMonthBeforeTheLastDaysOfALongMonthAreTheLastOfAShortOne) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-02-01", "1+1x59");
  for (const char* day : {"2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"}) {
    EXPECT_EQ(readings.value("prev(x.a, 1 month)", day), "28") << day;
  }
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2026-03-27"), "27");
}

TEST(Windows, AMonthBeforeAllOfAMonthIsAllOfTheOneBefore) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2023-12-01", "1x31 10x31 100x29 1000x31 10000x30").over("1 month");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2024-02-29"), "310");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2024-03-31"), "2900");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2024-04-30"), "31000");
  EXPECT_EQ(readings.value("prev(prev(x.a, 1 month), 1 month)", "2024-04-30"), "2900");
  EXPECT_EQ(readings.value("prev(x.a, 1 quarter)", "2024-04-30"), "310");
  EXPECT_EQ(readings.value("prev(avg(x.a, 1 quarter), 1 month) * 91", "2024-04-30"), "34210");
  // Of a day it is the day of that number, and the last where a month has none.
  EXPECT_EQ(readings.value("prev(sum(x.a, 1 day), 1 month)", "2024-04-30"), "1000");
  EXPECT_EQ(readings.value("prev(sum(x.a, 30 days), 1 month)", "2024-04-30"), "30000");
}

TEST(Windows, AMonthBeforeAllOfAMonthIsSoByTheHourToo) {
  Readings readings({per(metric_named("x.a"), "hour", "Europe/Stockholm")});
  readings.given("x.a", "2024-01-01", "1x744 10x696").every("hour").over("1 month");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2024-02-29 23:00"), "744");
}

TEST(Windows, AMonthBeforeAnHourIsThatHour) {
  Readings readings({per(metric_named("x.a"), "hour", "Europe/Stockholm")});
  readings.given("x.a", "2026-02-28", "0x23 5 0x30").every("hour");
  EXPECT_EQ(readings.value("prev(x.a, 1 month)", "2026-03-28 23:00"), "5");
}

TEST(Windows, OfInstantsHoldWhateverThereIs) {
  Metric load = per(metric_named("x.load"), "instant");
  load.kind = MetricKind::kMean;
  Readings readings({load});
  readings.given("x.load", "2026-03-01 10:00:01", "2").given("x.load", "2026-03-01 10:03:20", "4").every("5m");
  EXPECT_EQ(readings.value("x.load", "2026-03-01 10:00"), "3");
  EXPECT_EQ(readings.value("count(x.load)", "2026-03-01 10:00"), "2");
  EXPECT_EQ(readings.value("x.load", "2026-03-01 10:05"), "no_sample");
}

TEST(Windows, InTwoZonesAreJoinedByDate) {
  Readings readings(
      {per(metric_named("x.a"), "day", "Europe/Stockholm"), per(metric_named("x.b"), "day", "America/New_York")});
  readings.given("x.a", "2026-03-01", "1 2").given("x.b", "2026-03-01", "10 20");
  EXPECT_EQ(readings.value("x.a + x.b", "2026-03-02"), "22");
}

// --- comparing with the past ---

TEST(Prev, IsTheValueThen) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "10 0 30 15 _ 20");
  EXPECT_EQ(readings.value("prev(x.a, 1 day)", "2026-03-03"), "0");
  EXPECT_EQ(readings.value("diff(x.a, 2 days)", "2026-03-03"), "20");
  EXPECT_EQ(readings.value("change(x.a, 2 days)", "2026-03-03"), "2");
  EXPECT_EQ(readings.value("change(x.a, 1 day)", "2026-03-04"), "-0.5");
  EXPECT_EQ(readings.value("prev(prev(x.a, 1 day), 1 day)", "2026-03-03"), "10");
}

TEST(Prev, OfWhatIsNotThereIsUnknown) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "10 0 30 15 _ 20");
  EXPECT_EQ(readings.value("prev(x.a, 1 day)", "2026-03-01"), "no_sample");
  EXPECT_EQ(readings.value("diff(x.a, 1 day)", "2026-03-06"), "no_sample");
  EXPECT_EQ(readings.value("change(x.a, 1 day)", "2026-03-06"), "no_sample");
  EXPECT_EQ(readings.value("change(x.a, 1 day)", "2026-03-03"), "division_by_zero");
}

TEST(Prev, OfANegativeValueGrowsUpwards) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "-10 -5");
  EXPECT_EQ(readings.value("change(x.a, 1 day)", "2026-03-02"), "0.5");
}

TEST(Prev, MovesTheWholeWindow) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "1x7 3x7").over("7 days");
  EXPECT_EQ(readings.value("x.a / prev(x.a, 1 week)", "2026-03-14"), "3");
  EXPECT_EQ(readings.value("avg(x.a, 2 days) + prev(avg(x.a, 2 days), 1 week)", "2026-03-14"), "4");
}

// --- what a missing row means ---

Metric missing_is(Missing missing) {
  Metric metric = metric_named("x.a");
  metric.missing = missing;
  return metric;
}

TEST(Missing, ZeroFillsPeriodsWithoutARow) {
  Readings readings({missing_is(Missing::kZero)});
  readings.given("x.a", "2026-03-02", "5 _ 5").over("3 days");
  EXPECT_EQ(readings.value("x.a", "2026-03-04"), "10");
  EXPECT_EQ(readings.value("avg(x.a)", "2026-03-05"), number_text(5.0 / 3));
  EXPECT_EQ(readings.over("1 day").value("x.a", "2026-03-03"), "0");
}

TEST(Missing, ZeroDoesNotReachBackBeforeTheFirstRow) {
  Readings readings({missing_is(Missing::kZero)});
  readings.given("x.a", "2026-03-02", "5 _ 5").over("3 days");
  EXPECT_EQ(readings.value("x.a", "2026-03-03"), "incomplete");
  EXPECT_EQ(readings.over("1 day").value("x.a", "2026-03-01"), "no_sample");
}

TEST(Missing, LastGoesOnWithTheLastNumber) {
  Readings readings({with(missing_is(Missing::kLast), MetricKind::kLevel)});
  readings.given("x.a", "2026-03-02", "5 _ _ 8 _");
  EXPECT_EQ(readings.value("x.a", "2026-03-04"), "5");
  EXPECT_EQ(readings.value("x.a", "2026-03-05"), "8");
  EXPECT_EQ(readings.value("x.a", "2026-03-30"), "8");
  EXPECT_EQ(readings.over("4 days").value("sum(x.a)", "2026-03-05"), "23");
}

TEST(Missing, NeverReplacesANull) {
  Readings zero({missing_is(Missing::kZero)});
  zero.given("x.a", "2026-03-01", "5 nan 5");
  EXPECT_EQ(zero.value("x.a", "2026-03-02"), "null");
  Readings last({missing_is(Missing::kLast)});
  last.given("x.a", "2026-03-01", "5 nan _");
  EXPECT_EQ(last.value("x.a", "2026-03-02"), "null");
  EXPECT_EQ(last.value("x.a", "2026-03-03"), "5");
}

TEST(Missing, LastIsEachSeriesOwn) {
  Readings readings({with(missing_is(Missing::kLast), MetricKind::kLevel)});
  readings.given("x.a", "2026-03-01", "100 _ 110", {{"country", "SE"}})
      .given("x.a", "2026-03-01", "10", {{"country", "DK"}});
  EXPECT_EQ(readings.value("x.a", "2026-03-02"), "110");
  EXPECT_EQ(readings.value("x.a", "2026-03-03"), "120");
}

TEST(Missing, ZeroFollowsTheClock) {
  Metric metric = per(missing_is(Missing::kZero), "2h", "Europe/Stockholm");
  Readings readings({metric});
  readings.given("x.a", "2026-03-29", "1x12 1x12").every("day");
  EXPECT_EQ(readings.value("x.a", "2026-03-29"), "12");
  EXPECT_EQ(readings.value("x.a", "2026-03-30"), "12");
}

// --- labels ---

Metric across(Across how) {
  Metric metric = metric_named("x.a");
  metric.kind = MetricKind::kMean;
  metric.across = how;
  metric.labels = {"country", "device"};
  return metric;
}

Readings& given_countries(Readings& readings) {
  readings.given("x.a", "2026-03-01", "10", {{"country", "SE"}, {"device", "phone"}});
  readings.given("x.a", "2026-03-01", "20", {{"country", "SE"}, {"device", "web"}});
  return readings.given("x.a", "2026-03-01", "60", {{"country", "DK"}, {"device", "web"}});
}

TEST(Labels, CombineIntoTheTotalAsAcrossSays) {
  const std::pair<Across, const char*> wanted[] = {{Across::kSum, "90"},
                                                   {Across::kMean, "30"},
                                                   {Across::kMin, "10"},
                                                   {Across::kMax, "60"},
                                                   {Across::kNone, "no_sample"}};
  for (const auto& [how, value] : wanted) {
    Readings readings({across(how)});
    EXPECT_EQ(given_countries(readings).value("x.a", "2026-03-01"), value) << name_of(how);
  }
}

TEST(Labels, AnUnlabelledRowIsTheTotal) {
  for (const Across how : {Across::kSum, Across::kNone}) {
    Readings readings({across(how)});
    given_countries(readings).given("x.a", "2026-03-01", "33");
    EXPECT_EQ(readings.value("x.a", "2026-03-01"), "33") << name_of(how);
  }
}

TEST(Labels, PickASegment) {
  Readings readings({across(Across::kSum)});
  given_countries(readings).given("x.a", "2026-03-01", "33");
  EXPECT_EQ(readings.segment({{"country", "SE"}}).value("x.a", "2026-03-01"), "30");
  EXPECT_EQ(readings.value("all(x.a)", "2026-03-01"), "33");
  EXPECT_EQ(readings.segment({{"country", "NO"}}).value("x.a", "2026-03-01"), "no_sample");
}

TEST(Labels, FilterRows) {
  Readings readings({across(Across::kSum)});
  given_countries(readings);
  EXPECT_EQ(readings.value("x.a{device=web}", "2026-03-01"), "80");
  EXPECT_EQ(readings.value("x.a{country!=SE}", "2026-03-01"), "60");
  EXPECT_EQ(readings.value("x.a{country=SE, device=web} / x.a{country=SE}", "2026-03-01"), number_text(20.0 / 30));
  EXPECT_EQ(readings.segment({{"country", "SE"}}).value("x.a{device=web}", "2026-03-01"), "20");
}

TEST(Labels, MeansOfSegmentsThatReportOnDifferentDaysCountEachDayOnce) {
  Readings readings({across(Across::kMean)});
  readings.given("x.a", "2026-03-01", "10 20", {{"country", "SE"}})
      .given("x.a", "2026-03-01", "30 _", {{"country", "DK"}});
  EXPECT_EQ(readings.over("2 days").value("x.a", "2026-03-02"), "20");  // of 20 and 20
}

TEST(CountWindow, SaysHowMuchOfAWindowIsThere) {
  RuleSet rules;
  rules.metrics = {metric_named("x.a")};
  SampleTable table;
  const std::uint32_t series = table.series(0, {});
  table.put(series, slot_of(*parse_date("2026-03-01")), 1);
  table.put(series, slot_of(*parse_date("2026-03-03")), 1);
  EvaluationContext context;
  context.rules = &rules;
  context.table = &table;
  context.frame = {slot_of(*parse_date("2026-03-07")), parse_grain("day").value(), Span{0, 7, 0}, {}, {}};
  Program program;
  program.metrics.emplace_back();
  const WindowCount count = count_window(program, Inputs{{{series}}, {}}, 0, context);
  EXPECT_EQ(count.present, 2);
  EXPECT_EQ(count.expected, 7);
}

}  // namespace
}  // namespace kpi

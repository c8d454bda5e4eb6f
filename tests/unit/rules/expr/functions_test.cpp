// The functions that look at windows, segments and the calendar: what they are worth, by hand.

#include "tests/unit/rules/expr/readings.hpp"

namespace kpi {
namespace {

Date date(int year, unsigned month, unsigned day) {
  return Date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
}

// --- to_date ---

TEST(ToDate, IsTheMetricFromTheBeginOfTheUnit) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-01-01", "1x120");
  EXPECT_EQ(readings.value("to_date(x.a, month)", "2026-03-01"), "1");
  EXPECT_EQ(readings.value("to_date(x.a, month)", "2026-03-17"), "17");
  EXPECT_EQ(readings.value("to_date(x.a, month)", "2026-03-31"), "31");
  EXPECT_EQ(readings.value("to_date(x.a, quarter)", "2026-04-02"), "2");
  EXPECT_EQ(readings.value("to_date(x.a, quarter)", "2026-03-31"), "90");
  EXPECT_EQ(readings.value("to_date(x.a, year)", "2026-04-02"), "92");
  EXPECT_EQ(readings.value("to_date(x.a, week)", "2026-03-11"), "3");  // a Wednesday
}

TEST(ToDate, FollowsTheFiscalYearAndTheFirstDayOfTheWeek) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-01-01", "1x120").weeks_start(std::chrono::Sunday);
  readings.years_start({std::chrono::February, std::chrono::day{15}});
  EXPECT_EQ(readings.value("to_date(x.a, week)", "2026-03-11"), "4");
  EXPECT_EQ(readings.value("to_date(x.a, quarter)", "2026-03-15"), "29");  // since 15 February
  EXPECT_EQ(readings.value("to_date(x.a, year)", "2026-02-15"), "1");
}

TEST(ToDate, IsAggregatedByTheKindOfTheMetric) {
  Readings readings(
      {with(metric_named("x.level"), MetricKind::kLevel), with(metric_named("x.mean"), MetricKind::kMean)});
  readings.given("x.level", "2026-03-01", "4 8 6").given("x.mean", "2026-03-01", "4 8 6");
  EXPECT_EQ(readings.value("to_date(x.level, month)", "2026-03-03"), "6");
  EXPECT_EQ(readings.value("to_date(x.mean, month)", "2026-03-02"), "6");
}

TEST(ToDate, NeedsEveryPeriodSinceThen) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "1 1 _ 1");
  EXPECT_EQ(readings.value("to_date(x.a, month)", "2026-03-02"), "2");
  EXPECT_EQ(readings.value("to_date(x.a, month)", "2026-03-04"), "incomplete");
  EXPECT_EQ(readings.complete(0.75).value("to_date(x.a, month)", "2026-03-04"), "3");
}

TEST(ToDate, IsComparedWithTheSamePartOfTheMonthBefore) {
  // January has 1 a day, February 10, March 100.
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-01-01", "1x31 10x28 100x31");
  EXPECT_EQ(readings.value("prev(to_date(x.a, month), 1 month)", "2026-03-10"), "100");
  EXPECT_EQ(readings.value("prev(to_date(x.a, month), 1 month)", "2026-02-28"), "28");
  EXPECT_EQ(readings.value("change(to_date(x.a, month), 1 month)", "2026-03-10"), "9");
}

TEST(ToDate, ComparesTheLastDaysOfALongMonthWithAllOfAShortOne) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-01-01", "1x31 10x28 100x31");
  for (const char* day : {"2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"}) {
    EXPECT_EQ(readings.value("prev(to_date(x.a, month), 1 month)", day), "280") << day;
  }
  EXPECT_EQ(readings.value("prev(to_date(x.a, month), 1 month)", "2026-03-27"), "270");
}

TEST(ToDate, IsComparedWithTheSamePartOfTheYearBefore) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2024-01-01", "1x366 2x365");
  EXPECT_EQ(readings.value("prev(to_date(x.a, quarter), 1 year)", "2025-03-31"), "91");  // 2024 is a leap year
  EXPECT_EQ(readings.value("to_date(x.a, quarter)", "2025-03-31"), "180");
  EXPECT_EQ(readings.value("prev(to_date(x.a, quarter), 1 quarter)", "2025-04-30"), "60");  // until 30 January
  EXPECT_EQ(readings.value("prev(to_date(x.a, week), 52 weeks)", "2025-03-12"), "3");
}

TEST(ToDate, OfAKpiByWeekFollowsTheMonthInWhichTheWeekEnds) {
  // The week from 30 March ends on 5 April: five days of April, and five of March a month before.
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "1x31 10x30").every("week");
  EXPECT_EQ(readings.value("to_date(x.a, month)", "2026-03-31"), "50");
  EXPECT_EQ(readings.value("prev(to_date(x.a, month), 1 month)", "2026-03-31"), "5");
}

TEST(ToDate, OfAKpiByMonthHoldsWholeMonths) {
  Readings readings({per(metric_named("x.a"), "month")});
  readings.given("x.a", "2026-01-01", "1 10 100 1000").every("month");
  EXPECT_EQ(readings.value("to_date(x.a, quarter)", "2026-03-05"), "111");
  EXPECT_EQ(readings.value("prev(to_date(x.a, quarter), 1 quarter)", "2026-04-05"), "1");
}

TEST(ToDate, OfAnHourlyKpiBeginsAtMidnight) {
  Readings readings({per(metric_named("x.a"), "hour", "Europe/Stockholm")});
  readings.given("x.a", "2026-03-28", "1x96").every("hour");
  EXPECT_EQ(readings.value("to_date(x.a, week)", "2026-03-30 00:00"), "1");
  EXPECT_EQ(readings.value("to_date(x.a, week)", "2026-03-30 09:00"), "10");
}

// --- aggregates of expressions ---

TEST(ByGrain, WorksOutTheExpressionForEachGrain) {
  // 100 kronor at 1, then 10 at 2: 100 + 20, not 110 * 3.
  Readings readings({metric_named("dk.revenue"), with(metric_named("fx.dkk"), MetricKind::kMean)});
  readings.given("dk.revenue", "2026-03-01", "100 10 8").given("fx.dkk", "2026-03-01", "1 2 4").over("3 days");
  EXPECT_EQ(readings.value("sum(dk.revenue * fx.dkk)", "2026-03-03"), "152");
  EXPECT_EQ(readings.value("max(dk.revenue / fx.dkk)", "2026-03-03"), "100");
  EXPECT_EQ(readings.value("min(dk.revenue / fx.dkk, 2 days)", "2026-03-03"), "2");
  EXPECT_EQ(readings.value("avg(dk.revenue / fx.dkk, 2 days)", "2026-03-03"), "3.5");
  EXPECT_EQ(readings.value("median(dk.revenue / fx.dkk)", "2026-03-03"), "5");
  EXPECT_EQ(readings.value("quantile(dk.revenue + 0, 1)", "2026-03-03"), "100");
  EXPECT_EQ(readings.value("first(dk.revenue + 1) + last(dk.revenue + 1)", "2026-03-03"), "110");
  EXPECT_EQ(readings.value("prev(sum(dk.revenue * fx.dkk, 1 day), 1 day)", "2026-03-03"), "20");
}

TEST(ByGrain, CountsAGrainThatIsUnknownAsMissing) {
  Readings readings({metric_named("x.a"), metric_named("x.b")});
  readings.given("x.a", "2026-03-01", "10 20 _ 40").given("x.b", "2026-03-01", "2 0 1 4").over("4 days");
  // 5, divided by zero, no sample, 10
  EXPECT_EQ(readings.value("sum(x.a / x.b)", "2026-03-04"), "incomplete");
  EXPECT_EQ(readings.value("count(x.a / x.b)", "2026-03-04"), "2");
  EXPECT_EQ(readings.complete(0.5).value("sum(x.a / x.b)", "2026-03-04"), "15");
  EXPECT_EQ(readings.over("1 day").value("sum(x.a / x.b)", "2026-03-02"), "division_by_zero");
  EXPECT_EQ(readings.value("sum(x.a / x.b)", "2026-03-03"), "no_sample");
}

TEST(ByGrain, ChoosesByTheDayOfTheGrain) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-02", "1 1 1 1 1 10 10").over("7 days");  // from a Monday
  EXPECT_EQ(readings.value("sum(if(weekday() >= 6, x.a, 0))", "2026-03-08"), "20");
  EXPECT_EQ(readings.value("sum(if(x.a > 5, 1, 0))", "2026-03-08"), "2");
  EXPECT_EQ(readings.value("sum(coalesce(x.a, 0) + 1)", "2026-03-09"),
            "31");  // 1 1 1 1 10 10 and nothing, and 7 times 1
}

TEST(ByGrain, KnowsTheDayOfAGrainThatIsShifted) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-02", "1 1 1 1 1 10 10 1 1 1").over("7 days");  // from a Monday
  EXPECT_EQ(readings.value("prev(sum(if(weekday() >= 6, x.a, 0)), 3 days)", "2026-03-11"), "20");
  EXPECT_EQ(readings.value("prev(weekday(), 3 days)", "2026-03-11"), "7");
}

TEST(ByGrain, TakesUniqueCountsGrainByGrain) {
  Readings readings({with(metric_named("web.users"), MetricKind::kDistinct), metric_named("web.visits")});
  readings.given("web.users", "2026-03-01", "1 2").given("web.visits", "2026-03-01", "2 6").over("2 days");
  EXPECT_EQ(readings.value("avg(web.visits / web.users)", "2026-03-02"), "2.5");
}

TEST(ByGrain, TakesReadingsAtInstants) {
  Metric load = per(metric_named("x.load"), "instant");
  Readings readings({load});
  readings.given("x.load", "2026-03-01 10:00:01", "2").given("x.load", "2026-03-01 10:03:20", "4").every("5m");
  EXPECT_EQ(readings.value("max(x.load * 10)", "2026-03-01 10:00"), "40");
}

// --- share, per, age, trend ---

TEST(Share, IsOfTheTotal) {
  Metric visits = metric_named("x.a");
  visits.labels = {"country"};
  Readings readings({visits});
  readings.given("x.a", "2026-03-01", "30 0", {{"country", "SE"}})
      .given("x.a", "2026-03-01", "90 0", {{"country", "DK"}});
  readings.split_by("country");
  EXPECT_EQ(readings.value("share(x.a)", "2026-03-01"), "1");
  readings.segment({{"country", "SE"}});
  EXPECT_EQ(readings.value("share(x.a)", "2026-03-01"), "0.25");
  EXPECT_EQ(readings.value("share(sum(x.a, 1 day)) + prev(share(x.a), 1 day)", "2026-03-02"), "division_by_zero");
  EXPECT_EQ(readings.value("prev(share(x.a), 1 day)", "2026-03-02"), "0.25");
  EXPECT_EQ(readings.value("share(max(x.a * 2, 2 days))", "2026-03-02"), "0.25");
}

TEST(Per, DividesByTheUnitsOfTheWindow) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-01-01", "1x90").every("month");
  EXPECT_EQ(readings.value("per(x.a, day) * 10", "2026-02-10"), "10");
  EXPECT_EQ(readings.value("per(x.a, week)", "2026-02-10"), "7");
  EXPECT_EQ(readings.value("per(x.a, month)", "2026-01-10"), "31");
  EXPECT_EQ(readings.value("per(x.a, hour) * 24", "2026-01-10"), "1");
  EXPECT_EQ(readings.value("per(sum(x.a, 3 months), month)", "2026-03-10"), "30");
  EXPECT_EQ(readings.value("per(to_date(x.a, quarter), month)", "2026-02-10"), "29.5");
  EXPECT_EQ(readings.value("per(x.a, quarter) * 3", "2026-02-10"), number_text(28.0 / (28.0 / 89.0) * 3));
}

TEST(Age, IsHowLongAgoTheNewestSampleWasDue) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "5 6 nan _ _ 7");
  EXPECT_EQ(readings.value("age(x.a)", "2026-03-02"), "0");
  EXPECT_EQ(readings.value("age(x.a)", "2026-03-03"), "1");  // what was delivered as null is no sample
  EXPECT_EQ(readings.value("age(x.a)", "2026-03-05"), "3");
  EXPECT_EQ(readings.value("age(x.a) > 2 days", "2026-03-04"), "0");
  EXPECT_EQ(readings.value("age(x.a) > 2 days", "2026-03-05"), "1");
  EXPECT_EQ(readings.value("48h < age(x.a)", "2026-03-05"), "1");
  EXPECT_EQ(readings.value("age(x.a) - 12h", "2026-03-05"), "2.5");
  EXPECT_EQ(readings.value("age(x.a)", "2026-03-06"), "0");
  EXPECT_EQ(readings.value("prev(age(x.a), 1 day)", "2026-03-06"), "3");
  EXPECT_EQ(readings.value("age(x.a)", "2026-02-20"), "no_sample");
}

TEST(Age, CountsRealHoursOfReadings) {
  Readings readings({per(metric_named("x.a"), "hour")});
  readings.given("x.a", "2026-03-01 00:00", "1 1").every("hour");
  EXPECT_EQ(readings.value("age(x.a) == 6h", "2026-03-01 07:00"), "1");
}

TEST(Trend, IsTheSlopePerPeriodThatOneWildValueDoesNotMove) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "10 12 14 16 900 20 22").over("7 days");
  EXPECT_EQ(readings.value("trend(x.a)", "2026-03-07"), "2");
  EXPECT_EQ(readings.value("trend(x.a, 2 days)", "2026-03-02"), "2");
  EXPECT_EQ(readings.value("trend(x.a * 10, 3 days)", "2026-03-03"), "20");
  EXPECT_EQ(readings.value("trend(x.a, 3 days)", "2026-03-02"), "incomplete");
}

TEST(Trend, KeepsThePlaceOfWhatIsMissing) {
  Readings readings({metric_named("x.a")});
  readings.given("x.a", "2026-03-01", "10 _ _ 16").over("4 days").complete(0.5);
  EXPECT_EQ(readings.value("trend(x.a)", "2026-03-04"), "2");
  EXPECT_EQ(readings.complete(0).value("trend(x.a)", "2026-03-01"), "incomplete");
}

// --- the calendar ---

TEST(NamedDays, AreKnownByTheirPeriod) {
  Readings readings({metric_named("x.a")});
  readings.days({{date(2026, 12, 25)}, {{"black_friday", {date(2025, 11, 28), date(2026, 11, 27)}}}});
  EXPECT_EQ(readings.value("holiday()", "2026-12-25"), "1");
  EXPECT_EQ(readings.value("holiday()", "2026-12-26"), "0");
  EXPECT_EQ(readings.value("event(\"black_friday\")", "2026-11-27"), "1");
  EXPECT_EQ(readings.value("event('black_friday') or holiday()", "2026-11-28"), "0");
  EXPECT_EQ(readings.every("month").value("event(\"black_friday\")", "2026-11-01"), "1");
  readings.every("day").given("x.a", "2026-11-26", "5 50 5").over("3 days");
  EXPECT_EQ(readings.value("sum(if(event(\"black_friday\"), x.a, 0))", "2026-11-28"), "50");
}

}  // namespace
}  // namespace kpi

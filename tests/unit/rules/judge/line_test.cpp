// A KPI's ledger, period after period: stories of values, limits and time. Verdicts are one letter a period: `+` met,
// `-` missed, `?` no data, `.` recorded; states: `o` ok, `p` pending, `n` no data, `F` firing.

#include "rules/judge/line.hpp"

#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kpi {
namespace {

Metric per(Metric metric, std::string_view grain, std::string_view zone = "UTC") {
  metric.grain = parse_grain(grain).value();
  metric.zone = zone_named(zone);
  return metric;
}

Metric settles(Metric metric, std::string_view span) {
  metric.settle = parse_span(span).value();
  return metric;
}

// --- when a period is judged ---

TEST(Line, JudgesEachPeriodOnceItHasEnded) {
  Ledger ledger({metric_named("web.visits")}, "visits: {value: web.visits, thresholds: {warning: 100}}");
  ledger.given("web.visits", "2026-03-01", "150 100 99");
  ledger.judged_at("2026-03-03 12:00");
  EXPECT_EQ(ledger.verdicts("visits"), "++");
  ledger.judged_at("2026-03-04");
  EXPECT_EQ(ledger.verdicts("visits"), "++-");
  EXPECT_EQ(ledger.state("visits"), KpiState::kFiring);
  EXPECT_EQ(ledger.episodes("visits"), "thresholds warning since 2026-03-03, fired 2026-03-04");
  EXPECT_EQ(ledger.row("visits", "2026-03-03").value, 99);
  EXPECT_EQ(ledger.row("visits", "2026-03-03").limit, 100);
  EXPECT_EQ(ledger.row("visits", "2026-03-03").severity, Severity::kWarning);
}

TEST(Line, ARatioOverAWindowWithGapsIsOfTheDaysThatHaveBothSides) {
  Ledger ledger({metric_named("a.orders"), metric_named("b.visits")},
                "x: {value: a.orders / b.visits, over: 7 days, complete: 50%}\n"
                "y: {value: a.orders / b.visits, over: 7 days}");
  ledger.given("a.orders", "2026-03-01", "20 20 20").given("a.orders", "2026-03-06", "20 20 20");
  ledger.given("b.visits", "2026-03-01", "1000 1000 1000 1000 1000 1000 1000 1000");
  ledger.judged_at("2026-03-20");
  EXPECT_EQ(ledger.row("x", "2026-03-07").value, 0.02) << "not 100 of 7000";
  EXPECT_EQ(ledger.row("x", "2026-03-08").value, 0.02);
  EXPECT_EQ(ledger.row("y", "2026-03-07").reason, Reason::kIncomplete);
}

TEST(Line, ARatioOverAWindowWithGapsLeavesOutTheDayOfAnEmptyCellOnBothSides) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  Ledger ledger({metric_named("a.revenue"), metric_named("a.orders"), metric_named("b.cost")},
                "avgo: {value: a.revenue / a.orders, over: 7 days, complete: 80%}\n"
                "roas: {value: a.revenue / b.cost, over: 7 days, complete: 80%}");
  for (const char* country : {"DK", "SE"}) {
    for (const char* way : {"mail", "search"}) {
      const Labels labels{{"country", country}, {"way", way}};
      const bool lacks = std::string_view(country) == "DK" && std::string_view(way) == "mail";
      ledger.given(
          "a.revenue", "2026-03-01", lacks ? "100 100 _ 100 100 100 100" : "100 100 100 100 100 100 100", labels);
      ledger.given("a.orders", "2026-03-01", "10 10 10 10 10 10 10", labels);
      if (lacks) {
        ledger.arrives("2026-03-04", "a.revenue", "2026-03-03", none, labels);
      }
    }
  }
  ledger.given("b.cost", "2026-03-01", "20 20 20 20 20 20 20", {{"way", "mail"}});
  ledger.given("b.cost", "2026-03-01", "20 20 20 20 20 20 20", {{"way", "search"}});
  ledger.judged_at("2026-03-09");
  EXPECT_EQ(ledger.row("avgo", "2026-03-07").value, 10) << "not 92.3% of it";
  EXPECT_EQ(ledger.row("roas", "2026-03-07").value, 10);
}

/// A condition that divides by zero lacks data; so does a period that is judged in the step that brings the late one.
TEST(Line, GoesOnWithoutDataWhereWhatComesTogetherLacksSomeToo) {
  const std::string rule =
      "x: {value: a.m, better: lower, thresholds: {warning: 60}, no_data: {after: 36h},\n"
      "    alerts: [{name: drop, when: \"change(value, 1 day) < -50%\"}]}";
  Ledger on_time({metric_named("a.m")}, rule);
  on_time.given("a.m", "2026-03-01", "0 0 0 0 0 0 0 0 10");
  on_time.judged_at("2026-03-20");
  Ledger late({metric_named("a.m")}, rule);
  late.given("a.m", "2026-03-01", "0 0 0 0 0 0");
  late.arrives("2026-03-09 05:00", "a.m", "2026-03-08", 0);
  late.arrives("2026-03-11 05:00", "a.m", "2026-03-07", 0);
  late.arrives("2026-03-11 05:00", "a.m", "2026-03-09", 10);
  late.lived_until("2026-03-20");
  EXPECT_EQ(late.states("x"), on_time.states("x"));
}

TEST(Line, WaitsUntilTheDataHasSettled) {
  Ledger ledger({settles(per(metric_named("web.visits"), "day", "Europe/Stockholm"), "2 days")},
                "visits: {value: web.visits}");
  ledger.given("web.visits", "2026-03-27", "1");
  ledger.judged_at("2026-03-29 23:59");
  EXPECT_EQ(ledger.verdicts("visits"), "");
  ledger.judged_at("2026-03-30 00:00");
  EXPECT_EQ(ledger.verdicts("visits"), ".");
}

TEST(Line, EndsAPeriodWhenItHasEndedInEveryZone) {
  Ledger ledger(
      {per(metric_named("a.m"), "day", "Europe/Stockholm"), per(metric_named("b.m"), "day", "America/New_York")},
      "x: {value: a.m + b.m}");
  ledger.given("a.m", "2026-07-01", "1").given("b.m", "2026-07-01", "2");
  ledger.judged_at("2026-07-02 05:59");  // 23:59 in New York
  EXPECT_EQ(ledger.verdicts("x"), "");
  ledger.judged_at("2026-07-02 06:00");
  EXPECT_EQ(ledger.verdicts("x"), ".");
  EXPECT_EQ(ledger.row("x", "2026-07-01").value, 3);
}

TEST(Line, WaitsForTheSlowestInputsSettle) {
  Ledger ledger({metric_named("a.m"), settles(metric_named("b.m"), "3 days")}, "x: {value: a.m + b.m}");
  ledger.given("a.m", "2026-07-01", "1").given("b.m", "2026-07-01", "2");
  ledger.judged_at("2026-07-04");
  EXPECT_EQ(ledger.verdicts("x"), "");
  ledger.judged_at("2026-07-05");
  EXPECT_EQ(ledger.verdicts("x"), ".");
}

TEST(Line, TellsWhenThereIsSomethingToDoNext) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, no_data: {after: 3 days}}");
  ledger.given("a.m", "2026-03-01", "1");
  ledger.judged_at("2026-03-02");
  const auto next = [&] {
    return next_event(ledger.line("x"), ledger.plan(ledger.line("x")), ledger.context(Instant{}));
  };
  EXPECT_EQ(next(), instant_in({}, "2026-03-03"));  // the next period is due
  ledger.judged_at("2026-03-05 12:00");
  EXPECT_EQ(next(), instant_in({}, "2026-03-06"));  // the one of 2 March is given up
}

TEST(Line, ShowsAProvisionalValueBeforeThePeriodIsDue) {
  Ledger ledger({settles(metric_named("a.m"), "2 days")}, "x: {value: a.m, thresholds: {warning: 100}}");
  ledger.given("a.m", "2026-03-01", "7");
  const Instant now = instant_in({}, "2026-03-02");
  ledger.judged_at(now);
  EXPECT_EQ(provisional_value(ledger.line("x"), ledger.context(now), slot_of(*parse_date("2026-03-01"))).number, 7);
  EXPECT_EQ(ledger.state("x"), KpiState::kOk);
}

// --- periods of all lengths ---

TEST(Line, OfWeeksReadsItsSevenDays) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, every: week, thresholds: {warning: 7}}");
  ledger.given("a.m", "2026-03-02", "1x7 1x6 0");
  ledger.judged_at("2026-03-15");
  EXPECT_EQ(ledger.verdicts("x"), "+");
  ledger.judged_at("2026-03-16");
  EXPECT_EQ(ledger.verdicts("x"), "+-");
}

TEST(Line, OfWeeksBeginsWithAWeekThatWarmsUp) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, every: week}");
  ledger.given("a.m", "2026-03-04", "1x12");
  ledger.lived_until("2026-03-30");
  EXPECT_EQ(ledger.verdicts("x"), "?.?");
  EXPECT_EQ(ledger.row("x", "2026-03-04").reason, Reason::kWarmingUp);
}

TEST(Line, OfQuartersFollowsTheFiscalYear) {
  CalendarRules calendar;
  calendar.year_starts = std::chrono::May / 1;
  Ledger ledger({per(metric_named("a.m"), "month")}, "x: {value: a.m, every: quarter}", calendar);
  ledger.given("a.m", "2026-05-01", "1 2 4 8 16 32");
  ledger.judged_at("2026-11-01");
  EXPECT_EQ(ledger.row("x", "2026-05-01").value, 7);
  EXPECT_EQ(ledger.row("x", "2026-08-01").value, 56);
}

TEST(Line, OfTwoHoursFollowsTheClock) {
  Ledger ledger({per(metric_named("a.m"), "2h", "Europe/Stockholm")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-28 20:00", "1+1x30");
  ledger.lived_until("2026-03-31");
  EXPECT_EQ(ledger.row("x", "2026-03-29 04:00").value, 5);
  EXPECT_EQ(ledger.row("x", "2026-03-29 22:00").value, 14);
  EXPECT_EQ(ledger.row("x", "2026-03-30 00:00").value, 15);
  EXPECT_EQ(ledger.verdicts("x").find('?'), std::string::npos);
}

TEST(Line, OfDaysOverHoursKnowsDaysOfTwentyThreeAndTwentyFiveHours) {
  Ledger ledger({per(metric_named("a.m"), "hour", "Europe/Stockholm")}, "x: {value: a.m, every: day}");
  ledger.given("a.m", "2026-03-28", "1x71").given("a.m", "2026-10-25", "1x25");
  ledger.judged_at("2026-10-26");
  EXPECT_EQ(ledger.row("x", "2026-03-28").value, 24);
  EXPECT_EQ(ledger.row("x", "2026-03-29").value, 23);
  EXPECT_EQ(ledger.row("x", "2026-03-30").value, 24);
  EXPECT_EQ(ledger.row("x", "2026-10-25").value, 25);
}

// --- what a period is judged ---

TEST(Line, RecordsValuesWithNothingToMeet) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "1 _ nan 0");
  ledger.judged_at("2026-03-05");
  EXPECT_EQ(ledger.verdicts("x"), ".??.");
  EXPECT_EQ(ledger.row("x", "2026-03-02").reason, Reason::kNoSample);
  EXPECT_EQ(ledger.row("x", "2026-03-03").reason, Reason::kNull);
  EXPECT_TRUE(std::isnan(ledger.row("x", "2026-03-03").limit));
}

TEST(Line, CountsAlertsOfSeverityWarningAsMisses) {
  Ledger ledger({metric_named("a.m")}, R"~(
loud: {value: a.m, alerts: [{name: low, when: value < 5}]}
quiet: {value: a.m, alerts: [{name: low, when: value < 5, severity: info}]}
)~");
  ledger.given("a.m", "2026-03-01", "9 1");
  ledger.judged_at("2026-03-03");
  EXPECT_EQ(ledger.verdicts("loud"), "+-");
  EXPECT_EQ(ledger.verdicts("quiet"), "..");
  EXPECT_EQ(ledger.states("quiet"), "oF");
  EXPECT_EQ(ledger.row("quiet", "2026-03-02").severity, Severity::kInfo);
}

TEST(Line, RecordsWhatALimitThatIsUnknownSays) {
  // Last year's value is not there yet: there is nothing to meet.
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: \"0.8 * prev(value, 2 days)\"}}");
  ledger.given("a.m", "2026-03-01", "100 10 79 8");
  ledger.judged_at("2026-03-05");
  EXPECT_EQ(ledger.verdicts("x"), "..-+");
  EXPECT_EQ(ledger.row("x", "2026-03-03").limit, 80);
}

TEST(Line, MissesACriticalLimitWhateverTheWarningIs) {
  Ledger ledger({metric_named("a.m")},
                "x: {value: a.m, thresholds: {warning: \"0.8 * prev(value, 1 week)\", critical: 5}}");
  ledger.given("a.m", "2026-03-01", "9 1");
  ledger.judged_at("2026-03-03");
  EXPECT_EQ(ledger.verdicts("x"), ".-");
}

TEST(Line, OfABandMissesOutsideOfIt) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, better: {within: [3.5, 4.5]}}");
  ledger.given("a.m", "2026-03-01", "3.4 3.5 4.5 4.6");
  ledger.judged_at("2026-03-05");
  EXPECT_EQ(ledger.verdicts("x"), "-++-");
  EXPECT_EQ(ledger.row("x", "2026-03-01").limit, 3.5);  // the bound that was crossed
  EXPECT_TRUE(std::isnan(ledger.row("x", "2026-03-02").limit));
  EXPECT_EQ(ledger.row("x", "2026-03-04").limit, 4.5);
}

TEST(Line, WithATargetOnlyMissesBelowThePath) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, target: {from: 0, to: 10, start: 2026-03-02, by: 2026-03-11}}");
  ledger.targets("x");
  ledger.given("a.m", "2026-03-01", "0 1 1.5 3 4 5 6 7 8 9 10 0");
  ledger.judged_at("2026-03-13");
  EXPECT_EQ(ledger.verdicts("x"), ".+-++++++++.");
  EXPECT_EQ(ledger.row("x", "2026-03-03").expected, 2);
  EXPECT_EQ(ledger.row("x", "2026-03-03").goal, 10);
  EXPECT_EQ(ledger.row("x", "2026-03-11").target_status, TargetStatus::kAchieved);
}

TEST(Line, HasTheGoalOfATargetThatHasNotBegun) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, target: {from: 2, start: 2026-03-03, to: 9, by: 2026-03-20}}");
  ledger.targets("x").given("a.m", "2026-03-01", "1 2 3");
  ledger.judged_at("2026-03-04");
  EXPECT_EQ(ledger.row("x", "2026-03-02").goal, 9);
  EXPECT_EQ(ledger.row("x", "2026-03-02").target_status, TargetStatus::kNotStarted);
  EXPECT_TRUE(std::isnan(ledger.row("x", "2026-03-02").expected));
  EXPECT_EQ(ledger.row("x", "2026-03-03").target_status, TargetStatus::kOnTrack);
}

TEST(Line, AdmitsNoValueWhereTheLastSampleIsMissing) {
  // Six of seven days would be enough for `complete`, but the period itself has no sample.
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, over: 7 days, complete: 50%}");
  ledger.given("a.m", "2026-03-01", "1x9 _ 1");
  ledger.judged_at("2026-03-12");
  EXPECT_EQ(ledger.verdicts("x"), "???......?.");
  EXPECT_EQ(ledger.row("x", "2026-03-10").reason, Reason::kNoSample);
  EXPECT_EQ(ledger.row("x", "2026-03-11").value, 6);
}

TEST(Line, ReplacesWhatMayBeAbsent) {
  Ledger ledger({metric_named("shop.sold"), metric_named("shop.returned")},
                "x: {value: \"shop.sold - coalesce(shop.returned, 0)\"}");
  ledger.given("shop.sold", "2026-03-01", "10x4").given("shop.returned", "2026-03-01", "_ 2 _ nan");
  ledger.lived_until("2026-03-05");
  EXPECT_EQ(ledger.verdicts("x"), "....");
  EXPECT_EQ(ledger.row("x", "2026-03-01").value, 10);
  EXPECT_EQ(ledger.row("x", "2026-03-02").value, 8);
}

// --- alerts ---

TEST(Line, FiresOnlyWhenTheMissHasLasted) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5, for: 3 days}}");
  ledger.given("a.m", "2026-03-01", "9 1 1 9 1 1 1 1 9");
  ledger.lived_until("2026-03-10");
  EXPECT_EQ(ledger.verdicts("x"), "+--+----+");
  EXPECT_EQ(ledger.states("x"), "oppoppFFo");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-05, fired 2026-03-08, recovered 2026-03-10");
  EXPECT_EQ(ledger.row("x", "2026-03-06").episode, "");
  EXPECT_EQ(ledger.row("x", "2026-03-07").episode, ledger.episode_rows().begin()->first);
}

TEST(Line, NamesEpisodesOfAlertRulesToo) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, alerts: [{name: low, when: value < 5}]}");
  ledger.given("a.m", "2026-03-01", "9 1");
  ledger.judged_at("2026-03-03");
  EXPECT_EQ(ledger.episodes("x"), "low warning since 2026-03-02, fired 2026-03-03");
  EXPECT_EQ(ledger.row("x", "2026-03-02").episode, ledger.episode_rows().begin()->first);
}

TEST(Line, FlapsAtTheLimitWithoutANewEpisode) {
  // An hour at 94.9 and 95.1 in turns, then five minutes of 96: one episode that ends once.
  Metric metric = per(metric_named("a.m"), "minute");
  metric.kind = MetricKind::kMean;
  Ledger ledger({metric}, "x: {value: a.m, thresholds: {warning: 95, recover: 96, recover_for: 5m}}");
  std::string values;
  for (int i = 0; i < 30; ++i) {
    values += "94.9 95.1 ";
  }
  ledger.given("a.m", "2026-03-01 10:00", values + "96x5 94.9 95 95.1");
  ledger.lived_until("2026-03-01 11:04");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-01 10:00, fired 2026-03-01 10:01");
  ledger.lived_until("2026-03-01 11:05");
  EXPECT_EQ(ledger.episodes("x"),
            "thresholds warning since 2026-03-01 10:00, fired 2026-03-01 10:01, recovered 2026-03-01 11:05");
  ledger.lived_until("2026-03-01 11:08");
  EXPECT_EQ(ledger.verdicts("x").substr(60), "+++++-++");  // exactly the limit is met
}

TEST(Line, WritesARiseInSeverityIntoTheSameEpisode) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5, critical: 2}}");
  ledger.given("a.m", "2026-03-01", "4 1 4");
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.episodes("x"), "thresholds critical since 2026-03-01, fired 2026-03-02");
  EXPECT_EQ(severity_of(ledger.line("x")), Severity::kWarning);
}

TEST(Line, OfMonthsWaitsTwoMonths) {
  Ledger ledger({per(metric_named("a.m"), "month")}, "x: {value: a.m, thresholds: {warning: 5, for: 2 months}}");
  ledger.given("a.m", "2026-01-01", "1 9 1 1");
  ledger.lived_until("2026-05-01");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-01, fired 2026-05-01");
}

TEST(Line, KeepsFiringOverAGapAndMarksItStale) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5}, no_data: {then: hold}}");
  ledger.given("a.m", "2026-03-01", "1 _ _ 1 9");
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.state("x"), KpiState::kFiring);
  EXPECT_TRUE(ledger.line("x").thresholds.is_stale);
  ledger.lived_until("2026-03-06");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-01, fired 2026-03-02, recovered 2026-03-06");
}

TEST(Line, TellsOfATargetThatFallsBehindAndIsMissed) {
  Ledger ledger({metric_named("a.m")},
                "x: {value: a.m, target: {from: 0, to: 10, start: 2026-03-02, by: 2026-03-11, judge: pace}}");
  ledger.targets("x");
  ledger.given("a.m", "2026-03-01", "0 1 1.7 1 4 5 6 7 8 9 9 20");
  ledger.lived_until("2026-03-13");
  EXPECT_EQ(ledger.states("x"), "ooFFooooooFF");
  EXPECT_EQ(ledger.episodes("x"),
            "target warning since 2026-03-03, fired 2026-03-04, recovered 2026-03-06\n"
            "target critical since 2026-03-11, fired 2026-03-12");
  EXPECT_EQ(ledger.line("x").target_standing.status, TargetStatus::kMissed);
}

Metric monthly(Metric metric) {
  metric.grain = parse_grain("month").value();
  metric.settle = Span{0, 2, 0};
  return metric;
}

/// A goal of 200 by 30 March, of months: February decides.
Ledger between_months(std::string_view values) {
  Ledger ledger({monthly(metric_named("a.m"))},
                "x: {value: a.m, target: {from: 100, to: 200, start: 2026-01-01, by: 2026-03-30}, alerts: "
                "[{name: lost, when: 'target.status == \"missed\"', severity: critical}]}");
  ledger.targets("x");
  ledger.given("a.m", "2026-01-01", values);
  return ledger;
}

TEST(Line, DecidesATargetWhenItsDeadlineIsOverNotWithAPeriod) {
  Ledger lived = between_months("160 190 250");
  lived.lived_until("2026-03-30 23:59");
  EXPECT_EQ(lived.line("x").target_standing.status, TargetStatus::kOffTrack);
  EXPECT_EQ(next_event(lived.line("x"), lived.plan(lived.line("x")), lived.context(Instant{})),
            instant_in(Zone(), "2026-03-31"));
  lived.lived_until("2026-03-31");
  EXPECT_EQ(lived.line("x").target_standing.status, TargetStatus::kMissed);
  EXPECT_EQ(lived.episodes("x"),
            "lost critical since 2026-02-01, fired 2026-03-31\ntarget critical since 2026-02-01, fired 2026-03-03");
  lived.lived_until("2026-04-10");
  Ledger at_once = between_months("160 190 250");
  at_once.judged_at("2026-04-10");
  EXPECT_EQ(at_once.episodes("x"), lived.episodes("x"));
  EXPECT_EQ(at_once.states("x"), lived.states("x"));
  EXPECT_EQ(at_once.verdicts("x"), lived.verdicts("x"));
  EXPECT_EQ(at_once.row("x", "2026-03-01").target_status, TargetStatus::kMissed);
}

TEST(Line, DecidesATargetBetweenPeriodsByWhatIsRestated) {
  Ledger ledger = between_months("160 190 250");
  ledger.lived_until("2026-04-10");
  ledger.arrives("2026-04-11", "a.m", "2026-02-01", 200);
  ledger.lived_until("2026-04-12");
  EXPECT_EQ(ledger.line("x").target_standing.status, TargetStatus::kAchieved);
  EXPECT_EQ(ledger.state("x"), KpiState::kOk);
}

TEST(Line, WaitsForTheLastPeriodOfATargetUntilItIsGivenUp) {
  Ledger ledger = between_months("160 _ 250");
  ledger.lived_until("2026-04-02");  // no_data.after is a month: February is waited for until 3 April
  EXPECT_EQ(ledger.line("x").target_standing.status, TargetStatus::kOnTrack);
  ledger.lived_until("2026-04-04");
  EXPECT_EQ(ledger.line("x").target_standing.status, TargetStatus::kMissed);
}

// --- no data ---

/// The example of the language: conversions over seven days, with a day missing and a null.
Ledger shop_in_march() {
  Metric visitors = per(metric_named("web.new_visitors"), "day", "Europe/Stockholm");
  Metric leads = per(metric_named("crm.leads"), "day", "Europe/Stockholm");
  visitors.labels = leads.labels = {"country"};
  Ledger ledger({visitors, leads}, R"~(
conversion_rate:
  value: crm.leads / web.new_visitors
  unit: "%"
  over: 7 days
  split_by: [country]
  thresholds: {warning: 2.2%, critical: 1.8%, for: 2 days}
  no_data: {after: 2 days}
)~");
  ledger.given("web.new_visitors", "2026-03-01", "1000x27 400 _ 0 nan 1200+50x5", {{"country", "SE"}});
  ledger.given("crm.leads", "2026-03-01", "30x40", {{"country", "SE"}});
  return ledger;
}

TEST(NoData, IsPendingUntilItHasLastedAndThenAnAlert) {
  Ledger ledger = shop_in_march();
  const Labels sweden{{"country", "SE"}};
  ledger.lived_until("2026-03-28 06:00");
  EXPECT_EQ(ledger.row("conversion_rate", "2026-03-27", sweden).value, 0.03);
  EXPECT_EQ(ledger.state("conversion_rate", sweden), KpiState::kOk);
  ledger.lived_until("2026-03-31 06:00");
  EXPECT_EQ(ledger.state("conversion_rate", sweden), KpiState::kPending);
  EXPECT_EQ(ledger.line("conversion_rate", sweden).no_data.first, slot_of(*parse_date("2026-03-29")));
  EXPECT_EQ(ledger.episodes("conversion_rate"), "");
  ledger.lived_until("2026-04-01 06:00");
  EXPECT_EQ(ledger.state("conversion_rate", sweden), KpiState::kNoData);
  EXPECT_EQ(ledger.episodes("conversion_rate"),
            "no_data warning since 2026-03-29, fired 2026-04-01\n"
            "no_data country=SE warning since 2026-03-29, fired 2026-04-01");
}

TEST(NoData, EndsWithTheFirstPeriodThatHasAValue) {
  Ledger ledger = shop_in_march();
  ledger.lived_until("2026-04-06");
  EXPECT_EQ(ledger.state("conversion_rate"), KpiState::kNoData);
  ledger.given("web.new_visitors", "2026-04-06", "1200x10", {{"country", "SE"}});
  ledger.lived_until("2026-04-08");
  EXPECT_EQ(ledger.state("conversion_rate"), KpiState::kOk);
  EXPECT_EQ(ledger.row("conversion_rate", "2026-04-06").reason, Reason::kIncomplete);
  EXPECT_NE(ledger.episodes("conversion_rate").find("fired 2026-04-01, recovered 2026-04-08"), std::string::npos);
}

TEST(NoData, OfASingleDayIsAVerdictButNoAlert) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5}}");
  ledger.given("a.m", "2026-03-01", "9 _ 9 9");
  ledger.lived_until("2026-03-05");
  EXPECT_EQ(ledger.verdicts("x"), "+?++");
  EXPECT_EQ(ledger.states("x"), "opoo");
  EXPECT_EQ(ledger.episodes("x"), "");
}

TEST(NoData, OfTwoDaysIsAnAlert) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "9 _ _ 9");
  ledger.lived_until("2026-03-05");
  EXPECT_EQ(ledger.states("x"), "opno");
  EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-02, fired 2026-03-04, recovered 2026-03-05");
}

TEST(NoData, OfNullsIsAnAlertToo) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "9 nan nan 0");
  ledger.lived_until("2026-03-05");
  EXPECT_EQ(ledger.verdicts("x"), ".??.");
  EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-02, fired 2026-03-04, recovered 2026-03-05");
}

TEST(NoData, OfAWarmUpIsNoAlert) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, over: 7 days}");
  ledger.given("a.m", "2026-03-01", "1x8");
  ledger.lived_until("2026-03-09");
  EXPECT_EQ(ledger.verdicts("x"), "??????..");
  EXPECT_EQ(ledger.states("x"), "oooooooo");
  EXPECT_EQ(ledger.row("x", "2026-03-06").reason, Reason::kWarmingUp);
  EXPECT_EQ(ledger.episodes("x"), "");
}

TEST(NoData, OfAComparisonWithAYearThatIsNotThereIsNoAlert) {
  Ledger ledger({metric_named("a.m")}, "x: {value: \"change(a.m, 1 year)\"}");
  ledger.given("a.m", "2026-03-01", "1x8");
  ledger.lived_until("2026-03-09");
  EXPECT_EQ(ledger.states("x"), "oooooooo");
  EXPECT_EQ(ledger.row("x", "2026-03-08").reason, Reason::kWarmingUp);
}

TEST(NoData, OfASourceThatStopsWhileItWarmsUpIsAnAlert) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, over: 28 days}");
  ledger.given("a.m", "2026-03-01", "1x3");
  ledger.lived_until("2026-03-07");
  EXPECT_EQ(ledger.states("x"), "ooopn");
  EXPECT_EQ(ledger.row("x", "2026-03-04").reason, Reason::kNoSample);
  ledger.given("a.m", "2026-03-06", "1x5");
  ledger.lived_until("2026-03-08");
  EXPECT_EQ(ledger.state("x"), KpiState::kOk);  // warming up again
}

TEST(NoData, OfALimitIsAnAlertToo) {
  Ledger ledger(
      {metric_named("a.m"), metric_named("b.m")},
      "x: {value: a.m, thresholds: {warning: b.m}}\ny: {value: a.m, thresholds: {warning: b.m}, no_data: {then: ok}}");
  ledger.given("a.m", "2026-03-01", "9x6").given("b.m", "2026-03-01", "10 _ _ 10 _ 5");
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.verdicts("x"),
            "-?"
            "?");
  EXPECT_EQ(ledger.row("x", "2026-03-02").value, 9);
  EXPECT_EQ(ledger.row("x", "2026-03-02").reason, Reason::kNoSample);
  EXPECT_EQ(ledger.state("x"), KpiState::kFiring);  // unknown ends nothing
  EXPECT_TRUE(ledger.line("x").no_data.is_on);
  EXPECT_EQ(ledger.states("y"), "Foo");  // as good as fine
  ledger.lived_until("2026-03-07");
  EXPECT_EQ(ledger.verdicts("x"),
            "-?"
            "?-?+");
  EXPECT_FALSE(ledger.line("x").no_data.first);
}

TEST(NoData, OfAKpiThatDividesByZeroIsAnAlertAsWell) {
  Ledger ledger({metric_named("a.m"), metric_named("b.m")}, "x: {value: a.m / b.m}");
  ledger.given("a.m", "2026-03-01", "1x3").given("b.m", "2026-03-01", "1 0 0");
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.row("x", "2026-03-02").reason, Reason::kDivisionByZero);
  EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-02, fired 2026-03-04");
}

TEST(NoData, MayBeHeldOrIgnored) {
  for (const char* then : {"hold", "ok"}) {
    Ledger ledger({metric_named("a.m")}, std::string("x: {value: a.m, no_data: {then: ") + then + "}}");
    ledger.given("a.m", "2026-03-01", "9");
    ledger.lived_until("2026-03-09");
    EXPECT_EQ(ledger.states("x"), "ooooooo") << then;
    EXPECT_EQ(ledger.state("x"), KpiState::kOk) << then;
    EXPECT_EQ(ledger.episodes("x"), "") << then;
  }
}

TEST(NoData, HasTheSeverityOfTheRule) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, no_data: {after: 0, severity: critical}}");
  ledger.given("a.m", "2026-03-01", "9");
  ledger.lived_until("2026-03-03");
  EXPECT_EQ(ledger.episodes("x"), "no_data critical since 2026-03-02, fired 2026-03-03");
}

TEST(NoData, ThatComesLateEndsTheAlertWhenItComes) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "9").arrives("2026-03-06 10:00", "a.m", "2026-03-02", 9);
  ledger.arrives("2026-03-06 10:00", "a.m", "2026-03-03", 9).arrives("2026-03-06 10:00", "a.m", "2026-03-04", 9);
  ledger.arrives("2026-03-06 10:00", "a.m", "2026-03-05", 9);
  ledger.lived_until("2026-03-06 12:00");
  EXPECT_EQ(ledger.verdicts("x"), ".....");
  EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-02, fired 2026-03-04, recovered 2026-03-06 10:00");
}

TEST(Restated, AnEpisodeEndsNoEarlierThanItFired) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 50, for: 2 days}}");
  ledger.given("a.m", "2026-03-01", "100 100 100 10");
  ledger.arrives("2026-03-06 05:00", "a.m", "2026-03-03", 10);
  ledger.arrives("2026-03-07 05:00", "a.m", "2026-03-05", 100);
  for (const char* time : {"2026-03-05 06:00", "2026-03-06 06:00", "2026-03-07 06:00"}) {
    ledger.judged_at(time);
  }
  EXPECT_EQ(ledger.episodes("x"),
            "thresholds warning since 2026-03-03, fired 2026-03-06 06:00, recovered 2026-03-06 06:00");
}

TEST(Restated, AnEpisodeThatBeginsLaterFiredLaterToo) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 50}}");
  ledger.given("a.m", "2026-03-01", "100 10 10 10");
  ledger.arrives("2026-03-05 09:00", "a.m", "2026-03-02", 100);
  ledger.arrives("2026-03-05 09:00", "a.m", "2026-03-03", 100);
  ledger.lived_until("2026-03-05 12:00");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-04, fired 2026-03-05 (restated)");
}

TEST(NoData, ThatIsFilledInPartGoesOn) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "9").arrives("2026-03-09 10:00", "a.m", "2026-03-02", 9);
  ledger.lived_until("2026-03-09 12:00");
  EXPECT_EQ(ledger.verdicts("x"), "..?????");
  EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-03, fired 2026-03-04 (restated)");
}

TEST(NoData, ThatMovesIsOneAlertWhetherOrNotSomebodyLookedBetween) {
  for (const bool is_looked_at : {true, false}) {
    Ledger ledger({metric_named("a.m")}, "x: {value: \"sum(a.m, 3 days)\"}");
    ledger.given("a.m", "2026-03-01", "9 9 9 9 9")
        .given("a.m", "2026-03-07", "9")
        .given("a.m", "2026-03-09", "9 9 9 9");
    ledger.arrives("2026-03-10 06:00", "a.m", "2026-03-06", 9).arrives("2026-03-12 06:00", "a.m", "2026-03-08", 9);
    for (int day = 6; day <= 13; ++day) {
      if (day != 9 || is_looked_at) {  // nothing came on that day
        ledger.judged_at((day < 10 ? "2026-03-0" : "2026-03-") + std::to_string(day) + " 06:30");
      }
    }
    EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-08, fired 2026-03-10, recovered 2026-03-12 06:30")
        << is_looked_at;
  }
}

TEST(NoData, ThatIsFilledInWhollyEndsWhenTheDataCame) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "9 9");
  for (const char* date : {"2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"}) {
    ledger.arrives("2026-03-07 06:00", "a.m", date, 9);
  }
  ledger.lived_until("2026-03-07 12:00");
  EXPECT_EQ(ledger.verdicts("x"), "......");
  EXPECT_EQ(ledger.episodes("x"), "no_data warning since 2026-03-03, fired 2026-03-05, recovered 2026-03-07 06:00");
}

// --- KPIs of KPIs ---

TEST(KpiOfKpi, ReadsTheSamePeriod) {
  Ledger ledger({metric_named("a.m")}, "b: {value: c * 2}\nc: {value: a.m + 1}");
  ledger.given("a.m", "2026-03-01", "1 _ 3");
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.row("b", "2026-03-01").value, 4);
  EXPECT_EQ(ledger.row("b", "2026-03-02").reason, Reason::kNotJudged);
  EXPECT_EQ(ledger.row("b", "2026-03-03").value, 8);
}

TEST(KpiOfKpi, OfADayReadsTheLastMonth) {
  Ledger ledger({metric_named("a.m"), per(metric_named("b.m"), "month")},
                "monthly: {value: b.m}\nx: {value: a.m / monthly, every: day}");
  ledger.given("a.m", "2026-01-01", "10x60").given("b.m", "2026-01-01", "2 5");
  ledger.lived_until("2026-03-01");
  EXPECT_EQ(ledger.row("x", "2026-01-31").value, 5);  // January has ended with this day
  EXPECT_EQ(ledger.row("x", "2026-02-27").value, 5);
  EXPECT_EQ(ledger.row("x", "2026-02-28").value, 2);
}

TEST(KpiOfKpi, OfAMonthReadsTheLastDayOrAllOfThem) {
  Ledger ledger({metric_named("a.m")},
                "daily: {value: a.m}\nlast: {value: daily, every: month}\nmean: {value: avg(daily), every: month}");
  ledger.given("a.m", "2026-01-01", "1+1x31");
  ledger.lived_until("2026-02-01");
  EXPECT_EQ(ledger.row("last", "2026-01-01").value, 31);
  EXPECT_EQ(ledger.row("mean", "2026-01-01").value, 16);
}

TEST(KpiOfKpi, OfADayReadsTheLastHour) {
  Ledger ledger({per(metric_named("a.m"), "hour")}, "hourly: {value: a.m}\nx: {value: hourly, every: day}");
  ledger.given("a.m", "2026-01-01", "0+1x24");
  ledger.lived_until("2026-01-02");
  EXPECT_EQ(ledger.row("x", "2026-01-01").value, 23);
}

TEST(KpiOfKpi, WaitsForTheOtherKpiToSettle) {
  Ledger ledger({metric_named("a.m"), settles(metric_named("b.m"), "2 days")},
                "slow: {value: b.m}\nx: {value: a.m + slow}");
  ledger.given("a.m", "2026-03-01", "1").given("b.m", "2026-03-01", "2");
  ledger.lived_until("2026-03-03 12:00");
  EXPECT_EQ(ledger.verdicts("x"), "");
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.row("x", "2026-03-01").value, 3);
}

TEST(KpiOfKpi, WaitsForTheLastPeriodOfAFinerKpi) {
  // The last hour comes late: the day is not judged by the hour before it.
  Ledger ledger({per(metric_named("a.m"), "hour")},
                "hourly: {value: a.m, no_data: {after: 2 days}}\nx: {value: hourly, every: day}");
  ledger.given("a.m", "2026-01-01", "0+1x23").arrives("2026-01-02 06:00", "a.m", "2026-01-01 23:00", 99);
  ledger.lived_until("2026-01-02 05:00");
  EXPECT_EQ(ledger.verdicts("x"), "");
  ledger.lived_until("2026-01-02 06:00");
  EXPECT_EQ(ledger.row("x", "2026-01-01").value, 99);
}

TEST(KpiOfKpi, DoesNotAlertWhileTheOtherWarmsUp) {
  Ledger ledger({metric_named("a.m")}, "week: {value: a.m, over: 7 days}\nx: {value: week * 2}");
  ledger.given("a.m", "2026-03-01", "1x8");
  ledger.lived_until("2026-03-09");
  EXPECT_EQ(ledger.states("x"), "oooooooo");
  EXPECT_EQ(ledger.verdicts("x"), "??????..");
}

TEST(KpiOfKpi, ReadsTheSegmentElseTheTotal) {
  Metric visits = metric_named("a.m");
  visits.labels = {"country"};
  Ledger ledger({visits, metric_named("b.m")},
                "cost: {value: b.m}\nshare: {value: a.m, split_by: [country]}\n"
                "x: {value: share / cost, split_by: [country]}");
  ledger.given("a.m", "2026-03-01", "6", {{"country", "SE"}}).given("a.m", "2026-03-01", "2", {{"country", "DK"}});
  ledger.given("b.m", "2026-03-01", "2");
  ledger.lived_until("2026-03-02");
  EXPECT_EQ(ledger.row("x", "2026-03-01").value, 4);
  EXPECT_EQ(ledger.row("x", "2026-03-01", {{"country", "SE"}}).value, 3);
  EXPECT_EQ(ledger.row("x", "2026-03-01", {{"country", "DK"}}).value, 1);
}

// --- late and restated data ---

TEST(LateData, FillsAHoleAndWritesWhatItChanges) {
  Ledger ledger({metric_named("a.m")},
                "x: {value: a.m, thresholds: {warning: 5, for: 3 days}, no_data: {after: 1 week}}");
  ledger.given("a.m", "2026-03-01", "9 1 _ 1").arrives("2026-03-06 10:00", "a.m", "2026-03-03", 1);
  ledger.given("a.m", "2026-03-05", "1");
  ledger.lived_until("2026-03-06 09:00");
  EXPECT_EQ(ledger.verdicts("x"), "+---");  // 1, 2, 4 and 5 March
  EXPECT_EQ(ledger.states("x"), "oppF");
  ledger.lived_until("2026-03-06 10:00");
  EXPECT_EQ(ledger.verdicts("x"), "+----");
  EXPECT_EQ(ledger.states("x"), "oppFF");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-02, fired 2026-03-06");
}

TEST(LateData, FiresNowWhatWouldHaveFiredThen) {
  Ledger ledger({metric_named("a.m")},
                "x: {value: a.m, thresholds: {warning: 5, for: 2 days}, no_data: {after: 1 week}}");
  ledger.given("a.m", "2026-03-01", "9 _ 1").arrives("2026-03-04 10:00", "a.m", "2026-03-02", 1);
  ledger.lived_until("2026-03-04 10:00");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-02, fired 2026-03-04 10:00 (restated)");
}

TEST(Restated, EndsAnEpisodeThatShouldNotBe) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5, for: 2 days}}");
  ledger.given("a.m", "2026-03-01", "9 1 1").arrives("2026-03-04 10:00", "a.m", "2026-03-02", 9);
  ledger.lived_until("2026-03-04 09:00");
  EXPECT_EQ(ledger.state("x"), KpiState::kFiring);
  ledger.lived_until("2026-03-04 10:00");
  EXPECT_EQ(ledger.state("x"), KpiState::kPending);
  EXPECT_EQ(ledger.verdicts("x"), "++-");
  EXPECT_EQ(ledger.states("x"), "oop");
  EXPECT_EQ(ledger.episodes("x"),
            "thresholds warning since 2026-03-02, fired 2026-03-04, restated 2026-03-04 10:00 (restated)");
}

TEST(Restated, LeavesPastEpisodesAsTheyWere) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5}}");
  ledger.given("a.m", "2026-03-01", "9 1 9 9").arrives("2026-03-05 10:00", "a.m", "2026-03-02", 9);
  ledger.lived_until("2026-03-05 11:00");
  EXPECT_EQ(ledger.verdicts("x"), "++++");
  EXPECT_EQ(ledger.row("x", "2026-03-02").episode, "");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-02, fired 2026-03-03, recovered 2026-03-04");
}

TEST(Restated, KeepsTheNameOfAnEpisodeThatGoesOn) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5}}");
  ledger.given("a.m", "2026-03-01", "9 9 1").arrives("2026-03-04 10:00", "a.m", "2026-03-02", 1);
  ledger.lived_until("2026-03-04 11:00");
  EXPECT_EQ(ledger.episodes("x"), "thresholds warning since 2026-03-02, fired 2026-03-04 (restated)");
  EXPECT_EQ(ledger.row("x", "2026-03-02").episode, ledger.line("x").thresholds.episode);
}

TEST(Restated, WhatFiresAgainIsAnotherEpisode) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 50}}");
  ledger.given("a.m", "2026-03-01", "100 100 10").arrives("2026-03-04 05:00", "a.m", "2026-03-03", 100);
  ledger.arrives("2026-03-04 11:00", "a.m", "2026-03-03", 20).arrives("2026-03-04 17:00", "a.m", "2026-03-03", 200);
  ledger.arrives("2026-03-04 23:00", "a.m", "2026-03-03", 30).arrives("2026-03-05", "a.m", "2026-03-04", 40);
  ledger.lived_until("2026-03-05");
  EXPECT_EQ(ledger.episode_rows().size(), 3U);
  const std::string newest = ledger.line("x").thresholds.episode;
  EXPECT_EQ(ledger.row("x", "2026-03-03").episode, newest);
  EXPECT_EQ(ledger.row("x", "2026-03-04").episode, newest);
  for (const auto& [id, row] : ledger.episode_rows()) {
    EXPECT_EQ(row.resolved.has_value(), id != newest);
    EXPECT_EQ(row.since, instant_in(zone_named("UTC"), "2026-03-03"));
  }
  EXPECT_EQ(ledger.episode_rows().at(newest).firing, instant_in(zone_named("UTC"), "2026-03-04 23:00"));
}

TEST(Restated, ANullTakesTheValueAway) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m}");
  ledger.given("a.m", "2026-03-01", "9 9").arrives("2026-03-03 10:00", "a.m", "2026-03-02", std::nan(""));
  ledger.lived_until("2026-03-03 11:00");
  EXPECT_EQ(ledger.verdicts("x"), ".?");
  EXPECT_EQ(ledger.state("x"), KpiState::kPending);
  ledger.lived_until("2026-03-04");
  EXPECT_EQ(ledger.state("x"), KpiState::kNoData);
}

TEST(Restated, ReachesKpisAndLimitsThatReadTheValue) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: \"prev(value, 1 day)\"}}\ny: {value: x}");
  ledger.given("a.m", "2026-03-01", "9 9 9").arrives("2026-03-04 10:00", "a.m", "2026-03-02", 20);
  ledger.lived_until("2026-03-04 10:00");
  EXPECT_EQ(ledger.verdicts("x"), ".+-");
  EXPECT_EQ(ledger.row("x", "2026-03-03").limit, 20);
  EXPECT_EQ(ledger.row("y", "2026-03-02").value, 20);
}

TEST(Restated, OlderDataMovesTheBeginningOfARunWithoutDataBack) {
  Ledger ledger({metric_named("a.m")},
                "x: {value: a.m, every: week, thresholds: {warning: 1}, no_data: {after: 1 month}}");
  ledger.given("a.m", "2026-03-09", "5").arrives("2026-03-20", "a.m", "2026-03-02", 5);
  ledger.lived_until("2026-03-19");
  EXPECT_EQ(ledger.lines().front().no_data.first, slot_of(*parse_date("2026-03-09")));
  ledger.lived_until("2026-03-21");
  EXPECT_EQ(ledger.lines().front().no_data.first, slot_of(*parse_date("2026-03-02")));
}

TEST(Restated, OlderDataMovesTheBeginningBack) {
  Ledger ledger({metric_named("a.m")}, "x: {value: a.m, thresholds: {warning: 5}}");
  ledger.given("a.m", "2026-03-05", "9 9");
  for (const char* day : {"2026-03-01", "2026-03-02", "2026-03-04"}) {
    ledger.arrives("2026-03-08", "a.m", day, 1);
  }
  ledger.lived_until("2026-03-07");
  EXPECT_EQ(ledger.verdicts("x"), "++");
  ledger.lived_until("2026-03-08");
  EXPECT_EQ(ledger.verdicts("x"), "--?-++");
  EXPECT_EQ(ledger.states("x"), "FFFFoo");
  EXPECT_EQ(ledger.episodes("x"), "");  // it was over before anybody knew
}

}  // namespace
}  // namespace kpi

// What the compiler says of the functions over windows, segments, targets and the calendar.

#include "tests/unit/rules/expr/shop.hpp"

namespace kpi {
namespace {

struct FunctionCase {
  std::string name;
  std::string text;
  std::string result;
};

void PrintTo(const FunctionCase& test, std::ostream* out) {
  *out << test.text;
}

class FunctionUse : public testing::TestWithParam<FunctionCase> {};

TEST_P(FunctionUse, IsChecked) {
  EXPECT_EQ(Shop().in_alerts().judged_every("day", "7 days").compiled(GetParam().text), GetParam().result);
}

const auto name_of_case = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(
    ToDate,
    FunctionUse,
    testing::Values(FunctionCase{"Is", "to_date(shop.revenue, quarter)", "SEK"},
                    FunctionCase{"Compares", "change(to_date(shop.revenue, quarter), 1 year)", "ratio"},
                    FunctionCase{"ByAnUnknownUnit", "to_date(shop.revenue, mnth)", R"~(to_date(shop.revenue, mnth)
                      ^^^^
to_date() wants a unit of the calendar, got "mnth"
-> did you mean "month"?)~"},
                    FunctionCase{"ByADuration", "to_date(shop.revenue, 1 month)", R"~(to_date(shop.revenue, 1 month)
                      ^^^^^^^
to_date() wants a unit of the calendar, got 1 month
-> one of: week month quarter year)~"},
                    FunctionCase{"OfAKpi", "to_date(conversion, month)", R"~(to_date(conversion, month)
        ^^^^^^^^^^
to_date() takes the name of a metric
-> write to_date(web.visits, month))~"},
                    FunctionCase{"OfASlip", "to_date(shop.revenu, month)", R"~(to_date(shop.revenu, month)
        ^^^^^^^^^^^
there is no metric "shop.revenu"
-> did you mean "shop.revenue"?)~"},
                    FunctionCase{"OfUniqueCounts", "to_date(web.users, month)", R"~(to_date(web.users, month)
        ^^^^^^^^^
web.users is a unique count (kind: distinct): that of a month to date is not the sum of its days, because who came twice would count twice
-> let the source deliver unique counts per month)~"},
                    FunctionCase{"BackByAPartOfItsUnit",
                                 "prev(to_date(shop.revenue, month), 1 week)",
                                 R"~(prev(to_date(shop.revenue, month), 1 week)
     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
a month to date goes back by whole months, not by 1 week: else it would be compared with another part of the month
-> write 1 month)~"},
                    FunctionCase{"OfAWeekBackByAYear",
                                 "prev(to_date(shop.revenue, week), 1 year)",
                                 R"~(prev(to_date(shop.revenue, week), 1 year)
     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
a week to date goes back by whole weeks, not by 1 year: else it would be compared with another part of the week
-> write 1 week, or 52 weeks for a year)~"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    ByGrain,
    FunctionUse,
    testing::Values(FunctionCase{"KeepsTheUnit", "sum(shop.revenue / shop.orders)", "SEK/orders"},
                    FunctionCase{"CountsWithoutOne", "count(shop.revenue / shop.orders, 28 days)", "no unit"},
                    FunctionCase{
                        "ChecksUnitsInside", "sum(shop.revenue + shop.abroad)", R"~(sum(shop.revenue + shop.abroad)
    ^^^^^^^^^^^^^^^^^^^^^^^^^^
cannot add or subtract SEK and EUR
-> both sides must be in one unit; convert one of them first)~"},
                    FunctionCase{"OfTwoGrains", "sum(shop.revenue * site.hits)", R"~(sum(shop.revenue * site.hits)
                   ^^^^^^^^^
inside sum() all metrics must have one grain: shop.revenue has one value per day, site.hits one per 5m
-> aggregate them apart)~"},
                    FunctionCase{"OfAConditon", "count(shop.revenue > 100)", R"~(count(shop.revenue > 100)
      ^^^^^^^^^^^^^^^^^^
count() wants a number, got a condition
-> if(condition, 1, 0) makes a number of it)~"},
                    FunctionCase{"OfAnAggregate", "max(avg(web.visits) * 2)", R"~(max(avg(web.visits) * 2)
    ^^^^^^^^^^^^^^^
an aggregate cannot stand inside another
-> make the inner one a KPI of its own, and aggregate that)~"},
                    FunctionCase{"OfThePast", "sum(prev(web.visits, 1 week) * 2)", R"~(sum(prev(web.visits, 1 week) * 2)
    ^^^^^^^^^^^^^^^^^^^^^^^^
prev() cannot stand inside sum()
-> put it around the aggregate, or make it a KPI of its own)~"},
                    FunctionCase{"OfAKpiAndAMetric", "sum(conversion * web.visits)", R"~(sum(conversion * web.visits)
    ^^^^^^^^^^
inside sum() only metrics can stand, conversion is a KPI
-> a KPI alone can be aggregated: sum(conversion))~"},
                    FunctionCase{"OfTheValueAndMore", "max(value * 2)", R"~(max(value * 2)
    ^^^^^
inside max() only metrics can stand
-> "value" alone can be aggregated: max(value, 28 days))~"},
                    FunctionCase{"OfUniqueCountsAdded", "sum(web.users * 2)", R"~(sum(web.users * 2)
    ^^^^^^^^^
web.users is a unique count (kind: distinct): that of 1 week is not the sum of its days, because who came twice would count twice
-> write avg(web.users) for the mean of a day, or let the source deliver unique counts per 1 week)~"},
                    FunctionCase{"OfUniqueCountsAsAMean", "avg(web.visits / web.users)", "visits/users"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Lengths,
    FunctionUse,
    testing::Values(FunctionCase{"OfAnAge", "age(web.visits)", "d"},
                    FunctionCase{"AreCompared", "age(web.visits) > 2 days", "condition"},
                    FunctionCase{"AreComparedFromTheLeft", "36h <= age(web.visits)", "condition"},
                    FunctionCase{"FitMetricsInSeconds", "web.seconds < 5m", "condition"},
                    FunctionCase{"AreAdded", "age(web.visits) + 12h", "d"},
                    FunctionCase{"OfACount", "web.visits > 2 days", R"~(web.visits > 2 days
             ^^^^^^
> wants a number, got a duration
-> only what is a duration itself, such as age(web.visits), is compared with one)~"},
                    FunctionCase{"OfMonths", "age(web.visits) > 1 month", R"~(age(web.visits) > 1 month
                  ^^^^^^^
months differ in length: 1 month cannot be compared with a number
-> write it in days, such as 30 days)~"},
                    FunctionCase{"OfAnAgeAndMoney", "age(web.visits) > shop.revenue", R"~(age(web.visits) > shop.revenue
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
cannot compare d with SEK
-> both sides must be in one unit; convert one of them first)~"},
                    FunctionCase{"OfACoarserMetric", "age(crm.customers) < 40 days", "condition"},
                    FunctionCase{"OfAnExpression", "age(web.visits * 2) > 1 day", R"~(age(web.visits * 2) > 1 day
    ^^^^^^^^^^^^^^
age() takes the name of a metric
-> write age(web.visits))~"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Windows,
    FunctionUse,
    testing::Values(
        FunctionCase{"PerKeepsTheUnit", "per(shop.revenue, day)", "SEK"},
        FunctionCase{"PerOfTheValue", "per(value, day)", "SEK"},
        FunctionCase{"PerOfOneLength", "per(sum(shop.revenue, 28 days) - sum(shop.revenue * 2, 28 days), day)", "SEK"},
        FunctionCase{"PerOfTwoLengths",
                     "per(shop.revenue + sum(shop.revenue, 28 days), day)",
                     R"~(per(shop.revenue + sum(shop.revenue, 28 days), day)
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
per() divides by the length of one window, and this looks at several
-> write per() around each of them)~"},
        FunctionCase{"PerOfAKpi", "per(conversion, day)", R"~(per(conversion, day)
    ^^^^^^^^^^
per() takes metrics: of this it is not known over which window it is
-> write per(web.visits, day))~"},
        FunctionCase{"TrendKeepsTheUnit", "trend(shop.revenue, 28 days)", "SEK"},
        FunctionCase{"TrendOfAKpi", "trend(conversion, 28 days)", "%"},
        FunctionCase{"TrendOfOnePeriod", "trend(shop.revenue, 1 day)", R"~(trend(shop.revenue, 1 day)
      ^^^^^^^^^^^^
trend() looks at 2 to 400 periods: a window of 1 day holds 1 of shop.revenue
-> write trend(shop.revenue, 28 days))~"},
        FunctionCase{"TrendOfTooMany", "trend(site.hits, 28 days)", R"~(trend(site.hits, 28 days)
      ^^^^^^^^^
trend() looks at 2 to 400 periods: a window of 4 weeks holds 8064 of site.hits
-> write trend(site.hits, 1 day))~"},
        FunctionCase{"TrendOfInstants", "trend(site.load, 28 days)", R"~(trend(site.load, 28 days)
      ^^^^^^^^^
site.load is read at instants, which are no periods to have a slope over)~"},
        FunctionCase{"ShareWithoutSegments", "share(web.visits)", R"~(share(web.visits)
^^^^^^^^^^^^^^^^^
share() compares a segment with the total, and this KPI has no segments
-> write split_by:, or divide: web.visits{country="SE"} / web.visits)~"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Words,
    FunctionUse,
    testing::Values(FunctionCase{"OfAStatus", "target.status == \"off_track\"", "condition"},
                    FunctionCase{"OfAStatusOnTheRight", "'achieved' != target.status and value > 1", "condition"},
                    FunctionCase{"OfAnUnknownStatus", "target.status == \"off_trak\"", R"~(target.status == "off_trak"
                 ^^^^^^^^^^
a target has no status "off_trak"
-> did you mean "off_track"?)~"},
                    FunctionCase{"OfAStatusThatIsLess", "target.status < \"off_track\"", R"~(target.status < "off_track"
^^^^^^^^^^^^^^^^^^^^^^^^^^^
target.status is a text: it can only be compared with one, by == or !=
-> write target.status == "off_track")~"},
                    FunctionCase{"OfAStatusAsANumber", "target.status + 1 > 2", R"~(target.status + 1 > 2
^^^^^^^^^^^^^^^^^
target.status is a text: it can only be compared with one, by == or !=
-> write target.status == "off_track")~"},
                    FunctionCase{"OfAValue", "value == \"off_track\"", R"~(value == "off_track"
         ^^^^^^^^^^^
== wants a number, got a text
-> texts stand in filters only, as in web.visits{country="SE"}; names and numbers have no quotes)~"},
                    FunctionCase{"OfWhatIsProjected", "target.projected - value", "SEK"},
                    FunctionCase{"OfAProbability", "target.probability < 30%", "condition"},
                    FunctionCase{"OfAProbabilityInMoney", "target.probability < value", R"~(target.probability < value
^^^^^^^^^^^^^^^^^^^^^^^^^^
cannot compare ratio with SEK
-> both sides must be in one unit; convert one of them first)~"},
                    FunctionCase{"OfAnEvent", "event(\"black_friday\") and value > 1", "condition"},
                    FunctionCase{"OfAnUnknownEvent", "event(\"black_fridy\")", R"~(event("black_fridy")
      ^^^^^^^^^^^^^
the calendar has no event "black_fridy"
-> did you mean "black_friday"?)~"},
                    FunctionCase{"OfAnEventByItsName", "event(black_friday)", R"~(event(black_friday)
      ^^^^^^^^^^^^
event() takes the name of an event as a text
-> write event("black_friday"))~"},
                    FunctionCase{"OfNoHolidays", "holiday()", R"~(holiday()
^^^^^^^^^
the calendar has no holidays
-> write calendar: {holidays: [se.ics]} in kpid.yaml)~"},
                    FunctionCase{"ThatIsNone", "oracle(value) > 99%", R"~(oracle(value) > 99%
^^^^^^
there is no function "oracle"
-> functions: abs age all anomaly avg change clamp coalesce count diff event first forecast holiday if last max median min month per prev quantile round segments share stddev sum to_date trend unusual usual weekday)~"}),
    name_of_case);

TEST(ToDate, OfAKpiThatIsJudgedSeldomHasNoMeaning) {
  EXPECT_EQ(Shop().judged_every("month").compiled("to_date(shop.revenue, month)"), R"~(to_date(shop.revenue, month)
^^^^^^^^^^^^^^^^^^^^^^^^^^^^
the KPI is judged every month: a month to date grows only when it is judged more often than that
-> write every: day, or a longer unit)~");
}

TEST(Share, IsOfMetricsAndOtherKpis) {
  Shop shop;
  shop.context.split_labels = {"country"};
  shop.in_alerts();
  EXPECT_EQ(shop.compiled("share(shop.revenue)"), "ratio");
  EXPECT_EQ(shop.compiled("share(conversion)"), "ratio");
  EXPECT_EQ(shop.compiled("share(value)"), R"~(share(value)
      ^^^^^
share() is of metrics and other KPIs: "value" is that of the segment
-> write share() around what the value is made of)~");
}

TEST(Segments, AreCountedWhereSomethingIsSplit) {
  Shop shop;
  EXPECT_EQ(shop.compiled("segments(web.visits > 5)"), R"~(segments(web.visits > 5)
^^^^^^^^^^^^^^^^^^^^^^^^
segments() counts segments, and neither this KPI nor one that it names is split
-> write split_by: [country])~");
  shop.context.split_labels = {"country"};
  EXPECT_EQ(shop.compiled("segments(web.visits > 5)"), "no unit");
  EXPECT_EQ(shop.compiled("segments(web.visits)"), R"~(segments(web.visits)
         ^^^^^^^^^^
segments() wants a condition, got a number
-> compare it: web.visits > 0)~");
  EXPECT_EQ(shop.compiled("segments(segments(web.visits > 5) > 1)"), R"~(segments(segments(web.visits > 5) > 1)
         ^^^^^^^^^^^^^^^^^^^^^^^^
segments() cannot stand inside segments()
-> make the inner one a KPI of its own)~");
}

TEST(Segments, HaveTheFormulaForTheirValue) {
  Shop shop;
  shop.context.split_labels = {"country"};
  const auto formula = parse_expression("shop.revenue / web.visits");
  shop.context.value = formula->get();
  shop.in_alerts();
  const auto compiled = compile(**parse_expression("segments(value < 2)"), shop.context);
  ASSERT_TRUE(compiled.has_value());
  EXPECT_EQ(compiled->program.metrics.size(), 2U);
  EXPECT_TRUE(compiled->program.metrics[0].of_segments);
  EXPECT_EQ(compiled->program.segments.size(), 1U);
  EXPECT_EQ(compiled->program.code.size(), 1U);
  EXPECT_EQ(shop.compiled("segments(sum(value, 7 days) < 2)"), R"~(segments(sum(value, 7 days) < 2)
             ^^^^^
inside segments() "value" stands alone
-> make what is counted a KPI of its own, and name it here)~");
}

TEST(Names, OfCalendarUnitsAreNoKpis) {
  const UsedNames used = used_names(**parse_expression("per(a.b, day) + to_date(a.b, month) + week"));
  EXPECT_EQ(used.kpis, std::vector<std::string>{"week"});
}

}  // namespace
}  // namespace kpi

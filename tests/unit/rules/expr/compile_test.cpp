// What an expression may say: names, types, units, windows and labels, and what is said about those that may not.

#include "tests/unit/rules/expr/shop.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

struct CompileCase {
  std::string name;
  std::string text;
  std::string result;
};

void PrintTo(const CompileCase& test, std::ostream* out) {
  *out << test.text;
}

std::string name_of_case(const testing::TestParamInfo<CompileCase>& test) {
  return test.param.name;
}

// --- units ---

class Units : public testing::TestWithParam<CompileCase> {};

TEST_P(Units, OfAnExpressionAre) {
  EXPECT_EQ(Shop().in_alerts().compiled(GetParam().text), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Compile,
    Units,
    testing::Values(
        CompileCase{"OfAMetric", "shop.revenue", "SEK"},
        CompileCase{"OfAPrice", "shop.revenue / shop.orders", "SEK/orders"},
        CompileCase{"ThatCancel", "shop.revenue / shop.orders * shop.orders", "SEK"},
        CompileCase{"OfARate", "shop.orders / web.visits", "orders/visits"},
        CompileCase{"OfANumber", "2 * 3", "no unit"},
        CompileCase{"OfTheRootOfACount", "web.visits ^ 0.5", "no unit"},
        CompileCase{"OfAPercentage", "1 - 2.5%", "%"},
        CompileCase{"ABareNumberFitsAnything", "shop.revenue + 100 > 5", "condition"},
        CompileCase{"AMetricWithoutAUnitFitsAnything", "shop.revenue + web.plain", "SEK"},
        CompileCase{"APercentageFitsARate", "shop.orders / web.visits < 2%", "condition"},
        CompileCase{"APriceAndAnAmountFit", "shop.revenue / shop.orders < shop.revenue", "condition"},
        CompileCase{"OfAChangeAreAShare", "change(shop.revenue, 1 week)", "ratio"},
        CompileCase{"OfADifferenceStay", "diff(shop.revenue, 1 week)", "SEK"},
        CompileCase{"OfACountAreNone", "count(shop.revenue, 7 days)", "no unit"},
        CompileCase{"OfASquare", "shop.revenue ^ 2", "SEK*SEK"},
        CompileCase{"OfARootOfARate", "(shop.orders / shop.orders) ^ 0.5", "no unit"},
        CompileCase{"OfAChoice", "if(weekday() >= 6, shop.revenue, 0)", "SEK"},
        CompileCase{"OfTheValueItself", "value - prev(value, 1 week)", "SEK"},
        CompileCase{"OfTheTarget", "target.expected - value", "SEK"},
        CompileCase{"OfThePace", "target.pace", "no unit"},
        CompileCase{"TwoCurrencies", "shop.revenue + shop.abroad", R"~(shop.revenue + shop.abroad
^^^^^^^^^^^^^^^^^^^^^^^^^^
cannot add or subtract SEK and EUR
-> both sides must be in one unit; convert one of them first)~"},
        CompileCase{"ACurrencyAndACount", "shop.revenue < shop.orders", R"~(shop.revenue < shop.orders
^^^^^^^^^^^^^^^^^^^^^^^^^^
cannot compare SEK with orders
-> both sides must be in one unit; convert one of them first)~"},
        CompileCase{"AShareAndACount", "web.bounce > web.visits", R"~(web.bounce > web.visits
^^^^^^^^^^^^^^^^^^^^^^^
cannot compare % with visits
-> both sides must be in one unit; convert one of them first)~"},
        CompileCase{"ACountAndAPercentage", "web.visits < 2%", R"~(web.visits < 2%
^^^^^^^^^^^^^^^
cannot compare visits with %
-> both sides must be in one unit; convert one of them first)~"},
        CompileCase{"ADurationAndACurrency", "max(web.seconds, shop.revenue)", R"~(max(web.seconds, shop.revenue)
                 ^^^^^^^^^^^^
cannot compare s with SEK)~"},
        CompileCase{"TwoCounts", "web.visits + shop.orders", R"~(visits
warning web.visits + shop.orders
^^^^^^^^^^^^^^^^^^^^^^^^
adds visits and orders
-> is that meant?)~"},
        CompileCase{"PricesPerDifferentThings",
                    "shop.revenue / shop.orders > shop.revenue / web.visits",
                    R"~(condition
warning shop.revenue / shop.orders > shop.revenue / web.visits
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
compares SEK/orders with SEK/visits
-> is that meant?)~"},
        CompileCase{"OfAnOddPower", "shop.revenue ^ 0.5", R"~(shop.revenue ^ 0.5
^^^^^^^^^^^^^^^^^^
only a plain number can be raised to a power that is not a small whole number)~"},
        CompileCase{"OfAHugePower", "shop.revenue ^ 99999999999", R"~(shop.revenue ^ 99999999999
^^^^^^^^^^^^^^^^^^^^^^^^^^
only a plain number can be raised to a power that is not a small whole number)~"},
        CompileCase{"ChoicesInTwoUnits", "coalesce(shop.revenue, shop.abroad)", R"~(coalesce(shop.revenue, shop.abroad)
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
the results of coalesce() are SEK and EUR
-> both must be in one unit)~"},
        CompileCase{
            "BoundsInAnotherUnit", "clamp(shop.revenue, 0, shop.abroad)", R"~(clamp(shop.revenue, 0, shop.abroad)
                       ^^^^^^^^^^^
cannot compare SEK with EUR)~"}),
    name_of_case);

// --- types ---

class Types : public testing::TestWithParam<CompileCase> {};

TEST_P(Types, AreChecked) {
  EXPECT_EQ(Shop().in_alerts().compiled(GetParam().text), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Compile,
    Types,
    testing::Values(CompileCase{"AConditionInASum", "1 + (value > 2)", R"~(1 + (value > 2)
    ^^^^^^^^^^^
+ wants a number, got a condition
-> if(condition, 1, 0) makes a number of it)~"},
                    CompileCase{"ANumberAsACondition", "value and value > 2", R"~(value and value > 2
^^^^^
and wants a condition, got a number
-> compare it: value > 0)~"},
                    CompileCase{"ATextAsAValue", "\"SE\"", R"~("SE"
^^^^
the expression is a text, not a number
-> texts stand in filters only, as in web.visits{country="SE"}; names and numbers have no quotes)~"},
                    CompileCase{"ADurationAsAValue", "3 days", R"~(3 days
^^^^^^
the expression is a duration, not a number
-> write a number in the unit of what it is compared with: where that is min, 3h is 180)~"},
                    CompileCase{"ADateInAComparison", "value > 2026-01-01", R"~(value > 2026-01-01
        ^^^^^^^^^^
> wants a number, got a date)~"},
                    CompileCase{"AShiftByANumber", "prev(value, 7)", R"~(prev(value, 7)
            ^
prev() goes back by a duration such as 1 week
-> write prev(x, 1 week))~"},
                    CompileCase{"AShiftByNothing", "change(value, 0 days)", R"~(change(value, 0 days)
              ^^^^^^
change() goes back by a duration such as 1 week
-> write change(x, 1 week))~"},
                    CompileCase{"AShiftByHoursOfADailyKpi", "change(value, 12h)", R"~(change(value, 12h)
              ^^^
the KPI is judged every day: change() goes back by whole days
-> write change(x, 1 day))~"},
                    CompileCase{
                        "TwoKindsOfResult", "if(value > 1, value, value > 2)", R"~(if(value > 1, value, value > 2)
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
both results of if() must be numbers or both conditions, got a number and a condition)~"},
                    CompileCase{"TooFewArguments", "clamp(value, 1)", R"~(clamp(value, 1)
^^^^^^^^^^^^^^^
clamp() takes 3 arguments, got 2
-> write clamp(x, low, high))~"},
                    CompileCase{"TooManyArguments", "weekday(value)", R"~(weekday(value)
^^^^^^^^^^^^^^
weekday() takes 0 arguments, got 1
-> write weekday())~"},
                    CompileCase{"ASlipInAFunction", "(chnge(value, 1 week))", R"~((chnge(value, 1 week))
 ^^^^^
there is no function "chnge"
-> did you mean "change"?)~"},
                    CompileCase{"AFunctionThatIsNot", "frobnicate(value)", R"~(frobnicate(value)
^^^^^^^^^^
there is no function "frobnicate"
-> functions: abs age all anomaly avg change clamp coalesce count diff event first forecast holiday if last max median min month per prev quantile round segments share stddev sum to_date trend unusual usual weekday)~"},
                    CompileCase{"AnAggregateOfANumber", "sum(2 + 1)", R"~(sum(2 + 1)
    ^^^^^
sum() takes a metric, a KPI, or an expression over metrics
-> write sum(web.visits) or sum(web.visits, 28 days))~"},
                    CompileCase{"AnAggregateOfNothing", "avg()", R"~(avg()
^^^^^
avg() takes a metric or KPI and, if wanted, a window
-> write avg(web.visits) or avg(web.visits, 28 days))~"},
                    CompileCase{"AWindowThatIsANumber", "sum(web.visits, 28)", R"~(sum(web.visits, 28)
                ^^
the window is a duration such as 28 days
-> write sum(web.visits) or sum(web.visits, 28 days))~"},
                    CompileCase{"AQuantileInPercentTooHigh", "quantile(web.seconds, 90)", R"~(quantile(web.seconds, 90)
                      ^^
a quantile is a number from 0 to 1
-> write quantile(web.seconds, 0.9) or quantile(web.seconds, 0.9, 28 days))~"},
                    CompileCase{"AMinimumOfOneNumber", "min(3)", R"~(min(3)
^^^^^^
min() takes a metric, or two values or more
-> write min(web.visits) or min(a, b))~"},
                    CompileCase{"ManyErrorsInOnePass",
                                "shop.revenu + web.visits{contry=SE} + nope()",
                                R"~(shop.revenu + web.visits{contry=SE} + nope()
^^^^^^^^^^^
there is no metric "shop.revenu"
-> did you mean "shop.revenue"?
shop.revenu + web.visits{contry=SE} + nope()
              ^^^^^^^^^^^^^^^^^^^^^
web.visits has no label "contry"
-> did you mean "country"?
shop.revenu + web.visits{contry=SE} + nope()
                                      ^^^^
there is no function "nope"
-> functions: abs age all anomaly avg change clamp coalesce count diff event first forecast holiday if last max median min month per prev quantile round segments share stddev sum to_date trend unusual usual weekday)~"}),
    name_of_case);

// --- names ---

class Names : public testing::TestWithParam<CompileCase> {};

TEST_P(Names, AreResolved) {
  EXPECT_EQ(Shop().compiled(GetParam().text), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Compile,
    Names,
    testing::Values(CompileCase{"OfAKpi", "conversion * 2", "%"},
                    CompileCase{"OfACoarserKpi", "survey", "points"},
                    CompileCase{"ASlip", "web.vists", R"~(web.vists
^^^^^^^^^
there is no metric "web.vists"
-> did you mean "web.visits"?)~"},
                    CompileCase{"AMetricTheSourceDoesNotHave", "shop.profit_margin", R"~(shop.profit_margin
^^^^^^^^^^^^^^^^^^
there is no metric "shop.profit_margin"
-> the source has: shop.abroad shop.orders shop.revenue)~"},
                    CompileCase{"ASourceThatIsNot", "erp.profit", R"~(erp.profit
^^^^^^^^^^
there is no metric "erp.profit"
-> known: conversion crm.customers crm.leads shop.abroad shop.orders shop.revenue site.hits site.load survey web.bounce web.plain web.seconds …)~"},
                    CompileCase{"AKpiWithASlip", "convesion", R"~(convesion
^^^^^^^^^
there is no KPI or metric "convesion"
-> did you mean "conversion"?)~"},
                    CompileCase{"AKpiWithAFilter", "conversion{country=SE}", R"~(conversion{country=SE}
^^^^^^^^^^^^^^^^^^^^^^
a KPI takes no label filter
-> filter the metrics it is made of)~"},
                    CompileCase{"ValueInTheValue", "value * 2", R"~(value * 2
^^^^^
"value" is the KPI itself and has no meaning here
-> name the metrics it is made of)~"},
                    CompileCase{"TheTargetInTheValue", "target.pace", R"~(target.pace
^^^^^^^^^^^
"target.pace" can stand only in the alerts of a KPI that has a target, as it is
-> give the KPI a target, as in target: {from: 400, to: 500, by: 2026-12-31}, and use it in alerts:)~"},
                    CompileCase{"ALabelThatIsNot", "shop.orders{country=SE}", R"~(shop.orders{country=SE}
^^^^^^^^^^^^^^^^^^^^^^^
shop.orders has no label "country"
-> declare it under `labels` of the source shop)~"},
                    CompileCase{"AnotherLabel", "web.visits{region=SE}", R"~(web.visits{region=SE}
^^^^^^^^^^^^^^^^^^^^^
web.visits has no label "region"
-> its labels: country device)~"},
                    CompileCase{"AllOfAKpi", "all(conversion)", R"~(all(conversion)
    ^^^^^^^^^^
all() is for metrics, conversion is a KPI
-> leave all() out: a KPI is that of the same segment, else its total)~"}),
    name_of_case);

TEST(Compile, SaysNothingAboutTheUseOfAKpiThatIsWrongItself) {
  const auto compiled = compile(**parse_expression("1 + broken"), Shop().context);
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error(), std::vector<ExprError>{});
}

TEST(Compile, KnowsTheFieldsOfATarget) {
  EXPECT_EQ(Shop().in_alerts().compiled("target.speed"), R"~(target.speed
^^^^^^^^^^^^
a target has no "speed"
-> known: target.expected target.pace target.progress target.required target.days_left target.goal target.status target.projected target.probability)~");
  EXPECT_EQ(Shop().in_alerts().compiled("prev(target.pace, 1 week)"), R"~(prev(target.pace, 1 week)
     ^^^^^^^^^^^
"target.pace" can stand only in the alerts of a KPI that has a target, as it is
-> write it alone: target.pace < 0.9)~");
}

// --- windows ---

TEST(Compile, RefusesUniqueCountsOverLongerWindows) {
  EXPECT_EQ(Shop().compiled("web.users"), "users");
  EXPECT_EQ(Shop().judged_every("day", "7 days").compiled("avg(web.users)"), "users");
  EXPECT_EQ(Shop().judged_every("day", "7 days").compiled("shop.orders / web.users"), R"~(shop.orders / web.users
              ^^^^^^^^^
web.users is a unique count (kind: distinct): that of 1 week is not the sum of its days, because who came twice would count twice
-> write avg(web.users) for the mean of a day, or let the source deliver unique counts per 1 week)~");
  EXPECT_EQ(Shop().compiled("sum(web.users, 2 days)"), R"~(sum(web.users, 2 days)
    ^^^^^^^^^
web.users is a unique count (kind: distinct): that of 2 days is not the sum of its days, because who came twice would count twice
-> write avg(web.users) for the mean of a day, or let the source deliver unique counts per 2 days)~");
}

TEST(Compile, RefusesMetricsThatAreCoarserThanTheKpi) {
  EXPECT_EQ(Shop().compiled("crm.customers"), R"~(crm.customers
^^^^^^^^^^^^^
crm.customers has one value per month, but the KPI is judged every day
-> write every: month, or coarser)~");
  EXPECT_EQ(Shop().judged_every("month").compiled("crm.customers"), "customers");
  EXPECT_EQ(Shop().judged_every("quarter").compiled("crm.customers"), "customers");
}

TEST(Compile, RefusesWindowsThatHoldNoWholePeriods) {
  EXPECT_EQ(Shop().judged_every("month").compiled("avg(crm.customers, 45 days)"), R"~(avg(crm.customers, 45 days)
    ^^^^^^^^^^^^^
crm.customers has one value per month: a window of 45 days does not hold whole months
-> write 1 month, or a multiple)~");
  EXPECT_EQ(Shop().judged_every("day", "36h").compiled("shop.orders"), R"~(shop.orders
^^^^^^^^^^^
shop.orders has one value per day: a window of 36h does not hold whole days
-> write 1 day, or a multiple)~");
  EXPECT_EQ(Shop().judged_every("week").compiled("sum(crm.leads, 10 days)"), R"~(sum(crm.leads, 10 days)
    ^^^^^^^^^
crm.leads has one value per week: a window of 10 days does not hold whole weeks
-> write 1 week, or a multiple)~");
  EXPECT_EQ(Shop().judged_every("5m", "7m").compiled("site.hits"), R"~(site.hits
^^^^^^^^^
site.hits has one value per 5m: a window of 7m does not hold whole 5ms
-> write 5m, or a multiple)~");
  EXPECT_EQ(Shop().compiled("avg(survey, 1 week)"), R"~(avg(survey, 1 week)
    ^^^^^^
survey has one value per month, longer than the window of 1 week
-> write 1 month, or longer)~");
}

TEST(Compile, AllowsWindowsOfWholePeriods) {
  EXPECT_EQ(Shop().judged_every("month").compiled("crm.leads"), "leads");  // the weeks that end in the month
  EXPECT_EQ(Shop().judged_every("day", "24h").compiled("shop.orders"), "orders");
  EXPECT_EQ(Shop().judged_every("day", "90m").compiled("site.hits + site.load"), "hits");
  EXPECT_EQ(Shop().judged_every("year").compiled("avg(survey)"), "points");
}

TEST(Compile, RefusesAnOverThatIsShorterThanAPeriodOfTheMetric) {
  EXPECT_EQ(Shop().judged_every("month", "2 weeks").compiled("crm.customers"), R"~(crm.customers
^^^^^^^^^^^^^
crm.customers has one value per month, longer than the window of 2 weeks
-> write 1 month, or longer)~");
}

TEST(Compile, RefusesDailyKpisInsideHourlyOnes) {
  EXPECT_EQ(Shop().judged_every("5m").compiled("conversion"), R"~(conversion
^^^^^^^^^^
conversion is judged every day, this KPI every 5m
-> judge this one no more often)~");
}

// --- segments ---

TEST(Compile, WantsTheLabelsOfSplitBy) {
  Shop shop;
  shop.context.split_labels = {"country"};
  EXPECT_EQ(shop.compiled("shop.revenue / web.visits"), "SEK/visits");
  EXPECT_EQ(shop.compiled("shop.revenue / shop.orders"), R"~(shop.revenue / shop.orders
               ^^^^^^^^^^^
shop.orders has no label "country", which `split_by` names
-> write all(shop.orders) if the same number is meant for every segment)~");
  EXPECT_EQ(shop.compiled("shop.revenue / all(shop.orders)"), "SEK/orders");
}

// --- parts ---

TEST(Compile, ReadsPartsWhereTheyAreNamed) {
  EXPECT_EQ(Shop().part("paid", "web.visits{device=phone}").compiled("shop.orders / paid"), "orders/visits");
  EXPECT_EQ(Shop().part("paid", "web.vists").compiled("1 + paid"), R"~(1 + paid
    ^^^^
in the part "paid": there is no metric "web.vists"
-> did you mean "web.visits"?)~");
  EXPECT_EQ(Shop().part("a", "b + 1").part("b", "nope").compiled("a"), R"~(a
^
in the part "a": there is no KPI or metric "nope"
-> known: conversion crm.customers crm.leads shop.abroad shop.orders shop.revenue site.hits site.load survey web.bounce web.plain web.seconds …)~");
}

TEST(Compile, AggregatesAPartAsItsExpression) {
  EXPECT_EQ(Shop().part("a", "web.visits * 2").compiled("sum(a, 7 days)"), "visits");
}

TEST(Compile, RefusesWhatAPartCannotBe) {
  EXPECT_EQ(Shop().part("a", "web.visits").compiled("a{country=SE}"), R"~(a{country=SE}
^^^^^^^^^^^^^
a part takes no label filter
-> filter the metrics inside the part)~");
  EXPECT_EQ(Shop().part("a", "b").part("b", "a").compiled("a"), R"~(a
^
in the part "a": the parts use each other in a circle or too deeply)~");
}

TEST(Compile, EndsForPartsThatStandForMillionsOfTerms) {
  Shop shop;
  std::string text = "web.visits";
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    std::string many = text;
    for (int i = 0; i < 100; ++i) {
      many += " + " + text;
    }
    shop.part(name, many);
    text = name;
  }
  EXPECT_EQ(shop.compiled("f"), R"~(f
^
in the part "f": with its parts written out, the expression has more than 4096 terms
-> make the parts KPIs of their own)~");
}

TEST(Compile, EndsForChangesOfChanges) {
  std::string text = "web.visits";
  for (int i = 0; i < 60; ++i) {
    text = "change(" + text + ", 1 day)";
  }
  EXPECT_NE(Shop().compiled(text).find("more than 4096 terms"), std::string::npos);
}

// --- programs ---

TEST(Compile, MakesANumberOfASignedNumber) {
  const auto compiled = compile(**parse_expression("-30%"), Shop().context);
  ASSERT_TRUE(compiled.has_value());
  EXPECT_TRUE(compiled->program.is_constant());
  EXPECT_EQ(compiled->program.code[0].number, -0.3);
  EXPECT_EQ(compiled->program.text, "-30%");
}

TEST(Compile, ReadsEqualInputsOnce) {
  const auto compiled = compile(
      **parse_expression("web.visits + web.visits - prev(web.visits, 1 day) + web.visits{country=SE}"), Shop().context);
  ASSERT_TRUE(compiled.has_value());
  EXPECT_EQ(compiled->program.metrics.size(), 3U);
}

TEST(UsedNames, LeaveOutValueAndTarget) {
  const UsedNames used = used_names(**parse_expression("value / a.b + prev(c, 1 day) > target.pace * a.b"));
  EXPECT_EQ(used.metrics, std::vector<std::string>{"a.b"});
  EXPECT_EQ(used.kpis, std::vector<std::string>{"c"});
}

}  // namespace
}  // namespace kpi

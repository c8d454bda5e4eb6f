#include "rules/base/units.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace kpi {
namespace {

Unit unit(std::string_view text) {
  auto parsed = Unit::parse(text);
  EXPECT_TRUE(parsed) << text << ": " << parsed.error().message;
  return parsed.value_or(Unit());
}

TEST(Units, AreWrittenAsTheyAreRead) {
  for (const char* text : {"",
                           "%",
                           "ratio",
                           ":1",
                           "points",
                           "SEK",
                           "visitors",
                           "page_views",
                           "besök",
                           "SEK/customers",
                           "SEK/DKK",
                           "h",
                           "requests/s",
                           "1/h",
                           "SEK*h/customers/d"}) {
    EXPECT_EQ(unit(text).text(), text);
  }
  EXPECT_EQ(unit("hours").text(), "h");
  EXPECT_EQ(unit("minutes/days").text(), "min/d");
  EXPECT_EQ(unit("SEK / customers").text(), "SEK/customers");
}

TEST(Units, KnowCurrenciesDurationsAndCounts) {
  EXPECT_EQ(unit("NOK").factors(), (std::vector<Unit::Factor>{{"NOK", Unit::Dimension::kCurrency, 1}}));
  EXPECT_EQ(unit("seconds").factors(), (std::vector<Unit::Factor>{{"s", Unit::Dimension::kDuration, 1}}));
  EXPECT_EQ(unit("NPS").factors(), (std::vector<Unit::Factor>{{"NPS", Unit::Dimension::kCount, 1}}));
  EXPECT_EQ(unit("%").show(), Unit::Show::kPercent);
  EXPECT_TRUE(unit("").is_none());
  EXPECT_FALSE(unit("ratio").is_none());
}

struct BadUnit {
  std::string name;
  std::string text;
  std::string message;
};

class UnitRefused : public testing::TestWithParam<BadUnit> {};

TEST_P(UnitRefused, SaysWhatToWrite) {
  const auto parsed = Unit::parse(GetParam().text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parsed.error().message, GetParam().message);
}

const std::string kAll =
    " is not a unit: write a currency such as SEK, a duration (s, min, h, d), \"%\", ratio, \":1\", points, one word "
    "for a "
    "count such as page_views, or one over another such as SEK/customers";

INSTANTIATE_TEST_SUITE_P(
    Each,
    UnitRefused,
    testing::Values(
        BadUnit{"Kr", "kr", "\"kr\" is not a unit: write SEK, DKK or NOK"},
        BadUnit{"KrPer", "Kr/customers", "\"Kr/customers\" is not a unit: write SEK, DKK or NOK for Kr"},
        BadUnit{"PerDay", "visits/day", "\"visits/day\" is not a unit: write visits/d"},
        BadUnit{"LowerCaseCurrency", "sek", "\"sek\" is not a unit: write SEK"},
        BadUnit{"Sign", "€", "\"€\" is not a unit: write EUR"},
        BadUnit{"Percent", "percent", "\"percent\" is not a unit: write \"%\""},
        BadUnit{"Hour", "hour", "\"hour\" is not a unit: write h"},
        BadUnit{"PercentPer", "%/d", "\"%/d\" is not a unit: \"%\" stands alone"},
        BadUnit{"TwoWords", "page views", "\"page views\"" + kAll},
        BadUnit{"Nothing", "SEK/", "\"SEK/\"" + kAll},
        BadUnit{"Number", "10", "\"10\"" + kAll},
        BadUnit{"ControlByte", "a\x1b", "\"a\\x1b\"" + kAll},
        BadUnit{"TooManyWords", "a*b*c*d*e*f*g*h*i", "\"a*b*c*d*e*f*g*h*i\" is not a unit: it has more than 8 words"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(UnitAlgebra, CancelsWhatStandsAboveAndBelow) {
  EXPECT_EQ((unit("SEK/customers") * unit("customers")).text(), "SEK");
  EXPECT_EQ((unit("DKK") * unit("SEK/DKK")).text(), "SEK");
  EXPECT_EQ((unit("leads/visitors") * unit("visitors")).text(), "leads");
  EXPECT_EQ((unit("SEK") / unit("SEK")).text(), "ratio");
  EXPECT_EQ((unit("SEK") / unit("customers") / unit("d")).text(), "SEK/customers/d");
  EXPECT_EQ((unit("m") * unit("m")).text(), "m*m");
}

TEST(UnitAlgebra, LeavesAUnitAloneThatMeetsAPlainNumber) {
  EXPECT_EQ((unit("SEK") * Unit()).text(), "SEK");
  EXPECT_EQ((Unit() * unit("%")).text(), "%");
  EXPECT_EQ((unit("%") / Unit()).text(), "%");
  EXPECT_EQ((unit("%") * unit("visitors")).text(), "visitors");
  EXPECT_EQ((unit("visitors") / unit("%")).text(), "visitors");
  EXPECT_EQ((unit("%") * unit("%")).text(), "%");
  EXPECT_EQ((unit("%") / unit("%")).text(), "ratio");
  EXPECT_EQ((Unit() / unit("h")).text(), "1/h");
  EXPECT_TRUE((Unit() * Unit()).is_none());
}

TEST(UnitAlgebra, RaisesToPowers) {
  EXPECT_EQ(unit("SEK/d").power(2).text(), "SEK*SEK/d/d");
  EXPECT_EQ(unit("h").power(-1).text(), "1/h");
  EXPECT_EQ(unit("SEK").power(0).text(), "ratio");
  EXPECT_EQ(unit("%").power(2).text(), "%");
  EXPECT_TRUE(Unit().power(3).is_none());
}

struct FitCase {
  std::string name;
  std::string a;
  std::string b;
  Unit::Fit fit;
};

class UnitsFit : public testing::TestWithParam<FitCase> {};

TEST_P(UnitsFit, TheSameBothWays) {
  EXPECT_EQ(unit(GetParam().a).fit(unit(GetParam().b)), GetParam().fit);
  EXPECT_EQ(unit(GetParam().b).fit(unit(GetParam().a)), GetParam().fit);
}

INSTANTIATE_TEST_SUITE_P(
    Each,
    UnitsFit,
    testing::Values(FitCase{"NoneAndCurrency", "", "SEK", Unit::Fit::kFits},
                    FitCase{"NoneAndPercent", "", "%", Unit::Fit::kFits},
                    FitCase{"SameCurrency", "SEK", "SEK", Unit::Fit::kFits},
                    FitCase{"TwoCurrencies", "SEK", "DKK", Unit::Fit::kClash},
                    FitCase{"CurrencyAndCount", "SEK", "visitors", Unit::Fit::kClash},
                    FitCase{"PercentAndCount", "%", "visitors", Unit::Fit::kClash},
                    FitCase{"PercentAndCurrency", "%", "SEK", Unit::Fit::kClash},
                    FitCase{"PercentAndRatioOfCounts", "%", "leads/visitors", Unit::Fit::kFits},
                    FitCase{"ToOneAndRatioOfCounts", ":1", "leads/visitors", Unit::Fit::kFits},
                    FitCase{"PointsAndRatioOfCounts", "points", "leads/visitors", Unit::Fit::kFits},
                    FitCase{"PercentAndRatio", "%", "ratio", Unit::Fit::kFits},
                    FitCase{"TwoRatiosOfCounts", "leads/visitors", "orders/leads", Unit::Fit::kFits},
                    FitCase{"CountAndRatioOfCounts", "leads", "leads/visitors", Unit::Fit::kClash},
                    FitCase{"TwoCounts", "leads", "visitors", Unit::Fit::kMixedCounts},
                    FitCase{"PerCustomer", "SEK", "SEK/customers", Unit::Fit::kFits},
                    FitCase{"PerCustomerAndPerOrder", "SEK/customers", "SEK/orders", Unit::Fit::kMixedCounts},
                    FitCase{"RateAndCurrency", "SEK/DKK", "SEK", Unit::Fit::kClash},
                    FitCase{"RateAndInverse", "SEK/DKK", "DKK/SEK", Unit::Fit::kClash},
                    FitCase{"TwoDurations", "h", "min", Unit::Fit::kClash},
                    FitCase{"DurationAndCount", "h", "visitors", Unit::Fit::kClash},
                    FitCase{"PerDayAndCount", "visitors/d", "visitors", Unit::Fit::kClash}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(UnitAlgebra, CancelledUnitsAreAPlainRatio) {
  const Unit ratio = unit("SEK") / unit("SEK");
  EXPECT_EQ(ratio.fit(unit("%")), Unit::Fit::kFits);
  EXPECT_EQ(ratio.fit(unit("SEK")), Unit::Fit::kClash);
  EXPECT_EQ((unit("leads") / unit("visitors")).fit(unit("%")), Unit::Fit::kFits);
}

RC_GTEST_PROP(UnitProperty, DividingUndoesMultiplying, ()) {
  const auto any = rc::gen::element<std::string>("SEK", "DKK/h", "leads", "SEK/leads", "visitors*h", "1/d");
  const Unit a = unit(*any);
  const Unit b = unit(*any);
  RC_ASSERT((a * b) == (b * a));
  RC_ASSERT((a * b / b) == a);
  RC_ASSERT(unit((a * b).text()).factors() == (a * b).factors());
}

struct Shown {
  std::string name;
  double value;
  std::string unit;
  std::string english;
  std::string swedish;
};

class ValueShown : public testing::TestWithParam<Shown> {};

TEST_P(ValueShown, InEnglishAndSwedish) {
  EXPECT_EQ(format_value(GetParam().value, unit(GetParam().unit), Language::kEnglish), GetParam().english);
  EXPECT_EQ(format_value(GetParam().value, unit(GetParam().unit), Language::kSwedish), GetParam().swedish);
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(Numbers,
                         ValueShown,
                         testing::Values(Shown{"Percent", 0.021, "%", "2.1%", "2,1\u00A0%"},
                                         Shown{"PercentTwoDecimals", 0.0215, "%", "2.15%", "2,15\u00A0%"},
                                         Shown{"PercentNextTenth", 0.022, "%", "2.2%", "2,2\u00A0%"},
                                         Shown{"PercentHalfUp", 0.021545, "%", "2.15%", "2,15\u00A0%"},
                                         Shown{"PercentHalfAsWritten", 0.00285, "%", "0.29%", "0,29\u00A0%"},
                                         Shown{"PercentWhole", 1.0, "%", "100%", "100\u00A0%"},
                                         Shown{"PercentTiny", 0.0000417, "%", "0.0042%", "0,0042\u00A0%"},
                                         Shown{"PercentLarge", 12.504, "%", "1,250%", "1\u00A0250\u00A0%"},
                                         Shown{"PercentNegative", -0.3, "%", "-30%", "-30\u00A0%"},
                                         Shown{"PercentCarry", 0.99999, "%", "100%", "100\u00A0%"},
                                         Shown{"Ratio", 3.256, "ratio", "3.26", "3,26"},
                                         Shown{"RatioWhole", 10, "ratio", "10", "10"},
                                         Shown{"ToOne", 10, ":1", "10:1", "10:1"},
                                         Shown{"ToOneHalf", 10.5, ":1", "10.5:1", "10,5:1"},
                                         Shown{"Points", 4.5, "points", "4.5 points", "4,5 poäng"},
                                         Shown{"OnePoint", 1, "points", "1 point", "1 poäng"},
                                         Shown{"Bare", 1234.5, "", "1,235", "1\u00A0235"},
                                         Shown{"MinusZero", -0.0, "", "0", "0"},
                                         Shown{"RoundedToZero", -1e-12, "", "0", "0"},
                                         Shown{"Huge", 1.5e300, "visitors", "1.5e+300 visitors", "1,5e+300 visitors"},
                                         Shown{"Unknown", kNan, "%", "unknown", "okänt"},
                                         Shown{"Infinite", -kInfinity, "SEK", "unknown", "okänt"}),
                         [](const auto& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Named,
    ValueShown,
    testing::Values(Shown{"Count", 1582, "visitors", "1,582 visitors", "1\u00A0582 visitors"},
                    Shown{"CountOfMillions", 1234567, "visitors", "1,234,567 visitors", "1\u00A0234\u00A0567 visitors"},
                    Shown{"CountZero", 0, "visitors", "0 visitors", "0 visitors"},
                    Shown{"CountSmall", 12.346, "leads", "12.35 leads", "12,35 leads"},
                    Shown{"CountMiddle", 123.46, "leads", "123.5 leads", "123,5 leads"},
                    Shown{"CountUnderscore", 7, "page_views", "7 page views", "7 page views"},
                    Shown{"Money", 1250, "SEK", "1,250 SEK", "1\u00A0250 SEK"},
                    Shown{"MoneyRounded", 1250.5, "SEK", "1,251 SEK", "1\u00A0251 SEK"},
                    Shown{"MoneySmall", 12.5, "SEK", "12.50 SEK", "12,50 SEK"},
                    Shown{"MoneyNoCents", 12.001, "SEK", "12 SEK", "12 SEK"},
                    Shown{"MoneyNegative", -999.999, "SEK", "-1,000 SEK", "-1\u00A0000 SEK"},
                    Shown{"MoneyPer", 40, "SEK/customers", "40 SEK/customers", "40 SEK/customers"},
                    Shown{"ExchangeRate", 1.54321, "SEK/DKK", "1.5432 SEK/DKK", "1,5432 SEK/DKK"},
                    Shown{"PerTime", 0.5, "1/d", "0.5/d", "0,5/d"},
                    Shown{"Seconds", 45.5, "s", "45.5 s", "45,5 s"},
                    Shown{"SecondsCarry", 59.999, "s", "1 min", "1 min"},
                    Shown{"Minutes", 125, "s", "2 min 5 s", "2 min 5 s"},
                    Shown{"MinutesCarry", 59.999, "min", "1 h", "1 h"},
                    Shown{"Hours", 125, "min", "2 h 5 min", "2 h 5 min"},
                    Shown{"HoursNegative", -2.5, "h", "-2 h 30 min", "-2 h 30 min"},
                    Shown{"Days", 76, "h", "3 d 4 h", "3 d 4 h"},
                    Shown{"DaysMany", 1500, "d", "1,500 d", "1\u00A0500 d"},
                    Shown{"DurationTiny", -0.0004, "s", "-0.0004 s", "-0,0004 s"},
                    Shown{"DurationZero", 0, "h", "0 s", "0 s"},
                    Shown{"DurationEndless", 1e300, "s", "1e+300 s", "1e+300 s"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(ValueShown, InDanishAndNorwegian) {
  EXPECT_EQ(format_value(0.0215, unit("%"), Language::kDanish), "2,15\u00A0%");
  EXPECT_EQ(format_value(1234567.0, unit("DKK"), Language::kDanish), "1.234.567 DKK");
  EXPECT_EQ(format_value(4.5, unit("points"), Language::kDanish), "4,5 point");
  EXPECT_EQ(format_value(kNan, unit("points"), Language::kDanish), "ukendt");
  EXPECT_EQ(format_value(0.0215, unit("%"), Language::kNorwegian), "2,15\u00A0%");
  EXPECT_EQ(format_value(1234567.0, unit("NOK"), Language::kNorwegian), "1\u00A0234\u00A0567 NOK");
  EXPECT_EQ(format_value(4.5, unit("points"), Language::kNorwegian), "4,5 poeng");
  EXPECT_EQ(format_value(kNan, unit("points"), Language::kNorwegian), "ukjent");
}

TEST(Languages, AreNamedAsInTheSettings) {
  for (const char* name : {"en", "sv", "da", "nb"}) {
    ASSERT_TRUE(parse_language(name)) << name;
    EXPECT_EQ(name_of(*parse_language(name)), name);
  }
  EXPECT_EQ(parse_language("no"), std::nullopt);
}

}  // namespace
}  // namespace kpi

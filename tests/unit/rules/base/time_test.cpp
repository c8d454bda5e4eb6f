#include "rules/base/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace kpi {
namespace {

TEST(Slot, IsTheMidnightOfItsDateReadAsUtc) {
  const Date date = std::chrono::year{2026} / 3 / 31;
  EXPECT_EQ(slot_of(date).ms, 1774915200000);
  EXPECT_EQ(date_of(slot_of(date)), date);
  EXPECT_EQ(date_of(Slot{slot_of(date).ms + kDayMs - 1}), date);
  EXPECT_EQ(date_text(date_of(Slot{-1})), "1969-12-31");
}

struct SpanCase {
  std::string name;
  std::string text;
  Span span;
};

class SpanWritten : public testing::TestWithParam<SpanCase> {};

TEST_P(SpanWritten, IsReadAndWrittenBack) {
  const auto span = parse_span(GetParam().text);
  ASSERT_TRUE(span) << span.error().message;
  EXPECT_EQ(*span, GetParam().span);
  EXPECT_EQ(span->text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Each,
                         SpanWritten,
                         testing::Values(SpanCase{"Zero", "0", {0, 0, 0}},
                                         SpanCase{"Seconds", "30s", {0, 0, 30'000}},
                                         SpanCase{"Minutes", "90m", {0, 0, 5'400'000}},
                                         SpanCase{"Hours", "2h", {0, 0, 7'200'000}},
                                         SpanCase{"OneDay", "1 day", {0, 1, 0}},
                                         SpanCase{"Days", "3 days", {0, 3, 0}},
                                         SpanCase{"OneWeek", "1 week", {0, 7, 0}},
                                         SpanCase{"Weeks", "52 weeks", {0, 364, 0}},
                                         SpanCase{"OneMonth", "1 month", {1, 0, 0}},
                                         SpanCase{"Months", "6 months", {6, 0, 0}},
                                         SpanCase{"OneQuarter", "1 quarter", {3, 0, 0}},
                                         SpanCase{"OneYear", "1 year", {12, 0, 0}},
                                         SpanCase{"Years", "3 years", {36, 0, 0}}),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Span, OfQuartersAndDaysIsReadInOtherUnitsToo) {
  EXPECT_EQ(parse_span("2 quarters"), (Span{6, 0, 0}));
  EXPECT_EQ(parse_span("14 days")->text(), "2 weeks");
  EXPECT_EQ(parse_span("60m")->text(), "1h");
}

TEST(Span, OfFewMillisecondsIsWrittenAsSuch) {
  EXPECT_EQ((Span{0, 0, 1500}.text()), "1500ms");
  EXPECT_EQ((-Span{0, 2, 0}).text(), "-2 days");
}

struct BadSpan {
  std::string name;
  std::string text;
  std::string message;
};

class SpanRefused : public testing::TestWithParam<BadSpan> {};

TEST_P(SpanRefused, NamesTheRightSpelling) {
  const auto span = parse_span(GetParam().text);
  ASSERT_FALSE(span);
  EXPECT_EQ(span.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(span.error().message, GetParam().message);
}

constexpr const char* kAll =
    " is not a length of time: write 30s, 5m, 2h, 3 days, 2 weeks, 1 month, 1 quarter or 1 year";

INSTANTIATE_TEST_SUITE_P(
    Each,
    SpanRefused,
    testing::Values(BadSpan{"ShortDays", "2 d", R"("2 d" is not a length of time: write "2 days")"},
                    BadSpan{"GluedDays", "2days", R"("2days" is not a length of time: write "2 days")"},
                    BadSpan{"WrongPlural", "1 days", R"("1 days" is not a length of time: write "1 day")"},
                    BadSpan{"Spaced", "5 m", R"("5 m" is not a length of time: write "5m")"},
                    BadSpan{"Minutes", "10 minutes", R"("10 minutes" is not a length of time: write "10m")"},
                    BadSpan{"LeadingZero", "05m", R"("05m" is not a length of time: write "5m")"},
                    BadSpan{"UpperCase", "2H", R"("2H" is not a length of time: write "2h")"},
                    BadSpan{"Fraction", "1.5h", R"("1.5h" is not a length of time: write a whole number: "90m")"},
                    BadSpan{
                        "FractionOfADay", "1.5 days", R"("1.5 days" is not a length of time: write a whole number)"},
                    BadSpan{"DecimalComma", "1,5h", R"("1,5h" is not a length of time: write a whole number)"},
                    BadSpan{"AmbiguousM", "5M", std::string(R"("5M")") + kAll},
                    BadSpan{"Empty", "", std::string(R"("")") + kAll},
                    BadSpan{"NoUnit", "15", std::string(R"("15")") + kAll},
                    BadSpan{"NoNumber", "days", std::string(R"("days")") + kAll},
                    BadSpan{"Negative", "-2 days", std::string(R"("-2 days")") + kAll},
                    BadSpan{"Hostile", "1 \x1b[2J", std::string(R"("1 \x1b[2J")") + kAll},
                    BadSpan{"TooLong", "101 years", R"("101 years" is not a length of time: the longest is 100 years)"},
                    BadSpan{"OutOfRange",
                            "99999999999999999999s",
                            R"("99999999999999999999s" is not a length of time: the longest is 100 years)"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Span, OrdersRoughlyByLength) {
  const std::vector<std::string> ascending = {
      "0", "59s", "1m", "2h", "1 day", "1 week", "1 month", "1 quarter", "1 year"};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(parse_span(ascending[i - 1])->approximate_ms(), parse_span(ascending[i])->approximate_ms())
        << ascending[i];
  }
}

RC_GTEST_PROP(SpanProperty, IsReadBackFromItsText, ()) {
  const auto count = *rc::gen::inRange(0, 1200);
  const Span span = *rc::gen::element(Span{count, 0, 0}, Span{0, count, 0}, Span{0, 0, count * 1000LL});
  RC_ASSERT(parse_span(span.text()) == span);
}

TEST(Rfc3339, WritesMillisecondsOnlyWhereThereAreSome) {
  EXPECT_EQ(rfc3339(Instant{Duration{1774936800000}}), "2026-03-31T06:00:00Z");
  EXPECT_EQ(rfc3339(Instant{Duration{1774936800007}}), "2026-03-31T06:00:00.007Z");
  EXPECT_EQ(rfc3339(Instant{Duration{-1}}), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, ReadsOffsetsFractionsAndLeapSeconds) {
  const Instant six{Duration{1774936800000}};
  EXPECT_EQ(parse_rfc3339("2026-03-31T06:00:00Z"), six);
  EXPECT_EQ(parse_rfc3339("2026-03-31t08:00:00+02:00"), six);
  EXPECT_EQ(parse_rfc3339("2026-03-31 00:30:00-05:30"), six);
  EXPECT_EQ(parse_rfc3339("2026-03-31T06:00:00.5z"), six + Duration{500});
  EXPECT_EQ(parse_rfc3339("2026-03-31T06:00:00.1239999Z"), six + Duration{123});
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, RefusesWhatIsNoInstant) {
  for (const char* text : {"",
                           "2026-03-31",
                           "2026-03-31T06:00:00",
                           "2026-03-31T06:00Z",
                           "2026-02-30T06:00:00Z",
                           "2026-03-31T24:00:00Z",
                           "2026-03-31T06:60:00Z",
                           "2026-03-31T06:00:61Z",
                           "2026-03-31T06:00:00.Z",
                           "2026-03-31T06:00:00+0200",
                           "2026-03-31T06:00:00+24:00",
                           "2026-03-31T06:00:00Z ",
                           "20260331T060000Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(Rfc3339Property, IsReadBackFromItsText, ()) {
  const Instant instant{Duration{*rc::gen::inRange<std::int64_t>(-62'167'219'200'000, 253'402'300'800'000)}};
  RC_ASSERT(parse_rfc3339(rfc3339(instant)) == instant);
}

TEST(Dates, AreReadInOneSpellingOnly) {
  EXPECT_EQ(parse_date("2024-02-29"), std::chrono::year{2024} / 2 / 29);
  EXPECT_EQ(date_text(*parse_date("0999-01-02")), "0999-01-02");
  for (const char* text :
       {"2023-02-29", "2024-2-29", "2024-13-01", "2024-00-01", "24-01-01", "2024-01-01 ", "2024/01/01"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

TEST(LocalTimes, MayLeaveOutTheTimeOfDayOrTheSeconds) {
  const auto midnight = std::chrono::local_time<Duration>{Duration{1774915200000}};
  EXPECT_EQ(parse_local("2026-03-31"), midnight);
  EXPECT_EQ(parse_local("2026-03-31 06:05"), midnight + std::chrono::minutes{365});
  EXPECT_EQ(parse_local("2026-03-31 06:05:09"), midnight + std::chrono::seconds{365 * 60 + 9});
  for (const char* text :
       {"", "2026-03-31 ", "2026-03-31 24:00", "2026-03-31 6:05", "2026-03-31 06:05:60", "2026-03-31 06:05Z"}) {
    EXPECT_EQ(parse_local(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kpi

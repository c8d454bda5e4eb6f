#include "daemon/review/review_period.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kpi::test {
namespace {

using Kind = ReviewPeriod::Kind;

std::string text_of(const ReviewPeriod& period) {
  return period.name + ": " + date_text(period.from) + " to before " + date_text(period.to);
}

std::string parsed(Kind kind, std::string_view text, const CalendarRules& calendar = {}) {
  const auto period = parse_review_period(kind, text, calendar);
  return period ? text_of(*period) : period.error().message;
}

TEST(ReviewPeriod, IsTheQuarterMonthWeekOrYearThatIsNamed) {
  EXPECT_EQ(parsed(Kind::kQuarter, "2026-Q3"), "2026-Q3: 2026-07-01 to before 2026-10-01");
  EXPECT_EQ(parsed(Kind::kMonth, "2028-02"), "2028-02: 2028-02-01 to before 2028-03-01");
  EXPECT_EQ(parsed(Kind::kWeek, "2026-W53"), "2026-W53: 2026-12-28 to before 2027-01-04");
  EXPECT_EQ(parsed(Kind::kYear, "2026"), "2026: 2026-01-01 to before 2027-01-01");
}

TEST(ReviewPeriod, FollowsTheFiscalYear) {
  CalendarRules calendar;
  calendar.year_starts = std::chrono::September / 1;
  EXPECT_EQ(parsed(Kind::kQuarter, "2026-Q3", calendar), "2026-Q3: 2027-03-01 to before 2027-06-01");
  EXPECT_EQ(parsed(Kind::kYear, "2026", calendar), "2026: 2026-09-01 to before 2027-09-01");
  const auto quarter = parse_review_period(Kind::kQuarter, "2026-Q1", calendar).value();
  EXPECT_EQ(text_of(previous_of(quarter, calendar)), "2025-Q4: 2026-06-01 to before 2026-09-01");
  EXPECT_EQ(text_of(year_ago_of(quarter, calendar)), "2025-Q1: 2025-09-01 to before 2025-12-01");
}

TEST(ReviewPeriod, SaysWhatToWriteInstead) {
  EXPECT_EQ(parsed(Kind::kQuarter, "Q3 2026"), "\"Q3 2026\" is no quarter; write 2026-Q3");
  EXPECT_EQ(parsed(Kind::kQuarter, "2026-Q5"), "\"2026-Q5\" is no quarter; write 2026-Q3");
  EXPECT_EQ(parsed(Kind::kMonth, "2026-13"), "\"2026-13\" is no month; write 2026-09");
  EXPECT_EQ(parsed(Kind::kWeek, "2025-W53"), "2025 has no week 53");
  EXPECT_EQ(parsed(Kind::kYear, "26"), "\"26\" is no year; write 2026");
  EXPECT_EQ(parsed(Kind::kYear, "2026-Q3"), "\"2026-Q3\" is no year; write 2026");
  EXPECT_EQ(review_range(std::chrono::year(2026) / 7 / 1, std::chrono::year(2026) / 7 / 1).error().message,
            "--from must lie before --to, which is the first day that is left out");
}

TEST(ReviewPeriod, HasOneBeforeItAndOneAYearAgo) {
  const CalendarRules calendar;
  const auto week = parse_review_period(Kind::kWeek, "2026-W10", calendar).value();
  EXPECT_EQ(text_of(previous_of(week, calendar)), "2026-W09: 2026-02-23 to before 2026-03-02");
  EXPECT_EQ(text_of(year_ago_of(week, calendar)), "2025-W10: 2025-03-03 to before 2025-03-10");
  const auto range = review_range(std::chrono::year(2026) / 3 / 1, std::chrono::year(2026) / 3 / 11).value();
  EXPECT_EQ(text_of(previous_of(range, calendar)), "2026-02-19 to 2026-02-28: 2026-02-19 to before 2026-03-01");
  EXPECT_EQ(text_of(year_ago_of(range, calendar)), "2025-03-01 to 2025-03-10: 2025-03-01 to before 2025-03-11");
}

TEST(ReviewPeriod, HasAFirstPartOfAsManyDaysOrMonths) {
  const CalendarRules calendar;
  const auto quarter = parse_review_period(Kind::kQuarter, "2026-Q1", calendar).value();
  const ReviewPeriod before = previous_of(quarter, calendar);
  const auto part = [&](Date until, Grain every) { return date_text(first_part(before, quarter, until, every).to); };
  const Grain day{Grain::Unit::kDay};
  const Grain month{Grain::Unit::kMonth};
  EXPECT_EQ(part(std::chrono::year(2026) / 3 / 1, day), "2025-11-29");
  EXPECT_EQ(part(std::chrono::year(2026) / 3 / 1, month), "2025-12-01");
  EXPECT_EQ(part(std::chrono::year(2026) / 1 / 1, day), "2025-10-01");
  EXPECT_EQ(part(quarter.to, day), "2026-01-01") << "a whole one stands beside a whole one: 92 days beside 90";
}

TEST(ReviewPeriod, IsTheLastWholeOneUnlessAskedFor) {
  EXPECT_EQ(text_of(last_review_period(Kind::kQuarter, std::chrono::year(2026) / 10 / 1, {})),
            "2026-Q3: 2026-07-01 to before 2026-10-01");
  EXPECT_EQ(text_of(last_review_period(Kind::kMonth, std::chrono::year(2026) / 1 / 31, {})),
            "2025-12: 2025-12-01 to before 2026-01-01");
}

}  // namespace
}  // namespace kpi::test

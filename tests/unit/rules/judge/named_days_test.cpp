// A calendar that names a holiday: what it does is part of every forecast and score of the KPI's days.

#include "rules/judge/unusual.hpp"
#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace kpi {
namespace {

/// The first Wednesday of each month of 2026: a third of the usual orders.
CalendarRules first_wednesdays() {
  NamedDays days;
  for (const auto& [m, d] : {std::pair{1U, 7U}, {2U, 4U}, {3U, 4U}, {4U, 1U}, {5U, 6U}, {6U, 3U}, {7U, 1U}, {8U, 5U}}) {
    days.holidays.push_back(std::chrono::year(2026) / std::chrono::month(m) / std::chrono::day(d));
  }
  CalendarRules calendar;
  calendar.days = std::make_shared<const NamedDays>(days);
  return calendar;
}

/// Orders from Thursday 1 January to Wednesday 6 May 2026.
std::string orders() {
  std::string text;
  const CalendarRules calendar = first_wednesdays();
  Date date = std::chrono::year(2026) / 1 / 1;
  for (int t = 0; t < 126; ++t) {
    const Date next{std::chrono::sys_days{date} + std::chrono::days{1}};
    const bool is_holiday = calendar.has_holiday(date, next);
    const bool is_weekend = std::chrono::weekday{std::chrono::sys_days{date}}.iso_encoding() > 5;
    text += std::to_string((is_holiday ? 300 : is_weekend ? 700 : 1000) + (t * 37) % 23) + " ";
    date = next;
  }
  return text;
}

constexpr const char* kOrders =
    "  x:\n    title: X\n    value: web.m\n    unit: orders\n"
    "    alerts:\n      - {name: odd, when: anomaly(value) > 95%}\n"
    "    target: {from: 0, start: 2026-05-01, measure: total, to: 26900, by: 2026-05-31}\n";

Ledger& judge(Ledger& ledger) {
  ledger.given("web.m", "2026-01-01", orders()).targets("x");
  ledger.lived_until("2026-05-07 00:00");
  return ledger;
}

TEST(NamedDaysOfACalendar, AreNoAnomaly) {
  Ledger knowing({metric_named("web.m")}, kOrders, first_wednesdays());
  EXPECT_EQ(judge(knowing).state("x"), KpiState::kOk);
  Ledger ignorant({metric_named("web.m")}, kOrders);
  EXPECT_EQ(judge(ignorant).state("x"), KpiState::kFiring);
}

TEST(NamedDaysOfACalendar, AreUsualInWords) {
  Ledger ledger({metric_named("web.m")}, kOrders, first_wednesdays());
  const Line& line = judge(ledger).line("x");
  const auto found = look_back(line.judged.values, ledger.rules().kpis.front(), *line.stepped, ledger.rules().calendar);
  ASSERT_TRUE(found.has_value());
  EXPECT_LT(found->low, 310);
  EXPECT_GT(found->high, 310);
  EXPECT_LT(found->high, 900);
}

TEST(NamedDaysOfACalendar, ToComeArePartOfWhatIsForeseen) {
  CalendarRules closed = first_wednesdays();
  NamedDays days = *closed.days;
  days.holidays.insert(days.holidays.begin() + 5, {std::chrono::year(2026) / 5 / 14, std::chrono::year(2026) / 5 / 21});
  closed.days = std::make_shared<const NamedDays>(days);
  Ledger three({metric_named("web.m")}, kOrders, closed);
  Ledger one({metric_named("web.m")}, kOrders, first_wednesdays());
  const auto& fewer = judge(three).line("x").target_standing.outlook;
  const auto& more = judge(one).line("x").target_standing.outlook;
  ASSERT_TRUE(fewer && more);
  EXPECT_NEAR(more->projected - fewer->projected, 1400, 150);
  EXPECT_LT(fewer->probability, more->probability);
}

TEST(NamedDaysOfACalendar, AreTheSameDayByDayAndAtOnce) {
  Ledger lived({metric_named("web.m")}, kOrders, first_wednesdays());
  Ledger once({metric_named("web.m")}, kOrders, first_wednesdays());
  once.given("web.m", "2026-01-01", orders()).targets("x");
  once.judged_at("2026-05-07 00:00");
  EXPECT_EQ(judge(lived).line("x").target_standing.outlook->probability,
            once.line("x").target_standing.outlook->probability);
}

TEST(NamedDaysOfACalendar, HaveNoNameInARollingWeek) {
  const std::string weekly = "  x:\n    title: X\n    value: web.m\n    over: 7 days\n";
  const auto usual = [&](const CalendarRules& calendar) {
    Ledger ledger({metric_named("web.m")}, weekly, calendar);
    ledger.given("web.m", "2026-01-01", orders());
    ledger.judged_at("2026-05-07 00:00");
    const Line& line = ledger.line("x");
    return look_back(line.judged.values, ledger.rules().kpis.front(), *line.stepped, calendar)->low;
  };
  EXPECT_EQ(usual(first_wednesdays()), usual(CalendarRules()));
}

}  // namespace
}  // namespace kpi

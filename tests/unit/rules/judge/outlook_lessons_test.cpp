// What a series taught is kept, and changes no answer.

#include "rules/judge/outlook_lessons.hpp"

#include "rules/judge/target_outlook.hpp"
#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

namespace kpi {
namespace {

constexpr std::array<int, 1> kWeek{7};

std::vector<double> weeks(std::size_t days) {
  std::vector<double> values;
  for (std::size_t day = 0; day < days; ++day) {
    values.push_back((day % 7 >= 5 ? 700 : 1000) + 13 * std::sin(static_cast<double>(day) * 1.7) +
                     static_cast<double>(day));
  }
  return values;
}

TEST(OutlookLessons, AreLearnedOnceOfTheSameValues) {
  OutlookLessons lessons;
  forecast::Forecaster forecaster;
  const std::vector<double> values = weeks(84);
  forecast::Question question{.values = values, .horizon = 20, .periods = kWeek};
  const forecast::Lesson* first = &lessons.learned(forecaster, question);
  EXPECT_EQ(first, &lessons.learned(forecaster, question));
  EXPECT_EQ(lessons.size(), 1U);
  question.horizon = 21;
  lessons.learned(forecaster, question);
  EXPECT_EQ(lessons.size(), 2U);
  std::vector<double> restated = values;
  restated[40] += 1;
  question.values = restated;
  lessons.learned(forecaster, question);
  EXPECT_EQ(lessons.size(), 3U);
}

TEST(OutlookLessons, OfAllValuesForeseeWhatAWholeForecastDoes) {
  forecast::Forecaster forecaster;
  const std::vector<double> values = weeks(84);
  const forecast::Question question{.values = values, .horizon = 20, .periods = kWeek};
  const forecast::Forecast whole = forecaster.answer(question);
  const forecast::Forecast taught = forecaster.answer(question, forecaster.learn(question));
  EXPECT_EQ(whole.points, taught.points);
  EXPECT_EQ(whole.quantile(20, 0.9), taught.quantile(20, 0.9));
  EXPECT_EQ(whole.total_at_least(20, 20000), taught.total_at_least(20, 20000));
}

TEST(OutlookLessons, OfEarlierValuesFollowTheNewestOnes) {
  forecast::Forecaster forecaster;
  std::vector<double> values = weeks(88);
  const forecast::Question earlier{.values = std::span(values).first(84), .horizon = 20, .periods = kWeek};
  const forecast::Lesson lesson = forecaster.learn(earlier);
  const forecast::Question question{.values = values, .horizon = 16, .periods = kWeek};
  const double before = forecaster.answer(question, lesson).points.front();
  values.back() += 60;
  EXPECT_GT(forecaster.answer(question, lesson).points.front(), before + 5);
}

TEST(OutlookLessons, AreLearnedAnewWhereTheLevelHasBroken) {
  forecast::Forecaster forecaster;
  std::vector<double> values(60, 100);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] += std::sin(static_cast<double>(i));
  }
  const forecast::Question earlier{.values = std::span(values).first(40), .horizon = 5, .periods = kWeek};
  const forecast::Lesson lesson = forecaster.learn(earlier);
  for (std::size_t i = 40; i < values.size(); ++i) {
    values[i] += 900;
  }
  const forecast::Question question{.values = values, .horizon = 5, .periods = kWeek};
  EXPECT_EQ(forecaster.answer(question, lesson).points, forecaster.answer(question).points);
}

/// The probability of a target after 200 days, judged as `judge` does it.
std::optional<double> probability(bool is_day_by_day) {
  std::optional<double> result;
  // A thread of its own has learned nothing before.
  std::thread([&] {
    Ledger ledger({metric_named("web.m")},
                  "  x:\n    title: X\n    value: web.m\n"
                  "    target: {from: 1000, start: 2026-02-01, to: 1290, by: 2026-09-30}\n");
    std::string values;
    for (const double value : weeks(200)) {
      values += std::to_string(value) + " ";
    }
    ledger.given("web.m", "2026-01-01", values).targets("x");
    if (is_day_by_day) {
      ledger.lived_until("2026-07-20 00:00");
    } else {
      ledger.judged_at("2026-07-20 00:00");
    }
    result = ledger.line("x").target_standing.outlook
                 ? std::optional(ledger.line("x").target_standing.outlook->probability)
                 : std::nullopt;
  }).join();
  return result;
}

TEST(OutlookLessons, SayTheSameDayByDayAndAtOnce) {
  const auto lived = probability(true);
  ASSERT_TRUE(lived.has_value());
  EXPECT_GT(*lived, 0);
  EXPECT_LT(*lived, 1);
  EXPECT_EQ(lived, probability(false));
}

}  // namespace
}  // namespace kpi

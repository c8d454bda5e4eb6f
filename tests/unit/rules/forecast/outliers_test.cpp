#include "rules/forecast/outliers.hpp"

#include "rules/forecast/forecast.hpp"
#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace kpi::forecast {
namespace {

constexpr std::array<int, 1> kNoSeason{1};

Forecast forecast(const std::vector<double>& values, std::size_t horizon, std::span<const int> periods = kNoSeason) {
  Forecaster forecaster;
  return forecaster.answer({.values = values, .horizon = horizon, .periods = periods});
}

std::vector<double> steady(std::size_t count) {
  std::vector<double> values;
  for (std::size_t t = 0; t < count; ++t) {
    values.push_back(100 + 2 * noise(t));
  }
  return values;
}

TEST(Outliers, AWrongLastValueTakesNeitherLevelNorIntervalWithItButMayBeANewLevel) {
  for (const double wrong : {1e6, 1000.0, 200.0, 0.0}) {
    std::vector<double> values = steady(100);
    values.push_back(wrong);
    const Forecast answer = forecast(values, 14);
    for (const std::size_t step : {std::size_t{1}, std::size_t{14}}) {
      EXPECT_NEAR(answer.points[step - 1], 100, 5) << wrong;
      EXPECT_GT(answer.quantile(step, 0.1), 80) << wrong;
      EXPECT_LT(answer.quantile(step, 0.9), 120) << wrong;
      if (wrong > 100) {
        EXPECT_GT(answer.quantile(step, 0.975), 0.9 * wrong) << wrong;
      } else {
        EXPECT_LT(answer.quantile(step, 0.025), 10) << wrong;
      }
      EXPECT_NEAR(answer.at_least(step, 130), wrong > 130 ? 0.08 : 0, 0.05) << wrong;
    }
    EXPECT_NEAR(answer.total(14), 1400, 70) << wrong;
    EXPECT_LT(answer.total_at_least(14, 1800), 0.15) << wrong;
  }
}

TEST(Outliers, OneOfManyZerosThatIsNoneLeavesBothPossible) {
  std::vector<double> values(60, 0.0);
  values.push_back(1);
  const Forecast answer = forecast(values, 30);
  EXPECT_EQ(answer.quantile(1, 0.1), 0);
  EXPECT_NEAR(answer.quantile(1, 0.9), 1, 1e-6);
  EXPECT_EQ(answer.quantile(30, 0.1), 0);
  EXPECT_NEAR(answer.quantile(30, 0.9), 1, 1e-6);
}

TEST(Outliers, AnOldOneLeavesTheIntervalsAsTheyWereWithoutIt) {
  for (const std::size_t place : {std::size_t{1}, std::size_t{50}, std::size_t{98}}) {
    std::vector<double> values = steady(100);
    const Forecast without = forecast(values, 14);
    for (std::size_t i = place; i < std::min<std::size_t>(place + 2, 99); ++i) {
      values[i] *= 10;
    }
    const Forecast with = forecast(values, 14);
    EXPECT_EQ(with.alternative.probability, 0) << place;
    for (const double probability : {0.025, 0.1, 0.5, 0.9, 0.975}) {
      EXPECT_NEAR(with.quantile(14, probability), without.quantile(14, probability), 3) << place;
    }
  }
}

TEST(Outliers, OneInASeasonIsFoundByTheSeason) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 100; ++t) {
    values.push_back((t % 7 >= 5 ? 500.0 : 1000.0) + 10 * noise(t));
  }
  values[61] = 800;  // a day that usually has 500
  values.back() = 10000;
  std::vector<double> tamed = values;
  const Ending ending = tame(tamed, std::array<int, 1>{7});
  EXPECT_NEAR(tamed[61], 500, 30);
  EXPECT_NEAR(tamed.back(), 1000, 60);
  EXPECT_GT(ending.alternative.probability, 0);
  tamed[61] = values[61];
  tamed.back() = values.back();
  EXPECT_EQ(tamed, values);
}

TEST(Outliers, TwoInARowAreANewLevelThatMayPass) {
  std::vector<double> values = steady(100);
  values.push_back(1003);
  values.push_back(997);
  const Forecast answer = forecast(values, 14);
  EXPECT_NEAR(answer.points[0], 1000, 30);
  EXPECT_NEAR(answer.points[13], 1000, 50);
  EXPECT_NEAR(answer.at_most(14, 500), 0.3, 0.01);
  values.insert(values.end(), {1001, 999, 1000});
  EXPECT_NEAR(forecast(values, 14).at_most(14, 500), 0.05, 0.01);
}

TEST(Outliers, WhatComesEverySeasonOrOftenIsHowTheSeriesIs) {
  std::vector<double> yearly;
  for (std::size_t t = 0; t < 48; ++t) {
    yearly.push_back((t % 12 == 11 ? 1000.0 : 100.0) + 2 * noise(t));
  }
  std::vector<double> tamed = yearly;
  tame(tamed, std::array<int, 1>{12});
  EXPECT_EQ(tamed, yearly);
  std::vector<double> rare(100, 0.0);
  for (std::size_t t = 5; t < 100; t += 13) {
    rare[t] = 3;
  }
  tamed = rare;
  tame(tamed, {});
  EXPECT_EQ(tamed, rare);
  std::vector<double> growing;
  for (std::size_t t = 0; t < 60; ++t) {
    growing.push_back(10 * std::exp(0.15 * static_cast<double>(t) + 0.1 * noise(t)));
  }
  tamed = growing;
  tame(tamed, {});
  EXPECT_EQ(tamed, growing);
}

}  // namespace
}  // namespace kpi::forecast

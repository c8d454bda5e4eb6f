// Widths follow how much a series moves now.

#include "rules/forecast/restlessness.hpp"

#include "rules/forecast/forecast.hpp"
#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace kpi::forecast {
namespace {

constexpr std::size_t kLearned = 100;

/// Nearly normal, of mean square 1.
double bell(std::size_t t) {
  return noise(3 * t) + noise(3 * t + 1) + noise(3 * t + 2);
}

double restlessness_of(double later, std::size_t count) {
  std::vector<double> rest;
  for (std::size_t t = 0; t < kLearned + count; ++t) {
    rest.push_back(5000 + (t < kLearned ? 10 : later) * bell(t));
  }
  return restlessness(rest, usual_steps(std::span(rest).first(kLearned), 0));
}

TEST(Restlessness, OfWhatMovesAsBeforeIsNone) {
  for (const std::size_t count : {0UL, 20UL, 200UL}) {
    EXPECT_NEAR(restlessness_of(10, count), 1, 0.2) << count;
  }
}

TEST(Restlessness, FollowsWhatMovesMoreOrLess) {
  EXPECT_GT(restlessness_of(30, 20), 1.5);
  EXPECT_NEAR(restlessness_of(30, 200), 3, 0.7);
  EXPECT_LT(restlessness_of(3, 60), 0.7);
  EXPECT_GE(restlessness_of(0, 2000), 0.25);
  EXPECT_LE(restlessness_of(1e6, 2000), 4);
}

TEST(Restlessness, OfAConstantOrOfLittleIsNone) {
  const std::vector<double> constant(50, 7);
  EXPECT_EQ(restlessness(constant, usual_steps(constant, 0)), 1);
  const std::vector<double> few{1, 2, 3, 9};
  EXPECT_EQ(restlessness(few, usual_steps(few, 0)), 1);
  EXPECT_EQ(restlessness({}, usual_steps({}, 0)), 1);
}

TEST(Restlessness, GoesByStepsBetweenKnownValuesOnly) {
  std::vector<double> rest;
  std::vector<char> known;
  for (std::size_t t = 0; t < 2 * kLearned; ++t) {
    known.push_back(t < kLearned || t % 20 == 0 ? 1 : 0);
    rest.push_back(known.back() != 0 ? 5000 + 10 * bell(t) : rest.back());
  }
  const std::span<const double> all(rest);
  EXPECT_LT(restlessness(rest, usual_steps(all.first(kLearned), 0)), 0.7);
  EXPECT_NEAR(restlessness(rest, usual_steps(all.first(kLearned), 0), known), 1, 0.2);
  EXPECT_EQ(usual_steps(all, kLearned, known).count, 0U);
}

TEST(Restlessness, IsDefinedWhereALevelBecameNegative) {
  std::vector<double> rest;
  for (std::size_t t = 0; t < 60; ++t) {
    rest.push_back(t < 50 ? 100 + bell(t) : -100 + bell(t));
  }
  const double now = restlessness(rest, usual_steps(std::span(rest).first(50), 0));
  EXPECT_TRUE(now >= 0.25 && now <= 4);
}

/// Of 95 % intervals in the days `from` to `to` after the noise became three times as large; laws learned once a week.
double coverage(std::size_t from, std::size_t to) {
  constexpr std::array<int, 1> kWeek{7};
  constexpr std::size_t kChange = 200;
  Forecaster forecaster;
  double inside = 0;
  double count = 0;
  for (std::size_t series = 0; series < 40; ++series) {
    std::vector<double> values;
    for (std::size_t t = 0; t < kChange + to + 7; ++t) {
      values.push_back((t % 7 >= 5 ? 700 : 1000) + (t < kChange ? 10 : 30) * bell(1000 * series + t));
    }
    Lesson lesson;
    for (std::size_t now = kChange + from; now < kChange + to; ++now) {
      const auto known = std::span(values).first(now);
      if (lesson.weights.empty() || now % 7 == 0) {
        lesson = forecaster.learn({.values = known.first(now - now % 7), .horizon = 14, .periods = kWeek});
      }
      const Forecast answer = forecaster.answer({.values = known, .horizon = 7, .periods = kWeek}, lesson);
      for (const std::size_t step : {1UL, 4UL, 7UL}) {
        const double truth = values[now + step - 1];
        inside += answer.quantile(step, 0.025) <= truth && truth <= answer.quantile(step, 0.975) ? 1 : 0;
        count += 1;
      }
    }
  }
  return inside / count;
}

TEST(Restlessness, BringsTheCoverageBackAfterAChangeOfTheNoise) {
  EXPECT_LT(coverage(0, 5), 0.8);  // nobody can know
  EXPECT_NEAR(coverage(50, 60), 0.95, 0.025);
  EXPECT_NEAR(coverage(100, 110), 0.95, 0.025);
}

}  // namespace
}  // namespace kpi::forecast

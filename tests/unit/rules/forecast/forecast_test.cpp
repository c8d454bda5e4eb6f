#include "rules/forecast/forecast.hpp"

#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace kpi::forecast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<int, 1> kNoSeason{1};

Forecast forecast(const std::vector<double>& values, std::size_t horizon, std::span<const int> periods = kNoSeason) {
  Forecaster forecaster;
  return forecaster.answer({.values = values, .horizon = horizon, .periods = periods});
}

/// A defined answer: finite points inside their intervals, probabilities between 0 and 1.
void expect_sound(const Forecast& answer, std::size_t horizon) {
  ASSERT_EQ(answer.points.size(), horizon);
  for (std::size_t step = 1; step <= horizon; ++step) {
    const double low = answer.quantile(step, 0.025);
    const double high = answer.quantile(step, 0.975);
    ASSERT_TRUE(std::isfinite(answer.points[step - 1]));
    ASSERT_TRUE(std::isfinite(low) && std::isfinite(high));
    ASSERT_LE(low, answer.quantile(step, 0.1));
    ASSERT_LE(answer.quantile(step, 0.9), high);
    ASSERT_LE(low, high);
    const double probability = answer.at_least(step, answer.points[0] * 1.1);
    ASSERT_TRUE(probability >= 0 && probability <= 1);
  }
}

TEST(Forecast, OfAConstantIsTheConstantWithoutDoubt) {
  const Forecast answer = forecast(std::vector<double>(30, 42), 5);
  expect_sound(answer, 5);
  EXPECT_NEAR(answer.points[4], 42, 1e-9);
  EXPECT_NEAR(answer.quantile(5, 0.975), 42, 1e-6);
  EXPECT_EQ(answer.at_least(5, 50), 0);
}

TEST(Forecast, OfNothingSaysThatThereIsNoValue) {
  for (const auto& values : {std::vector<double>{}, std::vector<double>(20, kNaN)}) {
    const Forecast answer = forecast(values, 3);
    EXPECT_EQ(answer.lack, Lack::kNoValue);
    EXPECT_TRUE(answer.points.empty());
  }
}

TEST(Forecast, OfOnePointIsThatPoint) {
  const Forecast answer = forecast({7}, 3);
  expect_sound(answer, 3);
  EXPECT_EQ(answer.points, std::vector<double>(3, 7));  // not 6.999999999999998
}

TEST(Forecast, OfALineGoesOn) {
  std::vector<double> values;
  for (int t = 0; t < 40; ++t) {
    values.push_back(100 + 5 * t);
  }
  const Forecast answer = forecast(values, 4);
  EXPECT_NEAR(answer.points[3], 100 + 5 * 43, 15);
  EXPECT_GT(answer.at_least(4, 290), 0.9);
  EXPECT_LT(answer.at_least(4, 340), 0.1);
}

TEST(Forecast, FollowsTheSeasonThatIsGivenOrFound) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 84; ++t) {
    values.push_back((t % 7 >= 5 ? 500.0 : 1000.0) + 10 * noise(t));
  }
  for (const std::vector<int>& periods : {std::vector<int>{7}, std::vector<int>{}}) {
    const Forecast answer = forecast(values, 7, periods);
    EXPECT_EQ(answer.periods, (std::vector<int>{7}));
    EXPECT_NEAR(answer.points[0], 1000, 40);
    EXPECT_NEAR(answer.points[5], 500, 40);
  }
}

TEST(Forecast, LaysTheSeasonOverMissingValues) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 84; ++t) {
    values.push_back(t % 11 == 3 ? kNaN : (t % 7 >= 5 ? 500.0 : 1000.0) + 10 * noise(t));
  }
  const std::array<int, 1> week{7};
  const Forecast answer = forecast(values, 7, week);
  EXPECT_NEAR(answer.points[0], 1000, 60);
  EXPECT_NEAR(answer.points[5], 500, 60);
}

TEST(Forecast, GoesOnFromTheLastValueThatIsThere) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 90; ++t) {
    values.push_back(t >= 84 ? kNaN : (t % 7 >= 5 ? 500.0 : 1000.0) + 10 * noise(t));
  }
  const std::array<int, 1> week{7};
  for (const std::span<const int> periods : {std::span<const int>(week), std::span<const int>(kNoSeason)}) {
    const Forecast answer = forecast(values, 7, periods);
    expect_sound(answer, 7);
    EXPECT_GT(answer.points[0], 400);
  }
  EXPECT_NEAR(forecast(values, 7, week).points[0], 500, 60);
  EXPECT_NEAR(forecast(values, 7, week).points[1], 1000, 60);
}

TEST(Forecast, DoesNotFollowTheLinesThatAreLaidOverMissingValues) {
  double squares = 0;
  constexpr std::size_t kSeries = 20;
  for (std::size_t series = 0; series < kSeries; ++series) {
    std::vector<double> values;
    for (std::size_t t = 0; t < 121; ++t) {
      values.push_back(t % 2 == 0 ? 100 + 10 * noise(1000 * series + t) : kNaN);
    }
    const double error = forecast(values, 4).points[3] - 100;
    squares += error * error / kSeries;
  }
  EXPECT_LT(std::sqrt(squares), 2);
}

TEST(Forecast, OverAGapIsAsFarAheadAsTheGapIsLong) {
  std::vector<double> values{1000};
  for (std::size_t t = 0; t < 120; ++t) {
    values.push_back(values.back() + 10 * noise(t));
  }
  const Forecast near = forecast(values, 15);
  values.insert(values.end(), 10, kNaN);
  const Forecast beyond = forecast(values, 5);
  expect_sound(beyond, 5);
  EXPECT_EQ(beyond.gap, 10U);
  for (std::size_t step = 1; step <= 5; ++step) {
    EXPECT_EQ(beyond.points[step - 1], near.points[step + 9]);
    EXPECT_NEAR(beyond.quantile(step, 0.9), near.quantile(step + 10, 0.9), 1e-9);
    EXPECT_NEAR(beyond.at_least(step, 1010), near.at_least(step + 10, 1010), 1e-9);
  }
  // The sum of one step is that step.
  EXPECT_NEAR(
      (beyond.total_quantile(1, 0.9) - beyond.points[0]) / (beyond.quantile(1, 0.9) - beyond.points[0]), 1, 0.25);
}

TEST(Forecast, OfValuesWithAGapTakesNoLessonOfOthers) {
  std::vector<double> values{1000};
  for (std::size_t t = 0; t < 120; ++t) {
    values.push_back(values.back() + 10 * noise(t));
  }
  Forecaster forecaster;
  const Lesson lesson = forecaster.learn({.values = values, .horizon = 15, .periods = kNoSeason});
  values.insert(values.end(), 10, kNaN);
  const Question question{.values = values, .horizon = 5, .periods = kNoSeason};
  EXPECT_EQ(forecaster.answer(question, lesson).total_quantile(5, 0.9),
            forecaster.answer(question).total_quantile(5, 0.9));
  // Learned before a weekend without values, it is good for the Monday after it.
  const Lesson before = forecaster.learn(question);
  values.push_back(1000);
  const Forecast taught = forecaster.answer({.values = values, .horizon = 5, .periods = kNoSeason}, before);
  EXPECT_EQ(taught.law.scale(3), [&] {
    ErrorLaw law = before.law;
    law.enlarge(taught.law.scale(1) / law.scale(1));
    return law.scale(3);
  }());
}

TEST(Forecast, OfNoValueForLongIsNone) {
  std::vector<double> values{5, 6, 7};
  values.insert(values.end(), kFarthest, kNaN);
  expect_sound(forecast(values, 2), 2);
  values.push_back(kNaN);
  EXPECT_EQ(forecast(values, 2).lack, Lack::kNoValue);
}

TEST(Forecast, GoesByWhatCameAfterABreakOfTheLevel) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 60; ++t) {
    values.push_back((t < 35 ? 100.0 : 1000.0) + 5 * noise(t));
  }
  const Forecast answer = forecast(values, 6);
  EXPECT_NEAR(answer.points[5], 1000, 15);
  EXPECT_LT(answer.quantile(6, 0.975) - answer.quantile(6, 0.025), 100);
}

TEST(Forecast, OfWhatNeverVariedMeetsAGoalThatIsEqual) {
  for (const double value : {5.0, 0.1, -4.3, 1e12 / 3}) {
    const Forecast answer = forecast(std::vector<double>(30, value), 7);
    EXPECT_EQ(answer.at_least(7, value), 1) << value;
    EXPECT_EQ(answer.at_most(7, value), 1) << value;
    EXPECT_EQ(answer.at_least(7, value + 0.01 * std::abs(value)), 0) << value;
    EXPECT_EQ(answer.at_most(7, value - 0.01 * std::abs(value)), 0) << value;
    EXPECT_EQ(answer.total_at_least(7, 7 * value), 1) << value;
  }
}

TEST(Forecast, OfWhatWasNeverNegativeIsNot) {
  std::vector<double> values;
  for (int t = 0; t < 30; ++t) {
    values.push_back(std::max(0.0, 100 - 5.0 * t + (t % 3)));
  }
  const Forecast answer = forecast(values, 10);
  EXPECT_GE(answer.points[9], 0);
  EXPECT_EQ(answer.quantile(10, 0.025), 0);
  EXPECT_EQ(answer.at_least(10, 0), 1);
}

TEST(Forecast, OfPositiveValuesErrsFurtherUpwardsThanDownwards) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 60; ++t) {
    values.push_back(100 * std::exp(0.4 * noise(t)));
  }
  const Forecast answer = forecast(values, 3);
  const double point = answer.points[2];
  const double down = point - answer.quantile(3, 0.05);
  const double up = answer.quantile(3, 0.95) - point;
  EXPECT_GT(up, 1.1 * down);
  EXPECT_GT(answer.quantile(3, 0.025), 0);
  for (const double probability : {0.03, 0.3, 0.5, 0.8, 0.97}) {  // intervals and probabilities are of one law
    EXPECT_NEAR(answer.at_most(3, answer.quantile(3, probability)), probability, 1e-6);
    EXPECT_NEAR(answer.total_at_least(3, answer.total_quantile(3, probability)), 1 - probability, 1e-6);
  }
}

TEST(Forecast, SkewedErrorsAreEvenedAgain) {
  for (const double error : {-19.0, -5.0, 0.0, 7.0, 300.0}) {
    EXPECT_NEAR(evened(skewed(error, 10), 10), error, 1e-9);
  }
  EXPECT_EQ(skewed(-1000, 10), -10);
}

TEST(Forecast, OfATotalIsSurerThanIfTheStepsErredApart) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 60; ++t) {
    values.push_back(100 + 10 * noise(t));
  }
  const Forecast answer = forecast(values, 10);
  EXPECT_NEAR(answer.total(10), 1000, 60);
  const double width = answer.total_quantile(10, 0.9) - answer.total_quantile(10, 0.1);
  double apart = 0;
  for (std::size_t step = 1; step <= 10; ++step) {
    apart += answer.quantile(step, 0.9) - answer.quantile(step, 0.1);
  }
  EXPECT_LT(width, apart);
  EXPECT_GT(answer.total_at_least(10, 800), 0.95);
}

TEST(Forecast, OfHugeTinyAndAlternatingValuesIsDefined) {
  std::vector<double> huge;
  std::vector<double> tiny;
  std::vector<double> alternating;
  for (std::size_t t = 0; t < 40; ++t) {
    huge.push_back((t % 2 == 0 ? 1 : -1) * 1e308);
    tiny.push_back(1e-308 * static_cast<double>(t % 5));
    alternating.push_back(t % 2 == 0 ? 1 : 100);
  }
  expect_sound(forecast(huge, 4), 4);
  const Forecast far = forecast(huge, 40);
  for (std::size_t step = 1; step <= 40; ++step) {
    const double probability = far.at_least(step, -far.points[step - 1]);
    EXPECT_TRUE(probability >= 0 && probability <= 1) << step;
  }
  expect_sound(forecast(tiny, 4), 4);
  expect_sound(forecast(alternating, 4), 4);
  expect_sound(forecast(alternating, 4, {}), 4);
}

TEST(Forecast, OfAMillionValuesIsDefined) {
  std::vector<double> values(1000000);
  for (std::size_t t = 0; t < values.size(); ++t) {
    values[t] = static_cast<double>(t % 24) + static_cast<double>(t) * 1e-6;
  }
  expect_sound(forecast(values, 24, {}), 24);
}

RC_GTEST_PROP(ForecastOfAnything, IsDefinedAndTheSameAgain, ()) {
  const auto whole = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-1000, 1000));
  const auto scale = *rc::gen::element(1.0, 1e-300, 1e305, 0.001);
  const auto period = *rc::gen::inRange(1, 9);
  std::vector<double> values;
  for (const int value : whole) {
    values.push_back(value % 10 == 0 ? kNaN : value * scale);
  }
  const std::array<int, 1> periods{period};
  const Forecast answer = forecast(values, 5, periods);
  if (answer.lack == Lack::kNothing) {
    expect_sound(answer, 5);
  }
  RC_ASSERT(answer.points == forecast(values, 5, periods).points);
}

}  // namespace
}  // namespace kpi::forecast

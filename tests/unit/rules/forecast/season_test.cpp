#include "rules/forecast/season.hpp"

#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace kpi::forecast {
namespace {

constexpr std::array<double, 7> kWeek{0.7, 1.2, 1.1, 1.1, 1.2, 1.0, 0.7};

/// Weeks of visits with a little noise that repeats in no week.
std::vector<double> weeks(std::size_t count) {
  std::vector<double> values;
  for (std::size_t t = 0; t < count; ++t) {
    values.push_back(1000 * kWeek.at(t % 7) * (1 + 0.02 * noise(t)));
  }
  return values;
}

TEST(Seasons, AreFoundAsFactorsWhereTheyAre) {
  const std::array<int, 1> periods{7};
  const Seasons seasons = find_seasons(weeks(70), periods);
  ASSERT_EQ(seasons.parts.size(), 1U);
  ASSERT_TRUE(seasons.parts[0].is_factor);
  for (std::size_t phase = 0; phase < 7; ++phase) {
    EXPECT_NEAR(seasons.parts[0].indices[phase], kWeek.at(phase), 0.03);
  }
}

TEST(Seasons, AreTakenAndGivenBack) {
  const std::array<int, 2> periods{2, 7};
  const Seasons seasons = find_seasons(weeks(70), periods);
  for (std::size_t t = 0; t < 20; ++t) {
    EXPECT_NEAR(seasons.give(seasons.take(123, t), t), 123, 1e-9);
  }
}

TEST(Seasons, OfNoiseAreShrunkToNearlyNone) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 84; ++t) {
    values.push_back(100 + 10 * noise(t));
  }
  const std::array<int, 1> periods{12};
  const Seasons seasons = find_seasons(values, periods);
  ASSERT_EQ(seasons.parts.size(), 1U);
  for (const double index : seasons.parts[0].indices) {
    EXPECT_NEAR(index, seasons.parts[0].is_factor ? 1 : 0, seasons.parts[0].is_factor ? 0.05 : 5);
  }
}

TEST(Seasons, NeedTwoWholeRounds) {
  const std::array<int, 1> periods{7};
  EXPECT_TRUE(find_seasons(weeks(13), periods).parts.empty());
}

TEST(Periods, AreFoundInTheSeries) {
  EXPECT_EQ(find_periods(weeks(140)), (std::vector<int>{7}));
}

TEST(Periods, OfDayAndWeekAreBothFound) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 24 * 7 * 6; ++t) {
    const double hour = static_cast<double>(t % 24) / 24;
    values.push_back(100 + 30 * std::sin(6.2832 * hour) + (t / 24 % 7 >= 5 ? -60 : 0) + noise(t));
  }
  EXPECT_EQ(find_periods(values), (std::vector<int>{24, 168}));
}

TEST(Periods, AreNotFoundInATrendNorInNoise) {
  std::vector<double> trend;
  std::vector<double> shapeless;
  for (std::size_t t = 0; t < 120; ++t) {
    trend.push_back(static_cast<double>(t) * 3);
    shapeless.push_back(noise(t));
  }
  EXPECT_TRUE(find_periods(trend).empty());
  EXPECT_TRUE(find_periods(shapeless).empty());
}

}  // namespace
}  // namespace kpi::forecast

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

/// A wave of `period` values around 100, with noise that repeats in no round.
std::vector<double> waves(std::size_t period, std::size_t count, double height, double noisy) {
  std::vector<double> values;
  for (std::size_t t = 0; t < count; ++t) {
    const double at = static_cast<double>(t % period) / static_cast<double>(period);
    values.push_back(100 + height * std::sin(6.283185307 * at) + noisy * noise(t));
  }
  return values;
}

TEST(Periods, OfASmoothWaveAreFound) {
  EXPECT_EQ(find_periods(waves(12, 48, 20, 0)), (std::vector<int>{12}));
  EXPECT_EQ(find_periods(waves(12, 96, 20, 0)), (std::vector<int>{12}));
  EXPECT_EQ(find_periods(waves(12, 96, 20, 5)), (std::vector<int>{12}));
  EXPECT_EQ(find_periods(waves(24, 24 * 21, 30, 5)), (std::vector<int>{24}));
  EXPECT_EQ(find_periods(waves(96, 96 * 21, 50, 5)), (std::vector<int>{96}));
}

TEST(Periods, OfDaysInMinutesAreFoundWithinAFewMinutes) {
  for (const std::size_t period : {std::size_t{288}, std::size_t{1440}}) {
    const std::vector<int> found = find_periods(waves(period, 5 * period, 50, 5));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0], static_cast<double>(period), static_cast<double>(period) / 100);
  }
}

TEST(Periods, WhoseHalvesAreNearlyAlikeAreFound) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 40; ++t) {
    values.push_back(std::array<double, 4>{110, 95, 100, 95}.at(t % 4));
  }
  const std::vector<int> found = find_periods(values);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back(), 4);
}

TEST(Periods, AreRarelyFoundInWhatWanders) {
  std::size_t wrong = 0;
  for (std::size_t series = 0; series < 200; ++series) {
    std::vector<double> walk;
    double level = 100;
    for (std::size_t t = 0; t < 100; ++t) {
      level += noise(1000 * series + t);
      walk.push_back(level);
    }
    wrong += find_periods(walk).empty() ? 0 : 1;
  }
  EXPECT_LE(wrong, 6U);
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

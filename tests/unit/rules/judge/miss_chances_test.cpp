// How many of the next periods will be missed: as independent ones where they are, with more doubt where misses come in
// runs.

#include "rules/judge/miss_chances.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace kpi {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The same on every run, between 0 and 1 (SplitMix64).
double drawn(std::uint64_t at) {
  std::uint64_t x = (at + 1) * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return static_cast<double>((x ^ (x >> 31U)) >> 11U) / 9007199254740992.0;
}

/// One of five periods is missed, and each is like the one before it with probability `kept`, else drawn anew.
std::vector<double> chain(std::uint64_t seed, std::size_t count, double kept) {
  std::vector<double> missed;
  for (std::uint64_t t = 0; t < count; ++t) {
    const std::uint64_t at = 2 * (1000 * seed + t);
    const bool stays = t > 0 && drawn(at) < kept;
    missed.push_back(stays ? missed.back() : drawn(at + 1) < 0.2 ? 1 : 0);
  }
  return missed;
}

/// The misses that are not exceeded with `probability`.
double quantile(const MissChances& chances, double probability) {
  return static_cast<double>(std::ranges::lower_bound(chances.at_most, probability) - chances.at_most.begin());
}

double width(const MissChances& chances) {
  return quantile(chances, 0.9) - quantile(chances, 0.1);
}

TEST(MissChances, WithoutRunsAreThoseOfIndependentPeriods) {
  std::vector<double> missed;
  for (int t = 0; t < 50; ++t) {
    missed.push_back(t % 5 == 2 ? 1 : 0);
  }
  const MissChances chances = chances_of_misses(missed, 2);
  const double a = 10.5;  // with Jeffreys' prior
  const double b = 40.5;
  ASSERT_EQ(chances.at_most.size(), 3U);
  EXPECT_NEAR(chances.expected, 2 * a / (a + b), 1e-9);
  EXPECT_NEAR(chances.at_most[0], b * (b + 1) / ((a + b) * (a + b + 1)), 1e-9);
  EXPECT_NEAR(chances.at_most[1], 1 - a * (a + 1) / ((a + b) * (a + b + 1)), 1e-9);
  EXPECT_NEAR(chances.at_most[2], 1, 1e-9);
  EXPECT_NEAR(chances_of_misses(missed, 1).at_most[0], b / (a + b), 1e-9);
}

TEST(MissChances, OfRunsAreLessSureAndGoOnFromTheNewestPeriod) {
  std::vector<double> apart;
  std::vector<double> runs;
  for (int t = 0; t < 125; ++t) {
    apart.push_back(t % 5 == 2 ? 1 : 0);
    runs.push_back(t % 25 < 5 ? 1 : 0);
  }
  EXPECT_GT(width(chances_of_misses(runs, 40)), 1.6 * width(chances_of_misses(apart, 40)));
  std::vector<double> bad(runs.begin(), runs.begin() + 105);  // ends with a run of misses
  EXPECT_GT(chances_of_misses(bad, 10).expected, 1.5 + chances_of_misses(runs, 10).expected);
  std::vector<double> later = bad;
  later.insert(later.end(), 30, kNone);  // that was long ago
  EXPECT_LT(chances_of_misses(later, 10).expected, chances_of_misses(bad, 10).expected - 1);
}

TEST(MissChances, OfWhatWasAlwaysMetOrNeverJudgedAreDefined) {
  const std::vector<double> met(60, 0);
  EXPECT_NEAR(chances_of_misses(met, 30).expected, 30 * 0.5 / 61, 1e-9);
  const std::vector<double> none(60, kNone);
  for (const MissChances& chances : {chances_of_misses(none, 30), chances_of_misses({}, 30)}) {
    EXPECT_NEAR(chances.expected, 15, 1e-9);
    EXPECT_NEAR(chances.at_most.back(), 1, 1e-9);
  }
}

/// Eighty of a hundred, whether periods remember or not; of independent ones the newest says little.
TEST(MissChances, HoldAsOftenAsTheySay) {
  constexpr std::uint64_t kChains = 300;
  constexpr std::size_t kSeen = 140;
  constexpr std::size_t kLeft = 41;
  for (const double kept : {0.0, 0.5, 0.8}) {
    double holds = 0;
    double leaning = 0;
    for (std::uint64_t seed = 0; seed < kChains; ++seed) {
      const std::vector<double> all = chain(seed, kSeen + kLeft, kept);
      std::vector<double> seen(all.begin(), all.begin() + kSeen);
      const MissChances chances = chances_of_misses(seen, kLeft);
      const double truth = std::accumulate(all.begin() + kSeen, all.end(), 0.0);
      holds += quantile(chances, 0.1) <= truth && truth <= quantile(chances, 0.9) ? 1 : 0;
      seen.back() = 1 - seen.back();
      leaning += std::abs(chances_of_misses(seen, kLeft).expected - chances.expected);
    }
    EXPECT_GT(holds / kChains, 0.72) << kept;
    EXPECT_LT(holds / kChains, 0.93) << kept;
    if (kept == 0) {
      EXPECT_LT(leaning / kChains, 1);  // 41 / 141 of it are the rate
    }
  }
}

}  // namespace
}  // namespace kpi

#include "rules/forecast/honesty.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kpi::forecast {
namespace {

const std::vector<Statement> kFour{{0.9, true}, {0.95, true}, {0.2, false}, {0.2, true}};

TEST(BrierScore, IsTheMeanSquaredDistanceFromWhatHappened) {
  EXPECT_NEAR(brier_score(kFour).value(), (0.01 + 0.0025 + 0.04 + 0.64) / 4, 1e-12);
  EXPECT_FALSE(brier_score({}).has_value());
}

TEST(Reliability, ComparesWhatWasStatedWithWhatHappenedByTenths) {
  const auto tenths = reliability(kFour);
  EXPECT_EQ(tenths[9].count, 2U);
  EXPECT_NEAR(tenths[9].stated, 0.925, 1e-12);
  EXPECT_EQ(tenths[9].happened, 1);
  EXPECT_EQ(tenths[2].count, 2U);
  EXPECT_EQ(tenths[2].happened, 0.5);
  EXPECT_EQ(tenths[5].count, 0U);
}

}  // namespace
}  // namespace kpi::forecast

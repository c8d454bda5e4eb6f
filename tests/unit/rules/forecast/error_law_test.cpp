#include "rules/forecast/error_law.hpp"

#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace kpi::forecast {
namespace {

// From printed tables of Student's distribution.
TEST(Student, HasTheQuantilesOfTheTables) {
  EXPECT_NEAR(student_quantile(0.975, 4), 2.776, 0.002);
  EXPECT_NEAR(student_quantile(0.975, 10), 2.228, 0.002);
  EXPECT_NEAR(student_quantile(0.90, 6), 1.440, 0.002);
  EXPECT_NEAR(student_quantile(0.995, 30), 2.750, 0.002);
  EXPECT_NEAR(student_quantile(0.025, 4), -2.776, 0.002);
  EXPECT_EQ(student_quantile(0.5, 4), 0);
}

TEST(Student, HasTheProbabilitiesThatBelongToItsQuantiles) {
  for (const double freedom : {4.0, 6.5, 20.0}) {
    for (const double probability : {0.001, 0.05, 0.3, 0.5, 0.8, 0.99}) {
      EXPECT_NEAR(student_probability(student_quantile(probability, freedom), freedom), probability, 0.003);
    }
  }
}

TrialErrors walk_errors(std::size_t origins, std::size_t horizon) {
  TrialErrors errors{origins, horizon, std::vector<double>(origins * horizon)};
  for (std::size_t i = 0; i < origins; ++i) {
    for (std::size_t step = 0; step < horizon; ++step) {
      errors.at(i, step) = (i % 2 == 0 ? 1 : -1) * std::sqrt(static_cast<double>(step + 1));
    }
  }
  return errors;
}

TEST(ErrorLaw, WidensAsTheErrorsOfTheBacktestDo) {
  const ErrorLaw law(walk_errors(16, 9), {1});
  EXPECT_NEAR(law.scale(1), 1, 0.1);
  EXPECT_NEAR(law.scale(9), 3, 0.3);
}

TEST(ErrorLaw, WidensHardlyWhereErrorsDoNotGrow) {
  TrialErrors errors{16, 64, {}, 5};
  TrialErrors sums = errors;
  for (std::size_t i = 0; i < 16; ++i) {
    double sum = 0;
    for (std::size_t step = 0; step < 64; ++step) {
      errors.values.push_back(1.7 * noise(64 * i + step));
      sums.values.push_back(sum += errors.values.back());
    }
  }
  const ErrorLaw law(errors, {1, 16});
  EXPECT_NEAR(law.scale(1), 1, 0.15);
  EXPECT_NEAR(law.scale(64), 1, 0.25);
  const ErrorLaw sum_law(sums, {1, 16, true});
  EXPECT_NEAR(sum_law.scale(1), 1, 0.3);
  EXPECT_NEAR(sum_law.scale(64), 8, 2.5);  // they average out
}

TEST(ErrorLaw, OfUnknownErrorsIsNotThatTheBacktestNeverErred) {
  TrialErrors errors{16, 9, std::vector<double>(16UL * 9, std::nan(""))};
  EXPECT_NEAR(ErrorLaw(errors, {3, 16}).scale(1), 3, 0.2);
  std::ranges::fill(errors.values, 0.0);
  EXPECT_LT(ErrorLaw(errors, {3, 16}).scale(1), 1);
}

TEST(ErrorLaw, GoesByAnErrorThatWasSeenFartherAhead) {
  TrialErrors errors = walk_errors(16, 20);
  for (std::size_t step = 0; step < 20; ++step) {
    for (std::size_t i = 0; i < 16; ++i) {
      errors.at(i, step) = step % 5 == 4 ? errors.at(i, step) : std::nan("");
    }
  }
  EXPECT_NEAR(ErrorLaw(errors, {.scale = std::sqrt(5), .worth = 16, .steps = 5}).scale(1), 1, 0.15);
}

TEST(ErrorLaw, GivesTheProbabilityThatBelongsToItsQuantile) {
  const ErrorLaw law(walk_errors(16, 9), {1});
  for (const double probability : {0.01, 0.2, 0.5, 0.9}) {
    EXPECT_NEAR(law.probability(4, law.quantile(4, probability)), probability, 0.01);
  }
}

TEST(ErrorLaw, WithoutErrorsSaysYesOrNo) {
  const ErrorLaw law;
  EXPECT_EQ(law.probability(3, 1), 1);
  EXPECT_EQ(law.probability(3, -1), 0);
  EXPECT_EQ(law.probability(3, 0), 1);  // no more than no error
}

}  // namespace
}  // namespace kpi::forecast

#include "rules/base/rounding.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace kpi {
namespace {

TEST(Rounding, WhatDiffersInTheLastBitsIsEqual) {
  EXPECT_TRUE(is_equal(0.1 + 0.2, 0.3));
  EXPECT_TRUE(is_equal(0.8999999999999999, 0.9));
  EXPECT_FALSE(is_equal(0.899999, 0.9));
  EXPECT_FALSE(is_equal(1e-300, 0)) << "zero equals itself alone";
  EXPECT_FALSE(is_equal(std::numeric_limits<double>::infinity(), 1));
}

TEST(Rounding, OneOfLessEqualAndGreaterHolds) {
  for (const double a : {0.1 + 0.2, 0.3, 0.3 * (1 + 2e-9), 0.0, -0.3, 5e-324}) {
    for (const double b : {0.3, 0.3 - 1e-12, 0.0, -0.3 + 1e-11, 7.0}) {
      EXPECT_EQ(is_less(a, b) + is_equal(a, b) + is_less(b, a), 1) << a << " " << b;
      EXPECT_EQ(is_at_most(a, b), !is_less(b, a)) << a << " " << b;
    }
  }
}

TEST(Rounding, ToDigitsOfWhatANumberStandsBeside) {
  EXPECT_EQ(rounded_beside(2137, 5000, 2), 2100);
  EXPECT_EQ(rounded_beside(6.6e-8, 0.03, 4), 0);
  EXPECT_EQ(rounded_beside(7, 0, 4), 7);
}

}  // namespace
}  // namespace kpi

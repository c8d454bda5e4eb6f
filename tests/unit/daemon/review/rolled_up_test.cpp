// A day whose samples are gone says the same over any window that holds all of it.

#include "daemon/review/rolled_up.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace kpi::test {
namespace {

Metric readings() {
  Metric metric;
  metric.grain = Grain{Grain::Unit::kInterval, 300'000};
  return metric;
}

TEST(RolledUp, HasTheCountSumLeastMostAndLastOfTheDay) {
  const DailySamples days[] = {{1, Slot{0}, 1, 5, 5, 5, 5},
                               {1, Slot{0}, 2, 7, 2, 5, 2},
                               {1, Slot{0}, 3, 9, 1, 5, 3},
                               {1, Slot{0}, 288, 28'800, 3, 250, 100},
                               {1, Slot{0}, 288, 2880, 10, 10, 10}};
  for (const DailySamples& day : days) {
    const std::vector<Sample> samples = samples_of(day, readings());
    ASSERT_EQ(samples.size(), static_cast<std::size_t>(day.samples));
    const auto value = [](const Sample& sample) { return sample.value; };
    const auto [least, most] = std::ranges::minmax_element(samples, {}, value);
    EXPECT_EQ(least->value, day.least);
    EXPECT_EQ(most->value, day.most);
    EXPECT_EQ(samples.back().value, day.last);
    EXPECT_LT(samples.back().slot.ms, kDayMs);
    EXPECT_NEAR(
        std::accumulate(
            samples.begin(), samples.end(), 0.0, [](double sum, const Sample& sample) { return sum + sample.value; }),
        day.total,
        1e-6);
  }
}

TEST(RolledUp, ADayOfNothingButNullsStaysAGap) {
  EXPECT_TRUE(samples_of({1, Slot{0}, 0, 0, 0, 0, 0}, readings()).empty());
}

TEST(RolledUp, AValueOfADayIsItself) {
  const std::vector<Sample> samples = samples_of({1, Slot{kDayMs}, 1, 42, 42, 42, 42}, Metric{});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].slot, Slot{kDayMs});
  EXPECT_EQ(samples[0].value, 42);
}

}  // namespace
}  // namespace kpi::test

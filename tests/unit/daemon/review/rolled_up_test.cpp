// A day whose samples are gone says the same over any window that holds all of it.

#include "daemon/review/rolled_up.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

TEST(RolledUp, ADayOfNothingButNullsIsNull) {
  const auto is_null = [](const Sample& sample) { return std::isnan(sample.value); };
  for (const Metric& metric : {readings(), Metric{}}) {
    const std::vector<Sample> samples = samples_of({1, Slot{0}, 0, 0, 0, 0, 0}, metric);
    EXPECT_EQ(samples.size(), metric.grain.is_civil() ? 1U : 288U);
    EXPECT_TRUE(std::ranges::all_of(samples, is_null)) << "and with it what it is a part of";
  }
}

TEST(RolledUp, TheLastOfADayWithGapsStandsAtItsEnd) {
  const std::vector<Sample> samples = samples_of({1, Slot{0}, 287, 28'700, 3, 250, 100}, readings());
  EXPECT_EQ(samples.back().slot, Slot{kDayMs - 300'000});
}

TEST(RolledUp, SeveralInputsOfDaysWithGapsAreNotWorkedOutFromThem) {
  RuleSet rules;
  rules.metrics = {readings(), readings()};
  Kpi kpi;
  kpi.value.metrics.resize(2);
  kpi.value.metrics[1].metric = 1;
  for (const bool has_gap : {false, true}) {
    RolledUp rolled_up;
    rolled_up.add(0, {1, Slot{0}, has_gap ? 287 : 288, 288, 1, 1, 1}, readings());
    EXPECT_EQ(is_changed_by_rolling(rules, kpi, rolled_up), has_gap);
  }
}

TEST(RolledUp, AValueOfADayIsItself) {
  const std::vector<Sample> samples = samples_of({1, Slot{kDayMs}, 1, 42, 42, 42, 42}, Metric{});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].slot, Slot{kDayMs});
  EXPECT_EQ(samples[0].value, 42);
}

}  // namespace
}  // namespace kpi::test

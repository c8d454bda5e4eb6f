// Intervals hold as often as they say, near and far, whatever the series is like.

#include "rules/forecast/forecast.hpp"
#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace kpi::forecast {
namespace {

constexpr std::size_t kSeries = 80;
constexpr std::size_t kKnown = 400;
constexpr std::size_t kAhead = 72;

/// Nearly normal, of deviation 1: the sum of four.
double normal(std::size_t t) {
  return (noise(4 * t) + noise(4 * t + 1) + noise(4 * t + 2) + noise(4 * t + 3)) * std::sqrt(0.75);
}

/// A series of kKnown + kAhead values out of kicks.
using Kind = std::function<std::vector<double>(const std::vector<double>& kicks)>;

std::vector<double> kicks_of(std::size_t series) {
  std::vector<double> kicks;
  for (std::size_t t = 0; t < kKnown + kAhead; ++t) {
    kicks.push_back(normal(series * 1000 + t));
  }
  return kicks;
}

/// Each kick changes the deviation from `level`, of which `kept` stays.
Kind returning(double kept) {
  return [kept](const std::vector<double>& kicks) {
    std::vector<double> values;
    double deviation = 0;
    for (const double kick : kicks) {
      deviation = kept * deviation + 5 * kick;
      values.push_back(1000 + deviation);
    }
    return values;
  };
}

/// A weekly season around a line.
Kind weekly(double slope, double season) {
  return [slope, season](const std::vector<double>& kicks) {
    constexpr std::array<double, 7> kWeek{0, 0.1, 0.2, 0.1, 0, -0.4, -0.5};
    std::vector<double> values;
    for (std::size_t t = 0; t < kicks.size(); ++t) {
      values.push_back(300 + slope * static_cast<double>(t) + season * kWeek.at(t % 7) + 4 * kicks[t]);
    }
    return values;
  };
}

struct Held {
  double first = 0, last = 0, sum = 0;
};

/// How often the 80 % intervals of the first and the last step, and of the sum of all, hold.
Held held(const Kind& kind, int period, bool (*is_missing)(std::size_t t) = [](std::size_t) { return false; }) {
  Forecaster forecaster;
  Held held;
  const std::array<int, 1> periods{period};
  for (std::size_t series = 0; series < kSeries; ++series) {
    const std::vector<double> values = kind(kicks_of(series));
    std::vector<double> known(values.begin(), values.begin() + kKnown);
    for (std::size_t t = 0; t < kKnown; ++t) {
      known[t] = is_missing(t) ? std::nan("") : known[t];
    }
    const Forecast answer = forecaster.answer({.values = known, .horizon = kAhead, .periods = periods});
    const auto holds = [&](std::size_t step) {
      const double truth = values[kKnown + step - 1];
      return answer.quantile(step, 0.1) <= truth && truth <= answer.quantile(step, 0.9) ? 1.0 / kSeries : 0;
    };
    double sum = 0;
    for (std::size_t step = 0; step < kAhead; ++step) {
      sum += values[kKnown + step];
    }
    held.first += holds(1);
    held.last += holds(kAhead);
    held.sum +=
        answer.total_quantile(kAhead, 0.1) <= sum && sum <= answer.total_quantile(kAhead, 0.9) ? 1.0 / kSeries : 0;
  }
  return held;
}

TEST(Coverage, IsWhatIsSaidOfTheFirstStepTheLastAndTheirSum) {
  const std::vector<std::pair<std::string, std::pair<Kind, int>>> kinds{{"noise", {returning(0), 1}},
                                                                        {"memory", {returning(0.5), 1}},
                                                                        {"walk", {returning(1), 1}},
                                                                        {"line", {weekly(0.2, 0), 1}},
                                                                        {"week", {weekly(0, 200), 7}}};
  for (const auto& [name, kind] : kinds) {
    const Held now = held(kind.first, kind.second);
    for (const double share : {now.first, now.last, now.sum}) {
      EXPECT_GT(share, 0.67) << name;
      EXPECT_LT(share, 0.95) << name;
    }
  }
}

/// What is missing says nothing, and adds doubt.
TEST(Coverage, IsWhatIsSaidWhereValuesAreMissing) {
  using Missing = bool (*)(std::size_t t);
  const std::vector<std::pair<std::string, Missing>> patterns{
      {"three of five", [](std::size_t t) { return noise(t + 7) < 0.2; }},
      {"all but each fifth", [](std::size_t t) { return t % 5 != 0; }},
      {"the last thirty", [](std::size_t t) { return t >= kKnown - 30; }}};
  for (const auto& [name, is_missing] : patterns) {
    for (const double kept : {0.0, 1.0}) {
      const Held now = held(returning(kept), 1, is_missing);
      EXPECT_GT(now.first, 0.67) << name << kept;
      EXPECT_GT(now.last, 0.67) << name << kept;
      EXPECT_GT(now.sum, 0.67) << name << kept;
    }
  }
}

TEST(Coverage, OfTheFirstStepDependsLittleOnHowFarIsForecast) {
  for (const Kind& kind : {returning(0), returning(1)}) {
    std::vector<double> values = kind(kicks_of(3));
    values.resize(173);
    const auto width = [&](std::size_t horizon) {
      Forecaster forecaster;
      const std::array<int, 1> none{1};
      const Forecast answer = forecaster.answer({.values = values, .horizon = horizon, .periods = none});
      return answer.quantile(1, 0.9) - answer.quantile(1, 0.1);
    };
    EXPECT_NEAR(width(72) / width(1), 1, 0.3);
    EXPECT_NEAR(width(14) / width(1), 1, 0.3);
  }
}

TEST(Coverage, OfPhasesGoesByTheirLevelWhereTheErrorsDo) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 280; ++t) {
    values.push_back((t % 7 == 6 ? 100 : 1000) * (1 + 0.1 * normal(t)));
  }
  Forecaster forecaster;
  const std::array<int, 1> week{7};
  const Forecast answer = forecaster.answer({.values = values, .horizon = 7, .periods = week});
  const auto width = [&](std::size_t step) { return answer.quantile(step, 0.9) - answer.quantile(step, 0.1); };
  EXPECT_NEAR(width(1) / answer.points[0], 0.25, 0.08);
  EXPECT_NEAR(width(7) / answer.points[6], 0.25, 0.08);
}

}  // namespace
}  // namespace kpi::forecast

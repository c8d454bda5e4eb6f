#include "rules/forecast/anomaly.hpp"

#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

namespace kpi::forecast {
namespace {

double usual_value(std::size_t t, std::size_t period) {
  const double phase = static_cast<double>(t % period) / static_cast<double>(period);
  const double jitter = noise(t) + noise(t + 100000);
  return 1000 + 200 * std::sin(6.2832 * phase) + 10 * jitter;
}

std::vector<double> scores(const std::vector<double>& values, std::size_t period) {
  AnomalyScorer scorer({.period = period});
  std::vector<double> result;
  for (const double value : values) {
    result.push_back(scorer.look_at(value).score);
  }
  return result;
}

std::vector<double> usual_values(std::size_t count) {
  std::vector<double> values;
  for (std::size_t t = 0; t < count; ++t) {
    values.push_back(usual_value(t, 24));
  }
  return values;
}

TEST(Anomaly, SaysNothingWhileItWarmsUp) {
  const std::vector<double> result = scores(usual_values(100), 24);
  EXPECT_EQ(result, std::vector<double>(100, 0.0));
}

TEST(Anomaly, IsAValueThatIsWrongForItsHour) {
  for (const std::size_t period : {std::size_t{24}, std::size_t{0}}) {
    std::vector<double> values = usual_values(1000);
    values[906] = 1000;  // in the middle of the range, and 200 too low at its hour
    const std::vector<double> result = scores(values, period);
    EXPECT_GT(result[906], 0.999) << period;
    double before = 0;
    for (std::size_t t = 800; t < 906; ++t) {
      before = std::max(before, result[t]);
    }
    EXPECT_LT(before, result[906]) << period;
  }
}

TEST(Anomaly, LooksAtNothingThatComesLater) {
  std::vector<double> values = usual_values(600);
  const std::vector<double> whole = scores(values, 0);
  values.resize(400);
  const std::vector<double> part = scores(values, 0);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin()));
}

TEST(Anomaly, RestsAfterItHasSpoken) {
  std::vector<double> values = usual_values(1000);
  values[900] += 5000;
  values[901] += 5000;
  const std::vector<double> result = scores(values, 24);
  EXPECT_GT(result[900], 0.999);
  EXPECT_EQ(result[901], 0);
}

TEST(Anomaly, NamesARecord) {
  AnomalyScorer scorer({.period = 1});
  for (std::size_t t = 0; t < 300; ++t) {
    scorer.look_at(usual_value(t, 24));
  }
  const AnomalyVerdict verdict = scorer.look_at(5000);
  EXPECT_EQ(verdict.oddity, Oddity::kRecordHigh);
  EXPECT_EQ(scorer.look_at(-5000).oddity, Oddity::kRecordLow);
}

/// Noise of some kind around a week.
struct NoiseOf {
  const char* name;
  double (*draw)(std::mt19937_64&);
};

double normal_of(std::mt19937_64& random) {
  return std::normal_distribution<double>()(random);
}

double heavy_of(std::mt19937_64& random) {
  return std::student_t_distribution<double>(3)(random);
}

double skewed_of(std::mt19937_64& random) {
  return std::exponential_distribution<double>()(random);
}

constexpr std::array<NoiseOf, 3> kNoises{{{"normal", normal_of}, {"heavy", heavy_of}, {"skewed", skewed_of}}};

double week_day(std::size_t day) {
  return day % 7 >= 5 ? 700 : 1000;
}

TEST(Anomaly, IsAsRareInNoiseAsItsScoreSaysHoweverShortTheHistory) {
  constexpr std::size_t kDays = 400;
  constexpr std::size_t kSeries = 250;
  for (const NoiseOf& kind : kNoises) {
    std::mt19937_64 random(1);
    std::array<double, 2> above_99{};
    std::array<double, 2> above_999{};
    for (std::size_t i = 0; i < kSeries; ++i) {
      AnomalyScorer scorer({.period = 7, .warm_up = 40});
      for (std::size_t day = 0; day < kDays; ++day) {
        const double score = scorer.look_at(week_day(day) + 10 * kind.draw(random)).score;
        above_99.at(day < 120 ? 0 : 1) += score > 0.99 ? 1 : 0;
        above_999.at(day < 120 ? 0 : 1) += score > 0.999 ? 1 : 0;
      }
    }
    const std::array<double, 2> days{80.0 * kSeries, 280.0 * kSeries};
    for (std::size_t age = 0; age < 2; ++age) {
      EXPECT_GT(above_99[age] / days[age], 0.005) << kind.name << age;
      EXPECT_LT(above_99[age] / days[age], 0.016) << kind.name << age;
      EXPECT_LT(above_999[age] / days[age], 0.0024) << kind.name << age;
    }
  }
}

TEST(Anomaly, IsCertainOfAGlaringOneAfterAHundredDays) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50; ++i) {
    AnomalyScorer scorer({.period = 7, .warm_up = 40});
    for (std::size_t day = 0; day < 100; ++day) {
      scorer.look_at(week_day(day) + 10 * normal_of(random));
    }
    EXPECT_GT(scorer.look_at(300).score, 0.99) << i;
  }
}

/// `before` for `days`, then `after` for 180 days, then a week of `before`; `quiet` is for Saturdays and Sundays.
std::vector<double> moved(double before, std::size_t days, double after, std::optional<double> quiet) {
  std::vector<double> values;
  for (std::size_t t = 0; t < days + 187; ++t) {
    const double busy = t < days || t >= days + 180 ? before : after;
    values.push_back(t % 7 >= 5 ? quiet.value_or(busy) : busy);
  }
  return values;
}

TEST(Anomaly, FollowsAConstantToItsNewLevelAndSeesItFallBack) {
  struct Case {
    std::size_t period, days;
    double before, after;
    std::optional<double> quiet;
    std::size_t at_home;  ///< So many days after the move the new level is what is expected.
  };

  for (const Case& c : {Case{1, 60, 200, 280, {}, 2},
                        Case{7, 60, 200, 280, {}, 2},
                        Case{7, 100, 0.3, 0.1, {}, 2},
                        Case{7, 28, 28, 20, {}, 2},
                        Case{7, 63, 10, 15, 0, 7}}) {
    SCOPED_TRACE(c.days);
    const std::vector<double> values = moved(c.before, c.days, c.after, c.quiet);
    AnomalyScorer scorer({.period = c.period, .warm_up = 40});
    double highest = 0;
    for (std::size_t t = 0; t < c.days + 187; ++t) {
      const AnomalyVerdict verdict = scorer.look_at(values[t]);
      const bool is_home = t >= c.days + c.at_home && t < c.days + 180;
      EXPECT_TRUE(!is_home || std::abs(verdict.expected - values[t]) < 1e-6) << t << " expects " << verdict.expected;
      EXPECT_TRUE(!is_home || verdict.score < 0.99) << t << " scores " << verdict.score;
      highest = t >= c.days + 180 ? std::max(highest, verdict.score) : highest;
    }
    EXPECT_GT(highest, 0.9995);
  }
}

TEST(Anomaly, TakesOneOddValueOfAConstantForNoNewLevel) {
  AnomalyScorer scorer({.period = 7, .warm_up = 40});
  for (std::size_t t = 0; t < 120; ++t) {
    const AnomalyVerdict verdict = scorer.look_at(t == 90 ? 280 : 200);
    EXPECT_TRUE(t < 40 || std::abs(verdict.expected - 200) < 1e-6) << t << " expects " << verdict.expected;
  }
}

TEST(Anomaly, LearnsTheNoiseOfWhatWasConstantAtFirst) {
  for (const std::size_t period : {std::size_t{1}, std::size_t{7}}) {
    AnomalyScorer scorer({.period = period, .warm_up = 40});
    std::size_t odd = 0;
    AnomalyVerdict verdict;
    for (std::size_t t = 0; t < 300; ++t) {
      verdict = scorer.look_at(t < 30 ? 0 : 100 + 10 * (noise(t) + noise(t + 1000)));
      odd += t >= 100 && verdict.score > 0.99 ? 1 : 0;
    }
    EXPECT_NEAR(verdict.expected, 100, 15) << period;
    EXPECT_GT(verdict.usual, 2) << period;
    EXPECT_LT(odd, 8) << period;
    EXPECT_GT(scorer.look_at(0).score, 0.95) << period;
  }
}

/// The highest score from `first` on.
double highest_score(const std::vector<double>& values, std::size_t first) {
  AnomalyScorer scorer({.period = 1, .warm_up = 40, .rest = 12});
  double highest = 0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    const double score = scorer.look_at(values[t]).score;
    highest = t < first ? highest : std::max(highest, score);
  }
  return highest;
}

TEST(Anomaly, OfAFallToNothingIsRarerThanOneInThousandsAfterHalfAYear) {
  for (std::size_t series = 0; series < 40; ++series) {
    std::vector<double> values;
    for (std::size_t t = 0; t < 220; ++t) {
      values.push_back(t >= 150 ? 0 : 100 + 5 * noise(1000 * series + t));
    }
    EXPECT_GT(highest_score(values, 150), 1 - 1.0 / 2400) << series;
  }
}

TEST(Anomaly, ThatIsFarWorseBreaksTheRest) {
  for (std::size_t series = 0; series < 40; ++series) {
    std::vector<double> values;
    for (std::size_t t = 0; t < 220; ++t) {
      values.push_back(100 + 5 * noise(1000 * series + t) + (t >= 200 ? 60 : 0));
    }
    values[195] = 117;
    EXPECT_GT(highest_score(values, 200), 0.99) << series;
  }
}

TEST(Anomaly, IsNeverAConstant) {
  EXPECT_EQ(scores(std::vector<double>(500, 3.0), 0), std::vector<double>(500, 0.0));
}

RC_GTEST_PROP(AnomalyOfAnything, ScoresBetweenZeroAndOne, ()) {
  const auto whole = *rc::gen::resize(400, rc::gen::container<std::vector<int>>(rc::gen::inRange(-100, 100)));
  const auto scale = *rc::gen::element(1.0, 1e-300, 1e305);
  std::vector<double> values;
  for (int round = 0; round < 3; ++round) {
    for (const int value : whole) {
      values.push_back(value == 13 ? std::numeric_limits<double>::quiet_NaN() : value * scale);
    }
  }
  for (const double score : scores(values, 0)) {
    RC_ASSERT(score >= 0 && score <= 1);
  }
}

}  // namespace
}  // namespace kpi::forecast

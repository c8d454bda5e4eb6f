// Days that the calendar names: what they do is learned, foreseen, and no anomaly.

#include "rules/forecast/named_days.hpp"

#include "rules/forecast/day_scorer.hpp"
#include "rules/forecast/forecast.hpp"
#include "tests/unit/rules/forecast/noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace kpi::forecast {
namespace {

constexpr std::array<int, 1> kWeek{7};
constexpr Mark kHoliday = 2;

/// A shop: quiet weekends, and a third of a weekday's orders on the named days.
struct Shop {
  std::vector<double> values;
  std::vector<Mark> marks;

  explicit Shop(std::size_t days, std::size_t every, double effect = -0.7) {
    for (std::size_t t = 0; t < days; ++t) {
      const bool is_named = t % every == every - 1;
      const double ordinary = (t % 7 >= 5 ? 500.0 : 1000.0) + 15 * noise(t);
      values.push_back(ordinary * (is_named ? std::max(0.0, 1 + effect + 0.04 * noise(1000 + t)) : 1));
      marks.push_back(is_named ? kHoliday : Mark{0});
    }
  }

  void then(std::initializer_list<Mark> more) { marks.insert(marks.end(), more); }
};

Forecast foresee(const Shop& shop, bool knows, std::size_t horizon) {
  Forecaster forecaster;
  Question question{.values = shop.values, .horizon = horizon, .periods = kWeek};
  if (knows) {
    question.marks = shop.marks;
  }
  return forecaster.answer(question);
}

TEST(NamedDays, OfWhichEnoughWereSeenAreForeseen) {
  Shop shop(210, 30);  // seven of them, the last is the newest day
  shop.then({0, 0, kHoliday, 0, 0, 0, 0});
  const Forecast knowing = foresee(shop, true, 7);
  const Forecast ignorant = foresee(shop, false, 7);
  EXPECT_NEAR(knowing.points[0], 1000, 60);  // not pulled down by the holiday before
  EXPECT_NEAR(knowing.points[2], 300, 60);
  EXPECT_GT(ignorant.points[2], 700);
  EXPECT_LT(knowing.quantile(2, 0.975) - knowing.quantile(2, 0.025),
            ignorant.quantile(2, 0.975) - ignorant.quantile(2, 0.025));
  EXPECT_GT(knowing.at_most(3, 450), 0.75);
  EXPECT_LT(ignorant.at_most(3, 450), 0.5);
  EXPECT_LT(knowing.total(7), foresee(Shop(210, 30), true, 7).total(7) - 500);
}

TEST(NamedDays, OfWhichOneWasSeenAreNotForeseenButDoNotFoolTheLevel) {
  Shop shop(60, 60);
  shop.then({kHoliday, 0});
  const Forecast answer = foresee(shop, true, 2);
  EXPECT_NEAR(answer.points[0], foresee(Shop(60, 1000), false, 2).points[0], 40);
}

TEST(NamedDays, ThatDoNothingChangeNothing) {
  Shop shop(210, 30, 0);
  shop.then({kHoliday, 0});
  EXPECT_NEAR(foresee(shop, true, 2).points[0], foresee(shop, false, 2).points[0], 15);
}

TEST(NamedDays, MayRaiseAValueAndNeverMakeItNegative) {
  Shop raised(210, 30, 2);
  raised.then({kHoliday});
  EXPECT_NEAR(foresee(raised, true, 1).points[0], 3000, 250);
  Shop closed(210, 30, -1);
  closed.then({kHoliday});
  const Forecast answer = foresee(closed, true, 1);
  EXPECT_GE(answer.quantile(1, 0.025), 0);
  EXPECT_LT(answer.points[0], 60);
}

TEST(NamedDays, ThatAreMostDaysHaveNoName) {
  Shop shop(120, 2, 0);
  shop.then({0, kHoliday});
  EXPECT_EQ(foresee(shop, true, 2).points, foresee(shop, false, 2).points);
}

TEST(NamedDays, AreAmountsWhereValuesMayBeNegative) {
  std::vector<double> values;
  std::vector<Mark> marks;
  for (std::size_t t = 0; t < 120; ++t) {
    values.push_back(5 * noise(t) + (t % 20 == 19 ? 100.0 : 0.0));
    marks.push_back(t % 20 == 19 ? kHoliday : Mark{0});
  }
  marks.push_back(kHoliday);
  Forecaster forecaster;
  const Forecast answer = forecaster.answer({.values = values, .horizon = 1, .periods = kWeek, .marks = marks});
  EXPECT_NEAR(answer.points[0], 100, 12);
}

TEST(NamedDays, WithMissingAndHugeValuesHaveDefinedAnswers) {
  for (const double odd : {std::nan(""), 1e308, -1e308, 0.0}) {
    Shop shop(100, 10);
    for (std::size_t t = 9; t < 100; t += 10) {
      shop.values[t] = odd;
    }
    shop.then({kHoliday, 0});
    const Forecast answer = foresee(shop, true, 2);
    for (const double point : answer.points) {
      EXPECT_TRUE(std::isfinite(point));
    }
    EXPECT_TRUE(std::isfinite(answer.quantile(1, 0.975)));
    DayScorer scorer({.period = 7, .warm_up = 40});
    for (std::size_t t = 0; t < shop.values.size(); ++t) {
      const double score = scorer.look_at(shop.values[t], shop.marks[t]).score;
      EXPECT_TRUE(score >= 0 && score <= 1);
    }
  }
}

/// The score of the newest value.
double score_of(const Shop& shop, double newest, Mark mark, bool knows = true) {
  DayScorer scorer({.period = 7, .warm_up = 40});
  for (std::size_t t = 0; t < shop.values.size(); ++t) {
    scorer.look_at(shop.values[t], knows ? shop.marks[t] : Mark{0});
  }
  return scorer.look_at(newest, mark).score;
}

TEST(DayScorer, KnowsWhatAHolidayDoes) {
  const Shop shop(217, 30);
  EXPECT_LT(score_of(shop, 300, kHoliday), 0.95);
  EXPECT_GT(score_of(shop, 300, 0), 0.99);
  EXPECT_GT(score_of(shop, 1400, kHoliday), 0.99);  // nor is a holiday a licence
}

TEST(DayScorer, WithoutTheCalendarTakesAHolidayForAnomaly) {
  const Shop shop(217, 90);
  EXPECT_GT(score_of(shop, 300, 0, false), 0.99);
}

TEST(DayScorer, SaysNothingOfAKindThatItHasNotSeen) {
  const Shop shop(217, 1000);
  EXPECT_EQ(score_of(shop, 300, kHoliday), 0);
}

TEST(DayScorer, OfOrdinaryDaysScoresAsBefore) {
  const Shop shop(217, 1000);
  AnomalyScorer plain({.period = 7, .warm_up = 40});
  DayScorer knowing({.period = 7, .warm_up = 40});
  for (const double value : shop.values) {
    EXPECT_EQ(plain.look_at(value).score, knowing.look_at(value, 0).score);
  }
}

/// Holidays are learned as they come: no value is judged by a later one.
TEST(DayScorer, IsOnline) {
  Shop shop(217, 30);
  std::vector<double> scores;
  for (int round = 0; round < 2; ++round) {
    DayScorer scorer({.period = 7, .warm_up = 40});
    for (std::size_t t = 0; t < 150; ++t) {
      const double score = scorer.look_at(shop.values[t], shop.marks[t]).score;
      if (round == 0) {
        scores.push_back(score);
      } else {
        EXPECT_EQ(score, scores[t]);
      }
    }
    for (std::size_t t = 150; t < 217; ++t) {
      shop.values[t] = 5000;
    }
  }
}

}  // namespace
}  // namespace kpi::forecast

// How rare an anomaly score is in noise, and what a forecast and a score cost, beside the simplest loop that could
// stand in their place: one number after another, the last value again with the spread of the steps, and a mean with
// its deviation. The best of several rounds counts, so that what else the machine does does not.

#include "rules/forecast/anomaly.hpp"
#include "rules/forecast/forecast.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <vector>

namespace {

using kpi::forecast::AnomalyScorer;
using kpi::forecast::Forecast;
using kpi::forecast::Forecaster;

/// What is computed must be used.
double sink = 0;

std::vector<double> daily(std::size_t count) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise;
  std::vector<double> values;
  for (std::size_t t = 0; t < count; ++t) {
    const double week = t % 7 >= 5 ? 0.7 : 1;
    values.push_back((1000 + 0.5 * static_cast<double>(t)) * week * std::exp(0.05 * noise(random)));
  }
  return values;
}

/// Microseconds of one call, the best of several rounds.
double cost_of(std::size_t calls, const std::function<void()>& call) {
  double best = 1e300;
  for (int round = 0; round < 15; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < calls; ++i) {
      call();
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / static_cast<double>(calls));
  }
  return best;
}

void forecast(const std::vector<double>& values, std::size_t horizon) {
  static Forecaster forecaster;
  static constexpr std::array<int, 1> kWeek{7};
  const Forecast answer = forecaster.answer({.values = values, .horizon = horizon, .periods = kWeek});
  for (std::size_t step = 1; step <= horizon; ++step) {
    sink += answer.points[step - 1] + answer.quantile(step, 0.1) + answer.quantile(step, 0.9) +
            answer.quantile(step, 0.025) + answer.quantile(step, 0.975);
  }
}

void last_value_again(const std::vector<double>& values, std::size_t horizon) {
  double squares = 0;
  for (std::size_t t = 1; t < values.size(); ++t) {
    squares += (values[t] - values[t - 1]) * (values[t] - values[t - 1]);
  }
  const double spread = std::sqrt(squares / static_cast<double>(values.size() - 1));
  for (std::size_t step = 1; step <= horizon; ++step) {
    const double width = spread * std::sqrt(static_cast<double>(step));
    sink += values.back() + (values.back() - 1.28 * width) + (values.back() + 1.28 * width) +
            (values.back() - 1.96 * width) + (values.back() + 1.96 * width);
  }
}

void score(const std::vector<double>& values, std::size_t period) {
  AnomalyScorer scorer({.period = period});
  for (const double value : values) {
    sink += scorer.look_at(value).score;
  }
}

void distance_from_mean(const std::vector<double>& values) {
  double mean = 0;
  double deviation = 1;
  for (const double value : values) {
    const double distance = std::abs(value - mean);
    sink += distance / deviation;
    mean += 0.05 * (value - mean);
    deviation += 0.05 * (distance - deviation);
  }
}

void print(const char* what, double ours, double loop, double goal) {
  std::printf("%-44s %10.3f %10.3f %10.0f\n", what, ours, loop, goal);
}

/// How often noise scores so much, and how much a value ten usual steps away does: what is stated against what happens.
void print_rarity(const char* name, const std::function<double(std::mt19937_64&, std::size_t)>& draw) {
  constexpr std::size_t kSeries = 1500;
  std::mt19937_64 random(7);
  std::array<double, 4> above{};
  std::array<std::vector<double>, 2> odd;
  for (std::size_t i = 0; i < kSeries; ++i) {
    AnomalyScorer scorer({.period = 7, .warm_up = 40});
    double usual = 0;
    double before = 0;
    for (std::size_t day = 0; day < 400; ++day) {
      const double noise = draw(random, day);
      usual += day > 0 && day < 60 ? std::abs(noise - before) / 59 : 0;
      before = noise;
      const double week = day % 7 >= 5 ? 700 : 1000;
      if (day == 60 || day == 100) {
        AnomalyScorer other = scorer;
        odd.at(day == 60 ? 0 : 1).push_back(other.look_at(week + noise + (i % 2 == 0 ? 10 : -10) * usual).score);
      }
      const double score = scorer.look_at(week + noise).score;
      const std::size_t age = day < 120 ? 0 : 2;
      above.at(age) += score > 0.99 ? 1 : 0;
      above.at(age + 1) += score > 0.999 ? 1 : 0;
    }
  }
  const double young = 80.0 * kSeries / 100;
  const double old = 280.0 * kSeries / 100;
  for (auto& scores : odd) {
    std::ranges::nth_element(scores, scores.begin() + kSeries / 2);
  }
  std::printf("%-16s %10.2f %10.3f %10.2f %10.3f %12.4f %12.4f\n",
              name,
              above[0] / young,
              above[1] / young,
              above[2] / old,
              above[3] / old,
              odd[0][kSeries / 2],
              odd[1][kSeries / 2]);
}

void print_rarities() {
  std::printf("\n%-16s %10s %10s %10s %10s %12s %12s\n",
              "% of days above",
              "0.99 <120",
              "0.999",
              "0.99 >=120",
              "0.999",
              "odd, day 60",
              "odd, day 100");
  print_rarity("normal", [](auto& random, std::size_t) { return 10 * std::normal_distribution<double>()(random); });
  print_rarity("Student, 3",
               [](auto& random, std::size_t) { return 10 * std::student_t_distribution<double>(3)(random); });
  print_rarity("exponential",
               [](auto& random, std::size_t) { return 10 * std::exponential_distribution<double>()(random); });
  print_rarity("counts", [](auto& random, std::size_t) {
    return static_cast<double>(std::poisson_distribution<int>(4)(random));
  });
  double at = 0;
  print_rarity("autoregressive", [&](auto& random, std::size_t day) {
    at = (day == 0 ? 0 : 0.7 * at) + 10 * std::normal_distribution<double>()(random);
    return at;
  });
  print_rarity("random walk", [&](auto& random, std::size_t day) {
    at = (day == 0 ? 0 : at) + 10 * std::normal_distribution<double>()(random);
    return at;
  });
}

}  // namespace

int main() {
  std::printf("%-44s %10s %10s %10s\n", "microseconds", "kpid", "bare loop", "goal");
  const std::vector<double> hundred = daily(100);
  const std::vector<double> thousand = daily(1000);
  print("forecast of 100 values, 12 steps, intervals",
        cost_of(200, [&] { forecast(hundred, 12); }),
        cost_of(20000, [&] { last_value_again(hundred, 12); }),
        200);
  print("forecast of 1,000 values, 30 steps, intervals",
        cost_of(30, [&] { forecast(thousand, 30); }),
        cost_of(5000, [&] { last_value_again(thousand, 30); }),
        5000);
  const std::vector<double> many = daily(100000);
  const double count = static_cast<double>(many.size());
  const double loop = cost_of(2, [&] { distance_from_mean(many); }) / count;
  print("anomaly score of one value, a week", cost_of(1, [&] { score(many, 7); }) / count, loop, 2);
  print("anomaly score of one value, a day of minutes", cost_of(1, [&] { score(many, 1440); }) / count, loop, 2);
  print_rarities();
  return std::isfinite(sink) ? 0 : 1;
}

// What a forecast and an anomaly score cost, beside the simplest loop that could stand in their place: one number
// after another, the last value again with the spread of the steps, and a mean with its deviation. The best of several
// rounds counts, so that what else the machine does does not.

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
  return std::isfinite(sink) ? 0 : 1;
}

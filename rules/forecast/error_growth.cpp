#include "rules/forecast/error_growth.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace kpi::forecast {
namespace {

/// A candidate: the mean square grows as 1 - part + part * steps^power.
constexpr std::array<double, 8> kParts{0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1};
/// To a half, one, one and a half and two.
using Powers = std::array<double, ErrorGrowth::kPowers>;
constexpr std::size_t kOne = 1;
/// How likely candidates are beforehand: a random walk is usual, what grows faster rarer than what grows more slowly.
constexpr double kWalk = 20;
constexpr double kFaster = 0.5;
/// Origins nearer to each other than the steps ahead share most of their future; the lags of one origin share its past.
constexpr double kOverlap = 2;
constexpr double kTogether = 1.5;

Powers powers_of(double steps) {
  const double root = std::sqrt(steps);
  return {root, steps, steps * root, steps * steps};
}

/// Steps ahead whose errors are looked at together: 1, 2 and 3, 4 to 7, …
struct Lag {
  Powers powers{};
  double log_square = 0;  ///< Of the errors, the square apart from what a sum of independent ones has.
  double weight = 0;      ///< How many independent errors it is as good as.
};

/// The logarithm of a mean of few squares is low in the mean, by the inverse of their number.
Lag lag_at(double step, double square, double weight, bool is_sum) {
  return {powers_of(step), std::log(square / (is_sum ? step : 1)) + 1 / weight, weight};
}

std::vector<Lag> lags_of(const TrialErrors& errors, bool is_sum) {
  std::vector<Lag> lags;
  // An error stands for those of its origin before it that are not known, too.
  std::vector<std::size_t> newest(errors.origins, 0);
  for (std::size_t first = 1; first <= errors.horizon; first *= 2) {
    const std::size_t last = std::min(2 * first - 1, errors.horizon);
    double count = 0;
    double worth = 0;
    double squares = 0;
    double logs = 0;
    for (std::size_t step = first; step <= last; ++step) {
      const double log_step = std::log(static_cast<double>(step));
      for (std::size_t origin = 0; origin < errors.origins; ++origin) {
        const double error = errors.at(origin, step - 1);
        if (!std::isnan(error)) {
          squares += error * error;
          logs += log_step;
          count += 1;
          worth += static_cast<double>(step - std::exchange(newest[origin], step));
        }
      }
    }
    if (squares > 0) {
      const double step = std::exp(logs / count);
      const double origins =
          std::min(worth / static_cast<double>(last + 1 - first), static_cast<double>(errors.origins));
      const double weight = std::max(1.0, origins * std::min(1.0, kOverlap * errors.spacing / step));
      lags.push_back(lag_at(step, squares / count, weight, is_sum));
    }
  }
  return lags;
}

/// Origins of which some error is known.
double trials_of(const TrialErrors& errors) {
  double trials = 0;
  for (std::size_t origin = 0; origin < errors.origins; ++origin) {
    const auto own = std::span(errors.values).subspan(origin * errors.horizon, errors.horizon);
    trials += std::ranges::all_of(own, [](double error) { return std::isnan(error); }) ? 0 : 1;
  }
  return trials;
}

struct Candidate {
  double part = 0;
  std::size_t power = 0;
  double square = 0;    ///< One step ahead.
  double unlikely = 0;  ///< -2 log of how well it fits, and of how likely it was beforehand.
};

Candidate fitted(const std::vector<Lag>& lags, double part, std::size_t power) {
  double weights = 0;
  double sum = 0;
  double squares = 0;
  for (const Lag& lag : lags) {
    const double height = lag.log_square - std::log(1 - part + part * lag.powers[power]);
    weights += lag.weight;
    sum += lag.weight * height;
    squares += lag.weight * height * height;
  }
  const double likely = power > kOne ? kFaster : power == kOne && part == 1 ? kWalk : 1;
  // The logarithm of a mean square of n errors has a variance of 2 / n.
  const double misfit = (squares - sum * sum / weights) / 2 / kTogether;
  return {part, power, std::exp(sum / weights), misfit - 2 * std::log(likely)};
}

}  // namespace

/// The candidates are averaged by how well they fit the errors at all lags, by the squares of their likelihoods: what
/// is unlikely and much wider would make most of a mean of squares.
ErrorGrowth::ErrorGrowth(const TrialErrors& errors, const ErrorPrior& prior) : is_sum_(prior.is_sum) {
  std::vector<Lag> lags = lags_of(errors, is_sum_);
  if (prior.scale > 0 && prior.worth > 0) {
    // Where the backtest never erred, that is how the series is; but it was seen so many times only.
    const double share = lags.empty() ? 1 / (1 + trials_of(errors)) : 1;
    lags.push_back(lag_at(prior.steps, share * prior.scale * prior.scale, prior.worth, is_sum_));
  }
  if (lags.empty()) {
    return;
  }
  std::vector<Candidate> candidates;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t power = 0; power < kPowers; ++power) {
    for (const double part : kParts) {
      if (part > 0 || power == 0) {
        candidates.push_back(fitted(lags, part, power));
        least = std::min(least, candidates.back().unlikely);
      }
    }
  }
  double weights = 0;
  for (const Candidate& one : candidates) {
    weights += std::exp(least - one.unlikely);
  }
  for (const Candidate& one : candidates) {
    const double weight = std::exp(least - one.unlikely) / weights;
    apart_ += weight * one.square * (1 - one.part);
    together_[one.power] += weight * one.square * one.part;
  }
}

double ErrorGrowth::size(double steps) const {
  const Powers powers = powers_of(steps);
  double square = apart_;
  for (std::size_t i = 0; i < kPowers; ++i) {
    square += together_[i] * powers[i];
  }
  return std::sqrt(square * (is_sum_ ? steps : 1));
}

}  // namespace kpi::forecast

#include "rules/forecast/season.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kpi::forecast {
namespace {

/// Factors may not take a value to zero or blow it up.
constexpr double kLeastFactor = 0.01;
/// Longer periods are not looked for.
constexpr std::size_t kFarthestLag = 1000;
/// Standard errors that a peak must rise above: many lags are looked at.
constexpr double kSure = 3;
constexpr double kNotFar = 0.35;

/// Sums of the values up to each time, for moving averages.
std::vector<double> running_sums(std::span<const double> values) {
  std::vector<double> sums(values.size() + 1, 0.0);
  std::partial_sum(values.begin(), values.end(), sums.begin() + 1);
  return sums;
}

/// What the phases of one kind of season look like.
struct Phases {
  std::vector<double> means;
  double noise = 0;   ///< Mean variance of the means.
  double spread = 0;  ///< Variance between the means.

  /// How much of the spread is noise.
  [[nodiscard]] double doubt() const { return spread > 0 ? std::min(1.0, noise / spread) : 1; }
};

struct PhaseSums {
  std::vector<double> sum, square, count;
};

/// Ratios or differences of the values to their centred moving average, by phase.
PhaseSums sum_phases(std::span<const double> values, std::size_t period, bool is_factor) {
  PhaseSums result{std::vector<double>(period), std::vector<double>(period), std::vector<double>(period)};
  const std::vector<double> sums = running_sums(values);
  const std::size_t half = period / 2;
  const bool is_even = period % 2 == 0;
  for (std::size_t t = half; t + half < values.size(); ++t) {
    const double around = sums[t + half + 1] - sums[t - half];
    const double ends = is_even ? (values[t - half] + values[t + half]) / 2 : 0;
    const double mean = (around - ends) / static_cast<double>(period);
    const double part = is_factor ? values[t] / mean : values[t] - mean;
    const std::size_t phase = t % period;
    result.sum[phase] += part;
    result.square[phase] += part * part;
    result.count[phase] += 1;
  }
  return result;
}

Phases find_phases(std::span<const double> values, std::size_t period, bool is_factor) {
  const PhaseSums sums = sum_phases(values, period, is_factor);
  Phases result;
  result.means.resize(period);
  double within = 0;
  double freedom = 0;
  double inverse = 0;
  double mean = 0;
  for (std::size_t i = 0; i < period; ++i) {
    const double count = std::max(1.0, sums.count[i]);
    result.means[i] = sums.sum[i] / count;
    within += std::max(0.0, sums.square[i] - sums.sum[i] * result.means[i]);
    freedom += std::max(0.0, sums.count[i] - 1);
    inverse += 1 / count;
    mean += result.means[i];
  }
  const auto size = static_cast<double>(period);
  mean /= size;
  for (double& one : result.means) {
    one = is_factor ? one / mean : one - mean;
    result.spread += (one - (is_factor ? 1 : 0)) * (one - (is_factor ? 1 : 0));
  }
  result.spread /= std::max(1.0, size - 1);
  result.noise = freedom > 0 ? within / freedom * inverse / size : result.spread;
  return result;
}

Season shrink(const Phases& phases, bool is_factor) {
  const auto size = static_cast<double>(phases.means.size());
  const double pull = size > 3 ? (size - 3) / (size - 1) * phases.doubt() : phases.doubt() / 3;
  Season season{phases.means, is_factor};
  for (double& one : season.indices) {
    const double none = is_factor ? 1 : 0;
    one = none + (1 - pull) * (one - none);
    if (is_factor) {
      one = std::max(one, kLeastFactor);
    }
  }
  return season;
}

/// Autocorrelations at lags 1 to `lags`.
std::vector<double> autocorrelations(std::span<const double> values, std::size_t lags) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  std::vector<double> centred(values.begin(), values.end());
  double power = 0;
  for (double& value : centred) {
    value -= mean;
    power += value * value;
  }
  std::vector<double> result(lags + 1, 0.0);
  for (std::size_t lag = 1; power > 0 && lag <= lags; ++lag) {
    double sum = 0;
    for (std::size_t t = lag; t < centred.size(); ++t) {
      sum += centred[t] * centred[t - lag];
    }
    result[lag] = sum / power;
  }
  return result;
}

}  // namespace

double Seasons::take(double value, std::size_t t) const {
  for (const Season& part : parts) {
    const double index = part.indices[t % part.indices.size()];
    value = part.is_factor ? value / index : value - index;
  }
  return value;
}

double Seasons::give(double value, std::size_t t) const {
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const double index = part->indices[t % part->indices.size()];
    value = part->is_factor ? value * index : value + index;
  }
  return value;
}

Seasons find_seasons(std::span<const double> values, std::span<const int> periods) {
  Seasons seasons;
  std::vector<double> rest(values.begin(), values.end());
  for (const int one : periods) {
    const auto period = static_cast<std::size_t>(one);
    if (period < 2 || rest.size() < 2 * period + period % 2) {
      continue;
    }
    Phases phases = find_phases(rest, period, false);
    bool is_factor = *std::ranges::min_element(rest) > 0;
    if (is_factor) {
      Phases factors = find_phases(rest, period, true);
      is_factor = factors.doubt() <= phases.doubt();
      if (is_factor) {
        phases = std::move(factors);
      }
    }
    Seasons part;
    part.parts.push_back(shrink(phases, is_factor));
    for (std::size_t t = 0; t < rest.size(); ++t) {
      rest[t] = part.take(rest[t], t);
    }
    seasons.parts.push_back(std::move(part.parts.front()));
  }
  return seasons;
}

namespace {

/// The first lag whose autocorrelation is a peak that is beyond doubt and not far from the highest; 0: none.
/// Differences, so that neither trend nor slow waves are taken for seasons.
std::size_t find_period(std::span<const double> values, std::size_t above) {
  std::vector<double> steps;
  for (std::size_t t = 1; t < values.size(); ++t) {
    steps.push_back(values[t] - values[t - 1]);
  }
  const std::size_t lags = std::min(steps.size() / 3, kFarthestLag);
  if (lags <= above + 1) {
    return 0;
  }
  const std::vector<double> r = autocorrelations(steps, lags);
  std::vector<std::size_t> peaks;
  double highest = 0;
  double sum = 1;
  for (std::size_t lag = 2; lag < lags; ++lag) {
    sum += 2 * r[lag - 1] * r[lag - 1];
    const bool is_peak = r[lag] >= r[lag - 1] && r[lag] >= r[lag + 1];
    if (lag > above && is_peak && r[lag] > kSure * std::sqrt(sum / static_cast<double>(steps.size()))) {
      peaks.push_back(lag);
      highest = std::max(highest, r[lag]);
    }
  }
  const auto found = std::ranges::find_if(peaks, [&](std::size_t lag) { return r[lag] > kNotFar * highest; });
  return found == peaks.end() ? 0 : *found;
}

}  // namespace

std::vector<int> find_two(std::span<const double> values, PeriodSearch find) {
  std::vector<int> periods;
  const std::size_t first = find(values, 1);
  if (first == 0) {
    return periods;
  }
  periods.push_back(static_cast<int>(first));
  const Seasons seasons = find_seasons(values, periods);
  std::vector<double> rest(values.begin(), values.end());
  for (std::size_t t = 0; t < rest.size(); ++t) {
    rest[t] = seasons.take(rest[t], t);
  }
  const std::size_t second = find(rest, first);
  if (second > 0) {
    periods.push_back(static_cast<int>(second));
  }
  return periods;
}

std::vector<int> find_echoes(std::span<const double> values) {
  return find_two(values, find_period);
}

}  // namespace kpi::forecast

#include "rules/forecast/season.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace kpi::forecast {
namespace {

/// Periods up to so many values are looked for; longer ones in the means of `kBins` values, up to so many of them.
constexpr std::size_t kFarthest = 256;
constexpr std::array<std::size_t, 3> kBins{1, 4, 16};
constexpr std::size_t kLooked = kPeriodMemory / kBins.back();
/// Standard errors that the means of the phases must differ by: many periods are looked at.
constexpr double kSure = 4.5;
/// Mean deviations; what lies further away counts as that, lest a few wild values make a season.
constexpr double kWild = 3;
/// The shortest period that explains not much less than the best does; of a second one, half of it is not enough.
constexpr double kNotFar = 0.35;
constexpr double kNear = 0.7;
/// Less than so much of the values is rounding.
constexpr double kRounding = 1e-9;

/// What is left of a series without its centred moving average of a period, where that is known; wild values clipped.
std::vector<double> deviations(std::span<const double> values, std::size_t period) {
  std::vector<double> result;
  const std::size_t half = period / 2;
  if (values.size() < 2 * half + 1) {
    return result;
  }
  result.reserve(values.size() - 2 * half);
  const bool is_even = period % 2 == 0;
  double sum = std::accumulate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(2 * half), 0.0);
  for (std::size_t t = half; t + half < values.size(); ++t) {
    sum += values[t + half];
    const double ends = is_even ? (values[t - half] + values[t + half]) / 2 : 0;
    result.push_back(values[t] - (sum - ends) / static_cast<double>(period));
    sum -= values[t - half];
  }
  const double size = std::transform_reduce(
      result.begin(), result.end(), 0.0, std::plus<>(), [](double value) { return std::abs(value); });
  const double most = kWild * size / static_cast<double>(result.size());
  for (double& value : result) {
    value = std::clamp(value, -most, most);
  }
  return result;
}

/// How much of the deviations their phases explain, corrected for the number of phases: the adjusted R squared.
struct Explained {
  double share = 0;
  double between = 0, within = 0;  ///< Mean squares.
};

Explained explain(std::span<const double> rest, std::size_t period, std::vector<double>& sums) {
  Explained result;
  if (rest.size() < 2 * period) {
    return result;
  }
  sums.assign(period, 0.0);
  double squares = 0;
  double sum = 0;
  for (std::size_t begin = 0; begin < rest.size(); begin += period) {
    const std::size_t count = std::min(period, rest.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const double value = rest[begin + i];
      sums[i] += value;
      squares += value * value;
      sum += value;
    }
  }
  const auto size = static_cast<double>(rest.size());
  const auto phases = static_cast<double>(period);
  const std::size_t longer = rest.size() % period;
  double means = 0;
  for (std::size_t i = 0; i < period; ++i) {
    means += sums[i] * sums[i] / static_cast<double>(rest.size() / period + (i < longer ? 1 : 0));
  }
  const double total = std::max(0.0, squares - sum * sum / size);
  result.between = std::max(0.0, means - sum * sum / size) / (phases - 1);
  result.within = std::max(0.0, squares - means) / (size - phases);
  result.share = total > 0 ? 1 - result.within * (size - 1) / total : 0;
  return result;
}

/// Of how many values that are independent one of them is worth, when neighbours are alike (Bartlett).
double likeness(std::span<const double> rest, std::size_t period) {
  double power = 0;
  for (const double value : rest) {
    power += value * value;
  }
  double sum = 1;
  for (std::size_t lag = 1; power > 0 && lag < period; ++lag) {
    double product = 0;
    for (std::size_t t = lag; t < rest.size(); ++t) {
      product += rest[t] * rest[t - lag];
    }
    const double r = product / power;
    if (r < 0.05) {
      break;
    }
    sum += 2 * r * r;
  }
  return sum;
}

/// How sure it is that the phases differ, in standard errors: the analysis of variance, with as many degrees of freedom
/// as what the phases do not explain has, and the normal distribution's place of F (Wilson and Hilferty; Paulson 1942).
double sureness(std::span<const double> values, std::size_t period) {
  std::vector<double> rest = deviations(values, period);
  std::vector<double> sums;
  const Explained seen = explain(rest, period, sums);
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value));
  }
  if (!(std::sqrt(seen.between) > kRounding * largest)) {
    return 0;
  }
  const auto rounds = static_cast<double>(rest.size()) / static_cast<double>(period);
  for (std::size_t t = 0; t < rest.size(); ++t) {
    const std::size_t phase = t % period;
    rest[t] -= sums[phase] / static_cast<double>((rest.size() - phase - 1) / period + 1);
  }
  const double free = std::max(1.0, static_cast<double>(period - 1) / likeness(rest, period));
  const double a = 2 / (9 * free);
  const double b = 2 / (9 * free * std::max(1.0, rounds - 1));
  const double ratio = std::cbrt(seen.between / std::max(seen.within, 1e-12 * seen.between));
  return ((1 - b) * ratio - (1 - a)) / std::sqrt(b * ratio * ratio + a);
}

/// The newest values, as means of `bin`.
std::vector<double> in_bins(std::span<const double> values, std::size_t bin) {
  const std::size_t count = std::min(values.size() / bin, kLooked);
  std::vector<double> means(count);
  const auto newest = values.last(count * bin);
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = newest.subspan(i * bin, bin);
    means[i] = std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(bin);
  }
  return means;
}

/// The shortest period from `least` on that is beyond doubt, explains more than those around it do, and not much less
/// than the best; 0: none.
std::size_t find_among(std::span<const double> values, std::size_t least, double near) {
  const std::size_t most = std::min(values.size() / 3, kFarthest);
  std::vector<double> shares(most + 1, 0.0);
  std::vector<double> sums;
  for (std::size_t period = least; period <= most; ++period) {
    shares[period] = explain(deviations(values, period), period, sums).share;
  }
  std::vector<std::size_t> peaks;
  double best = 0;
  for (std::size_t period = least; period <= most; ++period) {
    const std::size_t reach = std::max<std::size_t>(1, period / 6);
    const auto from = shares.begin() + static_cast<std::ptrdiff_t>(period - std::min(reach, period));
    const auto to = shares.begin() + static_cast<std::ptrdiff_t>(std::min(period + reach, most) + 1);
    const double share = shares[period];
    if (share > 0 && share >= *std::ranges::max_element(from, to) && sureness(values, period) > kSure) {
      peaks.push_back(period);
      best = std::max(best, share);
    }
  }
  const auto found = std::ranges::find_if(peaks, [&](std::size_t period) { return shares[period] > near * best; });
  return found == peaks.end() ? 0 : *found;
}

/// The period that explains most, of those that become `period` in bins.
std::size_t refine(std::span<const double> values, std::size_t period, std::size_t bin) {
  const auto newest = values.last(std::min(values.size(), kLooked * bin));
  std::size_t best = period * bin;
  double most = 0;
  std::vector<double> sums;
  for (std::size_t one = (period - 1) * bin + 1; one < (period + 1) * bin; ++one) {
    const double share = explain(deviations(newest, one), one, sums).share;
    if (share > most) {
      most = share;
      best = one;
    }
  }
  return best;
}

std::size_t find_period(std::span<const double> values, std::size_t above) {
  for (const std::size_t bin : kBins) {
    const std::size_t least = std::max(above / bin + 1, bin == 1 ? 2 : kFarthest / 4 + 1);
    if (least > kFarthest || values.size() / bin < 3 * least) {
      continue;
    }
    const std::size_t found = find_among(in_bins(values, bin), least, above > 1 ? kNear : kNotFar);
    if (found > 0) {
      return bin == 1 ? found : refine(values, found, bin);
    }
  }
  return 0;
}

}  // namespace

std::vector<int> find_periods(std::span<const double> values) {
  return find_two(values, find_period);
}

}  // namespace kpi::forecast

#include "rules/judge/miss_chances.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace kpi {
namespace {

/// So many periods without any memory are thought of beside those that were seen.
constexpr double kForgetful = 5;
/// The memory is looked for over so many periods.
constexpr std::size_t kLongestLag = 40;
constexpr double kMostMemory = 0.95;

/// What was seen. Jeffreys' prior for the rate.
struct Seen {
  double missed = 0;
  double known = 0;
  double newest = 0;      ///< 1: the newest verdict is a miss.
  std::size_t since = 0;  ///< Periods without a verdict after it.

  explicit Seen(std::span<const double> verdicts) {
    for (const double verdict : verdicts) {
      ++since;
      if (!std::isnan(verdict)) {
        missed += verdict;
        known += 1;
        newest = verdict;
        since = 0;
      }
    }
  }

  /// As if there were `independent` of them.
  [[nodiscard]] double rate(double independent) const {
    return known > 0 ? (missed / known * independent + 0.5) / (independent + 1) : 0.5;
  }
};

/// The correlation of periods so far apart, pulled to none where little was seen.
double correlation(std::span<const double> missed, std::size_t lag, double mean, double spread) {
  double sum = 0;
  double pairs = 0;
  for (std::size_t t = lag; t < missed.size(); ++t) {
    const double product = (missed[t] - mean) * (missed[t - lag] - mean);
    if (!std::isnan(product)) {
      sum += product;
      pairs += 1;
    }
  }
  return sum / ((pairs + static_cast<double>(lag) + kForgetful) * spread);
}

/// rho: that of a chain whose runs are as long in the sum.
double memory_of(std::span<const double> missed, const Seen& seen) {
  const double mean = seen.missed / std::max(seen.known, 1.0);
  const double spread = seen.rate(seen.known) * (1 - seen.rate(seen.known));
  double sum = 0;
  double least = 2;
  for (std::size_t lag = 1; lag < kLongestLag && lag + 1 < missed.size(); lag += 2) {
    least = std::min(least, correlation(missed, lag, mean, spread) + correlation(missed, lag + 1, mean, spread));
    if (!(least > 0)) {
      break;
    }
    sum += least;
  }
  return std::min(sum / (sum + 1), kMostMemory);
}

/// The mean number of misses among the next periods of a chain, and its variance when the rate is known.
struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(double rate, double memory, double deviation, std::int64_t count) {
  Moments moments;
  for (std::int64_t t = 1; t <= count; ++t) {
    deviation *= memory;
    const double chance = rate + deviation;
    const double after = memory * (1 - std::pow(memory, static_cast<double>(count - t))) / (1 - memory);
    moments.mean += chance;
    moments.variance += chance * (1 - chance) * (1 + 2 * after);
  }
  return moments;
}

/// The beta-binomial distribution of 0 to `count`, summed.
std::vector<double> summed_chances(std::int64_t count, double a, double b) {
  const auto log_beta = [](double x, double y) { return std::lgamma(x) + std::lgamma(y) - std::lgamma(x + y); };
  std::vector<double> chances;
  chances.reserve(static_cast<std::size_t>(count) + 1);
  double sum = 0;
  for (std::int64_t k = 0; k <= count; ++k) {
    const auto part = static_cast<double>(k);
    const auto rest = static_cast<double>(count - k);
    sum += std::exp(std::lgamma(part + rest + 1) - std::lgamma(part + 1) - std::lgamma(rest + 1) +
                    log_beta(part + a, rest + b) - log_beta(a, b));
    chances.push_back(std::clamp(sum, 0.0, 1.0));
  }
  return chances;
}

}  // namespace

MissChances chances_of_misses(std::span<const double> missed, std::int64_t count) {
  const Seen seen(missed);
  const double memory = memory_of(missed, seen);
  const double independent = seen.known * (1 - memory) / (1 + memory);
  const double rate = seen.rate(independent);
  const double spread = rate * (1 - rate);
  const double doubt = spread / (independent + 2);  // the variance of the rate
  const double deviation =
      seen.known > 0 ? (seen.newest - rate) * std::pow(memory, static_cast<double>(seen.since)) : 0;
  const Moments moments = moments_of(rate, memory, deviation, count);
  const auto periods = static_cast<double>(count);
  const double variance = (1 - doubt / spread) * moments.variance + periods * periods * doubt;
  // The beta-binomial distribution of that mean and variance: its concentration goes by how much more it varies than
  // independent periods of one known rate do.
  constexpr double kMostDoubt = 0.95;
  constexpr double kLeastDoubt = 1e-6;
  const double share = moments.mean / periods;
  const double more = variance / (periods * share * (1 - share)) - 1;
  const double alike = count > 1 ? std::clamp(more / (periods - 1), kLeastDoubt, kMostDoubt) : kMostDoubt;
  const double concentration = 1 / alike - 1;
  return {moments.mean, summed_chances(count, share * concentration, (1 - share) * concentration)};
}

}  // namespace kpi

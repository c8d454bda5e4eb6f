#include "rules/forecast/prepare.hpp"

#include "rules/forecast/season.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi::forecast {
namespace {

/// More of the past than this tells nothing more.
constexpr std::size_t kLongest = 4000;
constexpr std::size_t kRounds = 12;

/// Straight lines over what is missing. The first and the last value are known.
void fill(std::vector<double>& values) {
  std::size_t last = 0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (!std::isfinite(values[t])) {
      continue;
    }
    for (std::size_t i = last + 1; i < t; ++i) {
      values[i] = std::lerp(values[last], values[t], static_cast<double>(i - last) / static_cast<double>(t - last));
    }
    last = t;
  }
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// A level has broken where one step is far beyond all usual ones and both sides stay where they are: about so many
/// values on each side are looked at.
constexpr std::size_t kSides = 8;
constexpr double kFarBeyond = 8;

std::vector<double> without_seasons(std::span<const double> values, std::span<const int> periods) {
  const Seasons seasons = find_seasons(values, periods);
  std::vector<double> rest(values.begin(), values.end());
  for (std::size_t t = 0; t < rest.size(); ++t) {
    rest[t] = seasons.take(rest[t], t);
  }
  return rest;
}

/// The last place where the level broke, 0: none.
std::size_t find_break(std::span<const double> values, std::span<const int> periods) {
  if (values.size() < 3 * kSides) {
    return 0;
  }
  const std::vector<double> rest = without_seasons(values, periods);
  std::vector<double> steps;
  double sum = 0;
  for (std::size_t t = 1; t < rest.size(); ++t) {
    steps.push_back(std::abs(rest[t] - rest[t - 1]));
    sum += steps.back();
  }
  const double usual = std::max(1.4826 * median(steps), sum / static_cast<double>(steps.size()) / 2);
  for (std::size_t t = rest.size() - kSides; t >= kSides; --t) {
    const double size = steps[t - 1];
    if (!(size > kFarBeyond * usual)) {
      continue;
    }
    const std::span<const double> before = std::span(rest).subspan(t - kSides, kSides);
    const std::span<const double> after = std::span(rest).subspan(t, kSides);
    const auto [low_before, high_before] = std::ranges::minmax(before);
    const auto [low_after, high_after] = std::ranges::minmax(after);
    if (low_after > high_before + size / 2 || high_after < low_before - size / 2) {
      return t;
    }
  }
  return 0;
}

/// Whether what is left after a break is enough to go by.
bool is_enough(std::size_t count, std::span<const int> periods) {
  const std::size_t longest = periods.empty() ? 1 : static_cast<std::size_t>(periods.back());
  return count >= std::max<std::size_t>(12, 2 * longest + 2);
}

/// Straight lines over what is missing, laid through the series without its seasons.
void refill(std::vector<double>& values, std::span<const char> known, std::span<const int> periods) {
  const Seasons seasons = find_seasons(values, periods);
  for (std::size_t t = 0; t < values.size(); ++t) {
    values[t] = known[t] != 0 ? seasons.take(values[t], t) : std::nan("");
  }
  fill(values);
  for (std::size_t t = 0; t < values.size(); ++t) {
    values[t] = seasons.give(values[t], t);
  }
}

}  // namespace

Prepared prepare(std::span<const double> values, std::span<const int> periods) {
  Prepared result;
  const auto known = [](double value) { return std::isfinite(value); };
  const auto first = std::ranges::find_if(values, known);
  if (first == values.end()) {
    return result;
  }
  int longest = 1;
  for (const int period : periods) {
    longest = std::max(longest, period);
  }
  // What is missing at the end is to be forecast, too.
  const auto end = std::find_if(values.rbegin(), values.rend(), known).base();
  result.gap = static_cast<std::size_t>(values.end() - end);
  const auto newest = [&](std::size_t count) {
    const auto limit = static_cast<std::ptrdiff_t>(count);
    return std::find_if(std::max(first, end - std::min(limit, end - values.begin())), end, known);
  };
  std::vector<int> found;
  if (periods.empty()) {
    result.values.assign(newest(kPeriodMemory), end);
    fill(result.values);
    found = find_periods(result.values);
    longest = found.empty() ? 1 : found.back();
  }
  result.values.assign(newest(std::max(kLongest, kRounds * static_cast<std::size_t>(longest))), end);
  result.known.resize(result.values.size());
  std::ranges::transform(result.values, result.known.begin(), known);
  fill(result.values);
  result.is_negative = std::ranges::any_of(result.values, [](double v) { return v < 0; });
  for (const int period : periods.empty() ? std::span<const int>(found) : periods) {
    if (period > 1 && result.values.size() >= 2 * static_cast<std::size_t>(period) + 2) {
      result.periods.push_back(period);
    }
  }
  std::ranges::sort(result.periods);
  if (!result.periods.empty() && std::ranges::find(result.known, 0) != result.known.end()) {
    refill(result.values, result.known, result.periods);
  }
  const Ending ending = tame(result.values, result.periods);
  result.alternative = ending.alternative;
  result.is_moved = ending.is_moved;
  const std::size_t level = ending.is_moved ? 0 : find_break(result.values, result.periods);
  const bool is_whole = level > 0 && is_enough(result.values.size() - level, result.periods);
  const std::size_t cut = is_whole ? level : ending.cut;
  result.values.erase(result.values.begin(), result.values.begin() + static_cast<std::ptrdiff_t>(cut));
  result.known.erase(result.known.begin(), result.known.begin() + static_cast<std::ptrdiff_t>(cut));
  return result;
}

double one_step_scale(std::span<const double> values, std::span<const char> known, std::span<const int> periods) {
  constexpr std::array<double, 6> kGains{0.03, 0.1, 0.2, 0.4, 0.7, 1.0};
  if (values.size() < 2) {
    return 0;
  }
  const std::vector<double> rest = without_seasons(values, periods);
  std::array<double, kGains.size()> levels{};
  std::array<double, kGains.size()> squares{};
  levels.fill(rest[0]);
  double seen = 1;
  for (std::size_t t = 1; t < rest.size(); ++t) {
    if (known[t] == 0) {
      continue;
    }
    seen += 1;
    const double mean = 1 / seen;  // as of all so far, until the gain is more
    for (std::size_t i = 0; i < kGains.size(); ++i) {
      const double error = rest[t] - levels[i];
      squares[i] += error * error;
      levels[i] += std::max(kGains[i], mean) * error;
    }
  }
  const double freedom = std::max(1.0, seen - 2);
  return std::sqrt(*std::ranges::min_element(squares) / freedom);
}

}  // namespace kpi::forecast

#pragma once
// Seasons: which periods a series repeats itself with, and how much each phase lies above or below the rest. Pure.

#include <cstddef>
#include <span>
#include <vector>

namespace kpi::forecast {

/// One season's indices: factors around 1 or amounts around 0, by phase of the first value.
struct Season {
  std::vector<double> indices;  ///< Empty: none.
  bool is_factor = false;
};

/// The seasons of a series, the shortest first.
struct Seasons {
  std::vector<Season> parts;

  /// `value` of time `t` without its seasons, and back.
  [[nodiscard]] double take(double value, std::size_t t) const;
  [[nodiscard]] double give(double value, std::size_t t) const;
};

/// Indices of `periods` (shortest first), by ratio or difference to the moving average, whichever leaves less noise,
/// shrunk to none by how sure they are (Miller and Williams 2003: James-Stein). Periods of which `values` has fewer
/// than two whole rounds are left out.
Seasons find_seasons(std::span<const double> values, std::span<const int> periods);

/// Older values say nothing of the period.
inline constexpr std::size_t kPeriodMemory = 32000;

/// Up to two periods of 2 and more at which the series repeats itself, the shorter first: those whose phases differ by
/// more than what they do not explain could make them (analysis of variance).
std::vector<int> find_periods(std::span<const double> values);

/// The same for anomaly scores, which go by steps as much as by levels: the peaks of the autocorrelation of the
/// differences that are beyond what lower lags explain (Bartlett 1946). On labelled curves it serves them better.
std::vector<int> find_echoes(std::span<const double> values);

/// A period longer than `above`; 0: none.
using PeriodSearch = std::size_t (*)(std::span<const double> values, std::size_t above);

/// What a search finds: none, a period, or a second, longer one in what is left without the season of the first.
std::vector<int> find_two(std::span<const double> values, PeriodSearch find);

}  // namespace kpi::forecast

#pragma once
// Whether a series moves more, or less, than it did while the size of its errors was learned. Adaptive conformal
// inference (Gibbs and Candes 2021): a width that should hold the steps from one value to the next with a stated
// probability grows with each step that it misses and shrinks a little with each that it holds, so that in the long run
// it holds as many as stated, whatever the series does. Pure; any thread may call it.

#include <array>
#include <cstddef>
#include <span>

namespace kpi::forecast {

/// How large steps usually are: the quantiles of those from `first` on.
struct UsualSteps {
  std::size_t first = 0;
  std::size_t count = 0;
  bool is_by_root = false;  ///< They are measured in roots of the level.
  std::array<double, 2> quantiles{};
};

/// Of values without seasons; those that are never negative move by the root of their level. Steps into `first` and
/// later ones count, from a known value to a known one; `known` is beside the values, none: they all are.
UsualSteps usual_steps(std::span<const double> rest, std::size_t first, std::span<const char> known = {});

/// The share of their usual size that errors have now; 1 where too little is known.
double restlessness(std::span<const double> rest, const UsualSteps& usual, std::span<const char> known = {});

}  // namespace kpi::forecast

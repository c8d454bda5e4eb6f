#pragma once
// A series made ready for the methods: missing values filled, what lies before a break of its level cut off, its
// seasons found, what stands apart taken out. Pure.

#include "rules/forecast/outliers.hpp"

#include <span>
#include <vector>

namespace kpi::forecast {

struct Prepared {
  std::vector<double> values;  ///< Finite, at least one unless there was none; the last one was given.
  std::vector<char> known;     ///< Beside each value: whether it was given; lines are laid through the others.
  std::size_t gap = 0;         ///< How many are missing after the last one.
  std::vector<int> periods;    ///< Seasonal periods, the shortest first.
  bool is_negative = false;    ///< Some value is below zero.
  Alternative alternative;     ///< The newest values may be something passing, or something new.
  bool is_moved = false;       ///< The level broke a short while ago; what lies before was moved to the new one.
};

/// `periods`: to consider; none: to be found.
Prepared prepare(std::span<const double> values, std::span<const int> periods);

/// The scale of the errors of exponential smoothing, from each known value to the next one, of the gain that suits the
/// series best, without its seasons.
double one_step_scale(std::span<const double> values, std::span<const char> known, std::span<const int> periods);

}  // namespace kpi::forecast

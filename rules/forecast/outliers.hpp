#pragma once
// Values that stand apart from everything around them: a wrong number, an outage, a day that was nothing like the
// others. They must not take the level, the seasons and the size of the errors with them. At the end of a series nobody
// can know yet whether one is such a value or the first of a new level: both stay possible. Pure.

#include <cstddef>
#include <span>
#include <vector>

namespace kpi::forecast {

/// Where a series may be instead of where it is taken to be.
struct Alternative {
  double probability = 0;  ///< 0: nowhere else.
  double factor = 1;
  double shift = 0;

  /// `value` if it is so.
  [[nodiscard]] double of(double value) const { return value * factor + shift; }
};

/// The end of a series after its values that stand apart were taken care of.
struct Ending {
  Alternative alternative;
  std::size_t cut = 0;    ///< What lies before says nothing of what comes.
  bool is_moved = false;  ///< The earlier values were moved to the level of the newest.
};

/// Replaces up to three values in a row that are far from what comes before and after by a line between these. A last
/// one that is far off is replaced too, but may be the first of a new level; two in a row are one, but may pass.
Ending tame(std::vector<double>& values, std::span<const int> periods);

}  // namespace kpi::forecast

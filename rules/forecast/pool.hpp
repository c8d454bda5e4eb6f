#pragma once
// The pool of methods, each of which says what comes after an origin. Pure; a Pool keeps its buffers between calls and
// belongs to one thread.

#include "rules/forecast/season.hpp"
#include "rules/forecast/smoothing.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kpi::forecast {

/// A method; `kLog…` work on logarithms, so that growth is a rate, and need positive values.
enum class Method : std::uint8_t {
  kSimple,
  kTheta,
  kOptimisedTheta,
  kDamped,
  kLogTheta,
  kLogDamped,
  kSeasonalNaive,  ///< The last round again.
  kDrift,          ///< The last value, and on by the mean step.
  kWinters,        ///< Additive Holt-Winters: seasons that change. It and the next count only where they are best.
  kLogWinters,     ///< The same on logarithms: multiplicative.
};
inline constexpr std::size_t kMethods = 10;

/// What the methods say at some origins: steps 1 to `horizon` for each origin and method.
class Projections {
 public:
  void reset(std::size_t origins, std::size_t horizon) {
    horizon_ = horizon;
    values_.assign(origins * kMethods * horizon, 0.0);
  }

  [[nodiscard]] std::span<double> of(std::size_t origin, Method method) {
    return at(origin, static_cast<std::size_t>(method));
  }

  [[nodiscard]] std::span<double> at(std::size_t origin, std::size_t method) {
    return std::span(values_).subspan((origin * kMethods + method) * horizon_, horizon_);
  }

  [[nodiscard]] std::span<const double> at(std::size_t origin, std::size_t method) const {
    return std::span(values_).subspan((origin * kMethods + method) * horizon_, horizon_);
  }

  [[nodiscard]] std::size_t horizon() const { return horizon_; }

 private:
  std::size_t horizon_ = 0;
  std::vector<double> values_;
};

/// A question to the pool.
struct PoolTask {
  std::span<const double> values;        ///< Finite.
  std::span<const char> given;           ///< Beside them: lines are laid through the others.
  std::span<const int> periods;          ///< Seasonal ones, the shortest first; none: no season.
  std::size_t known = 0;                 ///< The seasons are found in so many of the values.
  std::span<const std::size_t> origins;  ///< Rising, from `known` on, at least 2.
};

class Pool {
 public:
  /// What every method says at the origins `first`, `first` + 1, … of `result`. A method that does not fit the series
  /// says what its plain sibling says.
  void project(const PoolTask& task, std::size_t first, Projections& result);

  /// The values of the newest task without their seasons, up to its last origin.
  [[nodiscard]] std::span<const double> rest() const { return adjusted_; }

 private:
  void project_levels(const PoolTask& task, bool is_log, std::size_t first, Projections& result);
  void project_winters(const PoolTask& task, bool is_log, std::size_t first, Projections& result);
  void project_naive(const PoolTask& task, std::size_t first, Projections& result) const;

  Smoother smoother_;
  Seasons seasons_;
  std::vector<double> adjusted_;
  std::vector<double> logarithms_;
  std::vector<Outlooks> outlooks_;
};

}  // namespace kpi::forecast

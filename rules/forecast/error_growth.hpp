#pragma once
// How the errors of a forecast grow with the steps ahead: hardly, where a series returns to its level, as the root of
// the steps where it wanders, faster where its slope changes. Pure; any thread may call it.

#include <array>
#include <cstddef>
#include <vector>

namespace kpi::forecast {

/// Errors of a backtest: [origin][step], NaN where the truth was not known.
struct TrialErrors {
  std::size_t origins = 0;
  std::size_t horizon = 0;
  std::vector<double> values;
  double spacing = 1;  ///< Values from one origin to the next.

  [[nodiscard]] double at(std::size_t origin, std::size_t step) const { return values[origin * horizon + step]; }

  [[nodiscard]] double& at(std::size_t origin, std::size_t step) { return values[origin * horizon + step]; }
};

/// What is known beside the backtest.
struct ErrorPrior {
  double scale = 0;     ///< Of the error `steps` ahead.
  double worth = 4;     ///< Of so many errors.
  bool is_sum = false;  ///< They are errors of sums: independent ones grow as the root.
  double steps = 1;     ///< Ahead: more where values are missing, from one known value to the next.
};

class ErrorGrowth {
 public:
  static constexpr std::size_t kPowers = 4;

  ErrorGrowth() = default;
  ErrorGrowth(const TrialErrors& errors, const ErrorPrior& prior);

  /// The root of the mean square error `steps` ahead (from 1).
  [[nodiscard]] double size(double steps) const;

 private:
  bool is_sum_ = false;
  double apart_ = 0;                        ///< The part of the mean square that does not grow,
  std::array<double, kPowers> together_{};  ///< and those that grow by powers of the steps.
};

}  // namespace kpi::forecast

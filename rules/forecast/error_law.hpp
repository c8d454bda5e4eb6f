#pragma once
// How wrong a forecast may be: the scale of its errors grows as a power of the steps ahead, and their shape is
// Student's, corrected by what the backtest saw. Pure; any thread may call it.

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace kpi::forecast {

/// Student's distribution, `freedom` at least 1.
double student_probability(double t, double freedom);
double student_quantile(double probability, double freedom);

/// Errors of a backtest: [origin][step], NaN where the truth was not known.
struct TrialErrors {
  std::size_t origins = 0;
  std::size_t horizon = 0;
  std::vector<double> values;

  [[nodiscard]] double at(std::size_t origin, std::size_t step) const { return values[origin * horizon + step]; }

  [[nodiscard]] double& at(std::size_t origin, std::size_t step) { return values[origin * horizon + step]; }
};

/// What is believed before any error was seen.
struct ErrorPrior {
  double scale = 0;     ///< Of the error one step ahead.
  double growth = 0.5;  ///< The power of the steps ahead.
};

class ErrorLaw {
 public:
  ErrorLaw() = default;
  ErrorLaw(const TrialErrors& errors, const ErrorPrior& prior);

  /// The scale `steps` ahead (from 1).
  [[nodiscard]] double scale(double steps) const;
  /// The error that is not exceeded with `probability`; `doubt` is a scale of its own that comes on top.
  [[nodiscard]] double quantile(double steps, double probability, double doubt = 0) const;
  /// How probable an error of at most `error` is.
  [[nodiscard]] double probability(double steps, double error, double doubt = 0) const;

  /// From the unit it was found in to another.
  void enlarge(double factor) { scale_ *= factor; }

  [[nodiscard]] double freedom() const { return freedom_; }

 private:
  void shape(const TrialErrors& errors);

  double scale_ = 0;
  double growth_ = 0.5;
  double freedom_ = 4;
  std::vector<double> nodes_;  ///< Standard quantiles at fixed probabilities.
};

}  // namespace kpi::forecast

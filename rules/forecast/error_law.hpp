#pragma once
// How wrong a forecast may be: its errors grow with the steps ahead as those of the backtest do, and their shape is
// Student's, corrected by what the backtest saw. Pure; any thread may call it.

#include "rules/forecast/error_growth.hpp"

#include <cstddef>
#include <vector>

namespace kpi::forecast {

/// Student's distribution, `freedom` at least 1.
double student_probability(double t, double freedom);
double student_quantile(double probability, double freedom);

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
  void enlarge(double factor) { factor_ *= factor; }

  [[nodiscard]] double freedom() const { return freedom_; }

 private:
  void shape(const TrialErrors& errors);

  ErrorGrowth growth_;
  double factor_ = 1;
  double freedom_ = 4;
  std::vector<double> nodes_;  ///< Standard quantiles at fixed probabilities.
};

}  // namespace kpi::forecast

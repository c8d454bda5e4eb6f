#pragma once
// What a series will be: points, intervals and probabilities. A pure function of the values: the same values give the
// same answer. Every choice (seasons, methods and their weights, the size of the errors) is made from the series
// itself by forecasting its own past. A Forecaster keeps its buffers between calls and belongs to one thread.

#include "rules/forecast/error_law.hpp"
#include "rules/forecast/named_days.hpp"
#include "rules/forecast/outliers.hpp"
#include "rules/forecast/pool.hpp"
#include "rules/forecast/restlessness.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kpi::forecast {

/// What is to be forecast.
struct Question {
  std::span<const double> values;  ///< Oldest first; what is not finite is missing, at the end kFarthest at most.
  std::size_t horizon = 1;         ///< Steps ahead, at most kFarthest.
  std::span<const int> periods;    ///< Seasonal periods to consider, at most two; none: found in the series.
  double lowest = -std::numeric_limits<double>::infinity();  ///< Bounds that hold by nature.
  double highest = std::numeric_limits<double>::infinity();
  std::span<const Mark> marks{};  ///< Named days: of the values, then of the steps ahead; none: no day has a name.
};

/// Why there is no forecast.
enum class Lack : std::uint8_t { kNothing, kNoValue };
std::string_view name_of(Lack lack);

inline constexpr std::size_t kFarthest = 5000;

/// Errors are of one size, or grow with the value: the laws are of a point at `level`.
struct ErrorsByLevel {
  double level = 0;  ///< 0: of one size.
  double power = 0;  ///< 0, a half or 1.

  /// Their size at a point of another level, as a multiple.
  [[nodiscard]] double at(double point) const;
};

struct Forecast {
  Lack lack = Lack::kNothing;
  std::vector<double> points;  ///< Of steps 1, 2, …; empty when something lacks.
  ErrorLaw law;                ///< Of the single steps.
  ErrorLaw total_law;          ///< Of the sums of the steps so far: errors of neighbours move together.
  double lowest = 0;
  double highest = 0;
  bool is_positive = false;    ///< All values were: errors are larger upwards than downwards.
  std::size_t gap = 0;         ///< Values missing at the end: step 1 is so many steps farther ahead.
  std::size_t trials = 0;      ///< Origins of the backtest; 0: the intervals are by rule of thumb.
  std::vector<int> periods;    ///< The seasons that were found.
  std::vector<double> doubts;  ///< By step: how far what a named day does is in doubt; empty: no day has a name.
  Alternative alternative;     ///< Where all steps may be instead, as the newest values stand apart.
  ErrorsByLevel by_level;      ///< How the laws change with the point.

  /// The value that step `step` (from 1) does not exceed with `probability`.
  [[nodiscard]] double quantile(std::size_t step, double probability) const;
  /// How probable it is that step `step` is at least, or at most, `goal`.
  [[nodiscard]] double at_least(std::size_t step, double goal) const;
  [[nodiscard]] double at_most(std::size_t step, double goal) const;
  /// The sum of steps 1 to `step`, and its probability to be at least, and its quantile.
  [[nodiscard]] double total(std::size_t step) const;
  [[nodiscard]] double total_quantile(std::size_t step, double probability) const;
  [[nodiscard]] double total_at_least(std::size_t step, double goal) const;

 private:
  [[nodiscard]] double doubt_at(std::size_t step) const { return doubts.empty() ? 0 : doubts[step - 1]; }

  [[nodiscard]] double doubt_until(std::size_t step) const;
  /// The law of one step, or of a sum, around a point.
  struct Around;
  [[nodiscard]] Around step_at(std::size_t step) const;
  [[nodiscard]] Around sum_until(std::size_t step) const;
  [[nodiscard]] double value_of(double point, double error) const;
  [[nodiscard]] double error_of(double point, double value) const;
  [[nodiscard]] double quantile_of(const Around& around, double probability) const;
  [[nodiscard]] double share_at_least(const Around& around, double point, double goal) const;
  [[nodiscard]] double share_at_most(const Around& around, double point, double goal) const;
};

/// An error of a law around a positive `point`, as it is of values that are never negative: between amounts and rates,
/// even on the scale of square roots; and back.
double skewed(double error, double point);
double evened(double error, double point);

/// What a series taught: which methods foresee it, and how wrong they are. Learning it costs most of a forecast, and it
/// holds for a while: newer values need only be foreseen with it.
struct Lesson {
  std::vector<int> periods;
  std::vector<double> weights;  ///< Of the methods.
  ErrorLaw law;
  ErrorLaw total_law;
  ErrorsByLevel by_level;
  UsualSteps steps;  ///< While the laws were learned.
  std::size_t trials = 0;
  std::size_t given = 0;  ///< How many values it was learned from,
  std::size_t used = 0;   ///< and how many of them came after the last break of the level.
};

class Forecaster {
 public:
  Forecast answer(const Question& question);

  /// Nothing to learn from no value: the lesson is empty. It is for series whose newest value is known.
  Lesson learn(const Question& question);

  /// With what was learned from the first `lesson.given` of the values; it is learned anew where the level has broken
  /// since, or the newest value is missing.
  Forecast answer(const Question& question, const Lesson& lesson);

 private:
  bool load(const Question& question, Forecast& result);
  void foresee(Forecast& result);
  Lesson learn_from(const Forecast& result, std::size_t given);
  void take_laws(const Lesson& lesson, Forecast& result) const;
  void finish(Forecast& result) const;
  /// Forecasts of the past, and the errors of each method.
  void try_out();
  [[nodiscard]] std::size_t reach() const;
  [[nodiscard]] bool is_true_at(std::size_t origin, std::size_t step) const;
  void weigh();
  void keep_laws(const Forecast& result, Lesson& lesson);
  [[nodiscard]] ErrorsByLevel errors_by_level(const Forecast& result) const;
  [[nodiscard]] double combine(const Projections& projections, std::size_t origin, std::size_t step) const;

  std::vector<double> values_;  ///< In `unit_`.
  std::vector<char> known_;     ///< Beside them: whether it was given. The last one was,
  std::size_t gap_ = 0;         ///< and so many are missing after it.
  double stride_ = 1;           ///< Steps from one known value to the next, in the mean.
  std::optional<DayEffects> days_;
  double unit_ = 1;
  std::size_t horizon_ = 1;
  std::vector<int> periods_;
  std::vector<std::size_t> origins_;
  std::vector<double> weights_;
  Projections past_, future_;
  Pool pool_;
  bool is_moved_ = false;  ///< What lies before a new level was moved to it: no earlier lesson holds.
};

}  // namespace kpi::forecast

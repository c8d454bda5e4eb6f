#pragma once
// Exponential smoothing without a search: a small grid of parameters is run over the series in one pass, the start
// values are solved for, and the members of the grid are averaged by how well they explain the series. Pure; a
// Smoother keeps its buffers between calls and belongs to one thread.

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace kpi::forecast {

/// What a smoothing method says of the future: level + drift * step + sum over dampings of trend * (phi + phi^2 + …).
struct Outlook {
  static constexpr std::array<double, 3> kDampings{0.80, 0.90, 0.98};

  double level = 0;
  double drift = 0;
  std::array<double, 3> trends{};

  /// The values of steps 1, 2, … into `out`.
  void project(std::span<double> out) const;
};

/// The methods of one pass.
struct Outlooks {
  Outlook simple;     ///< Simple exponential smoothing (Brown 1959).
  Outlook theta;      ///< Theta with two lines (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003).
  Outlook optimised;  ///< Theta with its second line chosen by the series (Fiorucci et al. 2016).
  Outlook damped;     ///< Damped trend (Gardner and McKenzie 1985).
};

class Smoother {
 public:
  /// Fits all methods to the first `origins[i]` of `values`, for each i, in one pass: to each origin only what lies
  /// before it is known. Origins rise and are at least 2; the values are finite. Those that are not `given` teach
  /// nothing: each member goes on as it expects.
  void fit(std::span<const double> values,
           std::span<const char> given,
           std::span<const std::size_t> origins,
           std::vector<Outlooks>& result);

 private:
  static constexpr std::size_t kLevels = 8;    ///< Values of alpha for the methods without a trend of their own.
  static constexpr std::size_t kTrends = 24;   ///< (alpha, beta, phi) of the damped trend.
  static constexpr std::size_t kMemory = 256;  ///< From here on the start values matter no more.

  /// Where the members without a trend of their own stand; of the start's echo c and the drift's echo k too.
  struct LevelState {
    std::array<double, kLevels> level{}, c{}, k{};
    std::array<double, kLevels> aa{}, ac{}, ak{}, cc{}, ck{}, kk{};
  };

  struct TrendState {
    std::array<double, kTrends> level{}, trend{}, ee{}, el{}, et{};
  };

  /// What the start values leave in a member of the trend grid; it depends on which values there are,
  /// not on what they are.
  struct TrendEcho {
    std::vector<double> of_level, of_trend;  ///< In the one-step forecast, [time][member].
    std::vector<double> level_level, level_trend, trend_level, trend_trend;  ///< In the state after it.
    std::vector<double> square_level, product, square_trend;  ///< Sums of the first two, up to each time.
  };

  static void step_levels(double value, LevelState& state);
  static void pass_levels(LevelState& state);
  void step_trends(double value, std::size_t t, TrendState& state) const;
  void pass_trends(TrendState& state) const;
  static void look_at_levels(const LevelState& state, std::size_t count, double slope, Outlooks& result);
  void look_at_trends(const TrendState& state, std::size_t t, std::size_t count, Outlooks& result) const;
  const TrendEcho& echo_of(std::span<const char> given);

  /// The parameters of the members, and their echo.
  struct Grid {
    Grid();

    [[nodiscard]] TrendEcho echo_of(std::span<const char> given) const;

    std::array<double, kTrends> gain{}, slope_gain{}, damping{};
    std::array<std::size_t, kTrends> damping_index{};
    TrendEcho echo;  ///< Where nothing is missing.
  };

  /// The one grid there is: built once, never changed.
  static const Grid& shared_grid();

  const Grid* grid_ = &shared_grid();
  const TrendEcho* echo_ = &grid_->echo;
  std::vector<char> given_;  ///< Of the newest series where something is missing, as far as it matters,
  TrendEcho own_echo_;       ///< and its echo.
};

}  // namespace kpi::forecast

#pragma once
// How unusual each value of a series is, judged by itself and what came before it, in constant time and memory. Pure;
// an AnomalyScorer belongs to one thread.
//
// Several features look at each value: its distance from its season and level, slowly and quickly adapted; its step
// from the value before; whether it is a record of any of these; the drift of small deviations (CUSUM, Page 1954);
// the change of the noise. Each becomes a surprise, -log10 of the share of the past that was at least as large: by
// counting below the 95 % point, above it by the mean excess (an exponential tail of the logarithm, as in extreme
// value theory). Their combination is brought on the same scale once more.

#include "rules/forecast/season.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kpi::forecast {

/// Turns a stream of sizes into surprises.
class TailScale {
 public:
  /// -log10 of the share of earlier sizes that were at least as large; then takes it in.
  double surprise(double size);

 private:
  void learn(double size);

  double point_ = 0;   ///< The 95 % point so far.
  double excess_ = 0;  ///< The mean of what lies above it.
  double step_ = 0;    ///< How far the point moves at once.
  double count_ = 0;
  double above_ = 0;
};

struct AnomalyOptions {
  std::size_t period = 0;     ///< Values in a season; 0: found in the series, 1: none.
  std::size_t warm_up = 100;  ///< Before so many values nothing is said.
};

/// What is most unusual about a value.
enum class Oddity : std::uint8_t { kNone, kLevel, kStep, kRecordHigh, kRecordLow, kDrift, kNoise };

struct AnomalyVerdict {
  double score = 0;  ///< 1 - tail probability; 0 in warm-up and rest.
  Oddity oddity = Oddity::kNone;
  double expected = 0;  ///< Of the value, by season and level.
  double usual = 0;     ///< The usual distance from that.
};

class AnomalyScorer {
 public:
  explicit AnomalyScorer(const AnomalyOptions& options = {});

  /// A value that is not finite is missing: scored 0, and time passes.
  AnomalyVerdict look_at(double value);

 private:
  static constexpr std::size_t kTailed = 5;  ///< Features with a tail of their own.

  struct Features {
    std::array<double, kTailed> sizes{};  ///< Slow and quick residual, step, drift, noise.
    double record = 0;                    ///< How far beyond all before, in ranges.
    bool is_value_record = false;
    bool is_high = false;
  };

  /// The residuals' usual size, and where they were last.
  struct Pace {
    double level = 0, noise = 0;
  };

  void search_season();
  void begin_season(std::size_t period);
  void learn_season();
  void follow(double value, double rest);
  void follow_season(double residual);
  [[nodiscard]] Features features_of(double value, double rest) const;
  [[nodiscard]] static Oddity oddity_of(const Features& features, const std::array<double, kTailed>& parts);
  [[nodiscard]] double rested(double surprise);

  std::size_t count_ = 0;
  std::size_t period_ = 1;
  bool has_begun_ = false;
  std::size_t next_search_ = 0;  ///< 0: the season is settled.
  std::vector<float> history_;   ///< Until then.
  std::vector<float> season_, season_noise_;
  Pace slow_, quick_, step_;  ///< `step_.level`: the rest before.
  double short_noise_ = 0;
  double up_ = 0, down_ = 0;  ///< CUSUM.
  double low_ = 0, high_ = 0, low_rest_ = 0, high_rest_ = 0;
  std::array<TailScale, kTailed> tails_;
  TailScale combined_;
  std::size_t warm_up_ = 0;
  std::size_t rest_left_ = 0;
  double rest_level_ = 0;
};

}  // namespace kpi::forecast

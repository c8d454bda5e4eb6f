#pragma once
// How unusual each value of a series is, judged by itself and what came before it, in constant time and memory. Pure;
// an AnomalyScorer belongs to one thread.
//
// Several features look at each value: its distance from its season and level, slowly and quickly adapted; its step
// from the value before; whether it is a record of any of these; the drift of small deviations (CUSUM, Page 1954);
// the change of the noise. Each becomes a surprise, -log10 of the share of the past that was at least as large: by
// counting below the 95 % point, above it by the mean excess (an exponential tail of the logarithm, as in extreme
// value theory), as sure as the number of values above allows. Their combination is brought on the same scale once
// more.

#include "rules/forecast/season.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kpi::forecast {

/// Turns a stream of sizes into surprises. While there are few, the largest of them are the tail; later a point and a
/// mean excess follow the stream.
class TailScale {
 public:
  /// -log10 of the probability of so large a size, by the earlier ones; then takes it in.
  double surprise(double size);

 private:
  static constexpr std::size_t kKept = 33;

  void learn(double size);
  void learn_few(double size);

  double point_ = 0;    ///< Where the tail begins: the 95 % point, sooner while there are few.
  double excess_ = 0;   ///< The mean of what lies above it.
  double above_ = 0;    ///< How many that mean is of.
  double beyond_ = 20;  ///< One in so many lies above the point.
  double step_ = 0;     ///< How far the point moves at once.
  double count_ = 0;
  std::array<double, kKept> largest_{};  ///< Falling.
};

struct AnomalyOptions {
  std::size_t period = 0;     ///< Values in a season; 0: found in the series, 1: none.
  std::size_t warm_up = 100;  ///< Before so many values, and two seasons, nothing is said.
  /// So long what was unusual is left alone; none: 30 % of the warm-up.
  std::optional<std::size_t> rest = std::nullopt;
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

  /// What the next value is to be, and its usual distance from that (`score` is 0); nothing before that is known.
  [[nodiscard]] std::optional<AnomalyVerdict> expectation() const;

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
  void end_first_round();
  void set_season(const std::vector<double>& values);
  double take_in(double value, AnomalyVerdict* verdict = nullptr);
  [[nodiscard]] bool is_unheard_of(double rest) const;
  void accept_move(double value);
  void follow(double value, double rest);
  void follow_season(double residual);
  [[nodiscard]] Features features_of(double value, double rest) const;
  [[nodiscard]] double surprise_of_record(const Features& features) const;
  [[nodiscard]] static Oddity oddity_of(const Features& features, const std::array<double, kTailed>& parts);
  [[nodiscard]] double surprise_of_size(double distances);
  [[nodiscard]] double rested(double surprise);

  /// Of a season that is given.
  [[nodiscard]] bool is_first_round() const { return next_search_ == 0 && period_ > 1 && count_ < period_; }

  std::size_t count_ = 0;
  double heard_ = 0;  ///< How many values the noise is known from.
  std::size_t period_ = 1;
  bool has_begun_ = false;
  std::size_t next_search_ = 0;  ///< 0: the season is settled.
  std::vector<double> history_;  ///< Until then, or until the first round of a given season is over.
  std::vector<double> season_, season_noise_;
  std::size_t odd_ones_ = 0;    ///< Values that nothing explains, where nothing varied before.
  std::vector<double> before_;  ///< The values of the round before; NaN where there was none.
  Pace slow_, quick_, step_;    ///< `step_.level`: the rest before.
  double short_noise_ = 0;
  double up_ = 0, down_ = 0;  ///< CUSUM.
  double low_ = 0, high_ = 0, low_rest_ = 0, high_rest_ = 0;
  std::array<TailScale, kTailed> tails_;
  TailScale combined_;
  std::size_t warm_up_ = 0;
  std::size_t rest_ = 0;
  std::size_t rest_left_ = 0;
  double rest_level_ = 0;
  double rest_size_ = 0;  ///< How far the value lay off that is rested from.
  double size_ = 0;       ///< How far the newest value lies off, in usual distances,
  double largest_ = 0;    ///< and the one that lay farthest before it.
};

}  // namespace kpi::forecast

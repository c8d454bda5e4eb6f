#include "rules/forecast/anomaly.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kpi::forecast {
namespace {

/// From so many values on a season is looked for.
constexpr std::size_t kFirstSearch = 100;
/// One giant value must not blind what follows.
constexpr double kMostSurprise = 6;
/// Values in which a season is looked for, whenever their number has doubled.
constexpr std::size_t kMostHistory = 16384;
constexpr std::size_t kSearched = 1000;
/// The first values are taken as they are; later ones teach no more than so many usual residuals.
constexpr std::size_t kYoung = 20;
constexpr double kAnything = 1e300;
/// A record counts from so much of the range on, and then as much as a surprise of one in a hundred.
constexpr double kRecord = 0.02;
constexpr double kRecordSurprise = 2;
/// What is said to be unusual is left alone for a while, unless it gets clearly worse.
constexpr double kRestFrom = 3;
constexpr double kRest = 0.3;  // of the warm-up
constexpr double kClearlyWorse = 0.3;
/// Of the slow and quick residual, the step, the drift and the noise.
constexpr std::array<double, 5> kWeights{0.3, 0.5, 0.4, 0.1, 0.1};
constexpr double kTiny = 1e-12;
/// Squares of what is larger would overflow.
constexpr double kLargest = 1e30;

double clipped(double value, double limit) {
  return std::clamp(value, -limit, limit);
}

/// The mean of the products of values `lag` apart.
double togetherness(const std::vector<float>& values, std::size_t lag) {
  double sum = 0;
  for (std::size_t t = lag + 1; t < values.size(); ++t) {
    sum += (static_cast<double>(values[t]) - static_cast<double>(values[t - 1])) *
           (static_cast<double>(values[t - lag]) - static_cast<double>(values[t - lag - 1]));
  }
  return sum / static_cast<double>(values.size() - lag);
}

/// The longest season of the values, found in their means over blocks and then sharpened; 1: none.
std::size_t season_of(const std::vector<float>& values) {
  const std::size_t block = (values.size() + kSearched - 1) / kSearched;
  std::vector<double> means;
  for (std::size_t t = 0; t + block <= values.size(); t += block) {
    double sum = 0;
    for (std::size_t i = t; i < t + block; ++i) {
      sum += static_cast<double>(values[i]);
    }
    means.push_back(sum / static_cast<double>(block));
  }
  const std::vector<int> periods = find_periods(means);
  if (periods.empty()) {
    return 1;
  }
  const std::size_t rough = static_cast<std::size_t>(periods.back()) * block;
  std::size_t best = rough;
  double most = togetherness(values, rough);
  for (std::size_t lag = rough - block + 1; block > 1 && lag < rough + block; ++lag) {
    const double one = togetherness(values, lag);
    if (one > most) {
      most = one;
      best = lag;
    }
  }
  return best;
}

}  // namespace

double TailScale::surprise(double size) {
  double result = 0;
  if (count_ >= 20) {
    if (size > point_) {
      const double excess = std::max(excess_, kTiny);
      result = std::log10(20.0) + (size - point_) / excess / std::log(10.0);
    } else {
      result = point_ > 0 ? std::log10(20.0) * size / point_ : 0;
    }
  }
  learn(size);
  return std::min(result, kMostSurprise);
}

void TailScale::learn(double size) {
  count_ += 1;
  if (count_ == 1) {
    point_ = size;
  }
  const double rate = 1 / std::min(count_, 20000.0);
  step_ += (std::abs(size - point_) - step_) * std::max(rate, 0.001);
  const double move = std::max(step_, kTiny) * std::max(2 / std::sqrt(count_), 0.02);
  point_ = std::max(0.0, point_ + (size > point_ ? 0.95 * move : -0.05 * move));
  if (size > point_) {
    above_ += 1;
    const double most = excess_ > 0 && above_ > 10 ? 10 * excess_ : std::numeric_limits<double>::infinity();
    excess_ += (std::min(size - point_, most) - excess_) / std::min(above_, 2000.0);
  }
}

AnomalyScorer::AnomalyScorer(const AnomalyOptions& options)
    : next_search_(options.period > 0 ? 0 : kFirstSearch), warm_up_(options.warm_up) {
  begin_season(std::max<std::size_t>(options.period, 1));
}

void AnomalyScorer::begin_season(std::size_t period) {
  period_ = period;
  season_.assign(period, 0.0F);
  season_noise_.assign(period, 0.0F);
}

void AnomalyScorer::search_season() {
  if (history_.size() < next_search_) {
    return;
  }
  const std::size_t period = season_of(history_);
  next_search_ = period > 1 || 2 * next_search_ > kMostHistory ? 0 : 2 * next_search_;
  if (period > 1) {
    begin_season(period);
    learn_season();
  }
  if (next_search_ == 0) {
    history_ = {};
  }
}

/// From what has been seen: the mean of each phase; then the rest is gone through again.
void AnomalyScorer::learn_season() {
  std::vector<double> sums(period_, 0.0);
  double mean = 0;
  for (std::size_t t = 0; t < history_.size(); ++t) {
    sums[t % period_] += static_cast<double>(history_[t]);
    mean += static_cast<double>(history_[t]) / static_cast<double>(history_.size());
  }
  for (std::size_t phase = 0; phase < period_; ++phase) {
    const std::size_t rounds = (history_.size() - phase + period_ - 1) / period_;
    season_[phase] = static_cast<float>(sums[phase] / static_cast<double>(rounds) - mean);
  }
  slow_ = quick_ = step_ = {mean, 0};
  low_rest_ = high_rest_ = mean;
  up_ = down_ = 0;
  const std::size_t count = count_;
  for (count_ = 0; count_ < history_.size(); ++count_) {
    const auto value = static_cast<double>(history_[count_]);
    follow(value, value - static_cast<double>(season_[count_ % period_]));
  }
  count_ = count;
}

AnomalyScorer::Features AnomalyScorer::features_of(double value, double rest) const {
  const double tiny = kTiny + 1e-9 * std::abs(value);
  const double own = period_ > 1 ? static_cast<double>(season_noise_[count_ % period_]) : slow_.noise;
  const auto scaled = [&](const Pace& pace, double noise) {
    return std::log1p(std::abs(rest - pace.level) / (std::sqrt((pace.noise * pace.noise + noise * noise) / 2) + tiny));
  };
  Features features;
  features.sizes = {scaled(slow_, own),
                    scaled(quick_, own),
                    scaled(step_, step_.noise),
                    std::log1p(std::max(up_, down_)),
                    std::log1p(short_noise_ / (quick_.noise + tiny))};
  const double beyond = std::max({0.0, value - high_, low_ - value}) / std::max(high_ - low_, tiny);
  const double beyond_rest =
      std::max({0.0, rest - high_rest_, low_rest_ - rest}) / std::max(high_rest_ - low_rest_, tiny);
  features.record = std::max(beyond, beyond_rest);
  features.is_value_record = beyond > kRecord;
  features.is_high = value > high_;
  return features;
}

void AnomalyScorer::follow_season(double residual) {
  const std::size_t phase = count_ % period_;
  const double rounds = static_cast<double>(count_) / static_cast<double>(period_);
  const double rate = std::max(1 / (rounds + 1), 0.1);
  const double limit = count_ < kYoung || rounds < 2 ? kAnything : 4 * slow_.noise;
  const auto noise = static_cast<double>(season_noise_[phase]);
  season_[phase] += static_cast<float>(rate * clipped(residual, limit));
  season_noise_[phase] += static_cast<float>(rate * (std::min(std::abs(residual), 6 * slow_.noise) - noise));
}

void AnomalyScorer::follow(double value, double rest) {
  const double rate = std::max(1 / static_cast<double>(count_ + 1), 0.001);
  const bool is_young = count_ < kYoung;
  const double residual = rest - slow_.level;
  const double quick = rest - quick_.level;
  const auto learn = [&](Pace& pace, double distance) {
    const double most = is_young ? kAnything : 5 * pace.noise + kTiny;
    pace.noise += rate * (std::min(std::abs(distance), most) - pace.noise);
  };
  slow_.level += rate * clipped(residual, is_young ? kAnything : 3 * slow_.noise);
  quick_.level += std::max(rate, 0.12) * clipped(quick, is_young ? kAnything : 6 * quick_.noise);
  learn(slow_, residual);
  learn(quick_, quick);
  learn(step_, rest - step_.level);
  step_.level = rest;
  short_noise_ += 0.2 * (std::abs(quick) - short_noise_);
  const double z = clipped(residual / (slow_.noise + kTiny), 4);
  up_ = std::clamp(up_ + z - 1, 0.0, 50.0);
  down_ = std::clamp(down_ - z - 1, 0.0, 50.0);
  if (period_ > 1) {
    follow_season(residual);
  }
  low_ = std::min(low_, value);
  high_ = std::max(high_, value);
  low_rest_ = std::min(low_rest_, rest);
  high_rest_ = std::max(high_rest_, rest);
}

AnomalyVerdict AnomalyScorer::look_at(double value) {
  AnomalyVerdict verdict;
  if (!std::isfinite(value)) {
    if (next_search_ > 0 && !history_.empty()) {
      history_.push_back(history_.back());
    }
    ++count_;
    return verdict;
  }
  value = clipped(value, kLargest);
  const double rest = value - static_cast<double>(season_[count_ % period_]);
  if (!has_begun_) {
    has_begun_ = true;
    slow_.level = quick_.level = step_.level = low_rest_ = high_rest_ = rest;
    low_ = high_ = value;
  }
  const Features features = features_of(value, rest);
  double sum = features.record > kRecord ? kRecordSurprise + std::log10(features.record / kRecord) : 0;
  std::array<double, kTailed> parts{};
  for (std::size_t i = 0; i < kTailed; ++i) {
    parts[i] = kWeights[i] * tails_[i].surprise(features.sizes[i]);
    sum += parts[i];
  }
  const double surprise = combined_.surprise(sum);
  verdict.expected = slow_.level + value - rest;
  verdict.usual = slow_.noise;
  verdict.oddity = oddity_of(features, parts);
  follow(value, rest);
  ++count_;
  if (next_search_ > 0) {
    history_.push_back(static_cast<float>(value));
    search_season();
  }
  if (count_ > std::max(warm_up_, 2 * period_)) {
    verdict.score = rested(surprise);
  }
  return verdict;
}

Oddity AnomalyScorer::oddity_of(const Features& features, const std::array<double, kTailed>& parts) {
  if (features.is_value_record) {
    return features.is_high ? Oddity::kRecordHigh : Oddity::kRecordLow;
  }
  constexpr std::array<Oddity, kTailed> kNames{
      Oddity::kLevel, Oddity::kLevel, Oddity::kStep, Oddity::kDrift, Oddity::kNoise};
  return kNames.at(static_cast<std::size_t>(std::ranges::max_element(parts) - parts.begin()));
}

double AnomalyScorer::rested(double surprise) {
  if (rest_left_ > 0) {
    --rest_left_;
    if (surprise <= rest_level_ + kClearlyWorse) {
      return 0;
    }
  }
  if (surprise > kRestFrom) {
    rest_left_ = static_cast<std::size_t>(kRest * static_cast<double>(warm_up_));
    rest_level_ = surprise;
  }
  return 1 - std::pow(10.0, -surprise);
}

}  // namespace kpi::forecast

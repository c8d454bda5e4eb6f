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
/// A tail is spoken of from so many sizes on, and kept whole up to so many.
constexpr double kFewest = 10;
constexpr double kFew = 640;
constexpr std::size_t kLeastTail = 6;
constexpr double kGiant = 6;
/// The point, too, is known from few, and is not that of independent values.
constexpr double kTrust = 0.5;
/// Before so many values, and a whole season, the features show how the level is found, not how the series is.
constexpr double kFound = 10;
/// The first values are taken as they are; later ones teach no more than so many usual residuals.
constexpr double kYoung = 20;
constexpr double kAnything = 1e300;
/// A record counts from so much of the range on, and then as much as a surprise of one in a hundred.
constexpr double kRecord = 0.02;
constexpr double kRecordSurprise = 2;
/// What is said to be unusual is left alone for a while, unless it gets clearly worse.
constexpr double kRestFrom = 3;
constexpr double kRest = 0.3;  // of the warm-up
constexpr double kClearlyWorse = 0.3;
constexpr double kFarWorse = 2;  // or as much farther off
/// A value that lies so many times as far off as every one before is rarer than one in half their number by a power of
/// that: honest up to one in some thousands even if the noise is as heavy as Student's with three degrees of freedom.
/// More of them than some hundreds say no more.
constexpr double kGlaring = 1.3;
constexpr double kSurveyed = 100;  // of fewer nobody knows how far they reach
constexpr double kHeaviest = 4;
constexpr double kMostGlaring = 2.5;
/// Of the slow and quick residual, the step, the drift and the noise.
constexpr std::array<double, 5> kWeights{0.3, 0.5, 0.4, 0.1, 0.1};
constexpr double kTiny = 1e-12;
/// Noise so small against a distance is none, and values so near to each other are the same.
constexpr double kNone = 1e-5;
/// So many odd ones among constants are no noise.
constexpr std::size_t kOddOnes = 2;
/// Squares of what is larger would overflow.
constexpr double kLargest = 1e30;

double clipped(double value, double limit) {
  return std::clamp(value, -limit, limit);
}

/// The mean of the products of values `lag` apart.
double togetherness(const std::vector<double>& values, std::size_t lag) {
  double sum = 0;
  for (std::size_t t = lag + 1; t < values.size(); ++t) {
    sum += (values[t] - values[t - 1]) * (values[t - lag] - values[t - lag - 1]);
  }
  return sum / static_cast<double>(values.size() - lag);
}

/// The longest season of the values, found in their means over blocks and then sharpened; 1: none.
std::size_t season_of(const std::vector<double>& values) {
  const std::size_t block = (values.size() + kSearched - 1) / kSearched;
  std::vector<double> means;
  for (std::size_t t = 0; t + block <= values.size(); t += block) {
    double sum = 0;
    for (std::size_t i = t; i < t + block; ++i) {
      sum += values[i];
    }
    means.push_back(sum / static_cast<double>(block));
  }
  const std::vector<int> periods = find_echoes(means);
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

/// The predictive distribution of an exponential tail whose mean is known from `above_` values: Pareto's.
double TailScale::surprise(double size) {
  double result = 0;
  if (count_ >= kFewest) {
    if (size > point_) {
      const double shape = kTrust * above_;
      const double excess = shape * std::max(excess_, kTiny);
      result = std::log10(beyond_) + shape * std::log1p((size - point_) / excess) / std::log(10.0);
    } else {
      result = point_ > 0 ? std::log10(beyond_) * size / point_ : 0;
    }
  }
  learn(size);
  return std::min(result, kMostSurprise);
}

/// The tail is a twentieth of what was seen, at least kLeastTail; one giant in it counts as a large one.
void TailScale::learn_few(double size) {
  auto at = std::ranges::upper_bound(largest_.begin(), largest_.end(), size, std::ranges::greater());
  if (at != largest_.end()) {
    std::move_backward(at, largest_.end() - 1, largest_.end());
    *at = size;
  }
  const auto tail = std::clamp(static_cast<std::size_t>(count_ / 20), kLeastTail, kKept - 1);
  point_ = largest_[tail];
  const double most = kGiant * (largest_[tail / 2] - point_) + kTiny;
  excess_ = 0;
  for (std::size_t i = 0; i < tail; ++i) {
    excess_ += std::min(largest_[i] - point_, most) / static_cast<double>(tail);
  }
  above_ = static_cast<double>(tail);
  beyond_ = (count_ + 1) / (above_ + 1);
}

void TailScale::learn(double size) {
  count_ += 1;
  if (count_ == 1) {
    point_ = size;
  }
  const double rate = 1 / std::min(count_, 20000.0);
  step_ += (std::abs(size - point_) - step_) * std::max(rate, 0.001);
  if (count_ <= kFew) {
    learn_few(size);
    return;
  }
  const double move = std::max(step_, kTiny) * std::max(2 / std::sqrt(count_), 0.02);
  point_ = std::max(0.0, point_ + (size > point_ ? 0.95 * move : -0.05 * move));
  if (size > point_) {
    above_ += 1;
    const double most = excess_ > 0 ? 10 * excess_ : std::numeric_limits<double>::infinity();
    excess_ += (std::min(size - point_, most) - excess_) / std::min(above_, 2000.0);
  }
}

AnomalyScorer::AnomalyScorer(const AnomalyOptions& options)
    : next_search_(options.period > 0 ? 0 : kFirstSearch),
      warm_up_(options.warm_up),
      rest_(options.rest.value_or(static_cast<std::size_t>(kRest * static_cast<double>(options.warm_up)))) {
  begin_season(std::max<std::size_t>(options.period, 1));
}

void AnomalyScorer::begin_season(std::size_t period) {
  period_ = period;
  season_.assign(period, 0.0);
  season_noise_.assign(period, 0.0);
  before_.assign(period, std::numeric_limits<double>::quiet_NaN());
}

/// From what has been seen: the mean of each phase; then all is gone through again.
void AnomalyScorer::search_season() {
  if (history_.size() < next_search_) {
    return;
  }
  const std::size_t period = season_of(history_);
  next_search_ = period > 1 || 2 * next_search_ > kMostHistory ? 0 : 2 * next_search_;
  if (period > 1) {
    begin_season(period);
    set_season(history_);
    tails_ = {};
    combined_ = {};
    largest_ = 0;
    has_begun_ = false;
    for (count_ = 0; count_ < history_.size();) {
      take_in(history_[count_]);
    }
  }
  if (next_search_ == 0) {
    history_ = {};
  }
}

/// Of a season that is given, the first round is the first idea; the noise is heard from there on.
void AnomalyScorer::end_first_round() {
  set_season(history_);
  history_ = {};
  const double mean = slow_.level;
  slow_ = quick_ = step_ = {mean, 0};
  low_rest_ = high_rest_ = mean;
  short_noise_ = up_ = down_ = 0;
  heard_ = 0;
}

/// The mean of each phase against the mean of all, which becomes the level. Values that are not finite are missing.
void AnomalyScorer::set_season(const std::vector<double>& values) {
  std::vector<double> sums(period_, 0.0);
  std::vector<double> counts(period_, 0.0);
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (std::isfinite(values[t])) {
      sums[t % period_] += values[t];
      counts[t % period_] += 1;
    }
  }
  double mean = 0;
  double phases = 0;
  for (std::size_t phase = 0; phase < period_; ++phase) {
    if (counts[phase] > 0) {
      sums[phase] /= counts[phase];
      phases += 1;
      mean += (sums[phase] - mean) / phases;
    }
  }
  for (std::size_t phase = 0; phase < period_; ++phase) {
    season_[phase] = counts[phase] > 0 ? sums[phase] - mean : 0.0;
  }
  slow_.level = mean;
}

AnomalyScorer::Features AnomalyScorer::features_of(double value, double rest) const {
  const double tiny = kTiny + 1e-9 * std::abs(value);
  const double own = period_ > 1 ? season_noise_[count_ % period_] : slow_.noise;
  const auto scaled = [&](const Pace& pace, double noise) {
    const double size = std::abs(rest - pace.level) / (std::sqrt((pace.noise * pace.noise + noise * noise) / 2) + tiny);
    return size > kNone ? std::log1p(size) : 0;  // rounding is no distance
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
  const double limit = heard_ < kYoung || rounds < 2 ? kAnything : 4 * slow_.noise;
  const double noise = season_noise_[phase];
  season_[phase] += rate * clipped(residual, limit);
  season_noise_[phase] += rate * (std::min(std::abs(residual), 6 * slow_.noise) - noise);
}

void AnomalyScorer::follow(double value, double rest) {
  const double rate = std::max(1 / (heard_ + 1), 0.001);
  const bool is_odd = is_unheard_of(rest);
  const bool is_young = heard_ < kYoung || is_odd;
  heard_ += 1;
  low_ = std::min(low_, value);
  high_ = std::max(high_, value);
  low_rest_ = std::min(low_rest_, rest);
  high_rest_ = std::max(high_rest_, rest);
  if (is_odd && ++odd_ones_ <= kOddOnes) {
    step_.level = rest;
    return;
  }
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
}

AnomalyVerdict AnomalyScorer::look_at(double value) {
  const bool is_missing = !std::isfinite(value);
  value = clipped(value, kLargest);
  if (is_first_round()) {
    history_.push_back(is_missing ? std::nan("") : value);
  } else if (next_search_ > 0 && !(is_missing && history_.empty())) {
    history_.push_back(is_missing ? history_.back() : value);
  }
  AnomalyVerdict verdict;
  double surprise = 0;
  if (is_missing) {
    ++count_;
  } else {
    surprise = take_in(value, &verdict);
  }
  if (next_search_ > 0) {
    search_season();
  } else if (period_ > 1 && count_ == period_) {
    end_first_round();
  }
  if (!is_missing && count_ > std::max(warm_up_, 2 * period_)) {
    verdict.score = rested(surprise);
  }
  return verdict;
}

std::optional<AnomalyVerdict> AnomalyScorer::expectation() const {
  if (heard_ < kFound || is_first_round()) {
    return std::nullopt;
  }
  AnomalyVerdict verdict;
  verdict.expected = quick_.level + season_[count_ % period_];
  verdict.usual = quick_.noise;
  return verdict;
}

/// Whether nothing ever varied, and now something does: there is no noise to follow it with.
bool AnomalyScorer::is_unheard_of(double rest) const {
  return heard_ >= kYoung && std::max(slow_.noise, quick_.noise) < kNone * std::abs(rest - quick_.level);
}

/// What is unheard of for the second time, in its place of the season or right after the value before, is where the
/// series is now.
void AnomalyScorer::accept_move(double value) {
  const std::size_t phase = count_ % period_;
  const double rest = value - season_[phase];
  const double near = kNone * std::abs(rest - quick_.level);
  if (!is_unheard_of(rest)) {
    return;
  }
  if (std::abs(value - before_[phase]) <= near) {
    season_[phase] = value - quick_.level;
    odd_ones_ = 0;
  } else if (std::abs(rest - step_.level) <= near) {
    slow_.level = quick_.level = step_.level = rest;
    odd_ones_ = 0;
  }
}

/// How surprising the value is; then it is part of the past.
double AnomalyScorer::take_in(double value, AnomalyVerdict* verdict) {
  if (has_begun_) {
    accept_move(value);
  }
  const double rest = value - season_[count_ % period_];
  if (!has_begun_) {
    has_begun_ = true;
    heard_ = 0;
    slow_ = quick_ = step_ = {rest, 0};
    low_rest_ = high_rest_ = rest;
    low_ = high_ = value;
    short_noise_ = up_ = down_ = 0;
  }
  const Features features = features_of(value, rest);
  std::array<double, kTailed> parts{};
  double surprise = 0;
  if (heard_ >= kFound && !is_first_round()) {
    double sum = surprise_of_record(features);
    for (std::size_t i = 0; i < kTailed; ++i) {
      parts[i] = kWeights[i] * tails_[i].surprise(features.sizes[i]);
      sum += parts[i];
    }
    surprise = heard_ >= 2 * kFound ? combined_.surprise(sum) : 0;
    surprise = std::max(surprise, surprise_of_size(std::expm1(features.sizes[1])));
  }
  if (verdict != nullptr) {
    verdict->expected = quick_.level + value - rest;
    verdict->usual = quick_.noise;
    verdict->oddity = oddity_of(features, parts);
  }
  follow(value, rest);
  before_[count_ % period_] = value;
  ++count_;
  return surprise;
}

/// In noise one in half as many values as there were is a record of its side.
double AnomalyScorer::surprise_of_record(const Features& features) const {
  if (features.record <= kRecord) {
    return 0;
  }
  const double rarity = std::log10(std::max(1.0, static_cast<double>(count_) / 200));
  return std::min(kRecordSurprise, rarity) + std::log10(features.record / kRecord);
}

/// The features know few large values while the series is short, and one that is beyond all of them by far looks no
/// rarer to them than the largest. One giant among those before must not make every later one small.
double AnomalyScorer::surprise_of_size(double distances) {
  size_ = distances;
  const double before = largest_;
  largest_ = std::max(largest_, before > 0 ? std::min(distances, kFarWorse * before) : distances);
  if (heard_ < kSurveyed || !(before > 0) || !(distances > kGlaring * before)) {
    return 0;
  }
  const double surprise = std::min(kMostGlaring, std::log10(heard_ / 2)) + kHeaviest * std::log10(distances / before);
  return std::min(surprise, kMostSurprise);
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
    if (surprise <= rest_level_ + kClearlyWorse && size_ <= kFarWorse * rest_size_) {
      return 0;
    }
  }
  if (surprise > kRestFrom) {
    rest_left_ = rest_;
    rest_level_ = surprise;
    rest_size_ = size_;
  }
  return 1 - std::pow(10.0, -surprise);
}

}  // namespace kpi::forecast

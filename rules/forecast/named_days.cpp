#include "rules/forecast/named_days.hpp"

#include <algorithm>
#include <cmath>

namespace kpi::forecast {
namespace {

/// What happened less often is not believed.
constexpr std::size_t kFewestRuns = 2;
/// An ordinary value is thought of by so many seasons (or neighbours) before and after, not farther away than so many.
constexpr std::size_t kNear = 2;
constexpr std::size_t kFar = 8;
/// A kind of more than one value in so many is not special.
constexpr std::size_t kSpecial = 3;
/// The root mean square of normal noise in its mean distances.
constexpr double kRootMean = 1.2533;

}  // namespace

double DayEffect::doubt_of(double ordinary) const {
  return is_factor ? doubt * std::abs(ordinary) : doubt;
}

void DayLesson::take(NamedValue value, bool begins_run) {
  runs_ += begins_run || values_.empty() ? 1 : 0;
  if (values_.size() < kMost) {
    values_.push_back(value);
    return;
  }
  values_[next_] = value;
  next_ = (next_ + 1) % kMost;
}

/// The mean effect, pulled to none by how sure it is (James and Stein 1961); for its doubt one more happening is
/// thought of that had half of it.
DayEffect DayLesson::learned(double noise) const {
  DayEffect effect;
  if (runs_ < kFewestRuns) {
    return effect;
  }
  const auto count = static_cast<double>(values_.size());
  double sum = 0;
  double ordinary = 0;
  for (const NamedValue& one : values_) {
    sum += one.value;
    ordinary += one.ordinary;
    effect.is_factor = effect.is_factor && one.value >= 0 && one.ordinary > 0;
  }
  effect.size = effect.is_factor ? sum / ordinary - 1 : (sum - ordinary) / count;
  const double scale = effect.is_factor ? ordinary / count : 1;
  double squares = effect.size * effect.size * scale * scale / 4;
  for (const NamedValue& one : values_) {
    const double rest = one.value - one.ordinary - effect.of(one.ordinary);
    squares += rest * rest;
  }
  const double spread = squares / count;
  const double whole = effect.size * effect.size * scale * scale;
  const double unsure = std::max(spread, noise * noise) / count;
  effect.size *= whole > unsure ? 1 - unsure / whole : 0;
  effect.doubt = std::sqrt(std::max(0.0, spread - noise * noise) + unsure) / scale;
  effect.is_known = std::isfinite(effect.size) && std::isfinite(effect.doubt);
  return effect;
}

DayEffects::DayEffects(std::span<const double> values, std::span<const Mark> marks, std::size_t period)
    : count_(values.size()), period_(std::max<std::size_t>(period, 1)), marks_(marks) {
  ordinary_.assign(values.begin(), values.end());
  kind_at_.assign(std::max(count_, marks_.size()), 0);
  find_kinds();
  if (kinds_.empty()) {
    return;
  }
  learn(values);
  const bool is_negative = std::ranges::any_of(values, [](double value) { return value < 0; });
  for (std::size_t t = 0; t < count_; ++t) {
    const double usual = kind_at_[t] > 0 ? ordinary_at(values, t) : std::nan("");
    if (!std::isnan(usual) && std::isfinite(values[t])) {
      const DayEffect& effect = kinds_[kind_at_[t] - 1].effect;
      const double rest = effect.is_known ? values[t] - effect.of(usual) : usual;
      ordinary_[t] = is_negative ? rest : std::max(0.0, rest);
    }
  }
}

void DayEffects::find_kinds() {
  for (std::size_t t = 0; t < std::min(count_, marks_.size()); ++t) {
    if (marks_[t] == 0) {
      continue;
    }
    auto found = std::ranges::find(kinds_, marks_[t], &Kind::mark);
    if (found == kinds_.end()) {
      kinds_.push_back({marks_[t], 0, {}, {}});
      found = kinds_.end() - 1;
    }
    ++found->count;
  }
  std::erase_if(kinds_, [&](const Kind& kind) { return kind.count * kSpecial > count_; });
  for (std::size_t t = 0; t < marks_.size(); ++t) {
    const auto found = std::ranges::find(kinds_, marks_[t], &Kind::mark);
    kind_at_[t] = found == kinds_.end() ? 0 : static_cast<std::size_t>(found - kinds_.begin()) + 1;
  }
}

void DayEffects::learn(std::span<const double> values) {
  double noise = 0;
  double known = 0;
  for (std::size_t t = 0; t < count_; ++t) {
    const double usual = ordinary_at(values, t);
    if (std::isnan(usual) || !std::isfinite(values[t])) {
      continue;
    }
    if (kind_at_[t] > 0) {
      kinds_[kind_at_[t] - 1].lesson.take({values[t], usual}, t == 0 || kind_at_[t - 1] != kind_at_[t]);
    } else {
      noise += std::abs(values[t] - usual);
      known += 1;
    }
  }
  for (Kind& kind : kinds_) {
    kind.effect = kind.lesson.learned(known > 0 ? kRootMean * noise / known : 0);
  }
}

const DayEffect* DayEffects::ahead(std::size_t step) const {
  const std::size_t at = count_ + step - 1;
  if (at >= kind_at_.size() || kind_at_[at] == 0) {
    return nullptr;
  }
  const DayEffect& effect = kinds_[kind_at_[at] - 1].effect;
  return effect.is_known ? &effect : nullptr;
}

/// The mean of the nearest ordinary values of the same phase, before and after; NaN: there is none.
double DayEffects::ordinary_at(std::span<const double> values, std::size_t at) const {
  double sum = 0;
  double known = 0;
  const auto counts = [&](std::size_t t) {
    const bool is_ordinary = kind_at_[t] == 0 && std::isfinite(values[t]);
    sum += is_ordinary ? values[t] : 0;
    known += is_ordinary ? 1 : 0;
    return is_ordinary;
  };
  std::size_t before = 0;
  std::size_t after = 0;
  for (std::size_t i = 1; i <= kFar; ++i) {
    const std::size_t away = i * period_;
    before += before < kNear && away <= at && counts(at - away) ? 1 : 0;
    after += after < kNear && at + away < count_ && counts(at + away) ? 1 : 0;
  }
  return known > 0 ? sum / known : std::nan("");
}

}  // namespace kpi::forecast

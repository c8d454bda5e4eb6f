#include "rules/forecast/day_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kpi::forecast {
namespace {

/// A kind of more than one value in so many, counted from so many on, is not special.
constexpr std::size_t kSpecial = 3;
constexpr std::size_t kFewValues = 60;
/// The root mean square of normal noise in its mean distances.
constexpr double kRootMean = 1.2533;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

DayScorer::Kind& DayScorer::kind_of(Mark mark) {
  const auto found = std::ranges::find(kinds_, mark, &Kind::mark);
  return found != kinds_.end() ? *found : kinds_.emplace_back(Kind{mark, 0, {}});
}

AnomalyVerdict DayScorer::look_at(double value, Mark mark) {
  const bool begins_run = mark != before_;
  before_ = mark;
  ++count_;
  if (mark == 0) {
    return scorer_.look_at(value);
  }
  Kind& kind = kind_of(mark);
  ++kind.count;
  return kind.count * kSpecial > std::max(count_, kFewValues) ? scorer_.look_at(value)
                                                              : look_at_named(value, kind, begins_run);
}

AnomalyVerdict DayScorer::look_at_named(double value, Kind& kind, bool begins_run) {
  const auto ordinary = scorer_.expectation();
  if (!ordinary || !std::isfinite(value)) {
    return scorer_.look_at(kMissing);
  }
  const double noise = kRootMean * ordinary->usual;
  const DayEffect effect = kind.lesson.learned(noise);
  kind.lesson.take({value, ordinary->expected}, begins_run);
  if (!effect.is_known) {
    return scorer_.look_at(kMissing);
  }
  const double expected = ordinary->expected + effect.of(ordinary->expected);
  const double widened = std::hypot(noise, effect.doubt_of(ordinary->expected));
  const double shown = widened > 0 ? (value - expected) * noise / widened : value - expected;
  AnomalyVerdict verdict = scorer_.look_at(ordinary->expected + shown);
  verdict.expected = expected;
  verdict.usual = widened / kRootMean;
  return verdict;
}

}  // namespace kpi::forecast

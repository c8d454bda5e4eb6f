#include "rules/forecast/outliers.hpp"

#include "rules/forecast/season.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace kpi::forecast {
namespace {

/// With fewer values nobody knows what is usual.
constexpr std::size_t kFewest = 20;
/// So many usual deviations from the values before are too many to be one of them.
constexpr double kFar = 8;
/// As many in a row may be wrong; more are a level of their own.
constexpr std::size_t kLongestRun = 3;
/// Where more than one run in so many values stands apart, that is how the series is.
constexpr std::size_t kRare = 50;
/// A level that has held for so long is found as a break.
constexpr std::size_t kSettled = 8;
/// How probable it is that the last one, two, … values that stand apart are a new level. Where nothing ever varied,
/// nothing is known of how it does.
constexpr std::array<double, 4> kNewLevel{0.08, 0.7, 0.85, 0.95};
constexpr double kNewAfterConstant = 0.3;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double median3(double a, double b, double c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

/// How far values usually are from the middle one of the three before.
struct Usual {
  double drift = 0;
  double size = 0;
  bool is_constant = false;

  explicit Usual(std::span<const double> values) {
    std::vector<double> steps;
    for (std::size_t t = 3; t < values.size(); ++t) {
      steps.push_back(values[t] - median3(values[t - 1], values[t - 2], values[t - 3]));
    }
    drift = median(steps);
    double sum = 0;
    for (double& step : steps) {
      step = std::abs(step - drift);
      sum += step;
    }
    const double middle = median(steps);
    is_constant = !(middle > 0);
    size = std::max(1.4826 * middle, sum / static_cast<double>(steps.size()) / 2);
  }
};

/// What is never negative varies by amounts or by rates: only what is far off on both scales stands apart.
double rate_of(double value, double unit) {
  return std::log1p(std::max(0.0, value) / unit);
}

class Search {
 public:
  Search(std::span<const double> values, std::span<const int> periods)
      : values_(values), periods_(periods), tamed_(values.begin(), values.end()), usual_(values) {
    if (*std::ranges::min_element(values) < 0) {
      return;
    }
    unit_ = median(tamed_);
    if (unit_ > 0) {
      std::vector<double> rates(values.size());
      std::ranges::transform(values, rates.begin(), [&](double value) { return rate_of(value, unit_); });
      usual_rate_.emplace(rates);
    }
  }

  /// False: too much stands apart.
  bool run() {
    begin();
    std::size_t found = 0;
    for (std::size_t t = 3; t < values_.size();) {
      const std::size_t end = run_from(t);
      if (end == t) {
        ++t;
      } else if (end == values_.size()) {
        open_ = t;
        break;
      } else if (end - t <= kLongestRun) {
        bridge(t, end);
        t = end;
        ++found;
      } else {
        t += kLongestRun;
      }
    }
    return found <= std::max<std::size_t>(2, values_.size() / kRare);
  }

  [[nodiscard]] const std::vector<double>& tamed() const { return tamed_; }

  /// Where the last values that stand apart begin; the end: there are none.
  [[nodiscard]] std::size_t open() const { return open_.value_or(values_.size()); }

  [[nodiscard]] double expected(std::size_t t) const {
    return median3(tamed_[t - 1], tamed_[t - 2], tamed_[t - 3]) + usual_.drift;
  }

  [[nodiscard]] bool is_constant() const { return usual_.is_constant; }

 private:
  [[nodiscard]] bool is_far(double value, double expected) const {
    return std::abs(value - expected) > kFar * usual_.size &&
           (!usual_rate_ || std::abs(rate_of(value, unit_) - rate_of(expected, unit_)) > kFar * usual_rate_->size);
  }

  /// The value one season away is like it.
  [[nodiscard]] bool is_of_season(std::size_t t, double size) const {
    return std::ranges::any_of(periods_, [&](int period) {
      const auto away = static_cast<std::size_t>(period);
      const auto is_alike = [&](std::size_t other) {
        return std::abs(values_[other] - values_[t]) < std::abs(size) / 2;
      };
      return (t >= away && is_alike(t - away)) || (t + away < values_.size() && is_alike(t + away));
    });
  }

  /// The end of the values from `t` on that stand apart together; `t`: it does not.
  [[nodiscard]] std::size_t run_from(std::size_t t) const {
    const double usual = expected(t);
    const double size = values_[t] - usual;
    if (!is_far(values_[t], usual) || is_of_season(t, size)) {
      return t;
    }
    std::size_t end = t + 1;
    while (end < values_.size() && end - t <= kSettled &&
           (values_[end] - usual) * (size > 0 ? 1 : -1) > std::abs(size) / 2) {
      ++end;
    }
    return end;
  }

  void bridge(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const double part = static_cast<double>(i + 1 - begin) / static_cast<double>(end + 1 - begin);
      tamed_[i] = std::lerp(tamed_[begin - 1], values_[end], part);
    }
  }

  /// The first three by those after them.
  void begin() {
    for (std::size_t t = 3; t-- > 0;) {
      const double usual = median3(tamed_[t + 1], tamed_[t + 2], tamed_[t + 3]) - usual_.drift;
      if (is_far(values_[t], usual) && !is_far(values_[3], usual) && !is_of_season(t, values_[t] - usual)) {
        tamed_[t] = usual;
      }
    }
  }

  std::span<const double> values_;
  std::span<const int> periods_;
  std::vector<double> tamed_;
  Usual usual_;
  std::optional<Usual> usual_rate_;
  double unit_ = 1;
  std::optional<std::size_t> open_;
};

/// From the level of `from` to that of `to`: by a factor what is never negative, else by an amount.
Alternative way(double from, double to, bool is_negative) {
  Alternative result;
  if (!is_negative && from > 0 && to > 0) {
    result.factor = to / from;
  } else {
    result.shift = to - from;
  }
  return result;
}

/// `values` were tamed up to `search.open()`.
Ending end_of(const Search& search, std::span<const double> rest, std::vector<double>& values, const Seasons& seasons) {
  const std::size_t open = search.open();
  const std::size_t length = values.size() - open;
  const bool is_negative = *std::ranges::min_element(values) < 0;
  const double before = std::max(search.expected(open), is_negative ? search.expected(open) : 0.0);
  const double now = median({rest.begin() + static_cast<std::ptrdiff_t>(open), rest.end()});
  Ending ending;
  if (length == 1) {
    ending.alternative = way(before, now, is_negative);
    ending.alternative.probability = search.is_constant() ? kNewAfterConstant : kNewLevel[0];
    values[open] = seasons.give(before, open);
    return ending;
  }
  ending.alternative = way(now, before, is_negative);
  ending.alternative.probability = 1 - kNewLevel.at(std::min(length, kNewLevel.size()) - 1);
  ending.is_moved = true;
  if (search.is_constant()) {
    ending.cut = open;
    return ending;
  }
  const Alternative move = way(before, now, is_negative);
  for (std::size_t t = 0; t < open; ++t) {
    values[t] = move.of(values[t]);
  }
  return ending;
}

}  // namespace

Ending tame(std::vector<double>& values, std::span<const int> periods) {
  if (values.size() < kFewest) {
    return {};
  }
  Seasons seasons;
  if (!periods.empty()) {  // found without what stands apart from all others
    Search first(values, periods);
    seasons = find_seasons(first.run() ? first.tamed() : values, periods);
  }
  std::vector<double> rest(values);
  for (std::size_t t = 0; t < rest.size(); ++t) {
    rest[t] = seasons.take(rest[t], t);
  }
  Search search(rest, periods);
  if (!search.run()) {
    return {};
  }
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (search.tamed()[t] != rest[t]) {
      values[t] = seasons.give(search.tamed()[t], t);
    }
  }
  const std::size_t open = search.open();
  return open < values.size() && values.size() - open < kSettled ? end_of(search, rest, values, seasons) : Ending{};
}

}  // namespace kpi::forecast

#include "rules/forecast/forecast.hpp"

#include "rules/forecast/prepare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace kpi::forecast {
namespace {

/// How many origins the backtest has at most.
constexpr std::size_t kOrigins = 16;
/// The least that a method is fitted to.
constexpr std::size_t kLeastFit = 5;
/// A method that errs by more than so much more than the best is left out; changing seasons must be the best to count.
constexpr double kTolerance = 2;
/// Pulls the weights together: few trials say little about which of two methods is better.
constexpr double kEvenness = 0.3;

/// The power of the steps ahead by which the errors of a random walk grow; sums of them by one more.
constexpr double kWalk = 0.5;

std::vector<std::size_t> choose_origins(std::size_t count, std::size_t horizon, std::size_t period) {
  const std::size_t least = std::max(kLeastFit, period > 1 ? 2 * period + period % 2 : 0);
  const std::size_t span = std::max({3 * horizon, 3 * period, count / 3});
  const std::size_t first = std::max(least, count > span ? count - span : 0);
  std::vector<std::size_t> origins;
  if (first >= count) {
    return origins;
  }
  const std::size_t room = count - first;
  const std::size_t wanted = std::min(room, kOrigins);
  for (std::size_t i = 0; i < wanted; ++i) {
    origins.push_back(first + i * room / wanted);
  }
  return origins;
}

constexpr double kMost = std::numeric_limits<double>::max();
constexpr auto kPlain = static_cast<std::size_t>(Method::kWinters);

/// By the errors of the backtest; where there was none, all alike.
double weight_of(std::size_t method, double error, double best) {
  const bool is_plain = method < kPlain;
  if (!(best > 0)) {
    return is_plain && !(error > 0) ? 1 : 0;
  }
  if (error > best * (is_plain ? kTolerance : 1.0)) {
    return 0;
  }
  const double ratio = (error + kEvenness * best) / ((1 + kEvenness) * best);
  return 1 / (ratio * ratio);
}

/// The unit in which squares of the values neither overflow nor vanish.
double unit_of(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value));
  }
  return largest > 1e100 || (largest > 0 && largest < 1e-100) ? largest : 1;
}

/// The longest season that the values have three rounds of, as named days are told from ordinary ones by it.
std::size_t round_of(const Question& question) {
  std::size_t longest = 1;
  for (const int period : question.periods) {
    const auto one = static_cast<std::size_t>(std::max(period, 1));
    longest = question.values.size() >= 3 * one ? std::max(longest, one) : longest;
  }
  return longest;
}

/// Where nothing ever varied, a goal equal to the value is met, and rounding makes it no less.
bool is_the_same(double point, double goal, double scale) {
  constexpr double kRounding = 1e-9;
  const double rounding = kRounding * std::max(std::abs(point), std::abs(goal));
  return scale <= rounding && std::abs(point - goal) <= rounding;
}

double kept_in(double value, double lowest, double highest) {
  return std::isnan(value) ? lowest : std::clamp(value, lowest, highest);
}

}  // namespace

std::string_view name_of(Lack lack) {
  return lack == Lack::kNoValue ? "no value" : "";
}

double Forecaster::combine(const Projections& projections, std::size_t origin, std::size_t step) const {
  double sum = 0;
  for (std::size_t method = 0; method < kMethods; ++method) {
    if (weights_[method] > 0) {
      sum += weights_[method] * projections.at(origin, method)[step];
    }
  }
  return sum;
}

void Forecaster::try_out() {
  const std::size_t period = periods_.empty() ? 1 : static_cast<std::size_t>(periods_.back());
  origins_ = choose_origins(values_.size(), horizon_, period);
  past_.reset(origins_.size(), horizon_);
  const std::size_t groups = origins_.empty() ? 0 : periods_.empty() ? 1 : 2;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t begin = group * origins_.size() / groups;
    const std::size_t end = (group + 1) * origins_.size() / groups;
    if (begin == end) {
      continue;
    }
    const auto part = std::span(origins_).subspan(begin, end - begin);
    pool_.project({values_, periods_, part.front(), part}, begin, past_);
  }
}

void Forecaster::weigh() {
  std::array<double, kMethods> error{};
  weights_.assign(kMethods, 0.0);
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    for (std::size_t step = 0; step < past_.horizon() && origins_[i] + step < values_.size(); ++step) {
      const double truth = values_[origins_[i] + step];
      for (std::size_t method = 0; method < kMethods; ++method) {
        error[method] += std::abs(past_.at(i, method)[step] - truth);
      }
    }
  }
  const double best = *std::ranges::min_element(error.begin(), error.begin() + kPlain);
  for (std::size_t method = 0; method < kMethods; ++method) {
    weights_[method] = weight_of(method, error[method], best);
  }
  const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  for (double& weight : weights_) {
    weight /= sum;
  }
}

void Forecaster::keep_laws(const Forecast& result, Lesson& lesson) {
  TrialErrors errors{
      origins_.size(), past_.horizon(), std::vector<double>(origins_.size() * past_.horizon(), std::nan(""))};
  TrialErrors totals = errors;
  const bool is_positive = *std::ranges::min_element(values_) > 0;
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    double sum = 0;
    for (std::size_t step = 0; step < past_.horizon() && origins_[i] + step < values_.size(); ++step) {
      const double said = combine(past_, i, step);
      double error = values_[origins_[i] + step] - said;
      if (is_positive && said > 0) {  // what counts or sells more errs by more: by the root, between amounts and rates
        error *= std::sqrt(std::clamp(result.points[step] / said, 0.25, 4.0));
      }
      sum += error;
      errors.at(i, step) = error;
      totals.at(i, step) = sum;
    }
  }
  const double naive = naive_scale(values_, periods_);
  lesson.law = ErrorLaw(errors, {naive, kWalk});
  lesson.total_law = ErrorLaw(totals, {naive, 1 + kWalk});
  lesson.law.enlarge(unit_);
  lesson.total_law.enlarge(unit_);
}

/// False: there is no value.
bool Forecaster::load(const Question& question, Forecast& result) {
  days_.reset();
  if (std::ranges::any_of(question.marks, [](Mark mark) { return mark != 0; })) {
    days_.emplace(question.values, question.marks, round_of(question));
  }
  Prepared prepared = prepare(days_ ? days_->ordinary() : question.values, question.periods);
  if (prepared.values.empty()) {
    result.lack = Lack::kNoValue;
    return false;
  }
  values_ = std::move(prepared.values);
  periods_ = std::move(prepared.periods);
  horizon_ = std::clamp<std::size_t>(question.horizon, 1, kFarthest);
  unit_ = unit_of(values_);
  for (double& value : values_) {
    value /= unit_;
  }
  if (values_.size() < 2) {
    values_.push_back(values_.front());
  }
  result.lowest = std::max(question.lowest, prepared.is_negative ? -kMost : 0);
  result.highest = std::min(question.highest, kMost);
  result.is_positive = *std::ranges::min_element(values_) > 0;
  result.alternative = prepared.alternative;
  is_moved_ = prepared.is_moved;
  return true;
}

/// The points, in the unit, by the weights there are.
void Forecaster::foresee(Forecast& result) {
  future_.reset(1, horizon_);
  const std::array<std::size_t, 1> now{values_.size()};
  pool_.project({values_, periods_, values_.size(), now}, 0, future_);
  for (std::size_t step = 0; step < horizon_; ++step) {
    result.points.push_back(kept_in(combine(future_, 0, step), result.lowest / unit_, result.highest / unit_));
  }
  result.periods = periods_;
}

Lesson Forecaster::learn_from(const Forecast& result, std::size_t given) {
  Lesson lesson;
  lesson.periods = periods_;
  lesson.weights = weights_;
  lesson.trials = origins_.size();
  lesson.given = given;
  lesson.used = values_.size();
  lesson.steps = usual_steps(pool_.rest(), origins_.empty() ? values_.size() : origins_.front());
  keep_laws(result, lesson);
  return lesson;
}

/// As wide as the series moves now.
void Forecaster::take_laws(const Lesson& lesson, Forecast& result) const {
  const double now = restlessness(pool_.rest(), lesson.steps);
  result.law = lesson.law;
  result.total_law = lesson.total_law;
  result.law.enlarge(now);
  result.total_law.enlarge(now);
  result.trials = lesson.trials;
}

/// In the unit of the values, with what the named days to come do.
void Forecaster::finish(Forecast& result) const {
  for (double& point : result.points) {
    point = kept_in(point * unit_, result.lowest, result.highest);
  }
  for (std::size_t step = 1; days_ && step <= result.points.size(); ++step) {
    if (const DayEffect* effect = days_->ahead(step)) {
      double& point = result.points[step - 1];
      result.doubts.resize(result.points.size(), 0.0);
      result.doubts[step - 1] = effect->doubt_of(point);
      point = kept_in(point + effect->of(point), result.lowest, result.highest);
    }
  }
}

Lesson Forecaster::learn(const Question& question) {
  Forecast result;
  if (!load(question, result)) {
    return {};
  }
  try_out();
  weigh();
  foresee(result);
  return learn_from(result, question.values.size());
}

Forecast Forecaster::answer(const Question& question) {
  Forecast result;
  if (!load(question, result)) {
    return result;
  }
  try_out();
  weigh();
  foresee(result);
  take_laws(learn_from(result, question.values.size()), result);
  finish(result);
  return result;
}

Forecast Forecaster::answer(const Question& question, const Lesson& lesson) {
  Forecast result;
  if (!load(question, result)) {
    return result;
  }
  const std::size_t newer = question.values.size() - std::min(question.values.size(), lesson.given);
  if (lesson.weights.empty() || is_moved_ || values_.size() != lesson.used + newer) {
    return answer(question);
  }
  periods_ = lesson.periods;
  weights_ = lesson.weights;
  foresee(result);
  take_laws(lesson, result);
  finish(result);
  return result;
}

double skewed(double error, double point) {
  const double root = std::max(0.0, 1 + error / (2 * point));
  return point * (root * root - 1);
}

double evened(double error, double point) {
  return 2 * point * (std::sqrt(std::max(0.0, 1 + error / point)) - 1);
}

/// Of the sum of the steps so far.
double Forecast::doubt_until(std::size_t step) const {
  double squares = 0;
  for (std::size_t i = 0; i < std::min(step, doubts.size()); ++i) {
    squares += doubts[i] * doubts[i];
  }
  return std::sqrt(squares);
}

double Forecast::value_of(double point, double error) const {
  return point + (is_positive && point > 0 ? skewed(error, point) : error);
}

double Forecast::error_of(double point, double value) const {
  return is_positive && point > 0 ? evened(value - point, point) : value - point;
}

struct Forecast::Around {
  const ErrorLaw* law;
  double steps, doubt, point, other, least, most;

  [[nodiscard]] double scale() const { return std::hypot(law->scale(steps), doubt); }
};

Forecast::Around Forecast::step_at(std::size_t step) const {
  const double point = points[step - 1];
  return {&law, static_cast<double>(step), doubt_at(step), point, alternative.of(point), lowest, highest};
}

Forecast::Around Forecast::sum_until(std::size_t step) const {
  const auto steps = static_cast<double>(step);
  const double sum = total(step);
  return {&total_law,
          steps,
          doubt_until(step),
          sum,
          sum * alternative.factor + steps * alternative.shift,
          std::max(lowest * steps, -kMost),
          std::min(highest * steps, kMost)};
}

double Forecast::share_at_least(const Around& around, double point, double goal) const {
  return is_the_same(point, goal, around.scale())
             ? 1
             : around.law->probability(around.steps, -error_of(point, goal), around.doubt);
}

double Forecast::share_at_most(const Around& around, double point, double goal) const {
  return is_the_same(point, goal, around.scale())
             ? 1
             : around.law->probability(around.steps, error_of(point, goal), around.doubt);
}

/// Between the quantiles of both where there is an alternative, by halves.
double Forecast::quantile_of(const Around& around, double probability) const {
  const double error = around.law->quantile(around.steps, probability, around.doubt);
  const double plain = value_of(around.point, error);
  if (!(alternative.probability > 0)) {
    return kept_in(plain, around.least, around.most);
  }
  const double other = value_of(around.other, error);
  double low = kept_in(std::min(plain, other), around.least, around.most);
  double high = kept_in(std::max(plain, other), around.least, around.most);
  const auto is_below = [&](double value) {
    return std::lerp(share_at_most(around, around.point, value),
                     share_at_most(around, around.other, value),
                     alternative.probability) < probability;
  };
  if (!is_below(low)) {
    return low;
  }
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = std::midpoint(low, high);
    (is_below(middle) ? low : high) = middle;
  }
  return high;
}

double Forecast::quantile(std::size_t step, double probability) const {
  return quantile_of(step_at(step), probability);
}

double Forecast::at_least(std::size_t step, double goal) const {
  if (goal <= lowest || goal > highest) {
    return goal <= lowest ? 1 : 0;
  }
  const Around around = step_at(step);
  return std::lerp(
      share_at_least(around, around.point, goal), share_at_least(around, around.other, goal), alternative.probability);
}

double Forecast::at_most(std::size_t step, double goal) const {
  if (goal < lowest || goal >= highest) {
    return goal < lowest ? 0 : 1;
  }
  const Around around = step_at(step);
  return std::lerp(
      share_at_most(around, around.point, goal), share_at_most(around, around.other, goal), alternative.probability);
}

double Forecast::total(std::size_t step) const {
  const double sum = std::accumulate(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(step), 0.0);
  return kept_in(sum, -kMost, kMost);
}

double Forecast::total_quantile(std::size_t step, double probability) const {
  return quantile_of(sum_until(step), probability);
}

double Forecast::total_at_least(std::size_t step, double goal) const {
  if (goal <= lowest * static_cast<double>(step)) {
    return 1;
  }
  const Around around = sum_until(step);
  return std::lerp(
      share_at_least(around, around.point, goal), share_at_least(around, around.other, goal), alternative.probability);
}

}  // namespace kpi::forecast

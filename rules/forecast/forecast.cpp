#include "rules/forecast/forecast.hpp"

#include "rules/forecast/prepare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace kpi::forecast {
namespace {

/// How many origins the backtest has at most.
constexpr std::size_t kOrigins = 16;
/// The least that a method is fitted to, and the least share of all: with much less it errs more than it will.
constexpr std::size_t kLeastFit = 5;
constexpr std::size_t kLeastShare = 4;
/// How many errors of the backtest the error one step ahead is worth, as it was all along the series.
constexpr double kWorthOfAll = 16;
/// A method that errs by more than so much more than the best is left out; changing seasons must be the best to count.
constexpr double kTolerance = 2;
/// Pulls the weights together: few trials say little about which of two methods is better.
constexpr double kEvenness = 0.3;

/// What is known before an origin ends with a value that was seen, as what is known now does.
std::vector<std::size_t> choose_origins(std::span<const char> known, std::size_t horizon, std::size_t period) {
  const std::size_t count = known.size();
  const std::size_t least = std::max({kLeastFit, period > 1 ? 2 * period + period % 2 : 0, count / kLeastShare});
  const std::size_t span = std::max({3 * horizon, 3 * period, count / 3});
  const std::size_t first = std::max(least, count > span ? count - span : 0);
  std::vector<std::size_t> possible;
  std::size_t seen = 0;
  for (std::size_t t = 0; t < count; ++t) {
    if (t >= first && known[t - 1] != 0 && seen >= kLeastFit) {
      possible.push_back(t);
    }
    seen += known[t] != 0 ? 1 : 0;
  }
  const std::size_t wanted = std::min(possible.size(), kOrigins);
  std::vector<std::size_t> origins;
  for (std::size_t i = 0; i < wanted; ++i) {
    origins.push_back(possible[i * possible.size() / wanted]);
  }
  return origins;
}

/// Where values are missing, the errors over so many usual gaps tell how they grow.
constexpr double kGaps = 4;

constexpr double kMost = std::numeric_limits<double>::max();
/// Errors of one origin are alike: so many of them count. What speaks against growing errors must be clear.
constexpr double kIndependent = 4;
constexpr double kDoubtOfLevel = 5;
constexpr double kMostByLevel = 20;
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

/// An error of nothing but rounding is none.
double without_rounding(double error, double value) {
  constexpr double kRounding = 1e-10;
  return std::abs(error) > kRounding * std::abs(value) ? error : 0;
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

/// How far the past is forecast.
std::size_t Forecaster::reach() const {
  return std::max(horizon_ + gap_, static_cast<std::size_t>(std::ceil(kGaps * (stride_ - 1))));
}

/// Whether what came is known.
bool Forecaster::is_true_at(std::size_t origin, std::size_t step) const {
  return known_[origins_[origin] + step] != 0;
}

void Forecaster::try_out() {
  const std::size_t period = periods_.empty() ? 1 : static_cast<std::size_t>(periods_.back());
  origins_ = choose_origins(known_, reach(), period);
  past_.reset(origins_.size(), reach());
  const std::size_t groups = origins_.empty() ? 0 : periods_.empty() ? 1 : 2;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t begin = group * origins_.size() / groups;
    const std::size_t end = (group + 1) * origins_.size() / groups;
    if (begin == end) {
      continue;
    }
    const auto part = std::span(origins_).subspan(begin, end - begin);
    pool_.project({values_, known_, periods_, part.front(), part}, begin, past_);
  }
}

void Forecaster::weigh() {
  std::array<double, kMethods> error{};
  weights_.assign(kMethods, 0.0);
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    for (std::size_t step = 0; step < past_.horizon() && origins_[i] + step < values_.size(); ++step) {
      if (!is_true_at(i, step)) {
        continue;
      }
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

/// What counts or sells errs by more where there is more of it: by the root, between amounts and rates; with seasons
/// perhaps not at all or as much, if that makes the errors of the backtest more alike.
ErrorsByLevel Forecaster::errors_by_level(const Forecast& result) const {
  ErrorsByLevel best;
  best.level = std::accumulate(result.points.begin(), result.points.end(), 0.0) / static_cast<double>(horizon_);
  if (!(*std::ranges::min_element(values_) > 0) || !(best.level > 0)) {
    return {};
  }
  best.power = 0.5;
  if (periods_.empty() || origins_.empty()) {
    return best;
  }
  constexpr std::array<double, 3> kPowers{0, 0.5, 1};
  std::array<double, 3> squares{};
  double logs = 0;
  double count = 0;
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    for (std::size_t step = 0; step < past_.horizon() && origins_[i] + step < values_.size(); ++step) {
      if (!is_true_at(i, step)) {
        continue;
      }
      const double said = combine(past_, i, step);
      const double error = values_[origins_[i] + step] - said;
      const double size = ErrorsByLevel{best.level, 1}.at(said);
      squares[0] += error * error;
      squares[1] += error * error / size;
      squares[2] += error * error / (size * size);
      logs += std::log(size);
      count += 1;
    }
  }
  const double independent = std::min(count, kIndependent * static_cast<double>(origins_.size()));
  const auto unlikely = [&](std::size_t i) {
    return independent * (std::log(squares[i]) + 2 * kPowers[i] * logs / count);
  };
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
    if (squares[1] > 0 && unlikely(i) + kDoubtOfLevel < unlikely(1) && (i == 0 || unlikely(2) < unlikely(0))) {
      best.power = kPowers[i];
    }
  }
  return best;
}

void Forecaster::keep_laws(const Forecast& result, Lesson& lesson) {
  TrialErrors errors{
      origins_.size(), past_.horizon(), std::vector<double>(origins_.size() * past_.horizon(), std::nan(""))};
  if (origins_.size() > 1) {
    errors.spacing = static_cast<double>(origins_.back() - origins_.front()) / static_cast<double>(origins_.size() - 1);
  }
  const std::size_t sums = past_.horizon() - gap_;
  TrialErrors totals{origins_.size(), sums, std::vector<double>(origins_.size() * sums, std::nan("")), errors.spacing};
  const ErrorsByLevel by_level = errors_by_level(result);
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    double error = 0;
    double sum = 0;
    for (std::size_t step = 0; step < past_.horizon() && origins_[i] + step < values_.size(); ++step) {
      const double said = combine(past_, i, step);
      const double one = without_rounding(values_[origins_[i] + step] - said, said);
      const bool is_true = is_true_at(i, step);
      if (is_true) {
        errors.at(i, step) = one / by_level.at(said);
      }
      if (step < gap_) {
        continue;
      }
      const std::size_t summed = step - gap_;
      sum += said;
      error += one;
      if (is_true) {
        totals.at(i, summed) = error / by_level.at(sum / static_cast<double>(summed + 1));
      }
    }
  }
  const double mean = std::accumulate(values_.begin(), values_.end(), 0.0) / static_cast<double>(values_.size());
  ErrorPrior prior{.scale = without_rounding(one_step_scale(values_, known_, periods_), mean) / by_level.at(mean),
                   .worth = std::min(kWorthOfAll, static_cast<double>(std::ranges::count(known_, 1)) / 4),
                   .steps = stride_};
  lesson.law = ErrorLaw(errors, prior);
  prior.is_sum = true;
  if (stride_ > 1 || gap_ > 0) {  // a sum of one step is that step
    prior.scale = lesson.law.scale(static_cast<double>(1 + gap_));
    prior.steps = 1;
  }
  lesson.total_law = ErrorLaw(totals, prior);
  lesson.law.enlarge(unit_);
  lesson.total_law.enlarge(unit_);
  lesson.by_level = by_level;
  lesson.by_level.level *= unit_;
}

/// False: there is no value.
bool Forecaster::load(const Question& question, Forecast& result) {
  days_.reset();
  if (std::ranges::any_of(question.marks, [](Mark mark) { return mark != 0; })) {
    days_.emplace(question.values, question.marks, round_of(question));
  }
  Prepared prepared = prepare(days_ ? days_->ordinary() : question.values, question.periods);
  if (prepared.values.empty() || prepared.gap > kFarthest) {
    result.lack = Lack::kNoValue;
    return false;
  }
  values_ = std::move(prepared.values);
  known_ = std::move(prepared.known);
  gap_ = prepared.gap;
  periods_ = std::move(prepared.periods);
  horizon_ = std::clamp<std::size_t>(question.horizon, 1, kFarthest);
  unit_ = unit_of(values_);
  for (double& value : values_) {
    value /= unit_;
  }
  if (values_.size() < 2) {
    values_.push_back(values_.front());
    known_.push_back(1);
  }
  stride_ =
      static_cast<double>(known_.size() - 1) / std::max(1.0, static_cast<double>(std::ranges::count(known_, 1)) - 1);
  result.lowest = std::max(question.lowest, prepared.is_negative ? -kMost : 0);
  result.highest = std::min(question.highest, kMost);
  result.is_positive = *std::ranges::min_element(values_) > 0;
  result.alternative = prepared.alternative;
  result.gap = gap_;
  is_moved_ = prepared.is_moved;
  return true;
}

/// The points, in the unit, by the weights there are.
void Forecaster::foresee(Forecast& result) {
  future_.reset(1, gap_ + horizon_);
  const std::array<std::size_t, 1> now{values_.size()};
  pool_.project({values_, known_, periods_, values_.size(), now}, 0, future_);
  const auto [least, most] = std::ranges::minmax(values_);
  for (std::size_t step = gap_; step < gap_ + horizon_; ++step) {
    const double point = least < most ? combine(future_, 0, step) : most;  // what never varied, without rounding
    result.points.push_back(kept_in(point, result.lowest / unit_, result.highest / unit_));
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
  lesson.steps = usual_steps(pool_.rest(), origins_.empty() ? values_.size() : origins_.front(), known_);
  keep_laws(result, lesson);
  return lesson;
}

/// As wide as the series moves now.
void Forecaster::take_laws(const Lesson& lesson, Forecast& result) const {
  const double now = restlessness(pool_.rest(), lesson.steps, known_);
  result.law = lesson.law;
  result.total_law = lesson.total_law;
  result.law.enlarge(now);
  result.total_law.enlarge(now);
  result.by_level = lesson.by_level;
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
  const std::size_t gap = std::exchange(gap_, 0);
  try_out();
  weigh();
  foresee(result);
  Lesson lesson = learn_from(result, question.values.size());
  lesson.used += gap;
  return lesson;
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
  if (lesson.weights.empty() || is_moved_ || gap_ > 0 || values_.size() != lesson.used + newer) {
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

double ErrorsByLevel::at(double point) const {
  if (!(level > 0) || power == 0) {
    return 1;
  }
  const double ratio = std::clamp(point / level, 1 / kMostByLevel, kMostByLevel);
  return power == 1 ? ratio : std::sqrt(ratio);
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
  double size;  ///< Of the errors, as a multiple of the law's.

  [[nodiscard]] double scale() const { return size * std::hypot(law->scale(steps), doubt / size); }
};

Forecast::Around Forecast::step_at(std::size_t step) const {
  const double point = points[step - 1];
  return {&law,
          static_cast<double>(step + gap),
          doubt_at(step),
          point,
          alternative.of(point),
          lowest,
          highest,
          by_level.at(point)};
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
          std::min(highest * steps, kMost),
          by_level.at(sum / steps)};
}

double Forecast::share_at_least(const Around& around, double point, double goal) const {
  return is_the_same(point, goal, around.scale())
             ? 1
             : around.law->probability(around.steps, -error_of(point, goal) / around.size, around.doubt / around.size);
}

double Forecast::share_at_most(const Around& around, double point, double goal) const {
  return is_the_same(point, goal, around.scale())
             ? 1
             : around.law->probability(around.steps, error_of(point, goal) / around.size, around.doubt / around.size);
}

/// Between the quantiles of both where there is an alternative, by halves.
double Forecast::quantile_of(const Around& around, double probability) const {
  const double error = around.size * around.law->quantile(around.steps, probability, around.doubt / around.size);
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

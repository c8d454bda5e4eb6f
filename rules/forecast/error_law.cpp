#include "rules/forecast/error_law.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace kpi::forecast {
namespace {

/// Probabilities of the nodes: dense in the tails, symmetric.
constexpr std::array<double, 23> kNodes{0.0005, 0.0025, 0.005, 0.01, 0.025, 0.05,   0.10,  0.15,
                                        0.20,   0.30,   0.40,  0.50, 0.60,  0.70,   0.80,  0.85,
                                        0.90,   0.95,   0.975, 0.99, 0.995, 0.9975, 0.9995};

/// How many errors Student's distribution is as unsure as beforehand.
constexpr double kPriorErrors = 4;
/// Errors of neighbouring origins share their future: so many make one degree of freedom, and against so many the
/// backtest's own quantiles are weighed.
constexpr double kOriginsPerFreedom = 6;
constexpr double kDoubtOfMiddle = 4;
constexpr double kDoubtOfTails = 20;
/// From so many errors on the backtest's own quantiles count.
constexpr std::size_t kEnoughErrors = 60;

/// The incomplete beta function's continued fraction (Lentz), as in Abramowitz and Stegun 26.5.8.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double result = d;
  for (int m = 1; m <= 200; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (const double part : {even, odd}) {
      d = 1 + part * d;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = 1 + part / c;
      c = std::abs(c) < kTiny ? kTiny : c;
      result *= c * d;
    }
    if (std::abs(c * d - 1) < 1e-12) {
      break;
    }
  }
  return result;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0 || x >= 1) {
    return x <= 0 ? 0 : 1;
  }
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/// Of sorted values, between its neighbours; the k-th of n stands for k / (n + 1).
double sorted_quantile(std::span<const double> sorted, double probability) {
  const double at = probability * static_cast<double>(sorted.size() + 1) - 1;
  if (at <= 0) {
    return sorted.front();
  }
  const auto low = static_cast<std::size_t>(at);
  if (low + 1 >= sorted.size()) {
    return sorted.back();
  }
  return std::lerp(sorted[low], sorted[low + 1], at - std::floor(at));
}

}  // namespace

double student_probability(double t, double freedom) {
  if (std::isinf(t)) {
    return t > 0 ? 1 : 0;
  }
  const double tail = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2;
  return t > 0 ? 1 - tail : tail;
}

/// Hill 1970 (ACM algorithm 396).
double student_quantile(double probability, double freedom) {
  const double two_sided = 2 * std::min(probability, 1 - probability);
  const double sign = probability < 0.5 ? -1 : 1;
  constexpr double kHalfPi = 1.57079632679489662;
  if (two_sided >= 1) {
    return 0;
  }
  const double a = 1 / (freedom - 0.5);
  const double b = 48 / (a * a);
  double c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
  const double d = ((94.5 / (b + c) - 3) / b + 1) * std::sqrt(a * kHalfPi) * freedom;
  double x = d * two_sided;
  double y = std::pow(x, 2 / freedom);
  if (y > 0.05 + a) {
    // The normal quantile by Abramowitz and Stegun 26.2.23.
    const double r = std::sqrt(-2 * std::log(two_sided / 2));
    x = -(r -
          (2.515517 + 0.802853 * r + 0.010328 * r * r) / (1 + 1.432788 * r + 0.189269 * r * r + 0.001308 * r * r * r));
    y = x * x;
    if (freedom < 5) {
      c += 0.3 * (freedom - 4.5) * (x + 0.6);
    }
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = std::expm1(a * y * y);
  } else {
    y = ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y -
         1) *
            (freedom + 1) / (freedom + 2) +
        1 / y;
  }
  return sign * std::sqrt(freedom * y);
}

ErrorLaw::ErrorLaw(const TrialErrors& errors, const ErrorPrior& prior) : growth_(errors, prior) {
  const bool has_errors = std::ranges::any_of(errors.values, [](double error) { return !std::isnan(error); });
  freedom_ = kPriorErrors + (has_errors ? static_cast<double>(errors.origins) / kOriginsPerFreedom : 0);
  shape(errors);
}

void ErrorLaw::shape(const TrialErrors& errors) {
  nodes_.reserve(kNodes.size());
  for (const double node : kNodes) {
    nodes_.push_back(student_quantile(node, freedom_));
  }
  if (!(scale(1) > 0)) {
    return;
  }
  std::vector<double> seen;
  seen.reserve(errors.values.size());
  for (std::size_t step = 0; step < errors.horizon; ++step) {
    const double unit = scale(static_cast<double>(step + 1));
    for (std::size_t origin = 0; origin < errors.origins; ++origin) {
      const double error = errors.at(origin, step);
      if (!std::isnan(error)) {
        seen.push_back(error / unit);
      }
    }
  }
  if (seen.size() < kEnoughErrors) {
    return;
  }
  // Errors of one origin move together: they count as so many as there are origins, and both sides as one.
  std::vector<double> sizes(seen.size());
  std::ranges::transform(seen, sizes.begin(), [](double z) { return std::abs(z); });
  std::ranges::sort(sizes);
  const auto origins = static_cast<double>(errors.origins);
  for (std::size_t i = 0; i < kNodes.size(); ++i) {
    const double two_sided = std::abs(2 * kNodes[i] - 1);
    if (two_sided * static_cast<double>(sizes.size() + 1) > static_cast<double>(sizes.size())) {
      continue;
    }
    const double own = std::copysign(two_sided > 0 ? sorted_quantile(sizes, two_sided) : 0, nodes_[i]);
    const double doubt = std::lerp(kDoubtOfMiddle, kDoubtOfTails, two_sided * two_sided);
    nodes_[i] += origins / (origins + doubt) * (own - nodes_[i]);
  }
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    nodes_[i] = std::max(nodes_[i], nodes_[i - 1]);
  }
}

double ErrorLaw::scale(double steps) const {
  return factor_ * growth_.size(steps);
}

double ErrorLaw::quantile(double steps, double probability, double doubt) const {
  const double unit = std::hypot(scale(steps), doubt);
  const auto above = std::ranges::lower_bound(kNodes, probability);
  if (above == kNodes.begin() || above == kNodes.end() || nodes_.empty()) {
    return unit * student_quantile(std::clamp(probability, 1e-9, 1 - 1e-9), freedom_);
  }
  const auto i = static_cast<std::size_t>(above - kNodes.begin());
  const double part = (probability - kNodes[i - 1]) / (kNodes[i] - kNodes[i - 1]);
  return unit * std::lerp(nodes_[i - 1], nodes_[i], part);
}

double ErrorLaw::probability(double steps, double error, double doubt) const {
  const double unit = std::hypot(scale(steps), doubt);
  if (!(unit > 0)) {
    return error >= 0 ? 1 : 0;
  }
  const double z = error / unit;
  if (std::isnan(z)) {  // both beyond every number
    return error > 0 ? 1 : 0;
  }
  const auto above = std::ranges::lower_bound(nodes_, z);
  if (nodes_.empty() || above == nodes_.begin() || above == nodes_.end()) {
    const double tail = student_probability(z, freedom_);
    return z < 0 ? std::min(tail, kNodes.front()) : std::max(tail, kNodes.back());
  }
  const auto i = static_cast<std::size_t>(above - nodes_.begin());
  const double width = nodes_[i] - nodes_[i - 1];
  return std::lerp(kNodes[i - 1], kNodes[i], width > 0 ? (z - nodes_[i - 1]) / width : 1);
}

}  // namespace kpi::forecast

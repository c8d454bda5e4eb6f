#include "rules/forecast/restlessness.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kpi::forecast {
namespace {

/// The stated probabilities of the two widths.
constexpr std::array<double, 2> kStated{0.8, 0.95};
/// How fast the width follows, as the authors have it: 0.005 to 0.05.
constexpr double kRate = 0.05;
/// Fewer steps tell nothing; so many tell half of it.
constexpr std::size_t kFewest = 8;
constexpr double kDoubt = 20;
constexpr double kMost = 4;

/// The size of the step to `t`; a level that became negative since has no root, and the step is taken as none.
double step_to(std::size_t t, std::span<const double> rest, bool is_by_root) {
  const double step = std::abs(rest[t] - rest[t - 1]);
  return !is_by_root ? step : rest[t - 1] > 0 ? step / std::sqrt(rest[t - 1]) : 0;
}

/// A step into or out of a value that was never seen says nothing.
bool is_step(std::size_t t, std::span<const char> known) {
  return known.empty() || (known[t] != 0 && known[t - 1] != 0);
}

double quantile_of(std::span<const double> sorted, double probability) {
  const double at = std::max(0.0, probability * static_cast<double>(sorted.size() + 1) - 1);
  const auto low = static_cast<std::size_t>(at);
  return low + 1 < sorted.size() ? std::lerp(sorted[low], sorted[low + 1], at - std::floor(at)) : sorted.back();
}

}  // namespace

UsualSteps usual_steps(std::span<const double> rest, std::size_t first, std::span<const char> known) {
  UsualSteps usual;
  usual.first = std::max<std::size_t>(first, 1);
  if (usual.first + kFewest > rest.size()) {
    return usual;
  }
  usual.is_by_root = *std::ranges::min_element(rest) > 0;
  std::vector<double> sizes;
  sizes.reserve(rest.size() - usual.first);
  for (std::size_t t = usual.first; t < rest.size(); ++t) {
    if (is_step(t, known)) {
      sizes.push_back(step_to(t, rest, usual.is_by_root));
    }
  }
  if (sizes.size() < kFewest) {
    return usual;
  }
  std::ranges::sort(sizes);
  usual.count = sizes.size();
  for (std::size_t i = 0; i < kStated.size(); ++i) {
    usual.quantiles.at(i) = quantile_of(sizes, kStated.at(i));
  }
  return usual;
}

double restlessness(std::span<const double> rest, const UsualSteps& usual, std::span<const char> known) {
  if (usual.count == 0 || !(usual.quantiles[0] > 0)) {
    return 1;
  }
  static const double kShrink = std::exp(-kRate * (2 - kStated[0] - kStated[1]));
  static const double kGrow = std::exp(kRate);
  double width = 1;
  double seen = 0;
  for (std::size_t t = usual.first; t < rest.size(); ++t) {
    if (!is_step(t, known)) {
      continue;
    }
    seen += 1;
    const double size = step_to(t, rest, usual.is_by_root);
    width *= kShrink;
    for (const double quantile : usual.quantiles) {
      width *= size > quantile * width ? kGrow : 1;
    }
    width = std::clamp(width, 1 / kMost, kMost);
  }
  return std::pow(width, seen / (seen + kDoubt));
}

}  // namespace kpi::forecast

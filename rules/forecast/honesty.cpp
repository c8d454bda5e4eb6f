#include "rules/forecast/honesty.hpp"

#include <algorithm>

namespace kpi::forecast {

std::optional<double> brier_score(std::span<const Statement> statements) {
  if (statements.empty()) {
    return std::nullopt;
  }
  double sum = 0;
  for (const Statement& one : statements) {
    const double distance = one.probability - (one.happened ? 1 : 0);
    sum += distance * distance;
  }
  return sum / static_cast<double>(statements.size());
}

std::array<Tenth, 10> reliability(std::span<const Statement> statements) {
  std::array<Tenth, 10> tenths{};
  for (const Statement& one : statements) {
    Tenth& tenth = tenths.at(static_cast<std::size_t>(std::clamp(one.probability * 10, 0.0, 9.0)));
    ++tenth.count;
    tenth.stated += one.probability;
    tenth.happened += one.happened ? 1 : 0;
  }
  for (Tenth& tenth : tenths) {
    const double count = static_cast<double>(std::max<std::size_t>(1, tenth.count));
    tenth.stated /= count;
    tenth.happened /= count;
  }
  return tenths;
}

}  // namespace kpi::forecast

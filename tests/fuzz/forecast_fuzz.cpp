// Forecasts and anomaly scores of any numbers. The first two bytes choose horizon and period, every eight further ones
// are a double of any bits, whose lowest ones say whether its period has a name. What must hold: no crash, and nothing
// but finite numbers, intervals that hold their order, and probabilities between 0 and 1.

#include "rules/forecast/anomaly.hpp"
#include "rules/forecast/day_scorer.hpp"
#include "rules/forecast/forecast.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

using kpi::forecast::Mark;

/// About one period in eight has a name, of one of two kinds.
std::vector<Mark> marks_of(const std::vector<double>& values, std::size_t horizon) {
  std::vector<Mark> marks;
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value) % 16;
    marks.push_back(static_cast<Mark>(bits < 2 ? 1 + bits : 0));
  }
  for (std::size_t step = 0; step < horizon; ++step) {
    marks.push_back(static_cast<Mark>(step % 3));
  }
  return marks;
}

void check_days(const std::vector<double>& values, std::span<const Mark> marks, std::size_t period) {
  kpi::forecast::DayScorer scorer({.period = period, .warm_up = 20});
  for (std::size_t t = 0; t < values.size(); ++t) {
    const double score = scorer.look_at(values[t], marks[t]).score;
    require(score >= 0 && score <= 1);
  }
}

void check_forecast(const std::vector<double>& values, std::span<const Mark> marks, std::size_t horizon, int period) {
  kpi::forecast::Forecaster forecaster;
  const std::array<int, 1> periods{period};
  const std::span<const int> given = period == 0 ? std::span<const int>() : periods;
  const kpi::forecast::Forecast answer =
      forecaster.answer({.values = values, .horizon = horizon, .periods = given, .marks = marks});
  for (std::size_t step = 1; step <= answer.points.size(); ++step) {
    const double low = answer.quantile(step, 0.025);
    const double high = answer.quantile(step, 0.975);
    const double probability = answer.at_least(step, answer.points.front());
    require(std::isfinite(answer.points[step - 1]) && std::isfinite(low) && std::isfinite(high) && low <= high);
    require(probability >= 0 && probability <= 1);
    const double total = answer.total_at_least(step, answer.points.front());
    require(total >= 0 && total <= 1);
    require(answer.total_quantile(step, 0.1) <= answer.total_quantile(step, 0.9));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  std::vector<double> values((size - 2) / sizeof(double));
  if (!values.empty()) {
    std::memcpy(values.data(), data + 2, values.size() * sizeof(double));
  }
  const std::size_t horizon = 1 + data[0] % 40;
  const std::vector<Mark> marks = marks_of(values, horizon);
  check_forecast(values, {}, horizon, data[1] % 30);
  check_forecast(values, marks, horizon, data[1] % 30);
  check_days(values, marks, std::max<std::size_t>(1, data[1] % 30));
  kpi::forecast::AnomalyScorer scorer({.period = static_cast<std::size_t>(data[1] % 30)});
  for (int round = 0; round < 8; ++round) {
    for (const double value : values) {
      const double score = scorer.look_at(value).score;
      require(score >= 0 && score <= 1);
    }
  }
  return 0;
}

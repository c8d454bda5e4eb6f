// Forecasts and anomaly scores of any numbers. The first two bytes choose horizon and period, every eight further ones
// are a double of any bits. What must hold: no crash, and nothing but finite numbers, intervals that hold their
// order, and probabilities between 0 and 1.

#include "rules/forecast/anomaly.hpp"
#include "rules/forecast/forecast.hpp"

#include <array>
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

void check_forecast(const std::vector<double>& values, std::size_t horizon, int period) {
  kpi::forecast::Forecaster forecaster;
  const std::array<int, 1> periods{period};
  const std::span<const int> given = period == 0 ? std::span<const int>() : periods;
  const kpi::forecast::Forecast answer = forecaster.answer({.values = values, .horizon = horizon, .periods = given});
  for (std::size_t step = 1; step <= answer.points.size(); ++step) {
    const double low = answer.quantile(step, 0.025);
    const double high = answer.quantile(step, 0.975);
    const double probability = answer.at_least(step, answer.points.front());
    require(std::isfinite(answer.points[step - 1]) && std::isfinite(low) && std::isfinite(high) && low <= high);
    require(probability >= 0 && probability <= 1);
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
  check_forecast(values, 1 + data[0] % 40, data[1] % 30);
  kpi::forecast::AnomalyScorer scorer({.period = static_cast<std::size_t>(data[1] % 30)});
  for (int round = 0; round < 8; ++round) {
    for (const double value : values) {
      const double score = scorer.look_at(value).score;
      require(score >= 0 && score <= 1);
    }
  }
  return 0;
}

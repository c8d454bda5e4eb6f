#include "rules/forecast/winters.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi::forecast {
namespace {

constexpr double kDamping = 0.95;
constexpr double kTrendGain = 0.05;  // of the level's

}  // namespace

Winters::Winters(std::size_t period) : period_(period) {
  for (const double gain : {0.1, 0.35, 0.7}) {
    for (const double season_gain : {0.1, 0.3}) {
      members_.push_back({gain, season_gain, 0, 0, 0, std::vector<double>(period, 0.0)});
    }
  }
}

void Winters::step(double value, std::size_t t) {
  ++seen_;
  const std::size_t phase = t % period_;
  for (Member& member : members_) {
    if (t == 0) {
      member.level = value;
      continue;
    }
    const double expected = member.level + kDamping * member.trend;
    const double error = value - expected - member.season[phase];
    member.squares += error * error;
    member.level = expected + member.gain * error;
    member.trend = kDamping * member.trend + kTrendGain * member.gain * error;
    member.season[phase] += member.season_gain * (1 - member.gain) * error;
  }
}

void Winters::pass() {
  for (Member& member : members_) {
    member.trend *= kDamping;
    member.level += member.trend;
  }
}

void Winters::project(std::size_t count, std::span<double> out) const {
  double least = 1e300;
  for (const Member& member : members_) {
    least = std::min(least, std::max(member.squares, 1e-300));
  }
  double sum = 0;
  std::ranges::fill(out, 0.0);
  for (const Member& member : members_) {
    const double power = -0.5 * static_cast<double>(seen_) * std::log(std::max(member.squares, 1e-300) / least);
    if (power < -30) {
      continue;
    }
    const double weight = std::exp(power);
    sum += weight;
    double damping = 1;
    double moved = 0;
    for (std::size_t step = 0; step < out.size(); ++step) {
      damping *= kDamping;
      moved += damping;
      out[step] += weight * (member.level + moved * member.trend + member.season[(count + step) % period_]);
    }
  }
  for (double& value : out) {
    value /= sum;
  }
}

}  // namespace kpi::forecast

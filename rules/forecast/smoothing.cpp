#include "rules/forecast/smoothing.hpp"

#include <algorithm>
#include <cmath>

namespace kpi::forecast {
namespace {

constexpr std::array<double, 8> kAlphas{0.04, 0.12, 0.25, 0.4, 0.55, 0.7, 0.85, 0.98};
constexpr std::array<double, 4> kTrendAlphas{0.15, 0.4, 0.7, 0.95};
constexpr std::array<double, 2> kTrendBetas{0.06, 0.3};

/// The least-squares line of what has been seen.
struct LineSums {
  double count = 0, sum = 0, product = 0;

  void add(double value) {
    sum += value;
    product += count * value;
    count += 1;
  }

  [[nodiscard]] double slope() const {
    const double square = count * (count * count - 1) / 12;
    return square > 0 ? (product - sum * (count - 1) / 2) / square : 0;
  }
};

/// Weights of the members by their squared errors: the posterior under equal priors and normal errors.
template <std::size_t N>
std::array<double, N> weights_of(const std::array<double, N>& squares, std::size_t count) {
  std::array<double, N> weights{};
  const double least = std::max(*std::ranges::min_element(squares), 1e-300);
  double sum = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const double power = -0.5 * static_cast<double>(count) * std::log(std::max(squares[i], 1e-300) / least);
    weights[i] = power < -30 ? 0 : std::exp(power);
    sum += weights[i];
  }
  for (double& weight : weights) {
    weight /= sum;
  }
  return weights;
}

/// The sums that one alpha leaves behind: of errors a, start's echo c and drift's echo k.
struct LevelSums {
  double aa = 0, ac = 0, ak = 0, cc = 0, ck = 0, kk = 0;

  /// The start level and squared error when the drift is given.
  [[nodiscard]] double start(double drift) const { return cc > 0 ? (ac - drift * ck) / cc : 0; }

  [[nodiscard]] double squares(double drift) const {
    const double l = start(drift);
    return std::max(0.0, aa + l * l * cc + drift * drift * kk - 2 * l * ac - 2 * drift * ak + 2 * l * drift * ck);
  }

  [[nodiscard]] double best_drift() const {
    const double determinant = kk * cc - ck * ck;
    return determinant > 1e-12 * kk * cc ? (ak * cc - ac * ck) / determinant : 0;
  }
};

}  // namespace

void Outlook::project(std::span<double> out) const {
  std::array<double, 3> power{1, 1, 1};
  std::array<double, 3> sum{};
  for (std::size_t step = 0; step < out.size(); ++step) {
    double value = level + drift * static_cast<double>(step + 1);
    for (std::size_t i = 0; i < kDampings.size(); ++i) {
      power[i] *= kDampings[i];
      sum[i] += power[i];
      value += trends[i] * sum[i];
    }
    out[step] = value;
  }
}

Smoother::Grid::Grid() {
  std::size_t member = 0;
  for (std::size_t phi = 0; phi < Outlook::kDampings.size(); ++phi) {
    for (const double alpha : kTrendAlphas) {
      for (const double beta : kTrendBetas) {
        gain[member] = alpha;
        slope_gain[member] = alpha * beta;
        damping[member] = Outlook::kDampings[phi];
        damping_index[member++] = phi;
      }
    }
  }
  echo = echo_of({});
}

Smoother::TrendEcho Smoother::Grid::echo_of(std::span<const char> given) const {
  TrendEcho left;
  const std::size_t size = (kMemory + 1) * kTrends;
  for (auto* table : {&left.of_level,
                      &left.of_trend,
                      &left.level_level,
                      &left.level_trend,
                      &left.trend_level,
                      &left.trend_trend,
                      &left.square_level,
                      &left.product,
                      &left.square_trend}) {
    table->assign(size, 0);
  }
  for (std::size_t i = 0; i < kTrends; ++i) {
    double ll = 1, lt = 0, tl = 0, tt = 1, sll = 0, slt = 0, stt = 0;
    for (std::size_t t = 0; t <= kMemory; ++t) {
      const std::size_t at = t * kTrends + i;
      left.level_level[at] = ll;
      left.level_trend[at] = lt;
      left.trend_level[at] = tl;
      left.trend_trend[at] = tt;
      left.square_level[at] = sll;
      left.product[at] = slt;
      left.square_trend[at] = stt;
      const double pl = ll + damping[i] * tl;
      const double pt = lt + damping[i] * tt;
      left.of_level[at] = pl;
      left.of_trend[at] = pt;
      if (t < given.size() && given[t] == 0) {
        ll = pl;
        tl *= damping[i];
        lt = pt;
        tt *= damping[i];
        continue;
      }
      sll += pl * pl;
      slt += pl * pt;
      stt += pt * pt;
      ll = (1 - gain[i]) * pl;
      tl = damping[i] * tl - slope_gain[i] * pl;
      lt = (1 - gain[i]) * pt;
      tt = damping[i] * tt - slope_gain[i] * pt;
    }
  }
  return left;
}

const Smoother::Grid& Smoother::shared_grid() {
  static const Grid kGrid;
  return kGrid;
}

void Smoother::step_levels(double value, LevelState& s) {
  for (std::size_t i = 0; i < kLevels; ++i) {
    const double a = value - s.level[i];
    s.aa[i] += a * a;
    s.ac[i] += a * s.c[i];
    s.ak[i] += a * s.k[i];
    s.cc[i] += s.c[i] * s.c[i];
    s.ck[i] += s.c[i] * s.k[i];
    s.kk[i] += s.k[i] * s.k[i];
    s.level[i] += kAlphas[i] * a;
    s.c[i] *= 1 - kAlphas[i];
    s.k[i] = (1 - kAlphas[i]) * s.k[i] + 1;  // with a drift the line has moved on by one since the level was seen
  }
}

void Smoother::pass_levels(LevelState& s) {
  for (double& k : s.k) {
    k += 1;
  }
}

void Smoother::look_at_levels(const LevelState& s, std::size_t count, double slope, Outlooks& result) {
  const auto combine = [&](auto&& drift_of) {
    std::array<double, kLevels> squares{}, drift{}, start{};
    for (std::size_t i = 0; i < kLevels; ++i) {
      const LevelSums sums{s.aa[i], s.ac[i], s.ak[i], s.cc[i], s.ck[i], s.kk[i]};
      drift[i] = drift_of(sums);
      start[i] = sums.start(drift[i]);
      squares[i] = sums.squares(drift[i]);
    }
    const auto weights = weights_of(squares, count);
    Outlook outlook;
    for (std::size_t i = 0; i < kLevels; ++i) {
      outlook.level += weights[i] * (s.level[i] + s.c[i] * start[i] + drift[i] * (s.k[i] - 1));
      outlook.drift += weights[i] * drift[i];
    }
    return outlook;
  };
  result.simple = combine([](const LevelSums&) { return 0.0; });
  result.theta = combine([&](const LevelSums&) { return slope / 2; });
  result.optimised = combine([&](const LevelSums& sums) {
    const double best = sums.best_drift();
    return slope > 0 ? std::clamp(best, 0.0, slope) : std::clamp(best, slope, 0.0);
  });
}

void Smoother::step_trends(double value, std::size_t t, TrendState& s) const {
  if (t < kMemory) {
    const double* of_level = &echo_->of_level[t * kTrends];
    const double* of_trend = &echo_->of_trend[t * kTrends];
    for (std::size_t i = 0; i < kTrends; ++i) {
      const double error = value - s.level[i] - grid_->damping[i] * s.trend[i];
      s.el[i] += error * of_level[i];
      s.et[i] += error * of_trend[i];
    }
  }
  for (std::size_t i = 0; i < kTrends; ++i) {
    const double expected = s.level[i] + grid_->damping[i] * s.trend[i];
    const double error = value - expected;
    s.ee[i] += error * error;
    s.level[i] = expected + grid_->gain[i] * error;
    s.trend[i] = grid_->damping[i] * s.trend[i] + grid_->slope_gain[i] * error;
  }
}

void Smoother::pass_trends(TrendState& s) const {
  for (std::size_t i = 0; i < kTrends; ++i) {
    s.trend[i] *= grid_->damping[i];
    s.level[i] += s.trend[i];
  }
}

void Smoother::look_at_trends(const TrendState& s, std::size_t t, std::size_t count, Outlooks& result) const {
  const std::size_t row = std::min(t, kMemory) * kTrends;
  std::array<double, kTrends> squares{}, level{}, trend{};
  for (std::size_t i = 0; i < kTrends; ++i) {
    const std::size_t at = row + i;
    const double ll = echo_->square_level[at];
    const double tt = echo_->square_trend[at];
    const double lt = echo_->product[at];
    const double determinant = ll * tt - lt * lt;
    double start_level = ll > 0 ? s.el[i] / ll : 0;
    double start_trend = 0;
    if (count > 3 && determinant > 1e-9 * ll * tt) {
      start_level = (s.el[i] * tt - s.et[i] * lt) / determinant;
      start_trend = (s.et[i] * ll - s.el[i] * lt) / determinant;
    }
    squares[i] = std::max(0.0, s.ee[i] - start_level * s.el[i] - start_trend * s.et[i]);
    level[i] = s.level[i] + start_level * echo_->level_level[at] + start_trend * echo_->level_trend[at];
    trend[i] = s.trend[i] + start_level * echo_->trend_level[at] + start_trend * echo_->trend_trend[at];
  }
  const auto weights = weights_of(squares, count);
  for (std::size_t i = 0; i < kTrends; ++i) {
    result.damped.level += weights[i] * level[i];
    result.damped.trends[grid_->damping_index[i]] += weights[i] * trend[i];
  }
}

/// That of all series without gaps, or built for this one and kept while the same values are missing.
const Smoother::TrendEcho& Smoother::echo_of(std::span<const char> given) {
  const std::span<const char> early = given.first(std::min(given.size(), kMemory));
  if (std::ranges::find(early, 0) == early.end()) {
    return grid_->echo;
  }
  if (!std::ranges::equal(early, given_)) {
    given_.assign(early.begin(), early.end());
    own_echo_ = grid_->echo_of(early);
  }
  return own_echo_;
}

void Smoother::fit(std::span<const double> values,
                   std::span<const char> given,
                   std::span<const std::size_t> origins,
                   std::vector<Outlooks>& result) {
  result.assign(origins.size(), {});
  echo_ = &echo_of(given);
  LevelState levels;
  levels.c.fill(1);
  TrendState trends;
  LineSums line;
  std::size_t next = 0;
  std::size_t count = 0;
  for (std::size_t t = 0; next < origins.size(); ++t) {
    if (t == origins[next]) {
      look_at_levels(levels, count, line.slope(), result[next]);
      look_at_trends(trends, t, count, result[next]);
      ++next;
      if (next == origins.size()) {
        break;
      }
    }
    line.add(values[t]);
    if (given[t] == 0) {
      pass_levels(levels);
      pass_trends(trends);
      continue;
    }
    ++count;
    step_levels(values[t], levels);
    step_trends(values[t], t, trends);
  }
}

}  // namespace kpi::forecast

#include "rules/forecast/pool.hpp"

#include "rules/forecast/winters.hpp"

#include <algorithm>
#include <cmath>

namespace kpi::forecast {
namespace {

/// From values without seasons, or their logarithms, to values.
void restore(std::span<double> out, const Seasons& seasons, std::size_t origin, bool is_log) {
  for (std::size_t step = 0; step < out.size(); ++step) {
    const double value = is_log ? std::exp(std::min(out[step], 700.0)) : out[step];
    out[step] = seasons.give(value, origin + step);
  }
}

void copy(std::span<const double> from, std::span<double> to) {
  std::ranges::copy(from, to.begin());
}

}  // namespace

void Pool::project_levels(const PoolTask& task, bool is_log, std::size_t first, Projections& result) {
  smoother_.fit(is_log ? logarithms_ : adjusted_, task.given, task.origins, outlooks_);
  for (std::size_t i = 0; i < task.origins.size(); ++i) {
    const auto say = [&](const Outlook& outlook, Method method) {
      const std::span<double> out = result.of(first + i, method);
      outlook.project(out);
      restore(out, seasons_, task.origins[i], is_log);
    };
    if (is_log) {
      say(outlooks_[i].theta, Method::kLogTheta);
      say(outlooks_[i].damped, Method::kLogDamped);
    } else {
      say(outlooks_[i].simple, Method::kSimple);
      say(outlooks_[i].theta, Method::kTheta);
      say(outlooks_[i].optimised, Method::kOptimisedTheta);
      say(outlooks_[i].damped, Method::kDamped);
      const std::size_t last = task.origins[i] - 1;
      Outlook drift{.level = outlooks_[i].simple.level};
      drift.drift = (adjusted_[last] - adjusted_.front()) / static_cast<double>(last);
      say(drift, Method::kDrift);
    }
  }
}

void Pool::project_winters(const PoolTask& task, bool is_log, std::size_t first, Projections& result) {
  const std::vector<double>& values = is_log ? logarithms_ : adjusted_;
  const Method method = is_log ? Method::kLogWinters : Method::kWinters;
  Winters winters(static_cast<std::size_t>(task.periods.back()));
  std::size_t t = 0;
  for (std::size_t i = 0; i < task.origins.size(); ++i) {
    for (; t < task.origins[i]; ++t) {
      if (t > 0 && task.given[t] == 0) {
        winters.pass();
      } else {
        winters.step(values[t], t);
      }
    }
    winters.project(t, result.of(first + i, method));
    restore(result.of(first + i, method), seasons_, t, is_log);
  }
}

void Pool::project_naive(const PoolTask& task, std::size_t first, Projections& result) const {
  const std::size_t period = task.periods.empty() ? 1 : static_cast<std::size_t>(task.periods.back());
  for (std::size_t i = 0; i < task.origins.size(); ++i) {
    const std::size_t origin = task.origins[i];
    const std::span<double> out = result.of(first + i, Method::kSeasonalNaive);
    for (std::size_t step = 0; step < out.size(); ++step) {
      out[step] = origin >= period ? task.values[origin - period + step % period] : task.values[origin - 1];
    }
  }
}

void Pool::project(const PoolTask& task, std::size_t first, Projections& result) {
  const std::size_t last = task.origins.back();
  seasons_ = find_seasons(task.values.first(task.known), task.periods);
  adjusted_.resize(last);
  bool is_positive = true;
  for (std::size_t t = 0; t < last; ++t) {
    adjusted_[t] = seasons_.take(task.values[t], t);
    is_positive = is_positive && adjusted_[t] > 0;
  }
  project_levels(task, false, first, result);
  project_naive(task, first, result);
  const bool has_season = !seasons_.parts.empty();
  if (has_season) {
    project_winters(task, false, first, result);
  }
  if (is_positive) {
    logarithms_.resize(last);
    std::ranges::transform(adjusted_, logarithms_.begin(), [](double value) { return std::log(value); });
    project_levels(task, true, first, result);
    if (has_season) {
      project_winters(task, true, first, result);
    }
  }
  for (std::size_t i = first; i < first + task.origins.size(); ++i) {
    const auto instead = [&](Method method, Method sibling) { copy(result.of(i, sibling), result.of(i, method)); };
    if (!is_positive) {
      instead(Method::kLogTheta, Method::kTheta);
      instead(Method::kLogDamped, Method::kDamped);
    }
    if (!has_season) {
      instead(Method::kWinters, Method::kDamped);
    }
    if (!has_season || !is_positive) {
      instead(Method::kLogWinters, !is_positive ? Method::kWinters : Method::kLogDamped);
    }
  }
}

}  // namespace kpi::forecast

#include "rules/judge/target_outlook.hpp"

#include "rules/forecast/forecast.hpp"
#include "rules/judge/target_plan.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// The newest values tell what there is to tell.
constexpr std::size_t kMostValues = 400;
/// Farther deadlines have no forecast.
constexpr std::int64_t kMostPeriods = 2000;

/// The values up to the period, one per period; NaN where there is none.
std::vector<double> values_of(const OutlookTask& task) {
  const auto end = std::ranges::lower_bound(task.judged, task.slot, {}, &Sample::slot);
  const auto count = std::min<std::ptrdiff_t>(end - task.judged.begin(), kMostValues);
  std::vector<double> values;
  auto at = end - count;
  Slot slot = at == end ? task.slot : at->slot;
  for (std::size_t steps = 0; slot < task.slot && steps < 4 * kMostValues; ++steps) {
    while (at != end && at->slot < slot) {
      ++at;
    }
    values.push_back(at != end && at->slot == slot ? at->value : std::nan(""));
    slot = next_slot(slot, task.kpi->every, task.kpi->zone);
  }
  values.push_back(task.value);
  return values;
}

/// Seasons that KPIs of a grain have by nature; what a series does not show is shrunk away.
std::vector<int> seasons_of(const Grain& every) {
  switch (every.unit) {
    case Grain::Unit::kDay:
      return {7};
    case Grain::Unit::kWeek:
      return {52};
    case Grain::Unit::kMonth:
      return {12};
    case Grain::Unit::kQuarter:
      return {4};
    case Grain::Unit::kInterval: {
      const auto day = static_cast<int>(kDayMs / every.interval_ms);
      return {day, 7 * day};
    }
    default:
      return {1};
  }
}

/// How many periods end after the period and by the deadline.
std::int64_t periods_left(const OutlookTask& task, Slot deadline) {
  const Kpi& kpi = *task.kpi;
  std::int64_t left = 0;
  Slot slot = next_slot(task.slot, kpi.every, kpi.zone);
  while (left <= kMostPeriods) {
    slot = next_slot(slot, kpi.every, kpi.zone);
    if (civil_slot(slot, kpi) > deadline) {
      break;
    }
    ++left;
  }
  return left;
}

/// The beta-binomial chance of at most `most` of `count`, after `hits` and `others` were seen (Jeffreys' prior).
double chance_of_at_most(std::int64_t most, std::int64_t count, double hits, double others) {
  const double a = hits + 0.5;
  const double b = others + 0.5;
  const auto log_beta = [](double x, double y) { return std::lgamma(x) + std::lgamma(y) - std::lgamma(x + y); };
  double sum = 0;
  for (std::int64_t k = 0; k <= std::min(most, count); ++k) {
    const auto part = static_cast<double>(k);
    const auto rest = static_cast<double>(count - k);
    sum += std::exp(std::lgamma(part + rest + 1) - std::lgamma(part + 1) - std::lgamma(rest + 1) +
                    log_beta(part + a, rest + b) - log_beta(a, b));
  }
  return std::clamp(sum, 0.0, 1.0);
}

TargetOutlook outlook_of_share(const OutlookTask& task, double goal, std::int64_t left) {
  const TargetTally& tally = task.tally;
  const auto met = static_cast<double>(tally.met);
  const auto missed = static_cast<double>(tally.missed);
  const auto periods = static_cast<double>(left);
  const double whole = met + missed + periods;
  TargetOutlook outlook;
  outlook.projected = (met + periods * (met + 0.5) / (met + missed + 1)) / whole;
  outlook.low = met / whole;
  outlook.high = (met + periods) / whole;
  const double allowed = std::floor((1 - goal) * whole + 1e-9) - missed;
  outlook.probability = allowed < 0 ? 0 : chance_of_at_most(static_cast<std::int64_t>(allowed), left, missed, met);
  return outlook;
}

/// The first period at whose end the points have reached the goal.
std::optional<Slot> date_of_reaching(const OutlookTask& task, const forecast::Forecast& answer, double goal) {
  const Kpi& kpi = *task.kpi;
  Slot slot = task.slot;
  double sum = task.tally.sum;
  for (const double point : answer.points) {
    slot = next_slot(slot, kpi.every, kpi.zone);
    sum += point;
    const double reached = task.plan->measure == Target::Measure::kTotal ? sum : point;
    if (has_reached(*task.plan, reached, goal, task.end)) {
      return civil_slot(next_slot(slot, kpi.every, kpi.zone), kpi);
    }
  }
  return std::nullopt;
}

/// Of the sum of what is left, or its mean: of what has been added up, only the rest is uncertain.
TargetOutlook outlook_of_sum(const OutlookTask& task, const forecast::Forecast& answer, double goal, bool is_up) {
  const std::size_t left = answer.points.size();
  const bool is_mean = task.plan->measure == Target::Measure::kAverage;
  const double count = is_mean ? static_cast<double>(task.tally.known) + static_cast<double>(left) : 1;
  const auto whole = [&](double rest) { return (task.tally.sum + rest) / count; };
  const double above = answer.total_at_least(left, goal * count - task.tally.sum);
  TargetOutlook outlook;
  outlook.projected = whole(answer.total(left));
  outlook.low = whole(answer.total_quantile(left, 0.1));
  outlook.high = whole(answer.total_quantile(left, 0.9));
  outlook.probability = is_up ? above : 1 - above;
  return outlook;
}

}  // namespace

std::optional<TargetOutlook> look_ahead(const OutlookTask& task) {
  const PathLeg leg = leg_at(*task.plan, task.end);
  const std::int64_t left = periods_left(task, leg.end);
  if (left < 1 || left > kMostPeriods) {
    return std::nullopt;
  }
  const std::vector<double> values = values_of(task);
  const auto known = std::ranges::count_if(values, [](double value) { return std::isfinite(value); });
  if (static_cast<std::size_t>(known) < kLeastForForecast) {
    return std::nullopt;
  }
  if (task.plan->measure == Target::Measure::kShareMet) {
    return outlook_of_share(task, leg.goal, left);
  }
  const std::vector<int> periods = seasons_of(task.kpi->every);
  forecast::Forecaster forecaster;
  const forecast::Forecast answer =
      forecaster.answer({.values = values, .horizon = static_cast<std::size_t>(left), .periods = periods});
  const std::size_t last = answer.points.size();
  const bool is_up = has_reached(*task.plan, leg.goal + 1 + std::abs(leg.goal), leg.goal, task.end);
  TargetOutlook outlook;
  if (task.plan->measure == Target::Measure::kLevel) {
    outlook.projected = answer.points.back();
    outlook.low = answer.quantile(last, 0.1);
    outlook.high = answer.quantile(last, 0.9);
    outlook.probability = is_up ? answer.at_least(last, leg.goal) : answer.at_most(last, leg.goal);
  } else {
    outlook = outlook_of_sum(task, answer, leg.goal, is_up);
  }
  if (task.plan->measure != Target::Measure::kAverage) {
    outlook.reached_by = date_of_reaching(task, answer, leg.goal);
  }
  return outlook;
}

}  // namespace kpi

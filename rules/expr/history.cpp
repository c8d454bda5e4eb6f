#include "rules/expr/history.hpp"

#include "rules/expr/day_marks.hpp"
#include "rules/forecast/day_scorer.hpp"
#include "rules/forecast/forecast.hpp"

#include <chrono>
#include <cmath>
#include <vector>

namespace kpi {
namespace {

/// So many values are read; of those finer than a day two weeks' hours fit.
constexpr std::int32_t kDays = 400;
constexpr std::int64_t kIntervals = 1000;
constexpr std::size_t kMostGaps = 5000;
/// Before so many values of a KPI nothing is called unusual.
constexpr std::size_t kWarmUp = 40;

/// One value per period; NaN where there is none. And which periods have a name, where the calendar has any.
struct History {
  std::vector<double> values;
  std::vector<forecast::Mark> marks;
};

History spread_out(std::span<const Sample> values, const Aggregation& as, const DayMarks& days) {
  History result;
  const auto put = [&](Slot slot, double value) {
    result.values.push_back(value);
    if (days.any()) {
      result.marks.push_back(days.of(slot));
    }
  };
  Slot at = values.front().slot;
  for (const Sample& sample : values) {
    for (; at < sample.slot && result.values.size() < kMostGaps; at = next_slot(at, as.grain, as.zone)) {
      put(at, std::nan(""));
    }
    put(sample.slot, sample.value);
    at = next_slot(sample.slot, as.grain, as.zone);
  }
  return result;
}

/// The season that values of a grain have by nature; 1: none.
int season_of(const Grain& grain) {
  switch (grain.unit) {
    case Grain::Unit::kDay:
      return 7;
    case Grain::Unit::kWeek:
      return 52;
    case Grain::Unit::kMonth:
      return 12;
    case Grain::Unit::kQuarter:
      return 4;
    case Grain::Unit::kInterval:
      return static_cast<int>(kDayMs / grain.interval_ms);
    default:
      return 1;
  }
}

/// How many periods after the last one the day lies in; 0: not after it.
std::size_t steps_to(Slot last, Slot day, const Aggregation& as) {
  std::size_t steps = 0;
  const std::chrono::local_time<Duration> midnight{Duration{day.ms}};
  const Slot wanted = as.grain.is_civil() ? day : Slot{as.zone.to_instant(midnight).time_since_epoch().count()};
  for (Slot at = next_slot(last, as.grain, as.zone); at <= wanted && steps < forecast::kFarthest;
       at = next_slot(at, as.grain, as.zone)) {
    ++steps;
  }
  return steps;
}

}  // namespace

std::optional<forecast::AnomalyVerdict> look_at_newest(std::span<const double> values,
                                                       std::span<const forecast::Mark> marks,
                                                       const Grain& grain) {
  if (values.size() <= kWarmUp) {
    return std::nullopt;
  }
  const auto season = static_cast<std::size_t>(season_of(grain));
  const bool has_rounds = values.size() >= 4 * season;
  forecast::DayScorer scorer({.period = has_rounds ? season : 1, .warm_up = kWarmUp});
  forecast::AnomalyVerdict verdict;
  for (std::size_t t = 0; t < values.size(); ++t) {
    verdict = scorer.look_at(values[t], t < marks.size() ? marks[t] : forecast::Mark{0});
  }
  return verdict;
}

Span history_of(const Grain& grain) {
  switch (grain.unit) {
    case Grain::Unit::kInterval:
      return {0, 0, kIntervals * grain.interval_ms};
    case Grain::Unit::kWeek:
      return {0, 7 * 208, 0};
    case Grain::Unit::kMonth:
    case Grain::Unit::kQuarter:
    case Grain::Unit::kYear:
      return {240, 0, 0};
    default:
      return {0, kDays, 0};
  }
}

Value judge_history(std::span<const Sample> values, const Aggregation& as, std::int16_t index) {
  const DayMarks days(as.calendar, as.grain, as.zone);
  History history = spread_out(values, as, days);
  if (as.how == Aggregate::kAnomaly) {
    const auto verdict = look_at_newest(history.values, history.marks, as.grain);
    const bool is_usual = as.quantile == 1;
    return !verdict ? Value::unknown(Reason::kIncomplete, index)
                    : finite(is_usual ? verdict->expected : verdict->score);
  }
  const Slot day{static_cast<std::int64_t>(as.quantile)};
  const std::size_t steps = steps_to(values.back().slot, day, as);
  if (values.size() < 8 || steps == 0 || steps >= forecast::kFarthest) {
    return Value::unknown(Reason::kIncomplete, index);
  }
  Slot ahead = values.back().slot;
  for (std::size_t step = 0; days.any() && step < steps; ++step) {
    ahead = next_slot(ahead, as.grain, as.zone);
    history.marks.push_back(days.of(ahead));
  }
  const std::vector<int> periods{season_of(as.grain)};
  forecast::Forecaster forecaster;
  const forecast::Forecast answer =
      forecaster.answer({.values = history.values, .horizon = steps, .periods = periods, .marks = history.marks});
  return finite(answer.points.back());
}

}  // namespace kpi

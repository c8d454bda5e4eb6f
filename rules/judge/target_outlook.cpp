#include "rules/judge/target_outlook.hpp"

#include "rules/expr/day_marks.hpp"
#include "rules/forecast/forecast.hpp"
#include "rules/judge/miss_chances.hpp"
#include "rules/judge/outlook_lessons.hpp"
#include "rules/judge/target_plan.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace kpi {
namespace {

/// The newest values tell what there is to tell.
constexpr std::ptrdiff_t kMostValues = 400;
/// From so many seasons on a lesson is learned once a season; before, each value says something new.
constexpr std::size_t kTaughtSeasons = 4;
/// Farther deadlines have no forecast.
constexpr std::int64_t kMostPeriods = 2000;

/// What is known, one value per period; NaN where there is none. And which periods have a name in the calendar, those
/// `left` included; none: it has no name for any.
struct Known {
  std::vector<double> values;
  std::vector<forecast::Mark> marks;
};

/// The values up to the period. Those of the present season, `recent` of them, are the last, and are taken beside the
/// kMostValues before them.
Known known_of(const OutlookTask& task, std::size_t recent, std::int64_t left) {
  const Kpi& kpi = *task.kpi;
  const DayMarks days(kpi.over == kpi.every.span() ? task.calendar : nullptr, kpi.every, kpi.zone);
  const auto end = std::ranges::lower_bound(task.judged, task.slot, {}, &Sample::slot);
  const auto most = kMostValues + static_cast<std::ptrdiff_t>(recent);
  const auto count = std::min<std::ptrdiff_t>(end - task.judged.begin(), most - 1);
  Known known;
  const auto put = [&](Slot slot, double value) {
    known.values.push_back(value);
    if (days.any()) {
      known.marks.push_back(days.of(slot));
    }
  };
  auto at = end - count;
  Slot slot = at == end ? task.slot : at->slot;
  for (std::ptrdiff_t steps = 0; slot < task.slot && steps < 4 * kMostValues; ++steps) {
    while (at != end && at->slot < slot) {
      ++at;
    }
    put(slot, at != end && at->slot == slot ? at->value : std::nan(""));
    slot = next_slot(slot, kpi.every, kpi.zone);
  }
  put(task.slot, task.value);
  slot = task.slot;
  for (std::int64_t step = 0; days.any() && step < left; ++step) {
    slot = next_slot(slot, kpi.every, kpi.zone);
    known.marks.push_back(days.of(slot));
  }
  return known;
}

/// Whether a period is the first of its season: of a week of days, a year of weeks, months or quarters, a day of
/// shorter ones.
bool begins_season(Slot slot, const Kpi& kpi) {
  const auto day = [&](Slot at) {
    return kpi.every.is_civil()
               ? date_of(at)
               : Date{std::chrono::floor<std::chrono::days>(kpi.zone.to_local(Instant{Duration{at.ms}}))};
  };
  const Date now = day(slot);
  const Date before = day(next_slot(slot, kpi.every, kpi.zone, -1));
  switch (kpi.every.unit) {
    case Grain::Unit::kDay:
      return std::chrono::weekday{std::chrono::sys_days{now}} == std::chrono::Monday;
    case Grain::Unit::kWeek:
    case Grain::Unit::kMonth:
    case Grain::Unit::kQuarter:
      return now.year() != before.year();
    default:
      return now != before;
  }
}

/// How many periods of the present season there are, this one included.
std::size_t periods_of_season(Slot slot, const Kpi& kpi, std::size_t season) {
  std::size_t count = 1;
  while (count < season && !begins_season(slot, kpi)) {
    slot = next_slot(slot, kpi.every, kpi.zone, -1);
    ++count;
  }
  return count;
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

/// A share that was never above the whole, and is not to be, does not become so.
double highest_of(const Kpi& kpi, const std::vector<double>& values, double goal) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  const bool is_share =
      kpi.unit.text() == "%" && goal <= 1 && std::ranges::none_of(values, [](double value) { return value > 1; });
  return is_share ? 1 : kNone;
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

/// What became of the newest periods, the present one last: 1 missed, 0 met, NaN without a verdict, whether it was
/// given up or is waited for. Those before the target's start tell of the rate, too.
std::vector<double> verdicts_of(const OutlookTask& task) {
  const Kpi& kpi = *task.kpi;
  const auto end = std::ranges::lower_bound(task.judged, task.slot, {}, &Sample::slot);
  const auto count = std::min<std::ptrdiff_t>(end - task.judged.begin(), kMostValues - 1);
  std::vector<double> missed;
  missed.reserve(static_cast<std::size_t>(count) + 1);
  const auto put = [&](bool is_met, bool is_missed) { missed.push_back(is_missed ? 1 : is_met ? 0 : std::nan("")); };
  Slot next = count > 0 ? (end - count)->slot : task.slot;
  const auto skip_to = [&](Slot slot) {
    for (; next < slot && std::ssize(missed) < 2 * kMostValues; next = next_slot(next, kpi.every, kpi.zone)) {
      put(false, false);
    }
    next = next_slot(slot, kpi.every, kpi.zone);
  };
  for (auto at = end - count; at != end; ++at) {
    skip_to(at->slot);
    put(task.met->contains(at->slot), task.missed->contains(at->slot));
  }
  skip_to(task.slot);
  put(task.verdict == Verdict::kMet, task.verdict == Verdict::kMissed);
  return missed;
}

/// The end of the period so many after the present one, on the civil axis.
Slot end_after(const OutlookTask& task, std::size_t periods) {
  const Kpi& kpi = *task.kpi;
  Slot slot = task.slot;
  for (std::size_t i = 0; i <= periods; ++i) {
    slot = next_slot(slot, kpi.every, kpi.zone);
  }
  return civil_slot(slot, kpi);
}

/// The first period at whose end the points, their sum or the mean with them have reached the goal.
std::optional<Slot> date_of_reaching(const OutlookTask& task, const forecast::Forecast& answer, double goal) {
  double sum = task.tally.sum;
  auto known = static_cast<double>(task.tally.known);
  for (std::size_t i = 0; i < answer.points.size(); ++i) {
    const double point = answer.points[i];
    sum += point;
    known += 1;
    const double reached = task.plan->measure == Target::Measure::kTotal     ? sum
                           : task.plan->measure == Target::Measure::kAverage ? sum / known
                                                                             : point;
    if (has_reached(*task.plan, reached, goal, task.end)) {
      return end_after(task, i + 1);
    }
  }
  return std::nullopt;
}

/// When so many periods are met that the rest may be missed, if such a share of them is met.
std::optional<Slot> date_of_share(const OutlookTask& task, double goal, std::int64_t left, double rate) {
  const auto met = static_cast<double>(task.tally.met);
  const auto missed = static_cast<double>(task.tally.missed);
  const double lacking = goal * (met + missed + static_cast<double>(left)) - met;
  const double periods = std::max(1.0, std::ceil(lacking / rate - 1e-9));
  return periods <= static_cast<double>(left) ? std::optional(end_after(task, static_cast<std::size_t>(periods)))
                                              : std::nullopt;
}

TargetOutlook outlook_of_share(const OutlookTask& task, double goal, std::int64_t left) {
  const TargetTally& tally = task.tally;
  const auto met = static_cast<double>(tally.met);
  const auto missed = static_cast<double>(tally.missed);
  const auto periods = static_cast<double>(left);
  const double whole = met + missed + periods;
  TargetOutlook outlook;
  const auto [expected, chances] = chances_of_misses(verdicts_of(task), left);
  outlook.projected = (met + periods - expected) / whole;
  const auto share_at = [&](double chance) {
    const auto misses = std::ranges::lower_bound(chances, chance) - chances.begin();
    return (met + periods - std::min(static_cast<double>(misses), periods)) / whole;
  };
  outlook.low = share_at(0.9);
  outlook.high = share_at(0.1);
  const double allowed = std::floor((1 - goal) * whole + 1e-9) - missed;
  outlook.probability = allowed < 0 ? 0 : chances[static_cast<std::size_t>(std::min(allowed, periods))];
  outlook.reached_by = date_of_share(task, goal, left, 1 - expected / periods);
  return outlook;
}

/// Learned from the seasons before the present one, and foreseen from the newest value on. The horizon of the lesson is
/// that of the season's begin, so that it is the same for all of its periods.
forecast::Forecast foresee(const forecast::Question& question, std::size_t recent) {
  static thread_local forecast::Forecaster forecaster;
  static thread_local OutlookLessons lessons;
  const std::size_t season = std::max<std::size_t>(1, static_cast<std::size_t>(question.periods.front()));
  const std::size_t before = question.values.size() - std::min(question.values.size(), recent);
  if (season < 2 || before < kTaughtSeasons * season) {
    return forecaster.answer(question);
  }
  forecast::Question earlier = question;
  earlier.values = question.values.first(before);
  earlier.horizon += recent;
  return forecaster.answer(question, lessons.learned(forecaster, earlier));
}

/// Of the sum of what is left, or its mean: of what has been added up, only the rest is uncertain.
TargetOutlook outlook_of_sum(const OutlookTask& task, const forecast::Forecast& answer, double goal, bool is_up) {
  const std::size_t left = answer.points.size();
  const bool is_mean = task.plan->measure == Target::Measure::kAverage;
  const double count = is_mean ? static_cast<double>(task.tally.known) + static_cast<double>(left) : 1;
  const auto whole = [&](double rest) { return (task.tally.sum + rest) / count; };
  // Equal is met: what is to be at most the goal misses it from the next number on that is not equal but for rounding.
  constexpr double kMoreThanRounding = 4e-9;
  const double limit = goal * count;
  const double missed_from = limit + kMoreThanRounding * std::abs(limit);
  const double above = answer.total_at_least(left, (is_up ? limit : missed_from) - task.tally.sum);
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
  const std::vector<int> periods = seasons_of(task.kpi->every);
  const auto season = static_cast<std::size_t>(periods.front());
  const std::size_t recent = periods_of_season(task.slot, *task.kpi, season);
  const auto [values, marks] = known_of(task, recent, left);
  const auto count = std::ranges::count_if(values, [](double value) { return std::isfinite(value); });
  if (static_cast<std::size_t>(count) < kLeastForForecast) {
    return std::nullopt;
  }
  if (task.plan->measure == Target::Measure::kShareMet) {
    return outlook_of_share(task, leg.goal, left);
  }
  const forecast::Forecast answer = foresee({.values = values,
                                             .horizon = static_cast<std::size_t>(left),
                                             .periods = periods,
                                             .highest = highest_of(*task.kpi, values, leg.goal),
                                             .marks = marks},
                                            recent);
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
  if (!task.plan->is_ceiling) {  // it is kept on its last day, not before
    outlook.reached_by = date_of_reaching(task, answer, leg.goal);
  }
  return outlook;
}

}  // namespace kpi

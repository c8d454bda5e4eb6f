// The target of a line: which plan a period is judged by, and what has been measured for it so far. Found from the
// judged periods alone, so that late and restated data, and a restart, end the same.

#include "rules/base/rounding.hpp"
#include "rules/judge/line.hpp"
#include "rules/judge/target_outlook.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kpi {
namespace {

Slot end_of(Slot slot, const Kpi& kpi) {
  return civil_slot(next_slot(slot, kpi.every, kpi.zone), kpi);
}

/// What is measured of a plan: without a value when nothing has been judged yet.
std::optional<double> measured(const TargetPlan& plan, const TargetTally& tally) {
  const auto share = [](double part, std::int64_t whole) {
    return whole > 0 ? std::optional(part / static_cast<double>(whole)) : std::nullopt;
  };
  switch (plan.measure) {
    case Target::Measure::kTotal:
      return tally.known > 0 ? std::optional(tally.sum) : std::nullopt;
    case Target::Measure::kAverage:
      return share(tally.sum, tally.known);
    default:
      return share(static_cast<double>(tally.met), tally.met + tally.missed);
  }
}

void add_period(TargetTally& tally, const TargetPlan& plan, double value, Verdict verdict, Slot end) {
  if (!std::isnan(value)) {
    tally.sum += value;
    ++tally.known;
    const double goal = leg_at(plan, end).goal;
    const bool adds_up = plan.measure == Target::Measure::kTotal;
    tally.is_reached = tally.is_reached || (adds_up && has_reached(plan, tally.sum, goal, end) != plan.is_ceiling);
  }
  tally.met += verdict == Verdict::kMet ? 1 : 0;
  tally.missed += verdict == Verdict::kMissed ? 1 : 0;
}

Verdict verdict_at(const Line& line, Slot slot) {
  return line.met.contains(slot) ? Verdict::kMet : line.missed.contains(slot) ? Verdict::kMissed : Verdict::kNoData;
}

/// Goes on from where the line stands, or from the plan's start.
class Counting {
 public:
  Counting(const Line& line, const Kpi& kpi, std::uint32_t index) : line_(line), kpi_(kpi), plan_(line.plans[index]) {
    tally_.plan = index;
  }

  /// Of the plan's periods before `slot`.
  [[nodiscard]] TargetTally before(Slot slot) {
    const TargetStanding& standing = line_.target_standing;
    const auto& values = line_.judged.values;
    auto at = values.begin();
    if (standing.plan == tally_.plan && standing.tally.upto <= slot) {
      tally_ = standing.tally;
      at = std::ranges::lower_bound(values, tally_.upto, {}, &Sample::slot);
    } else {
      at = std::partition_point(
          values.begin(), values.end(), [&](const Sample& sample) { return end_of(sample.slot, kpi_) <= plan_.start; });
    }
    for (; at != values.end() && at->slot < slot; ++at) {
      const Slot end = end_of(at->slot, kpi_);
      if (end > leg_at(plan_, end).end) {
        break;
      }
      if (end <= plan_.start) {
        continue;
      }
      add_period(tally_, plan_, at->value, verdict_at(line_, at->slot), end);
    }
    tally_.upto = slot;
    return tally_;
  }

 private:
  const Line& line_;
  const Kpi& kpi_;
  const TargetPlan& plan_;
  TargetTally tally_;
};

TargetStatus status_of_probability(const Target& target, double probability) {
  if (is_at_most(target.likely, probability)) {
    return TargetStatus::kOnTrack;
  }
  return is_at_most(target.unlikely, probability) ? TargetStatus::kAtRisk : TargetStatus::kOffTrack;
}

/// Finds the status anew where the one before is not remembered: it is that of the last two periods in a row whose
/// probabilities said the same; before these it is on track while it is too early to tell, or what the pace said.
class Looking {
 public:
  Looking(const Line& line, const Kpi& kpi, std::uint32_t index, const CalendarRules& calendar)
      : line_(line), kpi_(kpi), index_(index), calendar_(calendar) {}

  [[nodiscard]] TargetStatus steady(Slot slot, TargetStatus says) const {
    const auto& values = line_.judged.values;
    auto at = std::ranges::lower_bound(values, slot, {}, &Sample::slot);
    bool is_early = false;  // so is the period that said it
    for (int looked = 0; at != values.begin() && looked < kFarthestBack && !is_early;) {
      --at;
      if (std::isnan(at->value)) {
        continue;
      }
      const Said before = said_at(*at);
      if (!before.by_forecast) {
        return before.by_pace;
      }
      if (*before.by_forecast == says) {
        return says;
      }
      says = *before.by_forecast;
      is_early = before.is_early;
      ++looked;
    }
    return TargetStatus::kOnTrack;
  }

 private:
  static constexpr int kFarthestBack = 30;

  struct Said {
    std::optional<TargetStatus> by_forecast;
    TargetStatus by_pace = TargetStatus::kOnTrack;
    bool is_early = false;
  };

  [[nodiscard]] Said said_at(const Sample& sample) const {
    const TargetPlan& plan = line_.plans[index_];
    const Slot end = end_of(sample.slot, kpi_);
    if (end <= plan.start) {
      return {};
    }
    TargetPeriod period;
    TargetTally& tally = period.tally;
    double actual = sample.value;
    const Verdict verdict = verdict_at(line_, sample.slot);
    if (plan.measure != Target::Measure::kLevel) {
      tally = Counting(line_, kpi_, index_).before(sample.slot);
      add_period(tally, plan, sample.value, verdict, end);
      actual = measured(plan, tally).value_or(sample.value);
    }
    period.end = end;
    period.next_end = end_of(next_slot(sample.slot, kpi_.every, kpi_.zone), kpi_);
    period.every = kpi_.every;
    const Target& target = kpi_.targets[plan.target];
    const TargetStanding pace = judge_target(target, plan, period, Value::of(actual), TargetStatus::kNotStarted);
    const auto outlook = look_ahead({.kpi = &kpi_,
                                     .plan = &plan,
                                     .judged = line_.judged.values,
                                     .slot = sample.slot,
                                     .value = sample.value,
                                     .end = end,
                                     .tally = tally,
                                     .met = &line_.met,
                                     .missed = &line_.missed,
                                     .verdict = verdict,
                                     .calendar = &calendar_});
    return {outlook ? std::optional(status_of_probability(target, outlook->probability)) : std::nullopt,
            pace.status,
            pace.is_too_early};
  }

  const Line& line_;
  const Kpi& kpi_;
  std::uint32_t index_;
  const CalendarRules& calendar_;
};

/// The newest value before `slot` whose period had ended by `end`.
std::optional<double> last_known_value(const Line& line, const Kpi& kpi, Slot slot, Slot end) {
  const auto& values = line.judged.values;
  auto at = std::ranges::lower_bound(values, slot, {}, &Sample::slot);
  while (at != values.begin()) {
    --at;
    if (!std::isnan(at->value) && end_of(at->slot, kpi) <= end) {
      return at->value;
    }
  }
  return std::nullopt;
}

/// Of a plan whose last period is judged: it will come to what it is, unless that is restated.
TargetOutlook certain_outlook(const TargetPlan& plan, const TargetPeriod& period, const TargetStanding& standing) {
  const double actual = *standing.actual;
  const bool is_reached = has_reached(plan, actual, leg_at(plan, period.end).goal, period.end);
  return {actual, actual, actual, is_reached ? 1.0 : 0.0, std::nullopt};
}

/// How a plan ended whose last period lies before this one: not known from the standing when that is of another plan.
TargetStatus outcome_of(const TargetPlan& plan, const TargetPeriod& period) {
  const double goal = leg_at(plan, period.end).goal;
  const bool is_within = period.last_known && has_reached(plan, *period.last_known, goal, period.end);
  const bool is_reached =
      plan.is_ceiling ? is_within && !period.tally.is_reached : is_within || period.tally.is_reached;
  return is_reached ? TargetStatus::kAchieved : TargetStatus::kMissed;
}

}  // namespace

bool counts_verdicts(const Kpi& kpi) {
  return std::ranges::any_of(kpi.targets,
                             [](const Target& target) { return target.measure == Target::Measure::kShareMet; });
}

void note_verdict(Line& line, const Kpi& kpi, const VerdictRow& row) {
  const auto put = [&](SlotSet& set, bool belongs) { belongs ? set.insert(row.slot) : set.erase(row.slot); };
  put(line.unsure, !std::isnan(row.value) && row.reason != Reason::kNone);
  if (counts_verdicts(kpi)) {
    put(line.met, row.verdict == Verdict::kMet);
    put(line.missed, row.verdict == Verdict::kMissed);
  }
}

void recount_target(Line& line, const Kpi& kpi) {
  TargetStanding stood = std::exchange(line.target_standing, TargetStanding{});
  if (stood.plan && line.plans[*stood.plan].measure != Target::Measure::kLevel) {
    stood.tally = Counting(line, kpi, *stood.plan).before(stood.tally.upto);
  }
  line.target_standing = stood;
}

const TargetPlan* plan_of_standing(const Line& line) {
  return line.target_standing.plan ? &line.plans[*line.target_standing.plan] : nullptr;
}

void complete_target(Line& line, const Kpi& kpi, Slot slot, const CalendarRules& calendar) {
  const Slot end = end_of(slot, kpi);
  const auto index = plan_for(line.plans, end);
  if (!index) {
    return;
  }
  TargetPlan& plan = line.plans[*index];
  if (plan.lack != TargetPlan::Lack::kNothing && plan.start < end) {
    complete_plan(plan, kpi.targets[plan.target], kpi, line.judged, calendar);
  }
}

TargetStanding stand_on_target(const Line& line,
                               const Kpi& kpi,
                               Slot slot,
                               const Value& value,
                               Verdict verdict,
                               const CalendarRules& calendar,
                               Instant at) {
  TargetPeriod period;
  period.end = end_of(slot, kpi);
  const auto index = plan_for(line.plans, period.end);
  if (!index) {
    return {};
  }
  const TargetPlan& plan = line.plans[*index];
  const bool has_begun = period.end > plan.start;
  if (plan.lack != TargetPlan::Lack::kNothing && (has_begun || plan.lack != TargetPlan::Lack::kStart)) {
    return {};
  }
  const Target& target = kpi.targets[plan.target];
  period.every = kpi.every;
  period.next_end = end_of(next_slot(slot, kpi.every, kpi.zone), kpi);
  const Slot end = leg_at(plan, period.end).end;
  const bool is_past = period.end > end;
  const Instant deadline = kpi.zone.to_instant(std::chrono::local_time<Duration>{Duration{end.ms}});
  period.is_past_deadline = deadline <= at;
  TargetTally tally;
  Value actual = value;
  if (plan.measure == Target::Measure::kLevel) {
    period.last_known = value.is_known() && !is_past ? std::nullopt : last_known_value(line, kpi, slot, end);
  } else {
    tally = Counting(line, kpi, *index).before(slot);
    period.tally = tally;
    period.last_known = measured(plan, tally);
    if (!is_past && period.end > plan.start) {
      add_period(period.tally, plan, value.number, verdict, period.end);
    }
    const std::optional<double> now = measured(plan, period.tally);
    actual = value.is_known() && now ? Value::of(*now) : Value::unknown(Reason::kNoSample);
  }
  const bool goes_on = line.target_standing.plan == *index && line.stepped && *line.stepped < slot;
  TargetStatus before = goes_on ? line.target_standing.status : TargetStatus::kNotStarted;
  if (tally.is_reached) {
    before = plan.is_ceiling ? TargetStatus::kMissed : TargetStatus::kAchieved;
  } else if (is_past && !is_settled(before)) {
    before = outcome_of(plan, period);
  }
  TargetStanding standing = judge_target(target, plan, period, actual, before);
  standing.plan = index;
  standing.tally = tally;
  standing.tally.plan = *index;
  if (goes_on) {
    standing.says = line.target_standing.says;
  }
  const bool waits = standing.is_last && !standing.is_final;
  if (waits) {
    standing.decides_at = deadline;
    standing.outlook = standing.actual ? std::optional(certain_outlook(plan, period, standing)) : std::nullopt;
  } else if (value.is_known() && !standing.is_final && standing.status != TargetStatus::kNotStarted) {
    standing.outlook = look_ahead({.kpi = &kpi,
                                   .plan = &plan,
                                   .judged = line.judged.values,
                                   .slot = slot,
                                   .value = value.number,
                                   .end = period.end,
                                   .tally = period.tally,
                                   .met = &line.met,
                                   .missed = &line.missed,
                                   .verdict = verdict,
                                   .calendar = &calendar});
  }
  if (standing.outlook && target.judge == Target::Judge::kForecast) {
    const TargetStatus says = status_of_probability(target, standing.outlook->probability);
    if (waits) {
      standing.status = says;
    } else if (!standing.is_too_early) {
      standing.status = goes_on && standing.says ? (says == *standing.says ? says : before)
                                                 : Looking(line, kpi, *index, calendar).steady(slot, says);
    }
    standing.says = says;
  }
  return standing;
}

}  // namespace kpi

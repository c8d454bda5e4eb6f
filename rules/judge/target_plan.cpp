#include "rules/judge/target_plan.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/target_season.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

/// A measured baseline is the mean of the periods of these days before the start, at least so many.
constexpr std::int32_t kBaselineDays = 28;
constexpr std::size_t kBaselinePeriods = 4;

constexpr std::array<std::string_view, 5> kPaths{"linear", "compound", "s-curve", "steps", "seasonal"};
constexpr std::array<std::string_view, 4> kMeasures{"level", "total", "average", "share_met"};

Slot end_of(Date last) {
  return Slot{slot_of(last).ms + kDayMs};
}

std::vector<PathPoint> points_of(const std::vector<Target::Step>& steps) {
  std::vector<PathPoint> points;
  points.reserve(steps.size());
  for (const Target::Step& step : steps) {
    points.push_back({end_of(step.date), step.value});
  }
  return points;
}

bool judges(const Target& target, const Labels& segment) {
  if (target.match.empty() || segment.empty()) {
    return target.match.empty() && segment.empty();
  }
  return std::ranges::all_of(target.match,
                             [&](const auto& label) { return label_value(segment, label.first) == label.second; });
}

std::string name_of_plan(const Target& target, std::string_view period, const Labels& segment) {
  std::string name = target.name.empty() ? "target" : target.name;
  name += period.empty() ? "" : " " + std::string(period);
  return segment.empty() ? name : name + " " + labels_text(segment);
}

/// "2026-10", "2026-Q4", "2026": the period of `each` that begins there, as `to` names it. Quarters and years are those
/// of the fiscal year, which has the number of the year in which it begins.
std::string period_name(Slot start, const Grain& each, const CalendarRules& calendar) {
  const std::string date = date_text(date_of(start));
  if (each.unit == Grain::Unit::kMonth) {
    return date.substr(0, 7);
  }
  const std::string year = date_text(date_of(slot_at(date_of(start), Grain{Grain::Unit::kYear, 0}, calendar)));
  if (each.unit != Grain::Unit::kQuarter) {
    return year.substr(0, 4);
  }
  const auto first = static_cast<unsigned>(calendar.year_starts.month());
  const auto months = (static_cast<unsigned>(date_of(start).month()) + 12 - first) % 12;
  return year.substr(0, 4) + "-Q" + std::to_string(months / 3 + 1);
}

TargetPlan plan_between(const Target& target, Slot start, Slot end) {
  TargetPlan plan;
  plan.baseline = target.baseline.value_or(std::nan(""));
  plan.goal = target.goal;
  plan.start = start;
  plan.end = end;
  plan.path = target.path;
  plan.measure = target.measure;
  plan.points = points_of(target.steps);
  bool is_seasonal = target.path == Target::Path::kSeasonal;
  for (const Target::Change& change : target.changes) {
    TargetTurn turn;
    const TargetTurn* before = plan.turns.empty() ? nullptr : &plan.turns.back();
    turn.at = slot_of(change.date);
    turn.goal = change.goal.value_or(before != nullptr ? before->goal : plan.goal);
    turn.end = change.deadline ? end_of(*change.deadline) : before != nullptr ? before->end : plan.end;
    turn.path = change.path.value_or(before != nullptr ? before->path : plan.path);
    turn.points = change.path ? points_of(change.steps) : before != nullptr ? before->points : plan.points;
    is_seasonal = is_seasonal || turn.path == Target::Path::kSeasonal;
    plan.turns.push_back(std::move(turn));
  }
  plan.lack = !target.baseline || is_seasonal ? TargetPlan::Lack::kStart : TargetPlan::Lack::kNothing;
  return plan;
}

void add_repeated(std::vector<TargetPlan>& plans,
                  const Target& target,
                  const Labels& segment,
                  const PlanGround& ground) {
  const Grain each = *target.each;
  const Slot last = target.deadline ? end_of(*target.deadline) : Slot{ground.today.ms + kDayMs};
  Slot start = slot_at(*target.start, each, ground.calendar);
  do {  // the first one is there before it has begun
    const Slot next = next_slot(start, each);
    TargetPlan plan = plan_between(target, start, next);
    plan.name = name_of_plan(target, period_name(start, each, ground.calendar), segment);
    plans.push_back(std::move(plan));
    start = next;
  } while (start < last);
}

void measure_baseline(TargetPlan& plan, const Kpi& kpi, const JudgedSeries& judged) {
  const Slot from = shift_date(plan.start, Span{0, -kBaselineDays, 0});
  double sum = 0;
  std::size_t count = 0;
  const auto& values = judged.values;
  const auto begins_before = [&](const Sample& sample) { return civil_slot(sample.slot, kpi) < from; };
  for (auto at = std::partition_point(values.begin(), values.end(), begins_before); at != values.end(); ++at) {
    if (civil_slot(next_slot(at->slot, kpi.every, kpi.zone), kpi) > plan.start) {
      break;
    }
    if (!std::isnan(at->value)) {
      sum += at->value;
      ++count;
    }
  }
  if (count >= kBaselinePeriods) {
    plan.baseline = sum / static_cast<double>(count);
  }
}

std::string steps_text(const std::vector<Target::Step>& steps) {
  std::string text;
  for (const Target::Step& step : steps) {
    text += " " + date_text(step.date) + " " + number_text(step.value);
  }
  return text;
}

std::string change_text(const Target::Change& change) {
  std::string text = "change " + date_text(change.date) + ":";
  text += change.goal ? " to " + number_text(*change.goal) : "";
  text += change.deadline ? " by " + date_text(*change.deadline) : "";
  text += change.path ? " path " + std::string(kPaths.at(static_cast<std::size_t>(*change.path))) : "";
  return text + steps_text(change.steps) + " why " + change.why + "\n";
}

}  // namespace

Slot civil_slot(Slot slot, const Kpi& kpi) {
  if (kpi.every.is_civil()) {
    return slot;
  }
  return Slot{kpi.zone.to_local(Instant{Duration{slot.ms}}).time_since_epoch().count()};
}

std::vector<TargetPlan> plans_of(const Kpi& kpi, const Labels& segment, const PlanGround& ground) {
  std::vector<TargetPlan> plans;
  for (std::uint32_t i = 0; i < kpi.targets.size(); ++i) {
    const Target& target = kpi.targets[i];
    if (!judges(target, segment)) {
      continue;
    }
    const std::size_t before = plans.size();
    if (target.each) {
      add_repeated(plans, target, segment, ground);
    } else {
      const std::string name = name_of_plan(target, "", segment);
      const Slot start = target.start ? slot_of(*target.start) : ground.first_load(name);
      const Slot end =
          target.deadline ? end_of(*target.deadline) : shift_date(start, target.within.value_or(Span{0, 1, 0}));
      plans.push_back(plan_between(target, start, end));
      plans.back().name = name;
    }
    for (std::size_t at = before; at < plans.size(); ++at) {
      plans[at].target = i;
      plans[at].is_ceiling = is_ceiling(target, kpi.better);
    }
  }
  std::ranges::stable_sort(plans, {}, &TargetPlan::start);
  return plans;
}

void complete_plan(
    TargetPlan& plan, const Target& target, const Kpi& kpi, const JudgedSeries& judged, const CalendarRules& calendar) {
  if (!target.baseline && std::isnan(plan.baseline)) {
    measure_baseline(plan, kpi, judged);
  }
  const auto is_seasonal = [](const auto& part) { return part.path == Target::Path::kSeasonal; };
  const bool has_season = is_seasonal(plan) || std::ranges::any_of(plan.turns, is_seasonal);
  if (has_season && plan.season.empty()) {
    plan.season = season_of(plan, kpi, judged, calendar);
  }
  plan.lack = std::isnan(plan.baseline)           ? TargetPlan::Lack::kBaseline
              : has_season && plan.season.empty() ? TargetPlan::Lack::kLastYear
                                                  : TargetPlan::Lack::kNothing;
}

bool is_ceiling(const Target& target, const Better& better) {
  return target.measure == Target::Measure::kTotal && better.kind == Better::Kind::kLower;
}

std::optional<std::uint32_t> plan_for(const std::vector<TargetPlan>& plans, Slot end) {
  if (plans.empty()) {
    return std::nullopt;
  }
  const auto after =
      std::partition_point(plans.begin(), plans.end(), [&](const TargetPlan& plan) { return plan.start < end; });
  return after == plans.begin() ? 0 : static_cast<std::uint32_t>(after - plans.begin() - 1);
}

std::string target_text(const Target& target) {
  std::string text =
      "from: " + (target.baseline ? number_text(*target.baseline) : "measured") + "\nto: " + number_text(target.goal);
  text += "\nstart: " + (target.start ? date_text(*target.start) : "first load");
  text += "\nby: " + (target.deadline ? date_text(*target.deadline) : target.within ? target.within->text() : "");
  text += target.each ? "\neach: " + target.each->text() : "";
  text += "\npath: " + std::string(kPaths.at(static_cast<std::size_t>(target.path))) + steps_text(target.steps);
  text += target.measure == Target::Measure::kLevel
              ? ""
              : "\nmeasure: " + std::string(kMeasures.at(static_cast<std::size_t>(target.measure)));
  text += "\non_track: " + number_text(target.on_track) + "\nat_risk: " + number_text(target.at_risk) + "\n";
  if (target.likely != Target().likely || target.unlikely != Target().unlikely) {
    text += "likely: " + number_text(target.likely) + "\nunlikely: " + number_text(target.unlikely) + "\n";
  }
  for (const Target::Change& change : target.changes) {
    text += change_text(change);
  }
  return text;
}

std::string_view without_changes(std::string_view target_text) {
  const std::size_t at = target_text.find("\nchange ");
  return at == std::string_view::npos ? target_text : target_text.substr(0, at + 1);
}

}  // namespace kpi

#include "rules/routing/describe.hpp"

#include "rules/base/text.hpp"
#include "rules/model/message_template.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace kpi {
namespace {

/// "1 day", "5 days", "3 hours": so many periods of a KPI.
std::string count_of_periods(std::int64_t count, const Grain& every) {
  static constexpr std::array<std::string_view, 7> kWords{"", "", "day", "week", "month", "quarter", "year"};
  if (every.is_civil()) {
    return counted(static_cast<std::uint64_t>(count), kWords.at(static_cast<std::size_t>(every.unit)));
  }
  const std::int64_t minutes = count * every.interval_ms / 60'000;
  const bool hours = minutes >= 120 && minutes % 60 == 0;
  return hours ? std::to_string(minutes / 60) + " hours" : std::to_string(minutes) + " min";
}

std::int64_t periods_between(Slot first, Slot last, const Grain& every) {
  std::int64_t count = 1;
  for (Slot slot = first; slot < last && count < 10'000; slot = next_slot(slot, every)) {
    ++count;
  }
  return count;
}

/// " for 3 days", or nothing when it is the first period.
std::string lasting(const AlertSubject& subject, std::optional<Slot> since) {
  if (!since || *since >= subject.slot) {
    return "";
  }
  const std::int64_t count = periods_between(*since, subject.slot, subject.kpi->every);
  return " for " + count_of_periods(count, subject.kpi->every);
}

/// Since when the value has been beyond the limit that is named: a critical one may have been crossed later than the
/// warning's, with which the alert began.
std::optional<Slot> beyond_since(const AlertSubject& subject) {
  const bool has_rung = subject.severity != Severity::kNone;
  const auto rung = static_cast<std::size_t>(subject.severity) - 1;
  const auto& missed = subject.line->thresholds.rungs.at(has_rung ? rung : 0).missed;
  return has_rung && missed ? std::optional(missed->first) : subject.since;
}

std::string since_text(Slot slot, const Kpi& kpi) {
  if (kpi.every.is_civil()) {
    return date_text(date_of(slot));
  }
  return period_text(slot, kpi.every, kpi.zone).substr(0, 16);
}

/// The limit that a firing alert's severity stands for.
const Value* crossed_limit(const AlertSubject& subject) {
  const Limits& limits = subject.judgement.limits;
  const bool critical = subject.severity == Severity::kCritical && limits.critical;
  return critical ? &*limits.critical : limits.mildest();
}

/// How many decimals it takes to tell the value from its limit.
int decimals_for(const AlertSubject& subject, const Value& limit, Language language) {
  const Value& value = subject.judgement.value;
  return value.is_known() ? decimals_apart(value.number, limit.number, subject.kpi->unit, language) : 0;
}

std::string limit_text(const AlertSubject& subject, const Value& limit, Language language) {
  return format_value(limit.number, subject.kpi->unit, language, decimals_for(subject, limit, language));
}

std::string threshold_reason(const AlertSubject& subject, Language language) {
  const Kpi& kpi = *subject.kpi;
  if (kpi.better.kind == Better::Kind::kWithin) {
    return "outside " + format_value(kpi.better.low, kpi.unit, language) + " to " +
           format_value(kpi.better.high, kpi.unit, language) + lasting(subject, subject.since);
  }
  const Value* limit = crossed_limit(subject);
  const std::string side = kpi.better.kind == Better::Kind::kLower ? "above" : "below";
  const bool known = limit != nullptr && limit->is_known();
  const Value& value = subject.judgement.value;
  const bool still = known && value.is_known() && is_beyond(value.number, limit->number, kpi.better);
  const std::string text = known ? side + " " + limit_text(subject, *limit, language) : side + " its limit";
  return still || !value.is_known() ? text + lasting(subject, beyond_since(subject))
                                    : "was " + text + ", not yet recovered";
}

std::string percent_text(double share, Language language) {
  return format_value(std::round(share * 100) / 100, Unit::parse("%").value(), language);
}

/// The plan to show: that of the standing, or of the newest period. REQUIRES that there are plans.
const TargetPlan& shown_plan(const Kpi& kpi, const Line& line) {
  if (const TargetPlan* plan = plan_of_standing(line)) {
    return *plan;
  }
  const std::optional<Slot> newest = line.stepped ? line.stepped : line.first;
  const Slot end = newest ? civil_slot(next_slot(*newest, kpi.every, kpi.zone), kpi) : line.plans.front().start;
  return line.plans[plan_for(line.plans, end).value_or(0)];
}

/// "1,200 SEK", "1,200 SEK in total", "4.5 on average", "95% of periods met".
std::string goal_text(const TargetPlan& plan, double goal, const Kpi& kpi, Language language) {
  switch (plan.measure) {
    case Target::Measure::kTotal:
      return format_value(goal, kpi.unit, language) + " in total";
    case Target::Measure::kAverage:
      return format_value(goal, kpi.unit, language) + " on average";
    case Target::Measure::kShareMet:
      return format_value(goal, Unit::parse("%").value(), language) + " of periods met";
    default:
      return format_value(goal, kpi.unit, language);
  }
}

std::string actual_text(const TargetPlan& plan, double actual, const Kpi& kpi, Language language) {
  const bool is_share = plan.measure == Target::Measure::kShareMet;
  return is_share ? percent_text(actual, language) : format_value(actual, kpi.unit, language);
}

/// Why the plan cannot be judged, and what to do.
std::string problem_of(const TargetPlan& plan) {
  const std::string start = date_text(date_of(plan.start));
  switch (plan.lack) {
    case TargetPlan::Lack::kBaseline:
      return "the baseline cannot be measured: fewer than 4 periods of the 28 days before " + start +
             " have a value; write from: with a number";
    case TargetPlan::Lack::kLastYear:
      return "the path cannot be spread as last year was: fewer than 9 in 10 of last year's periods have a value; "
             "write path: {steps: {…}}";
    default:
      return "";
  }
}

/// What lacks to the path: "pace 80%, 480 so far, 600 was due by now".
std::string behind_text(const TargetPlan& plan, const TargetStanding& standing, const Kpi& kpi, Language language) {
  if (plan.measure == Target::Measure::kShareMet) {
    const std::string met = percent_text(standing.actual.value_or(0), language) + " of periods met so far, ";
    return met + (standing.burn_rate ? "burn rate " + percent_text(*standing.burn_rate, language)
                                     : "and no miss was allowed");
  }
  std::string text = standing.pace ? "pace " + percent_text(*standing.pace, language) : "";
  if (plan.measure != Target::Measure::kLevel && standing.actual) {
    text += (text.empty() ? "" : ", ") + actual_text(plan, *standing.actual, kpi, language) + " so far";
  }
  if (standing.expected) {
    text += (text.empty() ? "" : ", ") + format_value(*standing.expected, kpi.unit, language) + " was due by now";
  }
  return text;
}

std::string target_reason(const AlertSubject& subject, Language language) {
  const Kpi& kpi = *subject.kpi;
  const TargetStanding& standing = subject.line->target_standing;
  const TargetPlan& plan = shown_plan(kpi, *subject.line);
  const std::string goal = goal_text(plan, standing.goal.value_or(plan.goal), kpi, language);
  if (subject.is_reminder) {
    const std::string days = counted(static_cast<std::uint64_t>(standing.days_left), "day");
    return days + " left to the goal of " + goal + ", " + behind_text(plan, standing, kpi, language);
  }
  switch (standing.status) {
    case TargetStatus::kAchieved:
      return "goal of " + goal + " reached";
    case TargetStatus::kMissed:
      return "goal of " + goal + " missed";
    case TargetStatus::kOnTrack:
      return "back on track to " + goal;
    default:
      break;
  }
  return behind_text(plan, standing, kpi, language);
}

std::string_view unknown_text(Reason reason) {
  switch (reason) {
    case Reason::kNull:
      return "the source delivered no number";
    case Reason::kIncomplete:
      return "too few samples in the window";
    case Reason::kTooFew:
      return "too few to tell";
    case Reason::kDivisionByZero:
      return "division by zero";
    case Reason::kNotFinite:
      return "the result is too large";
    case Reason::kNotJudged:
      return "a KPI it uses has no value";
    default:
      return "no sample arrived";
  }
}

std::string no_data_reason(const AlertSubject& subject) {
  const std::string since = subject.since ? " since " + since_text(*subject.since, *subject.kpi) : "";
  return "no data" + since + ": " + std::string(unknown_text(subject.judgement.value.reason));
}

std::string resolved_reason(const AlertSubject& subject) {
  switch (subject.reason) {
    case Reason::kRestated:
      return "earlier data came late or was restated";
    case Reason::kRuleRemoved:
      return "the rule was removed";
    case Reason::kRetired:
      return "the segment has been silent for too long, and is judged no more";
    default:
      break;
  }
  if (subject.rule == RuleKind::kNoData) {
    return "data is back";
  }
  return subject.since ? "fine again, was not since " + since_text(*subject.since, *subject.kpi) : "fine again";
}

std::string reason_of(const AlertSubject& subject, Language language) {
  if (!subject.is_firing && subject.rule != RuleKind::kTarget) {
    return resolved_reason(subject);
  }
  std::string text;
  switch (subject.rule) {
    case RuleKind::kThresholds:
      text = threshold_reason(subject, language);
      break;
    case RuleKind::kCondition:
      text = subject.kpi->alerts[subject.index].name + ": " + subject.kpi->alerts[subject.index].when.text +
             lasting(subject, subject.since);
      break;
    case RuleKind::kTarget:
      text = target_reason(subject, language);
      break;
    case RuleKind::kNoData:
      text = no_data_reason(subject);
      break;
  }
  if (subject.is_flapping) {
    text += " (flapping: it has come and gone for a while; no more is said until it is steady)";
  } else if (subject.is_steady_again) {
    text += " (no longer flapping)";
  }
  return subject.reason == Reason::kRestated ? text + " (earlier data came late or was restated)" : text;
}

/// "+5%", "-12%": against the period before.
std::string change_text(const AlertView& view, Language language) {
  if (!view.value || !view.previous || *view.previous == 0) {
    return "";
  }
  const double change = (*view.value - *view.previous) / std::abs(*view.previous);
  return (change > 0 ? "+" : "") + format_value(change, Unit::parse("%").value(), language);
}

/// The rule's own message, filled in.
std::string own_message(const AlertView& view, const std::string& text, Language language) {
  const auto or_unknown = [](const std::string& value) { return value.empty() ? "unknown" : value; };
  return fill_message(text, [&](std::string_view name) -> std::string {
    if (name == "title") {
      return view.title;
    }
    if (name == "segment") {
      return labels_text(view.segment);
    }
    if (name == "value") {
      return or_unknown(view.formatted);
    }
    if (name == "limit") {
      return or_unknown(view.formatted_limit);
    }
    if (name == "previous") {
      return or_unknown(view.formatted_previous);
    }
    if (name == "since") {
      return or_unknown(view.since_text);
    }
    if (name == "target") {
      return or_unknown(view.target ? view.target->formatted_goal : "");
    }
    if (name == "owner") {
      return or_unknown(view.owner);
    }
    return name == "change" ? or_unknown(change_text(view, language)) : view.reason;
  });
}

std::optional<double> known(double number) {
  return std::isnan(number) ? std::nullopt : std::optional(number);
}

std::string clock_text(Instant instant, const Zone& zone) {
  const auto local = zone.to_local(instant);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  std::array<char, 16> text{};
  (void)std::snprintf(
      text.data(), text.size(), "%02d:%02d", static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return text.data();
}

}  // namespace

std::string period_text(Slot slot, const Grain& every, const Zone& zone) {
  static constexpr std::array<std::string_view, 12> kMonths{"January",
                                                            "February",
                                                            "March",
                                                            "April",
                                                            "May",
                                                            "June",
                                                            "July",
                                                            "August",
                                                            "September",
                                                            "October",
                                                            "November",
                                                            "December"};
  const Slot end = next_slot(slot, every);
  if (!every.is_civil()) {
    const Instant start{Duration{slot.ms}};
    const auto day = std::chrono::floor<std::chrono::days>(zone.to_local(start));
    return date_text(Date{day}) + " " + clock_text(start, zone) + " to " + clock_text(Instant{Duration{end.ms}}, zone);
  }
  const Date first = date_of(slot);
  switch (every.unit) {
    case Grain::Unit::kDay:
      return date_text(first);
    case Grain::Unit::kMonth:
      return std::string(kMonths.at(static_cast<unsigned>(first.month()) - 1)) + " " +
             std::to_string(static_cast<int>(first.year()));
    default:
      return date_text(first) + " to " + date_text(date_of(Slot{end.ms - kDayMs}));
  }
}

std::string rule_name(const Kpi& kpi, RuleKind rule, std::size_t index) {
  switch (rule) {
    case RuleKind::kThresholds:
      return "thresholds";
    case RuleKind::kTarget:
      return "target";
    case RuleKind::kNoData:
      return "no_data";
    case RuleKind::kCondition:
      break;
  }
  return kpi.alerts[index].name;
}

TargetView describe_target(const Kpi& kpi, const Line& line, Language language) {
  const TargetStanding& standing = line.target_standing;
  TargetView view;
  view.status = standing.status;
  const TargetPlan& plan = shown_plan(kpi, line);
  const Target& target = kpi.targets[plan.target];
  const Slot at = line.stepped ? civil_slot(next_slot(*line.stepped, kpi.every, kpi.zone), kpi) : plan.start;
  view.goal = standing.goal.value_or(plan.goal);
  view.formatted_goal = goal_text(plan, view.goal, kpi, language);
  view.deadline = date_text(deadline_at(plan, at));
  view.name = plan.name == "target" ? "" : plan.name;
  view.judged_by = target.judge == Target::Judge::kForecast ? "pace" : "";
  view.problem = problem_of(plan);
  if (plan.measure != Target::Measure::kLevel && standing.actual) {
    view.actual = standing.actual;
    view.formatted_actual = actual_text(plan, *standing.actual, kpi, language);
  }
  view.budget = standing.budget;
  view.budget_left = standing.budget_left;
  view.burn_rate = standing.burn_rate;
  view.expected = standing.expected;
  const bool has_path = plan.measure != Target::Measure::kShareMet;
  view.formatted_expected = standing.expected && has_path ? format_value(*standing.expected, kpi.unit, language) : "";
  view.progress = standing.progress;
  view.pace = standing.pace;
  view.required = standing.required;
  view.days_left = standing.days_left;
  return view;
}

AlertView describe(const AlertSubject& subject, Language language) {
  const Kpi& kpi = *subject.kpi;
  const Line& line = *subject.line;
  AlertView view;
  view.id = subject.episode;
  view.firing = subject.is_firing;
  view.kpi = kpi.id;
  view.title = kpi.title;
  view.description = kpi.description;
  view.rule = rule_name(kpi, subject.rule, subject.index);
  view.segment = line.segment;
  view.severity = subject.severity;
  view.unit = kpi.unit.text();
  view.owner = kpi.owner;
  view.objective = kpi.objective;
  view.labels = kpi.labels;
  view.runbook = kpi.runbook;
  if (subject.rule == RuleKind::kCondition) {
    const AlertRule& rule = kpi.alerts[subject.index];
    view.runbook = rule.runbook.empty() ? kpi.runbook : rule.runbook;
    view.labels.insert(view.labels.end(), rule.labels.begin(), rule.labels.end());
  }
  const Value& value = subject.judgement.value;
  if (value.is_known()) {
    view.value = value.number;
  }
  const Value* limit = subject.rule == RuleKind::kThresholds ? crossed_limit(subject) : nullptr;
  const bool has_limit = limit != nullptr && limit->is_known();
  view.formatted =
      format_value(value.number, kpi.unit, language, has_limit ? decimals_for(subject, *limit, language) : 0);
  if (has_limit) {
    view.limit = limit->number;
    view.formatted_limit = limit_text(subject, *limit, language);
  }
  if (subject.since) {
    view.since = start_of(*subject.since, kpi.every, kpi.zone);
    view.since_text = since_text(*subject.since, kpi);
  }
  view.period = period_of(subject.slot, kpi.every, kpi.zone);
  view.period_text = period_text(subject.slot, kpi.every, kpi.zone);
  if (const Sample* before = line.judged.at(next_slot(subject.slot, kpi.every, -1))) {
    view.previous = known(before->value);
    view.formatted_previous = view.previous ? format_value(*view.previous, kpi.unit, language) : "";
  }
  if (!line.plans.empty()) {
    view.target = describe_target(kpi, line, language);
  }
  view.reason = reason_of(subject, language);
  if (subject.is_firing && subject.rule == RuleKind::kCondition && !kpi.alerts[subject.index].message.empty()) {
    view.reason = own_message(view, kpi.alerts[subject.index].message, language);
  }
  return view;
}

}  // namespace kpi

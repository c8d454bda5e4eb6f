#include "rules/routing/describe.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/target_rate.hpp"
#include "rules/model/message_template.hpp"
#include "rules/routing/reason_words.hpp"
#include "rules/routing/source_words.hpp"
#include "rules/routing/target_words.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace kpi {
namespace {

/// Of a label's name or value where segments are listed.
constexpr std::size_t kMaxLabel = 60;

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
  const auto or_unknown = [&](const std::string& value) {
    return value.empty() ? say(language, Phrase::kUnknown) : value;
  };
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

/// What it was before the trouble, gaps left out; of what is over, of the period before.
const Sample* sample_before(const AlertSubject& subject) {
  const JudgedSeries& judged = subject.line->judged;
  if (!subject.is_firing || subject.rule == RuleKind::kTarget || !subject.since) {
    return judged.at(next_slot(subject.slot, subject.kpi->every, -1));
  }
  auto at = std::ranges::lower_bound(judged.values, std::min(*subject.since, subject.slot), {}, &Sample::slot);
  while (at != judged.values.begin()) {
    --at;
    if (!std::isnan(at->value)) {
      return &*at;
    }
  }
  return nullptr;
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

std::string segments_words(const std::vector<Labels>& segments, Language language) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(segments.size(), most); ++i) {
    std::vector<std::string> labels;
    for (const auto& [name, value] : segments[i]) {
      labels.push_back(printable(name, kMaxLabel) + ": " + printable(value, kMaxLabel));
    }
    names.push_back(join(labels, " + "));
  }
  const std::string text = join(names, ", ");
  return segments.size() <= most
             ? text
             : say(language, Phrase::kNamesAndMore, {{"names", text}, {"n", segments.size() - most}});
}

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

TargetView describe_target(const Kpi& kpi, const Line& line, Language language, const std::optional<Instant>& now) {
  const TargetStanding& standing = line.target_standing;
  TargetView view;
  view.status = standing.status;
  const TargetPlan& plan = shown_plan(kpi, line);
  const Target& target = kpi.targets[plan.target];
  const Slot at = line.stepped ? civil_slot(next_slot(*line.stepped, kpi.every, kpi.zone), kpi) : plan.start;
  view.goal = standing.goal.value_or(plan.goal);
  view.formatted_goal = goal_words(plan, view.goal, kpi, language);
  view.deadline = date_text(deadline_at(plan, at));
  view.name = plan.name == "target" ? "" : plan.name;
  const bool is_forecast = target.judge == Target::Judge::kForecast && (standing.outlook || standing.is_final);
  view.judged_by = target.judge == Target::Judge::kPace || is_forecast ? "" : "pace";
  view.problem = problem_words(plan, language);
  if (plan.measure != Target::Measure::kLevel && standing.actual) {
    view.actual = standing.actual;
    view.formatted_actual = actual_words(plan, *standing.actual, kpi, language);
  }
  view.budget = standing.budget;
  view.budget_left = standing.budget_left;
  view.burn_rate = standing.burn_rate;
  view.expected = standing.expected;
  const bool has_path = plan.measure != Target::Measure::kShareMet;
  view.formatted_expected = standing.expected && has_path ? format_value(*standing.expected, kpi.unit, language) : "";
  view.progress = standing.progress;
  view.is_ceiling = plan.is_ceiling;
  if (!plan.is_ceiling) {  // what is used is told beside what was planned
    view.pace = standing.pace;
  }
  if (!target.baseline && std::isfinite(plan.baseline)) {
    view.formatted_baseline = format_value(plan.baseline, kpi.unit, language);
  }
  view.required = standing.required;
  if (standing.required && !standing.is_final) {
    const TargetRates rates = rates_of(line, kpi);
    view.recent = rates.recent;
    view.best = rates.best;
    view.needed = needed_words(plan, leg_at(plan, at), standing, rates, kpi, language);
  }
  if (standing.outlook) {
    const TargetOutlook& outlook = *standing.outlook;
    view.projected = outlook.projected;
    view.projected_low = outlook.low;
    view.projected_high = outlook.high;
    view.formatted_projected = actual_words(plan, outlook.projected, kpi, language);
    view.probability = outlook.probability;
    view.expected_date = outlook.reached_by ? date_text(date_of(Slot{outlook.reached_by->ms - 1})) : "";
  }
  view.days_left = days_left_of(kpi, line, now);
  return view;
}

namespace {

AlertView described(const AlertSubject& subject, const Voice& voice) {
  const Kpi& kpi = *subject.kpi;
  const Language language = voice.language;
  const Zone zone = voice.zone.value_or(kpi.zone);
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
  const std::optional<Value> limit = subject.rule == RuleKind::kThresholds ? crossed_limit(subject) : std::nullopt;
  const bool has_limit = limit && limit->is_known();
  view.formatted =
      format_value(value.number, kpi.unit, language, has_limit ? decimals_for(subject, *limit, language) : 0);
  if (has_limit) {
    view.limit = limit->number;
    view.formatted_limit = limit_words(subject, *limit, language);
  }
  if (subject.since) {
    view.since = start_of(*subject.since, kpi.every, kpi.zone);
    view.since_text = begin_words(*subject.since, kpi.every, zone, language);
  }
  view.period = period_of(subject.slot, kpi.every, kpi.zone);
  view.period_text = period_words(
      subject.slot, kpi.every, {zone, subject.calendar != nullptr ? *subject.calendar : CalendarRules()}, language);
  if (const Sample* before = sample_before(subject)) {
    view.previous = known(before->value);
    view.formatted_previous = view.previous ? format_value(*view.previous, kpi.unit, language) : "";
  }
  if (!line.plans.empty()) {
    view.target = describe_target(kpi, line, language, subject.now);
  }
  view.is_stale = is_stale(subject);
  view.reason = reason_words(subject, voice);
  if (subject.reason == Reason::kCameAndWent && view.value) {
    // Its value is that of the trouble, and nobody is to read it as what is so now.
    view.reason = say(language, Phrase::kWas, {{"value", view.formatted}, {"reason", view.reason}});
    view.value.reset();
    view.formatted.clear();
  }
  if (subject.is_firing && subject.rule == RuleKind::kCondition && !kpi.alerts[subject.index].message.empty()) {
    view.reason = own_message(view, kpi.alerts[subject.index].message, language);
  }
  if (!subject.lost.empty()) {
    view.reason = say(language,
                      Phrase::kWithoutSegments,
                      {{"reason", view.reason}, {"segments", segments_words(subject.lost, language)}});
  }
  return view;
}

AlertView described(const SourceSubject& subject, const Voice& voice) {
  AlertView view;
  view.id = subject.episode;
  view.source = subject.name;
  view.title = subject.name;
  view.rule = "source:" + subject.name;
  view.firing = subject.is_failing;
  view.severity = subject.severity;
  view.since = subject.since;
  view.since_text = subject.since ? time_words(*subject.since, voice.zone.value_or(subject.zone), voice.language) : "";
  view.reason = subject.is_failing ? source_reason(subject, voice.language) : say(voice.language, subject.why);
  return view;
}

template <class Subject>
AlertView in_all_voices(const Subject& subject, std::span<const Voice> voices) {
  AlertView view = described(subject, voices.front());
  for (const Voice& voice : voices.subspan(1)) {
    view.others.emplace(key_of(voice), texts_of(described(subject, voice)));
  }
  return view;
}

}  // namespace

AlertView describe(const AlertSubject& subject, std::span<const Voice> voices) {
  return in_all_voices(subject, voices);
}

AlertView describe(const AlertSubject& subject, Language language) {
  return described(subject, Voice{language, {}});
}

AlertView describe(const SourceSubject& subject, std::span<const Voice> voices) {
  return in_all_voices(subject, voices);
}

}  // namespace kpi

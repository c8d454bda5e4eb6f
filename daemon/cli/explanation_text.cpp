// An explanation as text for people, and as JSON.

#include "daemon/cli/explanation.hpp"
#include "daemon/cli/explanation_target.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/base/rounding.hpp"
#include "rules/base/text.hpp"
#include "rules/routing/target_words.hpp"
#include "rules/words/say.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

std::string shown(const Value& value, const Unit& unit) {
  return value.is_known() ? format_value(value.number, unit, Language::kEnglish)
                          : "unknown (" + words_of(value.reason) + ")";
}

std::string percent(double share) {
  return format_value(std::round(share * 100) / 100, Unit::parse("%").value(), Language::kEnglish);
}

/// To three digits: a forecast has no more.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) {
    return value;
  }
  const int power = 2 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  return power >= 0 ? times_power_of_ten(std::round(times_power_of_ten(value, power)), -power) : std::round(value);
}

void print_target(const TargetView& target, const Unit& unit, std::ostream& out) {
  out << "  target    " << (target.name.empty() ? "" : target.name + ", ");
  if (!target.problem.empty()) {
    out << target.formatted_goal << " by " << target.deadline << ": " << target.problem << "\n";
    return;
  }
  out << name_of(target.status) << ": " << target.formatted_goal << " by " << target.deadline;
  if (!target.formatted_actual.empty()) {
    out << (is_settled(target.status)
                ? ", it came to " + target.formatted_actual
                : ", " + target.formatted_actual + (target.is_ceiling ? " used" : "") + " so far");
  }
  out << (target.pace ? ", pace " + percent(*target.pace) : "");
  out << (target.formatted_expected.empty()
              ? ""
              : ", " + target.formatted_expected + (target.is_ceiling ? " planned by now" : " due by now"));
  out << (target.judged_by.empty() ? "" : ", judged by " + target.judged_by) << "\n";
  if (target.probability && target.projected_low && target.projected_high) {
    const double width = *target.projected_high - *target.projected_low;
    const auto bound = [&](double value) {
      const double seen = rounded(rounded_beside(value, width, 4));
      return target.budget ? percent(value) : format_value(seen, unit, Language::kEnglish);
    };
    out << "            forecast " << target.formatted_projected << " at the deadline, between "
        << bound(*target.projected_low) << " and " << bound(*target.projected_high) << " in four cases of five; the "
        << (target.is_ceiling ? "budget is kept" : "goal is reached") << " with a probability of "
        << likelihood_words(*target.probability, target.budget.has_value(), Language::kEnglish)
        << (target.expected_date.empty() ? "" : ", by " + target.expected_date) << "\n";
  }
  if (!target.needed.empty()) {
    out << "            " << (target.is_ceiling ? "budget " : "needed ") << target.needed << "\n";
  }
  if (!target.formatted_baseline.empty()) {
    out << "            from " << target.formatted_baseline << ", as measured before the start\n";
  }
  if (target.budget && target.budget_left) {
    out << "            " << misses_text(*target.budget_left, *target.budget)
        << (target.burn_rate ? ", burn rate " + percent(*target.burn_rate) : "") << "\n";
  }
}

/// A share of met periods is one, whatever the KPI's unit.
Unit target_unit(const Explanation& found) {
  const Kpi& kpi = *found.kpi;
  const Slot end = civil_slot(next_slot(found.slot, kpi.every, kpi.zone), kpi);
  const auto plan = plan_for(found.line->plans, end);
  const bool is_share = plan && found.line->plans[*plan].measure == Target::Measure::kShareMet;
  return is_share ? Unit::parse("%").value_or(Unit()) : kpi.unit;
}

/// The goal or forecast of a period's target as people read it.
std::string target_number(double number, const Explanation& found) {
  return format_value(number, target_unit(found), Language::kEnglish);
}

ordered_json target_changes_json(const Explanation& found) {
  const auto day = [](const std::optional<Date>& date) {
    return date ? ordered_json(date_text(*date)) : ordered_json(nullptr);
  };
  const auto goal = [](const std::optional<double>& number) {
    return number ? ordered_json(*number) : ordered_json(nullptr);
  };
  ordered_json changes = ordered_json::array();
  for (const TargetChangeFinding& change : found.target_changes) {
    changes.push_back({{"date", date_text(change.date)},
                       {"goal_before", goal(change.goal_before)},
                       {"goal", goal(change.goal)},
                       {"deadline_before", day(change.deadline_before)},
                       {"deadline", day(change.deadline)},
                       {"why", change.why.empty() ? ordered_json(nullptr) : ordered_json(change.why)}});
  }
  return changes;
}

/// As the ledger has it: where the target stood after that period, whatever became of it since.
void print_target_then(const VerdictRow& then, const Explanation& found, std::ostream& out) {
  if (std::isnan(then.goal)) {
    out << "  target    there was none then\n";
    return;
  }
  out << "  target    then " << name_of(then.target_status) << ": " << target_number(then.goal, found) << " to reach";
  out << (std::isnan(then.expected) ? "" : ", " + target_number(then.expected, found) + " due by then") << "\n";
  if (!std::isnan(then.projected) && !std::isnan(then.probability)) {
    out << "            forecast then " << target_number(rounded(then.projected), found)
        << " at the deadline; the goal reached with a probability of "
        << percent(std::clamp(then.probability, 0.01, 0.99)) << "\n";
  }
}

/// The same keys as of a present target, as far as the ledger keeps them.
ordered_json target_then_json(const VerdictRow& then, const Explanation& found) {
  if (std::isnan(then.goal)) {
    return nullptr;
  }
  const auto number = [](double value) { return std::isnan(value) ? ordered_json(nullptr) : ordered_json(value); };
  return {{"status", name_of(then.target_status)},
          {"goal", then.goal},
          {"expected", number(then.expected)},
          {"projected", number(then.projected)},
          {"probability", number(then.probability)},
          {"formatted_goal", target_number(then.goal, found)}};
}

ordered_json target_json_of(const Explanation& found) {
  if (found.line->plans.empty()) {
    return nullptr;
  }
  return found.then
             ? target_then_json(*found.then, found)
             : ordered_json::parse(target_view_json(describe_target(*found.kpi, *found.line, Language::kEnglish)));
}

/// Before the first sample there is none.
bool has_period(const Explanation& found) {
  return found.slot != Slot{};
}

/// "ok"; of an earlier period how it was then, and how it is now.
std::string state_words(const Explanation& found) {
  if (!has_period(found) && found.state == KpiState::kOk) {
    return std::string(name_of(KpiState::kNoData));
  }
  const std::string now(name_of(found.state));
  return found.then && found.then->state != found.state
             ? std::string(name_of(found.then->state)) + " then, " + now + " now"
             : now;
}

std::string_view standing_words(const RuleFinding& rule, const Value& value) {
  if (rule.name == "recover") {
    return "";
  }
  if (!value.is_known() || !rule.value.is_known()) {
    return ": unknown";
  }
  return rule.is_unsure    ? ": missed, but it may be chance: no alert begins or rises by it"
         : rule.is_crossed ? ": crossed"
                           : ": fine";
}

void print_marks(const std::vector<std::string>& marks, std::size_t indent, std::ostream& out) {
  for (const std::string& mark : marks) {
    out << std::string(indent, ' ') << mark << "\n";
  }
}

void print_inputs(const std::vector<InputFinding>& inputs, std::ostream& out) {
  for (const InputFinding& input : inputs) {
    out << "    " << input.name << " = " << shown(input.value, input.unit) << "\n      " << input.how
        << (input.window.empty() ? "" : ", " + input.window);
    if (input.count.expected > 0 && !input.window.empty()) {
      out << ", " << input.count.present << " of " << input.count.expected << " there";
    }
    out << (input.series > 1 ? ", " + std::to_string(input.series) + " series" : "")
        << (input.lacking > 0 ? ", " + std::to_string(input.lacking) + " of them not whole" : "") << "\n";
    if (input.least) {
      const bool is_too_few = input.value.is_known() && input.value.number < *input.least;
      out << "      min_sample wants at least " << format_value(*input.least, input.unit, Language::kEnglish)
          << (is_too_few ? ": too few to tell" : "") << "\n";
    }
    print_marks(input.without, 6, out);
    print_marks(input.marks, 6, out);
  }
}

ordered_json number(const Value& value) {
  return value.is_known() ? ordered_json(value.number) : ordered_json(nullptr);
}

ordered_json json_of(const std::vector<InputFinding>& inputs) {
  ordered_json list = ordered_json::array();
  for (const InputFinding& input : inputs) {
    list.push_back(
        {{"name", input.name},
         {"aggregate", input.how},
         {"window", input.window},
         {"series", input.series},
         {"present", input.count.present},
         {"expected", input.count.expected},
         {"value", number(input.value)},
         {"reason", input.value.is_known() ? ordered_json(nullptr) : ordered_json(name_of(input.value.reason))},
         {"without", input.without},
         {"restated", input.marks}});
  }
  return list;
}

}  // namespace

std::string misses_text(double left, double budget) {
  const auto text = [](double count) { return number_text(std::round(count * 10) / 10); };
  return left < 0 ? text(budget - left) + " misses, of " + text(budget) + " that are allowed: out of reach"
                  : text(left) + " of " + text(budget) + " misses left";
}

void print_explanation(const Explanation& found, std::ostream& out) {
  const Kpi& kpi = *found.kpi;
  out << printable(kpi.title, 200) << (found.line->segment.empty() ? "" : " (" + labels_text(found.line->segment) + ")")
      << ": " << state_words(found) << "\n";
  out << "  period    " << (has_period(found) ? period_text(found.slot, kpi.every, kpi.zone) : "none yet")
      << (found.is_newest ? ", the newest judged" : "") << "\n";
  out << "  formula   " << kpi.value.text << (kpi.over == kpi.every.span() ? "" : ", over " + kpi.over.text()) << "\n";
  print_inputs(found.inputs, out);
  out << "  value     " << shown(found.judgement.value, kpi.unit);
  const bool differs =
      found.is_judged && found.judgement.value.is_known() && found.recorded != found.judgement.value.number;
  out << (differs ? ", judged as " + format_value(found.recorded, kpi.unit, Language::kEnglish) : "") << "\n";
  print_marks(found.marks, 12, out);
  out << (found.uneven.empty() ? "" : "  uneven    " + found.uneven + "\n");
  for (std::size_t i = 0; i < found.mix.size(); ++i) {
    out << (i == 0 ? "  segments  " : "            ") << found.mix[i] << "\n";
  }
  out << (found.unusual.empty() ? "" : "  history   " + found.unusual + "\n");
  if (found.interval) {
    out << "  interval  " << format_value(found.interval->low, kpi.unit, Language::kEnglish) << " to "
        << format_value(found.interval->high, kpi.unit, Language::kEnglish) << ": where the value truly lies, with "
        << percent(found.confidence) << " confidence; an alert wants all of it beyond the limit\n";
  }
  for (const RuleFinding& rule : found.rules) {
    const std::string name = rule.name + std::string(rule.name.size() < 9 ? 9 - rule.name.size() : 0, ' ');
    if (rule.is_condition) {
      out << "  " << name << " " << rule.text << ": "
          << (rule.value.is_known() ? (rule.is_crossed ? "holds" : "does not hold") : shown(rule.value, {})) << "\n";
      print_inputs(rule.inputs, out);
      continue;
    }
    if (rule.name == "within") {
      out << "  within    " << rule.text << (!rule.value.is_known() ? ": unknown" : standing_words(rule, rule.value))
          << "\n";
      continue;
    }
    const std::string limit = shown(rule.value, kpi.unit);
    const std::string side = kpi.better.kind == Better::Kind::kLower ? "above " : "below ";
    const std::string back = kpi.better.kind == Better::Kind::kLower ? "at or below " : "at or above ";
    out << "  " << name << " " << (rule.name == "recover" ? back : side) << limit
        << (rule.is_number ? "" : " = " + rule.text) << standing_words(rule, found.judgement.value) << "\n";
    print_inputs(rule.inputs, out);
  }
  if (found.then && !found.line->plans.empty()) {
    print_target_then(*found.then, found, out);
  } else if (!found.line->plans.empty()) {
    TargetView target = describe_target(kpi, *found.line, Language::kEnglish);
    const std::optional<double> actual = found.line->target_standing.actual;
    if (is_settled(target.status) && target.formatted_actual.empty() && actual) {
      target.formatted_actual = format_value(*actual, kpi.unit, Language::kEnglish);  // a level, at its deadline
    }
    print_target(target, kpi.unit, out);
  }
  for (const TargetChangeFinding& change : found.target_changes) {
    out << "            " << text_of(change, target_unit(found)) << "\n";
  }
  for (const std::string& line : found.why) {
    out << "  why       " << line << "\n";
  }
}

void print_explanation_json(const Explanation& found, Io& io) {
  const Kpi& kpi = *found.kpi;
  const Period period = period_of(found.slot, kpi.every, kpi.zone);
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : found.line->segment) {
    segment[name] = value;
  }
  ordered_json rules = ordered_json::array();
  for (const RuleFinding& rule : found.rules) {
    rules.push_back({{"name", rule.name},
                     {"text", rule.text},
                     {"value", number(rule.value)},
                     {"crossed", rule.is_crossed},
                     {"unsure", rule.is_unsure},
                     {"inputs", json_of(rule.inputs)}});
  }
  const ordered_json document{
      {"id", kpi.id},
      {"title", kpi.title},
      {"segment", segment},
      {"period",
       has_period(found) ? ordered_json{{"start", rfc3339(period.start)}, {"end", rfc3339(period.end)}}
                         : ordered_json(nullptr)},
      {"due", has_period(found) ? ordered_json(rfc3339(found.due)) : ordered_json(nullptr)},
      {"judged", found.is_judged},
      {"formula", kpi.value.text},
      {"value", number(found.judgement.value)},
      {"formatted", format_value(found.judgement.value.number, kpi.unit, Language::kEnglish)},
      {"reason",
       found.judgement.value.is_known() ? ordered_json(nullptr) : ordered_json(name_of(found.judgement.value.reason))},
      {"restated", found.marks},
      {"inputs", json_of(found.inputs)},
      {"uneven", found.uneven.empty() ? ordered_json(nullptr) : ordered_json(found.uneven)},
      {"segments", found.mix},
      {"history", found.unusual.empty() ? ordered_json(nullptr) : ordered_json(found.unusual)},
      {"interval",
       found.interval ? ordered_json{{"low", found.interval->low},
                                     {"high", found.interval->high},
                                     {"confidence", found.confidence}}
                      : ordered_json(nullptr)},
      {"rules", rules},
      {"state", name_of(found.state)},
      {"why", found.why},
      {"target", target_json_of(found)},
      {"target_changes", target_changes_json(found)}};
  io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace kpi

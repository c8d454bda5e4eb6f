#include "daemon/cli/explanation_target.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

/// The goal that a target's text in the history has.
std::optional<double> goal_in(const std::string& text) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("to: ")) {
      return parse_number(line.substr(4));
    }
  }
  return std::nullopt;
}

/// Goals that were edited in the file, as the history met them.
Result<std::vector<TargetChangeFinding>> edits_of(const Kpi& kpi,
                                                  const TargetPlan& plan,
                                                  const Zone& zone,
                                                  HistoryReader& history) {
  std::vector<TargetChangeFinding> found;
  std::optional<double> before;
  for (const KnownTarget& known : KPI_TRY(history.target_versions())) {
    if (known.row.kpi != kpi.id || known.row.target != plan.name) {
      continue;
    }
    const auto goal = goal_in(known.row.text);
    if (before && goal && *before != *goal) {
      TargetChangeFinding edit;
      edit.date = Date{std::chrono::floor<std::chrono::days>(zone.to_local(known.first_met))};
      edit.goal_before = before;
      edit.goal = goal;
      edit.is_begun = true;
      found.push_back(std::move(edit));
    }
    before = goal ? goal : before;
  }
  return found;
}

}  // namespace

Result<std::vector<TargetChangeFinding>> target_changes(
    const Kpi& kpi, const Line& line, Slot slot, bool is_past, const Zone& zone, HistoryReader& history) {
  const Slot end = civil_slot(next_slot(slot, kpi.every, kpi.zone), kpi);
  const auto index = plan_for(line.plans, end);
  if (!index) {
    return std::vector<TargetChangeFinding>{};
  }
  const TargetPlan& plan = line.plans[*index];
  std::vector<TargetChangeFinding> found = KPI_TRY(edits_of(kpi, plan, zone, history));
  std::erase_if(found, [&](const auto& edit) { return is_past && slot_of(edit.date) >= end; });
  double goal = plan.goal;
  Date deadline = date_of(Slot{plan.end.ms - kDayMs});
  for (const Target::Change& change : kpi.targets[plan.target].changes) {
    TargetChangeFinding one;
    one.date = change.date;
    one.why = change.why;
    one.has_other_path = change.path.has_value();
    one.is_begun = slot_of(change.date) < end;
    if (change.goal) {
      one.goal_before = std::exchange(goal, *change.goal);
      one.goal = change.goal;
    }
    if (change.deadline) {
      one.deadline_before = std::exchange(deadline, *change.deadline);
      one.deadline = change.deadline;
    }
    found.push_back(std::move(one));
  }
  std::ranges::stable_sort(found, {}, &TargetChangeFinding::date);
  return found;
}

std::string text_of(const TargetChangeFinding& change, const Unit& unit) {
  std::vector<std::string> parts;
  if (change.goal) {
    parts.push_back("from " + format_value(*change.goal_before, unit, Language::kEnglish) + " to " +
                    format_value(*change.goal, unit, Language::kEnglish));
  }
  if (change.deadline) {
    parts.push_back("the deadline from " + date_text(*change.deadline_before) + " to " + date_text(*change.deadline));
  }
  if (change.has_other_path) {
    parts.emplace_back("to another path");
  }
  return (change.is_begun ? "changed " : "changes on ") + date_text(change.date) + " " + join(parts, ", ") +
         (change.why.empty() ? ", without a reason" : ": " + printable(change.why, 500));
}

}  // namespace kpi

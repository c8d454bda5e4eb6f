#include "rules/base/text.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/load/raw_reading.hpp"

#include <algorithm>
#include <limits>

namespace kpi {
namespace {

constexpr Slot kForEver{std::numeric_limits<std::int64_t>::max()};

/// The first day after the target's time, without its changes; nothing while the start or the end is open.
std::optional<Slot> end_of(const Target& target) {
  if (target.deadline) {
    return Slot{slot_of(*target.deadline).ms + kDayMs};
  }
  return target.within && target.start ? std::optional(shift_date(slot_of(*target.start), *target.within))
                                       : std::nullopt;
}

Slot last_end(const Target& target) {
  Slot end = target.each && !target.deadline ? kForEver : end_of(target).value_or(kForEver);
  for (const Target::Change& change : target.changes) {
    end = change.deadline ? Slot{slot_of(*change.deadline).ms + kDayMs} : end;
  }
  return end;
}

void check_steps(const std::vector<Target::Step>& steps,
                 const std::optional<Slot>& start,
                 const std::optional<Slot>& end,
                 Position position,
                 Diagnostics& diagnostics) {
  for (const Target::Step& step : steps) {
    const Slot at{slot_of(step.date).ms + kDayMs};
    if ((start && at <= *start) || (end && at >= *end)) {
      diagnostics.error(position,
                        "the step " + date_text(step.date) + " is not between the start and the deadline",
                        "the start is `from` and the deadline `to`; steps lie between them");
    }
  }
}

/// A step that has to be gone back from: a slip of a digit more often than meant.
void check_detours(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  if (!target.baseline || !target.changes.empty()) {
    return;
  }
  const auto [least, most] = std::minmax(*target.baseline, target.goal);
  const auto text = [&](double value) { return format_value(value, kpi.unit, Language::kEnglish); };
  for (const Target::Step& step : target.steps) {
    if (step.value < least || step.value > most) {
      diagnostics.warning(target.at.path,
                          "the step " + text(step.value) + " of " + date_text(step.date) + " does not lie between " +
                              text(*target.baseline) + " and " + text(target.goal) + ", where the target goes",
                          "write a step that lies on the way");
    }
  }
}

void check_path(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  check_detours(kpi, target, diagnostics);
  if (target.path == Target::Path::kSeasonal && target.measure != Target::Measure::kTotal) {
    diagnostics.error(target.at.path,
                      "a seasonal path spreads a total over the days as last year did",
                      "write measure: total, or path: {steps: {…}}");
  }
  if (target.each && (!target.steps.empty() || !target.changes.empty())) {
    diagnostics.error(target.position,
                      "a target for each " + target.each->text() + " has no dates of its own for steps and changes",
                      "write goals by period under to:, or a list of targets");
    return;
  }
  const auto start = target.start ? std::optional(slot_of(*target.start)) : std::nullopt;
  check_steps(target.steps, start, end_of(target), target.at.path, diagnostics);
}

bool can_compound(double from, double to) {
  return from != 0 && to / from > 0;
}

void check_growth(const Kpi& kpi, const Target& target, double to, Position position, Diagnostics& diagnostics) {
  if (!can_compound(*target.baseline, to)) {
    diagnostics.error(position,
                      "a compound path cannot go from " + format_value(*target.baseline, kpi.unit, Language::kEnglish) +
                          " to " + format_value(to, kpi.unit, Language::kEnglish),
                      target.measure == Target::Measure::kTotal
                          ? "a total starts at 0, where nothing grows; write path: s-curve or linear"
                          : "growth rates need two numbers of the same sign, neither zero; write path: linear");
  }
}

void check_changes(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  std::optional<Slot> start = target.start ? std::optional(slot_of(*target.start)) : std::nullopt;
  std::optional<Slot> end = end_of(target);
  double goal = target.goal;
  Target::Path path = target.path;
  for (const Target::Change& change : target.changes) {
    const Slot at = slot_of(change.date);
    if ((start && at <= *start) || (end && at >= *end)) {
      diagnostics.error(change.position,
                        "the change of " + date_text(change.date) + " is not within the target's time",
                        "it lies after " + (start ? date_text(date_of(*start)) : std::string("the start")) +
                            " and before " + (end ? date_text(date_of(*end)) : std::string("the end")));
      return;
    }
    start = at;
    end = change.deadline ? std::optional(Slot{slot_of(*change.deadline).ms + kDayMs}) : end;
    if (end && *end <= at) {
      diagnostics.error(change.position, "the new deadline " + date_text(*change.deadline) + " lies before the change");
      return;
    }
    path = change.path.value_or(path);
    goal = change.goal.value_or(goal);
    if (path == Target::Path::kSeasonal && target.measure != Target::Measure::kTotal) {
      diagnostics.error(change.position, "a seasonal path spreads a total over the days as last year did");
    }
    if (path == Target::Path::kCompound && target.baseline) {
      check_growth(kpi, target, goal, change.position, diagnostics);
    }
    check_steps(change.steps, start, end, change.position, diagnostics);
  }
}

void check_direction(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  const double way = target.goal - *target.baseline;
  const bool against =
      (kpi.better.kind == Better::Kind::kHigher && way < 0) || (kpi.better.kind == Better::Kind::kLower && way > 0);
  if (against && !is_ceiling(target, kpi.better) && target.measure != Target::Measure::kShareMet) {
    diagnostics.warning(target.at.to,
                        "the target of " + kpi.id + " goes from " +
                            format_value(*target.baseline, kpi.unit, Language::kEnglish) + " to " +
                            format_value(target.goal, kpi.unit, Language::kEnglish) + ", against `better`",
                        kpi.better.kind == Better::Kind::kHigher ? "write better: lower if less is better"
                                                                 : "write better: higher if more is better");
  }
  const bool is_of_values = target.measure == Target::Measure::kLevel || target.measure == Target::Measure::kAverage;
  if (kpi.better.kind == Better::Kind::kWithin && is_of_values &&
      (target.goal < kpi.better.low || target.goal > kpi.better.high)) {
    diagnostics.warning(target.at.to,
                        "the goal of " + kpi.id + ", " + format_value(target.goal, kpi.unit, Language::kEnglish) +
                            ", lies outside of better: {within: …}: who reaches it is warned",
                        "choose a goal within, or other bounds");
  }
}

/// Named periods are those of the fiscal year: 2026-Q1 is the first quarter of the year that begins in 2026.
void settle_period(Target& target, const CalendarRules& calendar) {
  if (!target.is_named_period) {
    return;
  }
  if (target.each->unit != Grain::Unit::kMonth) {
    const std::chrono::month_day first = calendar.year_starts;
    const Date year{target.start->year(), first.month(), first.day()};
    const auto months = static_cast<std::int32_t>(static_cast<unsigned>(target.start->month())) - 1;
    target.start = date_of(shift_date(slot_of(year), Span{months, 0, 0}));
  }
  target.deadline = date_of(Slot{next_slot(slot_of(*target.start), *target.each).ms - kDayMs});
}

void check_overlap(const Target& a, const Target& b, Diagnostics& diagnostics) {
  if (!(a.match == b.match) || slot_of(*b.start) >= last_end(a)) {
    return;
  }
  const auto named = [](const Target& target) {
    return target.name.empty() ? "from " + date_text(*target.start) : "\"" + printable(target.name) + "\"";
  };
  Diagnostic overlap;
  overlap.position = b.position;
  overlap.message = "the targets " + named(a) + " and " + named(b) + " overlap: one begins on " + date_text(*b.start) +
                    ", before the other has ended";
  overlap.remedy = "one target judges at a time; let it start when the other has ended";
  overlap.related = a.position;
  overlap.related_message = "the other one";
  diagnostics.add(std::move(overlap));
}

/// What is divided by something that is measured: a mean, a share, a price. Over several periods it does not add up.
bool is_quotient(const Kpi& kpi) {
  const auto is_below = [](const Unit::Factor& factor) { return factor.power < 0; };
  if (kpi.unit.show() == Unit::Show::kPercent || kpi.unit.show() == Unit::Show::kRatio ||
      kpi.unit.show() == Unit::Show::kToOne || kpi.unit.show() == Unit::Show::kPoints ||
      std::ranges::any_of(kpi.unit.factors(), is_below)) {
    return true;
  }
  const auto& code = kpi.value.code;
  const bool is_divided = code.size() > 2 && code.back().op == OpCode::kDivide;
  return is_divided && code[code.size() - 2].op != OpCode::kNumber && kpi.unit.factors().empty();
}

/// Needs a season of its own only where periods add up without counting anything twice.
void check_measure(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  if (target.measure == Target::Measure::kTotal && !(kpi.over == kpi.every.span())) {
    diagnostics.error(target.at.measure,
                      "a total adds up periods, and over: " + kpi.over.text() + " would count each " +
                          kpi.every.text() + " several times",
                      "leave out over, or write measure: average");
  }
  if (target.measure == Target::Measure::kTotal && is_quotient(kpi)) {
    const bool is_percent = kpi.unit.show() == Unit::Show::kPercent;
    diagnostics.error(target.at.measure,
                      is_percent
                          ? "a total adds up periods, and percentages of several periods do not add up"
                          : "a total adds up periods, and " +
                                (kpi.unit.text().empty() ? std::string("ratios") : "values in " + kpi.unit.text()) +
                                " do not add up: " + kpi.id + " is a ratio",
                      std::string("write measure: average or level, or count what the ") +
                          (is_percent ? "percentage" : "ratio") + " is of");
  }
  if (!target.baseline && kpi.every.span().months > 0) {
    diagnostics.error(
        target.at.from,
        "`measured` is the mean of at least 4 periods of the 28 days before the start, and the KPI is judged every " +
            kpi.every.text(),
        "write from: with a number");
  }
  if (target.measure != Target::Measure::kShareMet) {
    return;
  }
  const auto looks_at_target = [](const AlertRule& rule) {
    return rule.severity >= Severity::kWarning &&
           std::ranges::any_of(rule.when.code, [](const Instruction& step) { return step.op == OpCode::kTarget; });
  };
  const auto counts = [](const AlertRule& rule) { return rule.severity >= Severity::kWarning; };
  if (std::ranges::any_of(kpi.alerts, looks_at_target)) {
    diagnostics.error(target.at.measure,
                      "share_met counts the periods that an alert misses, and the alert looks at the target",
                      "give that alert severity: info");
  } else if (!kpi.thresholds && std::ranges::none_of(kpi.alerts, counts)) {
    diagnostics.error(target.at.measure,
                      "share_met counts the periods that meet the thresholds, and " + kpi.id + " has none",
                      "write thresholds: {warning: …}");
  }
}

/// A reminder from before the start would never be sent.
void check_reminders(const Target& target, Diagnostics& diagnostics) {
  const std::optional<Slot> end = end_of(target);
  std::optional<std::int64_t> length = target.within ? std::optional(target.within->approximate_ms()) : std::nullopt;
  if (target.each) {
    length = target.each->span().approximate_ms() + kDayMs;  // months are of 28 to 31 days
  } else if (end && target.start) {
    length = end->ms - slot_of(*target.start).ms;
  }
  for (const Span& before : target.remind) {
    if (length && before.approximate_ms() > *length) {
      diagnostics.error(target.at.remind,
                        "a reminder " + before.text() + " before the deadline lies before the start",
                        "write remind: with spans shorter than the target's time, such as [30 days, 7 days]");
    }
  }
}

void check_segment(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  const auto holds_all = [&](const std::vector<std::string>& split) {
    return std::ranges::all_of(target.match,
                               [&](const auto& label) { return std::ranges::find(split, label.first) != split.end(); });
  };
  if (!target.match.empty() && std::ranges::none_of(kpi.split_by, holds_all)) {
    diagnostics.error(target.position,
                      kpi.id + " has no segment " + labels_text(target.match),
                      kpi.split_by.empty() ? "write split_by: [" + target.match.front().first + "]"
                                           : "match labels of one of its splits");
  }
}

}  // namespace

void check_target(const Kpi& kpi, const Target& target, Diagnostics& diagnostics) {
  if (target.start && target.deadline && !(*target.start <= *target.deadline)) {
    diagnostics.error(
        target.at.by,
        "the deadline " + date_text(*target.deadline) + " lies before the start " + date_text(*target.start),
        "write by: with a later day, or as a span from the start: 6 months");
    return;
  }
  if (target.within && target.within->approximate_ms() < kDayMs) {
    diagnostics.error(target.at.by, "a target lasts at least a day", "write by: 6 months, or a date");
    return;
  }
  check_path(kpi, target, diagnostics);
  check_reminders(target, diagnostics);
  check_changes(kpi, target, diagnostics);
  if (!target.baseline) {
    return;
  }
  if (is_ceiling(target, kpi.better) && !(target.goal > 0)) {
    diagnostics.error(target.at.to,
                      "with better: lower a total is a budget, and one of " + number_text(target.goal) + " is none",
                      "write to: with what may be used in all, or better: higher");
    return;
  }
  if (target.goal == *target.baseline) {
    diagnostics.error(target.at.to,
                      "from and to are the same: there is no way to go",
                      "write to: with another goal; what is only to be held is a threshold, or measure: share_met");
  }
  if (target.path == Target::Path::kCompound) {
    check_growth(kpi, target, target.goal, target.at.path, diagnostics);
  }
  check_direction(kpi, target, diagnostics);
}

void settle_targets(Kpi& kpi, const CalendarRules& calendar, Diagnostics& diagnostics) {
  const bool is_list =
      std::ranges::count_if(kpi.targets, [](const Target& target) { return target.match.empty(); }) > 1;
  for (Target& target : kpi.targets) {
    settle_period(target, calendar);
    check_measure(kpi, target, diagnostics);
    check_segment(kpi, target, diagnostics);
    if (is_list && !target.start) {
      diagnostics.error(target.position, "with several targets each says when it starts", "write start: 2026-10-01");
      return;
    }
  }
  std::ranges::stable_sort(kpi.targets, [](const Target& a, const Target& b) {
    return std::pair(a.match, a.start.value_or(Date{})) < std::pair(b.match, b.start.value_or(Date{}));
  });
  for (std::size_t i = 1; i < kpi.targets.size(); ++i) {
    if (kpi.targets[i - 1].match == kpi.targets[i].match && kpi.targets[i].start) {
      check_overlap(kpi.targets[i - 1], kpi.targets[i], diagnostics);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!kpi.targets[i].name.empty() && kpi.targets[i].name == kpi.targets[j].name &&
          kpi.targets[i].match == kpi.targets[j].match && !(kpi.targets[i].position == kpi.targets[j].position)) {
        diagnostics.error(kpi.targets[i].position,
                          "the name \"" + printable(kpi.targets[i].name) + "\" is taken",
                          "every target of a KPI has a name of its own");
        return;
      }
    }
  }
}

}  // namespace kpi

#include "rules/load/smart.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kpi {
namespace {

constexpr std::size_t kMostNamed = 5;

/// "visits", "visits and orders", "visits, orders, revenue, stock, returns and 12 more".
std::string names_of(const std::vector<const Kpi*>& kpis) {
  std::vector<std::string> names;
  const std::size_t named = kpis.size() > kMostNamed + 1 ? kMostNamed : kpis.size() - 1;
  for (std::size_t i = 0; i < named; ++i) {
    names.push_back(kpis[i]->id);
  }
  const std::string last = named + 1 == kpis.size() ? kpis.back()->id : std::to_string(kpis.size() - named) + " more";
  return names.empty() ? last : join(names, ", ") + " and " + last;
}

/// The last day of the newest target of the total; nothing when it is open.
std::optional<Date> last_deadline(const Kpi& kpi) {
  std::optional<Date> last;
  for (const Target& target : kpi.targets) {
    if (!target.match.empty()) {
      continue;
    }
    std::optional<Date> deadline = target.deadline;
    if (!deadline && target.within && target.start) {
      deadline = date_of(Slot{shift_date(slot_of(*target.start), *target.within).ms - kDayMs});
    }
    for (const Target::Change& change : target.changes) {
      deadline = change.deadline ? change.deadline : deadline;
    }
    if (!deadline) {
      return std::nullopt;  // counted from the first load, or repeated for ever
    }
    last = last ? std::max(*last, *deadline) : deadline;
  }
  return last;
}

/// The first day of the fiscal quarter before the one that holds `today`.
Date previous_quarter(Date today, const CalendarRules& calendar) {
  const Grain quarter{Grain::Unit::kQuarter, 0};
  return date_of(next_slot(slot_at(today, quarter, calendar), quarter, -1));
}

bool is_lacking(const Kpi& kpi, SmartGap gap, Date today) {
  switch (gap) {
    case SmartGap::kTitle:
      return kpi.title == kpi.id;
    case SmartGap::kDescription:
      return kpi.description.empty();
    case SmartGap::kUnit:
      return kpi.unit.is_none();
    case SmartGap::kObjective:
      return kpi.objective.empty();
    case SmartGap::kOwner:
      return kpi.owner.empty();
    case SmartGap::kDeadline:
      break;
  }
  const auto last = last_deadline(kpi);
  return last && *last < today;
}

constexpr std::array kGaps{
    std::pair{SmartGap::kTitle, std::string_view("title")},
    std::pair{SmartGap::kDescription, std::string_view("description")},
    std::pair{SmartGap::kUnit, std::string_view("unit")},
    std::pair{SmartGap::kObjective, std::string_view("objective")},
    std::pair{SmartGap::kOwner, std::string_view("owner")},
    std::pair{SmartGap::kDeadline, std::string_view("deadline")},
};

class SmartCheck {
 public:
  SmartCheck(const RuleSet& rules, Date today, const std::map<std::string, Date>& reviews, Diagnostics& diagnostics)
      : rules_(rules), today_(today), reviews_(reviews), diagnostics_(diagnostics) {}

  void run() {
    const auto has = [&](SmartGap gap) { return [this, gap](const Kpi& kpi) { return is_lacking(kpi, gap, today_); }; };
    report(has(SmartGap::kTitle), "no title (S, specific)", "write title: as people call it");
    report(has(SmartGap::kDescription),
           "no description (S, specific)",
           "write description: what is counted, in a sentence");
    report(has(SmartGap::kUnit), "no unit (M, measurable)", "write unit: such as visitors, SEK or \"%\"");
    report(has(SmartGap::kObjective), "no objective (R, relevant)", "write objective: what it is good for");
    report(has(SmartGap::kOwner), "no owner (R, relevant)", "write owner: who looks after it; routes can match it");
    report_deadlines();
    const Date since = previous_quarter(today_, rules_.calendar);
    const auto is_old = [&](const Kpi& kpi) {
      const auto recorded = reviews_.find(kpi.id);
      return (!kpi.reviewed || *kpi.reviewed < since) && (recorded == reviews_.end() || recorded->second < since);
    };
    report(
        is_old,
        "no review since " + date_text(since),
        "ask whether each is still the right KPI and the right target, and record it: `kpid review KPI --by WHO`, or "
        "reviewed: with the date");
    report_crowds();
    report_past_forecasts();
  }

 private:
  using Test = std::function<bool(const Kpi&)>;

  /// One warning a file: of the KPIs for which `lacks` holds.
  void report(const Test& lacks, const std::string& what, const std::string& remedy) {
    std::map<const SourceText*, std::vector<const Kpi*>> by_file;
    for (const Kpi& kpi : rules_.kpis) {
      if (promises(kpi) && lacks(kpi)) {
        by_file[kpi.position.source].push_back(&kpi);
      }
    }
    for (auto& [file, kpis] : by_file) {
      warn(kpis, what, remedy);
    }
  }

  /// Where the target is written: of a KPI of a pack that is the user's file.
  void report_deadlines() {
    std::map<const SourceText*, std::vector<const Kpi*>> by_file;
    for (const Kpi& kpi : rules_.kpis) {
      if (is_lacking(kpi, SmartGap::kDeadline, today_)) {
        by_file[kpi.targets.back().position.source].push_back(&kpi);
      }
    }
    for (auto& [file, kpis] : by_file) {
      const auto place = [](const Kpi* kpi) {
        const Position& at = kpi->targets.back().position;
        return std::pair(at.line, at.column);
      };
      std::ranges::sort(kpis, {}, place);
      diagnostics_.warning(
          kpis.front()->targets.back().position,
          names_of(kpis) + (kpis.size() == 1 ? " has" : " have") + " a deadline in the past (T, time-bound)",
          "add a target with a new deadline under targets:, and keep the old one as the record that it is");
    }
  }

  void warn(std::vector<const Kpi*>& kpis, const std::string& what, const std::string& remedy) {
    std::ranges::sort(kpis, {}, [](const Kpi* kpi) { return std::pair(kpi->position.line, kpi->position.column); });
    const std::string verb = kpis.size() == 1 ? " has " : " have ";
    diagnostics_.warning(kpis.front()->position, names_of(kpis) + verb + what, remedy);
  }

  /// What is forecast of a day that is over stays unknown.
  void report_past_forecasts() {
    const Slot today = slot_of(today_);
    const auto is_past = [&](const auto& input) {
      return input.how == Aggregate::kForecast && Slot{static_cast<std::int64_t>(input.quantile)} < today;
    };
    for (const Kpi& kpi : rules_.kpis) {
      bool has_past = false;
      const auto look = [&](const Program& program) {
        has_past =
            has_past || std::ranges::any_of(program.metrics, is_past) || std::ranges::any_of(program.kpis, is_past);
      };
      look(kpi.value);
      if (kpi.thresholds) {
        each_threshold_program(*kpi.thresholds, look);
      }
      for (const AlertRule& alert : kpi.alerts) {
        look(alert.when);
      }
      if (has_past) {
        diagnostics_.warning(
            kpi.position,
            kpi.id + " forecasts a day in the past, which stays unknown",
            "write a day that is to come: forecast(value, " +
                date_text(Date{today_.year() + std::chrono::years{1}, std::chrono::December, std::chrono::day{31}}) +
                ")");
      }
    }
  }

  void report_crowds() {
    std::map<std::string, std::vector<const Kpi*>> by_objective;
    for (const Kpi& kpi : rules_.kpis) {
      if (promises(kpi) && !kpi.objective.empty()) {
        by_objective[kpi.objective].push_back(&kpi);
      }
    }
    for (auto& [objective, kpis] : by_objective) {
      if (kpis.size() > kMostPerObjective) {
        std::ranges::sort(kpis, {}, [](const Kpi* kpi) { return std::pair(kpi->position.line, kpi->position.column); });
        diagnostics_.warning(
            kpis.front()->position,
            std::to_string(kpis.size()) + " KPIs stand for the objective \"" + printable(objective, 80) +
                "\": " + names_of(kpis),
            "more than " + std::to_string(kMostPerObjective) +
                " blur the picture: keep those that decide, and leave the targets and thresholds of the rest out");
      }
    }
  }

  const RuleSet& rules_;
  Date today_;
  const std::map<std::string, Date>& reviews_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool promises(const Kpi& kpi) {
  return !kpi.targets.empty() || kpi.thresholds || !kpi.alerts.empty();
}

std::string_view name_of(SmartGap gap) {
  return kGaps.at(static_cast<std::size_t>(gap)).second;
}

std::vector<SmartGap> smart_gaps(const Kpi& kpi, Date today) {
  std::vector<SmartGap> gaps;
  for (const auto& [gap, name] : kGaps) {
    if (promises(kpi) && is_lacking(kpi, gap, today)) {
      gaps.push_back(gap);
    }
  }
  return gaps;
}

void check_smart(const RuleSet& rules,
                 Date today,
                 const std::map<std::string, Date>& reviews,
                 Diagnostics& diagnostics) {
  SmartCheck(rules, today, reviews, diagnostics).run();
}

}  // namespace kpi

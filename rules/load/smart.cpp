#include "rules/load/smart.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kpi {
namespace {

constexpr std::size_t kMostPerObjective = 7;
constexpr std::size_t kMostNamed = 5;

bool promises(const Kpi& kpi) {
  return !kpi.targets.empty() || kpi.thresholds || !kpi.alerts.empty();
}

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

class SmartCheck {
 public:
  SmartCheck(const RuleSet& rules, Date today, Diagnostics& diagnostics)
      : rules_(rules), today_(today), diagnostics_(diagnostics) {}

  void run() {
    const auto is_empty = [](std::string Kpi::* text) {
      return [text](const Kpi& kpi) { return (kpi.*text).empty(); };
    };
    report(
        [](const Kpi& kpi) { return kpi.title == kpi.id; }, "no title (S, specific)", "write title: as people call it");
    report(is_empty(&Kpi::description),
           "no description (S, specific)",
           "write description: what is counted, in a sentence");
    report([](const Kpi& kpi) { return kpi.unit.is_none(); },
           "no unit (M, measurable)",
           "write unit: such as visitors, SEK or \"%\"");
    report(is_empty(&Kpi::objective), "no objective (R, relevant)", "write objective: what it is good for");
    report(is_empty(&Kpi::owner), "no owner (R, relevant)", "write owner: who looks after it; routes can match it");
    report(
        [&](const Kpi& kpi) {
          const auto last = last_deadline(kpi);
          return last && *last < today_;
        },
        "a deadline in the past (T, time-bound)",
        "add a target with a new deadline under targets:, and keep the old one as the record that it is");
    const Date since = previous_quarter(today_, rules_.calendar);
    report([&](const Kpi& kpi) { return !kpi.reviewed || *kpi.reviewed < since; },
           "no review since " + date_text(since),
           "ask whether each is still the right KPI and the right target, and write reviewed: with the date");
    report_crowds();
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

  void warn(std::vector<const Kpi*>& kpis, const std::string& what, const std::string& remedy) {
    std::ranges::sort(kpis, {}, [](const Kpi* kpi) { return std::pair(kpi->position.line, kpi->position.column); });
    const std::string verb = kpis.size() == 1 ? " has " : " have ";
    diagnostics_.warning(kpis.front()->position, names_of(kpis) + verb + what, remedy);
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
  Diagnostics& diagnostics_;
};

}  // namespace

void check_smart(const RuleSet& rules, Date today, Diagnostics& diagnostics) {
  SmartCheck(rules, today, diagnostics).run();
}

}  // namespace kpi

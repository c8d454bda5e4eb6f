#include "daemon/cli/check_seasons.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/judge/target_season.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace kpi {
namespace {

/// Where the target says that it is seasonal; no source: it does not.
Position seasonal_place(const Target& target) {
  if (target.path == Target::Path::kSeasonal) {
    return target.at.path;
  }
  const auto turn = std::ranges::find(target.changes, Target::Path::kSeasonal, &Target::Change::path);
  return turn == target.changes.end() ? Position{} : turn->position;
}

class SeasonCheck {
 public:
  SeasonCheck(const RuleSet& rules, const Engine* engine, Instant now, Diagnostics& diagnostics)
      : rules_(rules), engine_(engine), now_(now), diagnostics_(diagnostics) {}

  void run() {
    for (const Kpi& kpi : rules_.kpis) {
      const auto is_seasonal = [](const Target& target) { return seasonal_place(target).source != nullptr; };
      if (std::ranges::any_of(kpi.targets, is_seasonal)) {
        check(kpi);
      }
    }
  }

 private:
  /// None where the formula was another: what this one would have been is not known before it is judged.
  [[nodiscard]] std::vector<const Line*> lines_of(const Kpi& kpi) const {
    std::vector<const Line*> lines;
    const RuleSet* known = engine_ == nullptr ? nullptr : &engine_->config().rules;
    const Kpi* before = known == nullptr ? nullptr : known->find(kpi.id);
    if (before == nullptr || before->value.text != kpi.value.text || !(before->every == kpi.every)) {
      return lines;
    }
    for (const Line& line : engine_->lines()) {
      if (&known->kpis[line.kpi] == before) {
        lines.push_back(&line);
      }
    }
    return lines;
  }

  void check(const Kpi& kpi) {
    PlanGround ground;
    ground.calendar = rules_.calendar;
    ground.today = slot_of(Date{std::chrono::floor<std::chrono::days>(kpi.zone.to_local(now_))});
    ground.first_load = [&](const std::string&) { return ground.today; };
    bool is_known = false;
    for (const Line* line : lines_of(kpi)) {
      is_known = is_known || (line->segment.empty() && line->newest);
      for (const TargetPlan& plan : plans_of(kpi, line->segment, ground)) {
        if (ground.today < plan.end) {
          check(kpi, plan, *line);
        }
      }
    }
    for (const TargetPlan& plan : is_known ? std::vector<TargetPlan>{} : plans_of(kpi, {}, ground)) {
      const Position at = seasonal_place(kpi.targets[plan.target]);
      if (at.source != nullptr && ground.today < plan.end) {
        diagnostics_.warning(at,
                             "the seasonal path of " + kpi.id +
                                 " follows last year, of which nothing is known yet: without its values the target "
                                 "judges nothing",
                             remedy(plan));
      }
    }
  }

  void check(const Kpi& kpi, const TargetPlan& plan, const Line& line) {
    const Position at = seasonal_place(kpi.targets[plan.target]);
    if (at.source == nullptr || !line.newest) {
      return;
    }
    const SeasonGap gap = season_gap(plan, kpi, line.judged, *line.newest, rules_.calendar);
    if (gap.may_be_filled) {
      return;
    }
    const std::string segment = line.segment.empty() ? "" : " (" + printable(labels_text(line.segment), 60) + ")";
    diagnostics_.error(at,
                       "the seasonal path of " + kpi.id + segment + " follows last year, and the history has " +
                           std::to_string(gap.known) + " of the " +
                           counted(static_cast<std::uint64_t>(gap.periods), kpi.every.text()) + " that it needs",
                       remedy(plan));
  }

  /// With a step in the middle of the plan.
  [[nodiscard]] static std::string remedy(const TargetPlan& plan) {
    const std::int64_t days = (plan.end.ms - plan.start.ms) / kDayMs;
    return "write path: {steps: {" + date_text(date_of(Slot{plan.start.ms + days / 2 * kDayMs})) +
           ": …}} with what is due by then, or `kpid import` last year's values";
  }

  const RuleSet& rules_;
  const Engine* engine_;
  Instant now_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_seasons(const RuleSet& rules, const Engine* engine, Instant now, Diagnostics& diagnostics) {
  SeasonCheck(rules, engine, now, diagnostics).run();
}

}  // namespace kpi

#include "daemon/review/review_targets.hpp"

#include "daemon/review/judged_periods.hpp"
#include "daemon/review/outcome.hpp"
#include "daemon/review/recorded_targets.hpp"
#include "rules/judge/target.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/model/earlier_names.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace kpi {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The plans of a line by one rule, and what the one in force has come to.
struct Counted {
  const Kpi* kpi = nullptr;
  std::vector<TargetPlan> plans;
  std::optional<std::uint32_t> plan;
  double sum = 0;
  double last = kNone;  ///< The newest value.
  std::int64_t known = 0;
  std::int64_t met = 0;
  std::int64_t missed = 0;
};

/// One more period, which ends at `end` on the civil axis.
void count(Counted& counted, double value, Verdict verdict, Slot end) {
  const auto plan = plan_for(counted.plans, end);
  if (plan != counted.plan) {
    counted.plan = plan;
    counted.sum = 0;
    counted.last = kNone;
    counted.known = counted.met = counted.missed = 0;
  }
  const TargetPlan* in_force = plan ? &counted.plans[*plan] : nullptr;
  if (in_force == nullptr || end <= in_force->start || end > leg_at(*in_force, end).end) {
    return;
  }
  if (!std::isnan(value)) {
    counted.sum += value;
    counted.last = value;
    ++counted.known;
  }
  counted.met += verdict == Verdict::kMet ? 1 : 0;
  counted.missed += verdict == Verdict::kMissed ? 1 : 0;
}

/// A judged period.
struct EndedPeriod {
  Slot end;  ///< On the civil axis.
  double value = 0;
  Verdict verdict = Verdict::kRecorded;
};

/// A line, and what its targets have come to by the rule of now and, where its periods had targets that this rule does
/// not have, by the recorded ones.
struct CountedLine {
  ReviewLine* line = nullptr;
  const Kpi* kpi = nullptr;
  std::vector<Counted> rules;  ///< The newest first, at least that of now.
};

/// NaN: before anything is known.
double measured(const Counted& counted) {
  const auto share = [](double part, std::int64_t whole) {
    return whole > 0 ? part / static_cast<double>(whole) : kNone;
  };
  switch (counted.plan ? counted.plans[*counted.plan].measure : Target::Measure::kLevel) {
    case Target::Measure::kTotal:
      return counted.known > 0 ? counted.sum : kNone;
    case Target::Measure::kAverage:
      return share(counted.sum, counted.known);
    case Target::Measure::kShareMet:
      return share(static_cast<double>(counted.met), counted.met + counted.missed);
    case Target::Measure::kLevel:
      break;
  }
  return counted.last;
}

/// What the target with this goal measures.
Target::Measure measure_of(const Kpi& kpi, double goal) {
  const auto has_goal = [&](const Target& target) {
    return target.goal == goal ||
           std::ranges::any_of(target.changes, [&](const auto& change) { return change.goal == goal; });
  };
  const auto found = std::ranges::find_if(kpi.targets, has_goal);
  return found != kpi.targets.end() ? found->measure
         : kpi.targets.empty()      ? Target::Measure::kLevel
                                    : kpi.targets.back().measure;
}

bool has_target(const ReviewPoint& point) {
  return !std::isnan(point.goal);
}

Slot civil_end(const ReviewPoint& point, const Kpi& kpi) {
  return civil_slot(point.end, kpi);
}

/// Whether the rule has the target that the period was judged by. A level is decided at its deadline, not before.
bool has_target_of(const Counted& counted, const ReviewPoint& point) {
  const Slot end = civil_end(point, *counted.kpi);
  const auto at = plan_for(counted.plans, end);
  if (!at) {
    return false;
  }
  const TargetPlan& plan = counted.plans[*at];
  const PathLeg leg = leg_at(plan, end);
  const bool is_too_early = plan.measure == Target::Measure::kLevel && end < leg.end;
  return leg.goal == point.goal && !(is_settled(point.target_status) && is_too_early) &&
         (point.target_status == TargetStatus::kNotStarted || end > plan.start);
}

/// The rule that a period was judged by; that of now where none has its target.
const Counted& rule_of(const CountedLine& line, const ReviewPoint& point) {
  if (line.rules.size() == 1) {
    return line.rules.front();
  }
  const auto found =
      std::ranges::find_if(line.rules, [&](const Counted& counted) { return has_target_of(counted, point); });
  return found == line.rules.end() ? line.rules.front() : *found;
}

/// A target as its periods went by.
struct Passing {
  ReviewTarget target;
  const Counted* rule = nullptr;
  std::optional<std::uint32_t> plan;
  bool was_open = false;  ///< It was still to be decided after one of the review's periods.

  /// Whether it is the same target after the next period: what was decided stays so.
  [[nodiscard]] bool goes_on(const Counted& counted, const ReviewPoint& point) const {
    return rule == &counted && plan == counted.plan && (is_settled(point.target_status) || !is_settled(target.status));
  }

  /// Whether it ended within the review, which another target hides: by its deadline, or by when it was decided where
  /// its rule is no more.
  [[nodiscard]] bool has_ended_since(Date from) const {
    return is_settled(target.status) && (target.deadline ? *target.deadline >= from : was_open);
  }
};

/// How far it had come beside how far it was to be: of a budget what was planned over what was used.
std::optional<double> pace_of(const TargetPlan& plan, double actual, double expected, Slot end) {
  if (plan.is_ceiling) {
    return actual > 0 ? std::optional(expected / actual) : std::nullopt;
  }
  const auto done = progress_at(plan, actual, end);
  const auto due = progress_at(plan, expected, end);
  return done && due && *due > 0 ? std::optional(*done / *due) : std::nullopt;
}

class Targets {
 public:
  Targets(Review& review, const Config& config, const ReviewLines& lines, HistoryReader& reader)
      : review_(review), config_(config), lines_(lines), reader_(reader) {}

  Result<void> add() {
    for (ReviewKpi& kpi : review_.kpis) {
      add_line(kpi, kpi.total);
      std::ranges::for_each(kpi.segments, [&](ReviewLine& line) { add_line(kpi, line); });
    }
    if (counted_.empty()) {
      return {};
    }
    const auto names = earlier_names(config_.rules);
    for (KnownTarget& known : KPI_TRY(reader_.target_versions())) {
      const auto name = names.find(known.row.kpi);
      known_[{name == names.end() ? known.row.kpi : name->second, known.row.target}].push_back(std::move(known.row));
    }
    for (CountedLine& line : counted_) {
      line.rules.push_back(counted_by(*line.kpi, *line.line));
    }
    KPI_TRY(add_recorded());
    KPI_TRY(count_earlier());
    for (CountedLine& line : counted_) {
      count_points(line);
    }
    return {};
  }

 private:
  void add_line(const ReviewKpi& kpi, ReviewLine& line) {
    if (std::ranges::any_of(line.points, has_target)) {
      counted_.push_back({&line, kpi.kpi, {}});
    }
  }

  /// The recorded rules of lines with a period whose target the rule of now does not have.
  Result<void> add_recorded() {
    std::vector<KnownDefinition> definitions;
    for (CountedLine& line : counted_) {
      const auto is_unknown = [&](const ReviewPoint& point) {
        return has_target(point) && !has_target_of(line.rules.front(), point);
      };
      if (std::ranges::none_of(line.line->points, is_unknown)) {
        continue;
      }
      if (definitions.empty()) {
        definitions = KPI_TRY(reader_.definitions());
      }
      const auto [found, is_new] = recorded_.try_emplace(line.kpi);
      if (is_new) {
        found->second = with_recorded_targets(*line.kpi, definitions, config_.rules.calendar, texts_);
      }
      for (const Kpi& kpi : found->second) {
        line.rules.push_back(counted_by(kpi, *line.line));
      }
    }
    return {};
  }

  /// What the history knows of a target: of the version that the rule has, else of the newest.
  [[nodiscard]] const TargetVersionRow* stored(const Kpi& kpi, const std::string& name) const {
    const auto found = known_.find({kpi.id, name});
    if (found == known_.end()) {
      return nullptr;
    }
    const auto is_of_rule = [&](const TargetVersionRow& row) {
      return std::ranges::any_of(kpi.targets, [&](const Target& target) { return target_text(target) == row.text; });
    };
    const auto version = std::find_if(found->second.rbegin(), found->second.rend(), is_of_rule);
    return version == found->second.rend() ? &found->second.back() : &*version;
  }

  [[nodiscard]] Counted counted_by(const Kpi& kpi, const ReviewLine& line) const {
    const Slot today = slot_of(local_day(review_.now, kpi.zone));
    PlanGround ground;
    ground.calendar = config_.rules.calendar;
    ground.today = today;
    ground.first_load = [&](const std::string& name) {
      const TargetVersionRow* found = stored(kpi, name);
      return found == nullptr ? today : slot_of(found->start);
    };
    Counted counted;
    counted.kpi = &kpi;
    counted.plans = plans_of(kpi, line.segment, ground);
    for (TargetPlan& plan : counted.plans) {
      const TargetVersionRow* found = stored(kpi, plan.name);
      if (std::isnan(plan.baseline) && found != nullptr) {
        plan.baseline = found->baseline;
      }
    }
    return counted;
  }

  /// Whether what the plan measures needs periods before the review's: of a level only the newest value by the
  /// deadline.
  static bool needs_earlier(const TargetPlan& plan, const CountedLine& line) {
    const auto is_known = [&](const ReviewPoint& point) {
      const Slot end = civil_end(point, *line.kpi);
      return !std::isnan(point.value) && end <= leg_at(plan, end).end;
    };
    return plan.measure != Target::Measure::kLevel || std::ranges::none_of(line.line->points, is_known);
  }

  /// The first period that counts for a target that had begun before the review's first day.
  [[nodiscard]] std::optional<Slot> earliest_of(const CountedLine& line) const {
    std::optional<Slot> earliest;
    for (const Counted& counted : line.rules) {
      const auto plan = plan_for(counted.plans, civil_end(line.line->points.front(), *line.kpi));
      if (plan && counted.plans[*plan].start < slot_of(review_.period.from) &&
          needs_earlier(counted.plans[*plan], line)) {
        const Slot start = counted.plans[*plan].start;
        const Grain& every = line.kpi->every;
        // The first period of a target may begin before it.
        const Slot first = every.is_civil() ? slot_at(date_of(start), every, config_.rules.calendar) : start;
        earliest = std::min(earliest.value_or(first), first);
      }
    }
    return earliest;
  }

  /// The periods of targets that had begun before the review's first day.
  Result<void> count_earlier() {
    Slot from = slot_of(review_.period.from);
    std::map<const ReviewLine*, CountedLine*> wanted;
    for (CountedLine& line : counted_) {
      if (const auto earliest = earliest_of(line)) {
        from = std::min(from, *earliest);
        wanted.emplace(line.line, &line);
      }
    }
    if (wanted.empty()) {
      return {};
    }
    const Slot to{slot_of(review_.period.from).ms + 2 * kDayMs};
    from.ms -= KPI_TRY(longest_period(review_.rules.config->rules, reader_)) + 2 * kDayMs;
    std::map<CountedLine*, std::vector<EndedPeriod>> earlier;
    KPI_TRY(reader_.ledger(from, to, [&](const LedgerPoint& row) {
      const auto found = row.line < lines_.size() ? wanted.find(lines_[row.line]) : wanted.end();
      if (found == wanted.end()) {
        return;
      }
      const Kpi& kpi = *found->second->kpi;
      const Slot end = civil_slot(end_of(row.slot, row.period, kpi), kpi);
      if (end <= slot_of(review_.period.from)) {
        earlier[found->second].push_back({end, row.value, row.verdict});
      }
    }));
    for (auto& [line, periods] : earlier) {
      std::ranges::stable_sort(periods, {}, &EndedPeriod::end);
      for (Counted& counted : line->rules) {
        std::ranges::for_each(periods,
                              [&](const EndedPeriod& one) { count(counted, one.value, one.verdict, one.end); });
      }
    }
    return {};
  }

  void count_points(CountedLine& counted_line) const {
    ReviewLine& line = *counted_line.line;
    std::vector<double> so_far(line.points.size(), kNone);
    std::optional<Passing> passing;
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const ReviewPoint& point = line.points[i];
      const Slot end = civil_end(point, *counted_line.kpi);
      for (Counted& counted : counted_line.rules) {
        count(counted, point.value, point.verdict, end);
      }
      const Counted& counted = rule_of(counted_line, point);
      const TargetPlan* plan = counted.plan ? &counted.plans[*counted.plan] : nullptr;
      if (plan != nullptr && plan->measure == Target::Measure::kTotal && end > plan->start &&
          end <= leg_at(*plan, end).end) {
        so_far[i] = measured(counted);
      }
      if (!has_target(point)) {
        continue;
      }
      if (passing && !passing->goes_on(counted, point)) {
        keep_ended(line, *passing);
        passing.reset();
      }
      if (!passing) {
        passing.emplace();
      }
      passing->rule = &counted;
      passing->plan = counted.plan;
      passing->was_open = passing->was_open || !is_settled(point.target_status);
      stand_after(point, counted, passing->target);
    }
    if (!passing) {
      return;
    }
    if (passing->target.measure == Target::Measure::kTotal) {
      line.so_far = std::move(so_far);
    }
    line.target = std::move(passing->target);
  }

  void keep_ended(ReviewLine& line, Passing& passing) const {
    if (passing.has_ended_since(review_.period.from)) {
      line.earlier_targets.push_back(std::move(passing.target));
    }
  }

  /// How the target stands after a period: as judged then; what it has come to only where the rule that it was judged
  /// by is known.
  static void stand_after(const ReviewPoint& point, const Counted& counted, ReviewTarget& target) {
    const Slot end = civil_end(point, *counted.kpi);
    target.status = point.target_status;
    target.goal = point.goal;
    target.expected = point.expected;
    target.measure = measure_of(*counted.kpi, point.goal);
    const bool is_to_come = target.status == TargetStatus::kNotStarted && target.measure == Target::Measure::kLevel;
    target.actual = is_to_come ? point.value : kNone;
    target.baseline = kNone;
    target.pace.reset();
    if (!counted.plan || end <= counted.plans[*counted.plan].start ||
        counted.plans[*counted.plan].measure != target.measure) {
      return;
    }
    const TargetPlan& plan = counted.plans[*counted.plan];
    target.actual = measured(counted);
    target.deadline = deadline_at(plan, end);
    target.baseline = plan.baseline;
    if (end <= leg_at(plan, end).end && std::isfinite(point.expected) && std::isfinite(target.actual) &&
        plan.measure != Target::Measure::kShareMet) {
      target.pace = pace_of(plan, target.actual, point.expected, end);
    }
  }

  Review& review_;
  const Config& config_;
  const ReviewLines& lines_;
  HistoryReader& reader_;
  std::map<std::pair<std::string, std::string>, std::vector<TargetVersionRow>> known_;  // by KPI and target
  std::map<const Kpi*, std::vector<Kpi>> recorded_;  // by the rule of now: what lines' rules point into
  SourceSet texts_;
  std::vector<CountedLine> counted_;
};

}  // namespace

Result<void> add_targets(Review& review, const Config& config, const ReviewLines& lines, HistoryReader& reader) {
  return Targets(review, config, lines, reader).add();
}

}  // namespace kpi

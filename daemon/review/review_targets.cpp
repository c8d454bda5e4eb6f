#include "daemon/review/review_targets.hpp"

#include "daemon/review/outcome.hpp"
#include "rules/judge/target_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace kpi {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A line with its plans, and what the one in force has come to.
struct Counted {
  ReviewLine* line = nullptr;
  const Kpi* kpi = nullptr;
  std::vector<TargetPlan> plans;
  std::optional<std::uint32_t> plan;
  double sum = 0;
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
    counted.known = counted.met = counted.missed = 0;
  }
  const TargetPlan* in_force = plan ? &counted.plans[*plan] : nullptr;
  if (in_force == nullptr || end <= in_force->start || end > leg_at(*in_force, end).end) {
    return;
  }
  if (!std::isnan(value)) {
    counted.sum += value;
    ++counted.known;
  }
  counted.met += verdict == Verdict::kMet ? 1 : 0;
  counted.missed += verdict == Verdict::kMissed ? 1 : 0;
}

/// NaN: of a level, or before anything is known.
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
  return kNone;
}

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
      if (!kpi.kpi->targets.empty()) {
        add_line(kpi, kpi.total);
        std::ranges::for_each(kpi.segments, [&](ReviewLine& line) { add_line(kpi, line); });
      }
    }
    if (counted_.empty()) {
      return {};
    }
    for (const KnownTarget& known : KPI_TRY(reader_.target_versions())) {
      known_.insert_or_assign({known.row.kpi, known.row.target}, known.row);
    }
    for (Counted& counted : counted_) {
      plan(counted);
    }
    KPI_TRY(count_earlier());
    for (Counted& counted : counted_) {
      count_points(counted);
    }
    return {};
  }

 private:
  void add_line(const ReviewKpi& kpi, ReviewLine& line) {
    if (line.target) {
      counted_.push_back({&line, kpi.kpi, {}, {}});
    }
  }

  void plan(Counted& counted) const {
    const Slot today = slot_of(local_day(review_.now, counted.kpi->zone));
    const auto stored = [&](const std::string& name) { return known_.find({counted.kpi->id, name}); };
    PlanGround ground;
    ground.calendar = config_.rules.calendar;
    ground.today = today;
    ground.first_load = [&](const std::string& name) {
      const auto found = stored(name);
      return found == known_.end() ? today : slot_of(found->second.start);
    };
    counted.plans = plans_of(*counted.kpi, counted.line->segment, ground);
    for (TargetPlan& plan : counted.plans) {
      const auto found = stored(plan.name);
      if (std::isnan(plan.baseline) && found != known_.end()) {
        plan.baseline = found->second.baseline;
      }
    }
  }

  static Slot civil_end(const ReviewPoint& point, const Kpi& kpi) { return civil_slot(point.end, kpi); }

  /// The periods of targets that had begun before the review's first day.
  Result<void> count_earlier() {
    Slot from = slot_of(review_.period.from);
    std::map<const ReviewLine*, Counted*> wanted;
    for (Counted& counted : counted_) {
      const auto plan = counted.line->points.empty()
                            ? std::nullopt
                            : plan_for(counted.plans, civil_end(counted.line->points.front(), *counted.kpi));
      if (plan && counted.plans[*plan].measure != Target::Measure::kLevel &&
          counted.plans[*plan].start < slot_of(review_.period.from)) {
        from = std::min(from, counted.plans[*plan].start);
        wanted.emplace(counted.line, &counted);
      }
    }
    if (wanted.empty()) {
      return {};
    }
    const Slot to{slot_of(review_.period.from).ms + 2 * kDayMs};
    return reader_.ledger(Slot{from.ms - 2 * kDayMs}, to, [&](const LedgerPoint& row) {
      const auto found = row.line < lines_.size() ? wanted.find(lines_[row.line]) : wanted.end();
      if (found == wanted.end() || row.slot >= found->first->points.front().slot) {
        return;
      }
      const Kpi& kpi = *found->second->kpi;
      count(*found->second, row.value, row.verdict, civil_slot(next_slot(row.slot, kpi.every, kpi.zone), kpi));
    });
  }

  static void count_points(Counted& counted) {
    ReviewLine& line = *counted.line;
    ReviewTarget& target = *line.target;
    const bool adds_up = target.measure == Target::Measure::kTotal;
    if (adds_up) {
      line.so_far.assign(line.points.size(), kNone);
    }
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const ReviewPoint& point = line.points[i];
      const Slot end = civil_end(point, *counted.kpi);
      count(counted, point.value, point.verdict, end);
      if (!counted.plan || end <= counted.plans[*counted.plan].start) {
        continue;
      }
      const TargetPlan& plan = counted.plans[*counted.plan];
      const bool is_running = end <= leg_at(plan, end).end;
      if (adds_up && is_running && plan.measure == target.measure) {
        line.so_far[i] = measured(counted);
      }
      if (plan.measure == target.measure) {
        const double actual = plan.measure == Target::Measure::kLevel ? target.actual : measured(counted);
        target.actual = std::isnan(actual) ? target.actual : actual;
        target.deadline = deadline_at(plan, end);
        target.baseline = plan.baseline;
        target.pace = is_running && std::isfinite(point.expected) && std::isfinite(target.actual) &&
                              plan.measure != Target::Measure::kShareMet
                          ? pace_of(plan, target.actual, point.expected, end)
                          : std::nullopt;
      }
    }
  }

  Review& review_;
  const Config& config_;
  const ReviewLines& lines_;
  HistoryReader& reader_;
  std::map<std::pair<std::string, std::string>, TargetVersionRow> known_;  // by KPI and target
  std::vector<Counted> counted_;
};

}  // namespace

Result<void> add_targets(Review& review, const Config& config, const ReviewLines& lines, HistoryReader& reader) {
  return Targets(review, config, lines, reader).add();
}

}  // namespace kpi

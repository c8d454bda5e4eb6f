#include "rules/judge/target_tail.hpp"

#include <cmath>
#include <limits>

namespace kpi {
namespace {

/// Whether the ledger's status can be one on the way of the plan that the line has now: the target may be another one
/// since. An outcome is decided by the last period alone; that of a sum, which may be decided before, is found anew.
bool may_be_of_plan(const Line& line, const Kpi& kpi, const VerdictRow& row) {
  const Slot next = next_slot(row.slot, kpi.every, kpi.zone);
  const Slot end = civil_slot(next, kpi);
  const auto index = plan_for(line.plans, end);
  if (!index || end <= line.plans[*index].start) {
    return row.target_status == TargetStatus::kNotStarted;
  }
  const PathLeg leg = leg_at(line.plans[*index], end);
  const bool is_before_last = civil_slot(next_slot(next, kpi.every, kpi.zone), kpi) <= leg.end;
  return row.goal == leg.goal && !(is_before_last && is_settled(row.target_status));
}

/// As far as the next period asks. `says` has the status's word: the next status is the ledger's anyway.
TargetStanding standing_of(const Line& line, const Kpi& kpi, const VerdictRow& row) {
  TargetStanding standing;
  standing.plan = plan_for(line.plans, civil_slot(next_slot(row.slot, kpi.every, kpi.zone), kpi));
  standing.status = row.target_status;
  standing.says = row.target_status;
  standing.tally.upto = Slot{std::numeric_limits<std::int64_t>::min()};
  return standing;
}

}  // namespace

void TargetTail::add(const VerdictRow& row) {
  if (!std::isnan(row.value) && !rows.empty()) {
    before = std::move(rows.back());
    rows.clear();
  }
  rows.push_back(row);
}

void stand_on_ledger(
    Line& line, const Kpi& kpi, const TargetTail& tail, const CalendarRules& calendar, Instant last_step) {
  line.target_standing = TargetStanding{};
  line.stepped.reset();
  const auto is_of_now = [&](const VerdictRow& row) {
    return row.rule_version == line.rule_version && may_be_of_plan(line, kpi, row);
  };
  if (tail.before && is_of_now(*tail.before)) {
    line.target_standing = standing_of(line, kpi, *tail.before);
    line.stepped = tail.before->slot;
  }
  for (const VerdictRow& row : tail.rows) {
    const Value value = std::isnan(row.value) ? Value::unknown(row.reason) : Value::of(row.value);
    const bool is_decided = is_settled(row.target_status) && is_of_now(row);
    const Instant at = is_decided ? Instant::max() : last_step;
    TargetStanding standing = stand_on_target(line, kpi, row.slot, value, row.verdict, calendar, at);
    const bool was_decided_later = standing.is_final && !is_settled(row.target_status);
    if (standing.plan && is_of_now(row) && !was_decided_later) {
      standing.status = row.target_status;
    }
    if (!standing.outlook && &row == tail.rows.data()) {
      standing.says.reset();  // what was said last is not remembered
    }
    line.target_standing = standing;
    line.stepped = row.slot;
  }
}

}  // namespace kpi

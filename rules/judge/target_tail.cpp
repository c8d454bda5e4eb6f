#include "rules/judge/target_tail.hpp"

#include <cmath>
#include <limits>

namespace kpi {
namespace {

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

void stand_on_ledger(Line& line, const Kpi& kpi, const TargetTail& tail, const CalendarRules& calendar) {
  line.target_standing = TargetStanding{};
  line.stepped.reset();
  if (tail.before && tail.before->rule_version == line.rule_version) {
    line.target_standing = standing_of(line, kpi, *tail.before);
    line.stepped = tail.before->slot;
  }
  for (const VerdictRow& row : tail.rows) {
    const Value value = std::isnan(row.value) ? Value::unknown(row.reason) : Value::of(row.value);
    TargetStanding standing = stand_on_target(line, kpi, row.slot, value, row.verdict, calendar);
    if (standing.plan && row.rule_version == line.rule_version && !std::isnan(row.goal)) {
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

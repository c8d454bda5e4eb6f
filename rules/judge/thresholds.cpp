#include "rules/judge/thresholds.hpp"

namespace kpi {
namespace {

/// One severity: `end` is where it may end.
Standing judge_limit(const Value& value, const std::optional<Value>& limit, const Value* end, const Better& better) {
  if (!limit) {
    return Standing::kFine;
  }
  if (!value.is_known() || !limit->is_known()) {
    return Standing::kUnknown;
  }
  if (is_beyond(value.number, limit->number, better)) {
    return Standing::kMissed;
  }
  if (end != nullptr && end->is_known() && is_beyond(value.number, end->number, better)) {
    return Standing::kBetween;
  }
  return Standing::kFine;
}

}  // namespace

const Value* Limits::mildest() const {
  return warning ? &*warning : critical ? &*critical : nullptr;
}

bool is_beyond(double value, double limit, const Better& better) {
  return better.kind == Better::Kind::kLower ? value > limit : value < limit;
}

ThresholdStanding judge_thresholds(const Value& value, const Limits& limits, const Better& better) {
  ThresholdStanding result;
  result.rungs[0] = Standing::kFine;
  if (better.kind == Better::Kind::kWithin) {
    const bool inside = value.number >= better.low && value.number <= better.high;
    result.rungs[1] = !value.is_known() ? Standing::kUnknown : inside ? Standing::kFine : Standing::kMissed;
    result.rungs[2] = Standing::kFine;
  } else {
    const Value* recover = limits.recover ? &*limits.recover : nullptr;
    result.rungs[1] = judge_limit(value, limits.warning, recover, better);
    result.rungs[2] = judge_limit(value, limits.critical, limits.warning ? nullptr : recover, better);
  }
  if (result.rungs[1] == Standing::kMissed) {
    result.severity = Severity::kWarning;
  }
  if (result.rungs[2] == Standing::kMissed) {
    result.severity = Severity::kCritical;
  }
  return result;
}

}  // namespace kpi

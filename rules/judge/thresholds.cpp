#include "rules/judge/thresholds.hpp"

#include "rules/base/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

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

/// Takes back what one cannot be sure of: it is no miss, and no recovery either.
void gate(ThresholdStanding& standing, const Limits& limits, const Better& better, const Interval& interval) {
  const auto is_surely_beyond = [&](const Value& limit) {
    return is_beyond(better.kind == Better::Kind::kLower ? interval.low : interval.high, limit.number, better);
  };
  const bool within = better.kind == Better::Kind::kWithin;
  const auto is_sure = [&](const std::optional<Value>& limit) {
    return within ? is_less(interval.high, better.low) || is_less(better.high, interval.low)
                  : limit && is_surely_beyond(*limit);
  };
  if (standing.rungs[1] == Standing::kMissed && !is_sure(limits.warning)) {
    standing.rungs[1] = Standing::kBetween;
  }
  if (standing.rungs[2] == Standing::kMissed && !is_sure(limits.critical)) {
    standing.rungs[2] = Standing::kBetween;
  }
}

}  // namespace

const Value* Limits::mildest() const {
  return warning ? &*warning : critical ? &*critical : nullptr;
}

bool is_beyond(double value, double limit, const Better& better) {
  return better.kind == Better::Kind::kLower ? is_less(limit, value) : is_less(value, limit);
}

double bound_near(double value, const Better& better) {
  return value < better.low || value - better.low <= better.high - value ? better.low : better.high;
}

std::optional<Interval> wilson_interval(double part, double whole, double deviations) {
  const double p = part / whole;
  if (!(whole > 0) || !(p >= 0) || !(p <= 1)) {
    return std::nullopt;
  }
  const double square = deviations * deviations;
  const double middle = p + square / (2 * whole);
  const double half = deviations * std::sqrt(p * (1 - p) / whole + square / (4 * whole * whole));
  return Interval{(middle - half) / (1 + square / whole), (middle + half) / (1 + square / whole)};
}

double deviations_for(double confidence) {
  double low = 0;
  double high = 40;
  for (int i = 0; i < 80; ++i) {  // halving: erf has no inverse in the library
    const double middle = (low + high) / 2;
    (std::erf(middle / std::numbers::sqrt2) < confidence ? low : high) = middle;
  }
  return (low + high) / 2;
}

ThresholdStanding judge_thresholds(const Value& value,
                                   const Limits& limits,
                                   const Better& better,
                                   const std::optional<Interval>& interval) {
  ThresholdStanding result;
  result.rungs[0] = Standing::kFine;
  if (better.kind == Better::Kind::kWithin) {
    const bool inside = is_at_most(better.low, value.number) && is_at_most(value.number, better.high);
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
  if (interval) {
    gate(result, limits, better, *interval);
  }
  return result;
}

}  // namespace kpi

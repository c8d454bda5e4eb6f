#include "daemon/review/judged_periods.hpp"

#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr std::int64_t kLongestMs = 366 * kDayMs;
/// Intervals last half a day at most, days a little less than 24 hours where the clock is put forward.
constexpr std::int64_t kShortestDayMs = kDayMs * 3 / 4;

std::int64_t length_of(const Grain& every) {
  return every.is_civil() ? every.span().approximate_ms() : 0;
}

}  // namespace

Slot end_of(Slot slot, const Period& period, const Kpi& kpi) {
  if (!kpi.every.is_civil()) {
    return {period.end.time_since_epoch().count()};
  }
  const std::int64_t length = (period.end - period.start).count();
  if (length < kShortestDayMs) {
    return {kpi.zone.to_local(period.end).time_since_epoch().count()};
  }
  return {slot.ms + (length + kDayMs / 2) / kDayMs * kDayMs};
}

std::optional<Grain> every_of(std::string_view rule) {
  constexpr std::string_view kKey = "every: ";
  for (const std::string_view line : split(rule, '\n')) {
    if (line.starts_with(kKey)) {
      const auto grain = parse_grain(line.substr(kKey.size()));
      return grain ? std::optional(*grain) : std::nullopt;
    }
  }
  return std::nullopt;
}

Result<std::int64_t> longest_period(const RuleSet& rules, HistoryReader& reader) {
  std::int64_t longest = 0;
  for (const Kpi& kpi : rules.kpis) {
    longest = std::max(longest, length_of(kpi.every));
  }
  for (const KnownRule& rule : KPI_TRY(reader.rule_versions())) {
    longest = std::max(longest, length_of(every_of(rule.text).value_or(Grain{})));
  }
  return std::min(longest, kLongestMs);
}

}  // namespace kpi

#include "rules/judge/line_limits.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

/// The days of a period, the last one not included; of a short period its day.
std::pair<Date, Date> days_of(Slot slot, const Kpi& kpi) {
  if (kpi.every.is_civil()) {
    return {date_of(slot), date_of(next_slot(slot, kpi.every, kpi.zone))};
  }
  const auto day = std::chrono::floor<std::chrono::days>(kpi.zone.to_local(Instant{Duration{slot.ms}}));
  return {Date{day}, Date{day + std::chrono::days{1}}};
}

/// Whether the entry counts in a period of these days.
bool counts_on(const LimitVariant& variant, const std::pair<Date, Date>& days, const CalendarRules& calendar) {
  const std::chrono::weekday first{std::chrono::sys_days{days.first}};
  const std::uint32_t day = 1U << (first.iso_encoding() - 1);
  return (variant.days == 0 || (variant.days & day) != 0) &&
         (variant.event.empty() || calendar.has_event(variant.event, days.first, days.second));
}

/// Goes through the programs in the order of each_limit() and takes over those of the sets that count.
class Taking {
 public:
  explicit Taking(const Line& line) : line_(line) {}

  template <class LimitsOf>
  void pass(const LimitsOf& set, bool counts) {
    std::size_t kind = 0;
    for (const std::optional<Program>* limit : {&set.warning, &set.critical, &set.recover}) {
      if (*limit && counts) {
        limits_.at(kind) = {&**limit, &line_.limit_inputs[next_]};
      }
      next_ += *limit ? 1 : 0;
      ++kind;
    }
  }

  [[nodiscard]] const LineLimits& limits() const { return limits_; }

 private:
  const Line& line_;
  std::size_t next_ = 0;
  LineLimits limits_;
};

}  // namespace

const LimitVariant* segment_variant(const Thresholds& thresholds, const Labels& segment) {
  const auto found = std::ranges::find_if(thresholds.segments,
                                          [&](const LimitVariant& variant) { return matches(variant.match, segment); });
  return found == thresholds.segments.end() ? nullptr : &*found;
}

LineLimits limits_of(const Line& line, const Kpi& kpi, Slot slot, const CalendarRules& calendar) {
  const Thresholds& thresholds = *kpi.thresholds;
  Taking taking(line);
  taking.pass(thresholds, true);
  if (const LimitVariant* variant = segment_variant(thresholds, line.segment)) {
    taking.pass(*variant, true);
  }
  if (thresholds.when.empty()) {
    return taking.limits();
  }
  const auto days = days_of(slot, kpi);
  bool is_found = false;
  for (const LimitVariant& variant : thresholds.when) {
    if (matches(variant.match, line.segment)) {
      const bool counts = !is_found && counts_on(variant, days, calendar);
      taking.pass(variant, counts);
      is_found = is_found || counts;
    }
  }
  return taking.limits();
}

Patience patience_of(const Thresholds& thresholds, const Labels& segment) {
  Patience patience = thresholds.patience;
  if (const LimitVariant* variant = segment_variant(thresholds, segment)) {
    patience.hold = variant->hold.value_or(patience.hold);
    patience.recover = variant->recover_after.value_or(patience.recover);
  }
  return patience;
}

}  // namespace kpi

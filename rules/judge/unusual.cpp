#include "rules/judge/unusual.hpp"

#include "rules/expr/day_marks.hpp"
#include "rules/expr/history.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kpi {
namespace {

/// Nine values in ten lie within so many mean distances (of Laplace's and the normal law, nearly alike).
constexpr double kNineInTen = 2.1;
/// Below so many periods being the lowest says nothing.
constexpr std::int64_t kFewestPeriods = 14;
constexpr std::int64_t kFewestWeeks = 4;
constexpr std::size_t kMostValues = 1000;

/// One value a period up to `slot`; NaN where there is none. And which periods have a name, where the calendar has any.
struct Past {
  std::vector<double> values;
  std::vector<forecast::Mark> marks;
};

Past past_until(std::span<const Sample> judged, const Kpi& kpi, Slot slot, const CalendarRules& calendar) {
  const DayMarks days(kpi.over == kpi.every.span() ? &calendar : nullptr, kpi.every, kpi.zone);
  const auto end = std::ranges::upper_bound(judged, slot, {}, &Sample::slot);
  const auto count = std::min(end - judged.begin(), static_cast<std::ptrdiff_t>(kMostValues));
  Past past;
  if (count == 0) {
    return past;
  }
  auto at = end - count;
  for (Slot next = at->slot; at != end && past.values.size() < 4 * kMostValues;
       next = next_slot(next, kpi.every, kpi.zone)) {
    const bool is_there = at->slot <= next;
    past.values.push_back(is_there ? at->value : std::nan(""));
    if (days.any()) {
      past.marks.push_back(days.of(next));
    }
    at += is_there ? 1 : 0;
  }
  return past;
}

/// Of how many periods, `step` apart and the newest included, it is the lowest or the highest.
std::int64_t record_of(const std::vector<double>& values, std::size_t step, bool is_low) {
  const double newest = values.back();
  std::int64_t count = 1;
  for (std::size_t back = step; back < values.size(); back += step) {
    const double value = values[values.size() - 1 - back];
    if (is_low ? value <= newest : value >= newest) {
      break;
    }
    count += std::isnan(value) ? 0 : 1;
  }
  return count;
}

}  // namespace

std::optional<Unusual> look_back(std::span<const Sample> judged,
                                 const Kpi& kpi,
                                 Slot slot,
                                 const CalendarRules& calendar) {
  const auto [values, marks] = past_until(judged, kpi, slot, calendar);
  if (values.empty() || std::isnan(values.back())) {
    return std::nullopt;
  }
  const auto verdict = look_at_newest(values, marks, kpi.every);
  if (!verdict || !(verdict->usual > 0)) {
    return std::nullopt;
  }
  Unusual found;
  const bool is_negative = std::ranges::any_of(values, [](double value) { return value < 0; });
  const double low = verdict->expected - kNineInTen * verdict->usual;
  found.low = is_negative ? low : std::max(0.0, low);
  found.high = std::max(found.low, verdict->expected + kNineInTen * verdict->usual);
  const double newest = values.back();
  if (newest >= found.low && newest <= found.high) {
    return found;
  }
  found.is_low = newest < found.low;
  const std::int64_t periods = record_of(values, 1, found.is_low);
  const bool has_weekdays = kpi.every.unit == Grain::Unit::kDay && kpi.over == kpi.every.span();
  const std::int64_t weeks = has_weekdays ? record_of(values, 7, found.is_low) : 0;
  found.is_of_weekday = weeks >= kFewestWeeks && 7 * weeks > 2 * periods;
  found.periods = found.is_of_weekday ? weeks : periods >= kFewestPeriods ? periods : 0;
  return found;
}

bool asks_for_unusual(const Program& condition) {
  const auto asks = [](const auto& input) { return input.how == Aggregate::kAnomaly; };
  return std::ranges::any_of(condition.metrics, asks) || std::ranges::any_of(condition.kpis, asks);
}

}  // namespace kpi

#include "plugins/http/window.hpp"

#include "plugins/http/text_template.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr std::int64_t kFirstDays = 90;

/// The slot of the period that holds what lies `days` before a slot's begin.
Slot days_before(Slot slot, std::int64_t days, const SourceSettings& settings) {
  const Slot earlier{std::max<std::int64_t>(0, slot.ms - (days * kDayMs))};
  return settings.grain.is_civil()
             ? slot_at(date_of(earlier), settings.grain, settings.calendar)
             : slot_at(Instant{Duration{earlier.ms}}, settings.grain, settings.zone, settings.calendar);
}

Slot chunk_end(const WindowPlan& plan, const SourceSettings& settings, Slot start, Slot end) {
  if (settings.grain.unit == Grain::Unit::kInstant) {
    return end;
  }
  const Slot next = next_slot(start, settings.grain, settings.zone, 1);
  if (plan.fan_out == WindowPlan::FanOut::kPeriod) {
    return std::min(next, end);
  }
  if (plan.max_span_days == 0) {
    return end;
  }
  const Slot far{start.ms + (plan.max_span_days * kDayMs)};
  const Slot cut = far >= end ? end : days_before(far, 0, settings);
  return std::max(next, std::min(cut, end));
}

}  // namespace

Slot window_end(const WindowPlan& plan, const SourceSettings& settings, Instant now) {
  const Instant until = now - plan.mature_after;
  if (settings.grain.unit == Grain::Unit::kInstant) {
    return Slot{until.time_since_epoch().count()};
  }
  const Slot running = slot_at(until, settings.grain, settings.zone, settings.calendar);
  return plan.end_offset_days <= 1 ? running : days_before(running, plan.end_offset_days - 1, settings);
}

std::vector<PollWindow> windows_of(const WindowPlan& plan,
                                   const SourceSettings& settings,
                                   const PollRequest& request,
                                   std::optional<PollReach> reach) {
  const Slot end = window_end(plan, settings, request.now);
  const std::int64_t settle_days = (settings.settle.approximate_ms() + kDayMs - 1) / kDayMs;
  const std::int64_t lookback = std::max(plan.lookback_days, settle_days);
  Slot start = days_before(end, plan.first_days == 0 ? kFirstDays : plan.first_days, settings);
  if (reach) {
    start = reach->until;
    if (!reach->has_more && lookback > 0) {
      start = std::min(start, days_before(std::min(end, reach->end), lookback, settings));
    }
  } else if (request.from) {
    start = settings.grain.is_civil()
                ? slot_at(date_of(*request.from), settings.grain, settings.calendar)
                : slot_at(start_of(*request.from, {}, settings.zone), settings.grain, settings.zone, settings.calendar);
  }
  if (request.anew_from) {
    start = std::min(start, *request.anew_from);
  }
  if (request.from && settings.grain.is_civil()) {
    start = std::max(start, slot_at(date_of(*request.from), settings.grain, settings.calendar));
  }
  std::vector<PollWindow> windows;
  while (start < end && windows.size() < kMostWindows) {
    const Slot until = chunk_end(plan, settings, start, end);
    windows.push_back({start, until});
    start = until;
  }
  return windows;
}

std::string window_text(
    const WindowPlan& plan, const SourceSettings& settings, const PollWindow& window, bool is_end, std::string format) {
  const bool is_civil = settings.grain.is_civil();
  if (format.empty()) {
    format = !plan.format.empty() ? plan.format : is_civil ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%S%z";
  }
  const Zone zone = plan.zone.value_or(settings.zone);
  const Slot slot = is_end ? window.end : window.start;
  Instant instant =
      is_civil ? zone.to_instant(std::chrono::local_time<Duration>{Duration{slot.ms}}) : Instant{Duration{slot.ms}};
  std::int64_t local = is_civil ? slot.ms : zone.to_local(instant).time_since_epoch().count();
  if (is_end && plan.end == WindowPlan::End::kInclusive) {
    // The last day of the window, or the last moment of it where the format has a time.
    instant -= Duration{1};
    local -= 1;
  }
  return time_text(format, local, instant.time_since_epoch().count());
}

}  // namespace kpi

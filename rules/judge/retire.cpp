// Segments that leave judging because they have been silent for too long.

#include "rules/judge/line_step.hpp"
#include "rules/judge/period_value.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace kpi {
namespace {

bool may_retire(const Line& line, const Kpi& kpi) {
  return kpi.retire && !line.segment.empty() && !line.is_expected && line.first;
}

/// The end of the KPI's period in which a row of a metric ends.
Slot end_of_row(Slot row, const Metric& metric, const Kpi& kpi, const CalendarRules& calendar) {
  Slot end = metric.grain.unit == Grain::Unit::kInstant ? Slot{row.ms + 1} : next_slot(row, metric.grain, metric.zone);
  if (metric.grain.is_civil() && kpi.every.is_civil()) {
    const Date last = date_of(shift_date(end, Span{0, -1, 0}));
    return next_slot(slot_at(last, kpi.every, calendar), kpi.every, kpi.zone);
  }
  const Instant last = start_of(end, metric.grain, metric.zone) - Duration{1};
  return next_slot(slot_at(last, kpi.every, kpi.zone, calendar), kpi.every, kpi.zone);
}

/// Whether a series is of the segment alone: what has none of its labels is of every segment, and no sign of this one.
bool is_of_segment(const Labels& labels, const Labels& segment) {
  return std::ranges::all_of(segment,
                             [&](const auto& label) { return label_value(labels, label.first) == label.second; });
}

/// Up to where rows have come of it in the periods before `slot`, whether or not a value could be made of them: a
/// window that lacks a day, or a cell that is empty, is no silence.
std::optional<Slot> heard_until(const Line& line, const Kpi& kpi, const JudgeContext& context, Slot slot) {
  const CalendarRules& calendar = context.rules->calendar;
  const Frame frame{slot, kpi.every, kpi.every.span(), kpi.zone, calendar};
  std::optional<Slot> heard;
  for (std::size_t i = 0; i < kpi.value.metrics.size() && i < line.value_inputs.series.size(); ++i) {
    const MetricInput& input = kpi.value.metrics[i];
    if (!input.back.empty()) {
      continue;
    }
    const Metric& metric = context.rules->metrics[input.metric];
    MetricInput own;  // over the period itself, whatever the window
    own.metric = input.metric;
    const Slot before = window_of(frame, own, metric).from;
    for (const std::uint32_t id : line.value_inputs.series[i]) {
      const auto& samples = (*context.table)[id].samples;
      const auto at = std::ranges::lower_bound(samples, before, {}, &Sample::slot);
      if (at != samples.begin() && is_of_segment((*context.table)[id].labels, line.segment)) {
        const Slot end = end_of_row(std::prev(at)->slot, metric, kpi, calendar);
        heard = std::max(heard.value_or(end), end);
      }
    }
  }
  return heard;
}

/// Where the silence that lasts until `slot` will have lasted for `retire`.
Slot end_of_patience(const Line& line, const Kpi& kpi, const JudgeContext& context, Slot slot) {
  Slot silent = *line.first;
  const auto& values = line.judged.values;
  for (auto at = std::ranges::lower_bound(values, slot, {}, &Sample::slot); at != values.begin();) {
    --at;
    if (!std::isnan(at->value)) {
      silent = next_slot(at->slot, kpi.every, kpi.zone);
      break;
    }
  }
  if (silent < slot) {
    silent = std::max(silent, heard_until(line, kpi, context, slot).value_or(silent));
  }
  if (kpi.every.is_civil()) {
    return shift_date(silent, *kpi.retire);
  }
  return Slot{shift_instant(Instant{Duration{silent.ms}}, *kpi.retire, kpi.zone).time_since_epoch().count()};
}

}  // namespace

void forget_alert(AlertState& state) {
  AlertState quiet;
  quiet.named = std::move(state.named);
  state = std::move(quiet);
}

bool is_retired_at(const Line& line, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  return may_retire(line, kpi) && next_slot(slot, kpi.every, kpi.zone) > end_of_patience(line, kpi, context, slot);
}

std::optional<Slot> retirement(const Line& line, const JudgeContext& context, Slot slot) {
  const Kpi& kpi = kpi_of(line, context);
  const CalendarRules& calendar = context.rules->calendar;
  if (!may_retire(line, kpi)) {
    return std::nullopt;
  }
  const Slot end = end_of_patience(line, kpi, context, slot);
  return kpi.every.is_civil() ? slot_at(date_of(end), kpi.every, calendar)
                              : slot_at(Instant{Duration{end.ms}}, kpi.every, kpi.zone, calendar);
}

bool nothing_is_on(const Line& line) {
  const auto is_inactive = [](const AlertState& alert) { return alert.phase == AlertPhase::kInactive; };
  return !line.no_data.is_on && is_inactive(line.thresholds) && std::ranges::all_of(line.alerts, is_inactive);
}

bool has_retired(const Line& line, const KpiPlan& plan, const JudgeContext& context) {
  if (!line.newest) {
    return false;
  }
  const Kpi& kpi = kpi_of(line, context);
  const auto last = retirement(line, context, next_slot(*line.newest, kpi.every, kpi.zone));
  // While its source fails nobody knows whether it is silent.
  const auto is_known_silent = [&](const MetricInput& input) {
    const std::optional<Instant>& read = (*context.read_at)[input.metric];
    return !input.back.empty() || (read && *read >= plan.due(kpi, *last));
  };
  return last && plan.deadline(kpi, *last) <= context.now && std::ranges::all_of(kpi.value.metrics, is_known_silent);
}

void forget_alerts(Line& line) {
  forget_alert(line.thresholds);
  std::ranges::for_each(line.alerts, forget_alert);
}

void end_episodes(
    Line& line, const Kpi& kpi, const AlertStates& before, Instant at, Reason reason, LineChanges& changes) {
  const std::size_t episodes = changes.episodes.size();
  keep_episodes(line, kpi, before, at, changes);
  for (std::size_t i = episodes; i < changes.episodes.size(); ++i) {
    changes.episodes[i].reason = reason;
  }
}

void retire(Line& line, const Kpi& kpi, const KpiPlan& plan, Instant at, LineChanges& changes) {
  const AlertStates before = alert_states(line);
  forget_alerts(line);
  end_episodes(line, kpi, before, at, Reason::kRetired, changes);
  end_no_data(line, kpi, plan, at, changes, Reason::kRetired);
}

void leave(Line& line, const KpiPlan& plan, const JudgeContext& context, LineChanges& changes) {
  const Kpi& kpi = kpi_of(line, context);
  const AlertStates before = alert_states(line);
  forget_alerts(line);
  forget_alert(line.target);
  line.target_standing = TargetStanding{};
  end_episodes(line, kpi, before, context.now, Reason::kSourceEdited, changes);
  end_no_data(line, kpi, plan, context.now, changes, Reason::kSourceEdited);
  line.has_left = true;
  line.is_retired = true;
}

}  // namespace kpi

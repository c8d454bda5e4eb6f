#include "daemon/engine/engine.hpp"
#include "rules/judge/replay.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace kpi {
namespace {

Slot today_in(const Zone& zone, Instant now) {
  return slot_of(Date{std::chrono::floor<std::chrono::days>(zone.to_local(now))});
}

Slot day_of_slot(Slot slot) {
  return Slot{slot.ms - ((slot.ms % kDayMs) + kDayMs) % kDayMs};
}

}  // namespace

/// Once a day: samples older than `retention` says are remembered no more, and are not taken again. What they were is
/// in the ledger by now, because this comes after judging.
void Engine::look_for_past(Instant now) {
  const std::optional<Span>& kept = config_->retention.samples;
  if (!store_.rolls_up() || (!kept && !config_->retention.notifications)) {
    return;
  }
  const Slot today = today_in(config_->zone, now);
  const Slot before = kept ? shift_date(today, -*kept) : today;
  if (rolled_up_ == before) {
    return;
  }
  rolled_up_ = before;
  has_past_ = true;
  if (!kept) {
    return;
  }
  for (SourceState& source : sources_) {
    // One that has delivered nothing yet may bring all it has.
    if (source.row.last_success && (!source.row.kept_from || *source.row.kept_from < before)) {
      source.row.kept_from = before;
      source.is_changed = true;
    }
  }
  for (std::uint32_t index = 0; index < lines_.size(); ++index) {
    const Line& line = lines_[index];
    if (const auto last = last_before_kept(line)) {
      go_on_from(index, *last, states_after(line, plan_of(line), judge_context(now), *last));
    }
  }
  for (std::uint32_t series = 0; series < table_.size(); ++series) {
    table_.trim(series, before);
  }
}

/// Whether the period needs samples that are gone.
bool Engine::is_frozen(const Line& line, Slot period) const {
  const auto kept_from = [&](std::uint32_t metric) { return sources_[source_of_metric_[metric]].row.kept_from; };
  return config_->retention.samples && reads_before(line, judge_context(Instant{}), period, kept_from);
}

/// The newest period that is never judged again, where something was on after it and nothing says yet how it stood.
std::optional<Slot> Engine::last_before_kept(const Line& line) const {
  const auto& values = line.judged.values;
  const auto is_old = [&](const Sample& period) { return is_frozen(line, period.slot); };
  const auto end = line.stepped ? std::ranges::partition_point(values, is_old) : values.begin();
  if (end == values.begin()) {
    return std::nullopt;
  }
  const Slot last = std::min(std::prev(end)->slot, *line.stepped);
  const bool is_quiet = !line.busy.contains(last) && (!line.no_data.first || *line.no_data.first > last);
  return is_quiet || (line.edit && line.edit->last >= last) ? std::nullopt : std::optional(last);
}

/// Whatever comes late, what the alerts are replayed from is how they stood then.
void Engine::go_on_from(std::uint32_t index, Slot last, AlertStates alerts) {
  lines_[index].edit = std::make_shared<Edit>(Edit{last, std::move(alerts)});
  write_alerts(index);
}

/// Of a history in which that is not written (it was lost, or is older than the samples that are kept): what is on now
/// and began by then was on then.
void Engine::go_on_from_now(std::uint32_t index) {
  const auto last = last_before_kept(lines_[index]);
  if (!last) {
    return;
  }
  AlertStates states = alert_states(lines_[index]);
  const auto keep = [&](AlertState& state) {
    if (!state.since || *state.since > *last) {
      state = AlertState{};
    }
  };
  keep(states.thresholds);
  keep(states.target);
  std::ranges::for_each(states.alerts, keep);
  go_on_from(index, *last, std::move(states));
}

/// Piece by piece, so that nothing else waits for long; `run --once` has no later.
Result<void> Engine::roll_up(Instant now) {
  if (!has_past_) {
    return {};
  }
  std::vector<const Metric*> metric_of(next_series_id_);
  for (std::uint32_t series = 0; series < table_.size(); ++series) {
    metric_of[series_id_[series]] = &rules_.metrics[table_[series].metric];
  }
  RollUpOrder order;
  if (config_->retention.samples) {
    order.samples_before = rolled_up_;
  }
  if (const auto& kept = config_->retention.notifications) {
    order.messages_before = shift_instant(now, -*kept, config_->zone);
  }
  order.day_of = [&](std::uint32_t series, Slot slot) {
    const Metric* metric = series < metric_of.size() ? metric_of[series] : nullptr;
    const bool is_instant = metric != nullptr && !metric->grain.is_civil();
    return is_instant ? today_in(metric->zone, Instant{Duration{slot.ms}}) : day_of_slot(slot);
  };
  do {
    has_past_ = KPI_TRY(store_.roll_up(order));
  } while (has_past_ && options_.waits_elapsed);
  return {};
}

/// Before this period not all that the KPI looks at is there any more.
std::optional<Slot> Engine::frozen_before(std::uint32_t kpi) const {
  std::optional<Slot> frozen;
  if (reaches_.empty()) {
    return frozen;
  }
  for (const auto& [metric, reach] : reaches_[kpi]) {
    if (const auto& kept_from = sources_[source_of_metric_[metric]].row.kept_from) {
      frozen = std::max(frozen.value_or(Slot{kept_from->ms + reach}), Slot{kept_from->ms + reach});
    }
  }
  return frozen;
}

}  // namespace kpi

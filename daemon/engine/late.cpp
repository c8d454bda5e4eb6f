// Sources whose next period should have come, and has not: `stale`, and `remind` of values that people enter.

#include "daemon/engine/engine.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

Instant moved(Instant instant, const Span& span, const Zone& zone) {
  return span.is_zero() ? instant : shift_instant(instant, span, zone);
}

/// When a source's period is so late that somebody is told.
Instant late_at(Slot slot, const SourceConfig& source) {
  const SourceSettings& settings = source.settings;
  Instant at = settings.grain.unit == Grain::Unit::kInstant ? Instant{Duration{slot.ms}}
                                                            : period_of(slot, settings.grain, settings.zone).end;
  at = moved(at, source.settle, settings.zone);
  return moved(at, *source.stale, settings.zone);
}

/// "2026-03" of a month, "2026-03-31", a time.
std::string period_text(Slot slot, const SourceSettings& settings) {
  if (!settings.grain.is_civil()) {
    return rfc3339(Instant{Duration{slot.ms}});
  }
  const std::string date = date_text(date_of(slot));
  return settings.grain.unit == Grain::Unit::kMonth ? date.substr(0, 7) : date;
}

std::string late_text(Slot slot, std::optional<Slot> newest, const SourceConfig& source, std::size_t place) {
  const SourceSettings& settings = source.settings;
  const std::string period = period_text(slot, settings);
  if (source.is_entered) {
    const std::string metric = settings.name + "." + settings.metrics[place].name;
    return "nothing was entered for " + period + ": kpid enter " + metric + " VALUE --for " + period + " --by WHO";
  }
  if (settings.grain.unit == Grain::Unit::kInstant) {
    return "nothing new since " + period + ", which is longer than " + source.stale->text();
  }
  return "nothing came for " + period + (newest ? "; the newest is " + period_text(*newest, settings) : "");
}

}  // namespace

/// The newest period with a number; looked for again when samples have come.
std::optional<Slot> Engine::newest_sample(std::uint32_t source) {
  SourceState& state = sources_[source];
  if (state.knows_newest) {
    return state.newest;
  }
  state.knows_newest = true;
  state.newest.reset();
  for (const std::uint32_t metric : config_->sources[source].metrics) {
    state.newest = std::max(state.newest, newest_number(metric));
  }
  return state.newest;
}

std::optional<Slot> Engine::newest_number(std::uint32_t metric) const {
  std::optional<Slot> newest;
  for (const std::uint32_t series : table_.of_metric(metric)) {
    const auto& samples = table_[series].samples;
    const auto last = std::find_if(samples.rbegin(), samples.rend(), [](const Sample& sample) {
      return !std::isnan(sample.value);  // nor an entry that was withdrawn
    });
    newest = last == samples.rend() ? newest : std::max(newest, std::optional(last->slot));
  }
  return newest;
}

/// Of a source whose values people enter, the metric that has waited longest, and its first period without one. A
/// metric that was never entered is owed from the newest period of the others on.
std::pair<Slot, std::size_t> Engine::owed_entry(std::uint32_t index, Slot newest) const {
  const SourceConfig& config = config_->sources[index];
  std::pair<Slot, std::size_t> first{next_slot(newest, config.settings.grain, config.settings.zone), 0};
  for (std::size_t i = 0; i < config.metrics.size(); ++i) {
    const auto last = newest_number(config.metrics[i]);
    const Slot owed = last ? next_slot(*last, config.settings.grain, config.settings.zone) : newest;
    first = owed < first.first ? std::pair(owed, i) : first;
  }
  return first;
}

/// The first period that a source owes. One that has delivered nothing yet owes what ended last, and goes on owing it.
Slot Engine::owed_slot(std::uint32_t index, Instant now) {
  const SourceSettings& settings = config_->sources[index].settings;
  const bool is_instant = settings.grain.unit == Grain::Unit::kInstant;
  if (const auto newest = newest_sample(index)) {
    return is_instant ? *newest : next_slot(*newest, settings.grain, settings.zone);
  }
  const Slot running = slot_at(now, settings.grain, settings.zone, rules_.calendar);
  return is_instant ? running : next_slot(running, settings.grain, settings.zone, -1);
}

void Engine::look_for_late(Instant now) {
  next_late_ = Instant::max();
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    const SourceConfig& config = config_->sources[i];
    SourceState& state = sources_[i];
    if (!config.stale) {
      set_late(state, "");
      continue;
    }
    const std::optional<Slot> newest = newest_sample(i);
    if (!newest && !state.row.late.empty()) {
      continue;
    }
    const auto [owed, place] = newest && config.is_entered && config.settings.grain.unit != Grain::Unit::kInstant
                                   ? owed_entry(i, *newest)
                                   : std::pair(owed_slot(i, now), std::size_t{0});
    const Instant at = late_at(owed, config);
    if (at > now) {
      set_late(state, "");
      next_late_ = std::min(next_late_, at);
      continue;
    }
    state.late_since = state.late_since ? state.late_since : at;
    const bool is_period = !config.is_entered && config.settings.grain.unit != Grain::Unit::kInstant;
    state.owed = is_period ? std::optional(owed) : std::nullopt;
    set_late(state, late_text(owed, newest, config, place));
  }
}

void Engine::set_late(SourceState& state, std::string text) {
  if (state.row.late == text) {
    return;
  }
  state.row.late = std::move(text);
  state.is_changed = true;
  if (state.row.late.empty()) {
    state.late_since.reset();
    state.owed.reset();
  }
}

}  // namespace kpi

#include "rules/judge/alert_state.hpp"

#include <bit>

namespace kpi {
namespace {

Slot end_after(Slot begin, const Span& length, const Cadence& cadence) {
  if (cadence.every.is_civil()) {
    return shift_date(begin, length);
  }
  const Instant moved = shift_instant(Instant{Duration{begin.ms}}, length, cadence.zone);
  return Slot{moved.time_since_epoch().count()};
}

void extend(std::optional<Rung::Run>& run, Slot slot) {
  if (!run) {
    run = Rung::Run{slot, 0};
  }
}

void step_rung(Rung& rung, Standing standing, Slot slot, const Patience& patience, const Cadence& cadence) {
  switch (standing) {
    case Standing::kUnknown:
      if (!rung.is_on && rung.missed) {
        ++rung.missed->gaps;
      }
      if (rung.fine) {
        ++rung.fine->gaps;
      }
      break;
    case Standing::kMissed:
      rung.fine.reset();
      extend(rung.missed, slot);
      if (!rung.is_on && covers(*rung.missed, slot, patience.hold, cadence)) {
        rung.is_on = true;
      }
      break;
    case Standing::kBetween:
      rung.fine.reset();
      if (!rung.is_on) {
        rung.missed.reset();
      }
      break;
    case Standing::kFine:
      if (!rung.is_on) {
        rung.missed.reset();
        break;
      }
      extend(rung.fine, slot);
      if (covers(*rung.fine, slot, patience.recover, cadence)) {
        rung = Rung{};
      }
      break;
  }
}

void note_change(AlertState& state, bool has_changed, bool has_data) {
  if (!has_data && !has_changed) {
    return;
  }
  constexpr std::uint32_t kWindow = (1U << static_cast<unsigned>(kFlapWindow)) - 1;
  state.changes = ((state.changes << 1U) | (has_changed ? 1U : 0U)) & kWindow;
  const int count = std::popcount(state.changes);
  state.is_flapping = state.is_flapping ? count >= kFewChanges : count > kMostChanges;
}

constexpr std::array<Severity, 3> kSeverities{Severity::kInfo, Severity::kWarning, Severity::kCritical};

}  // namespace

bool covers(const Rung::Run& run, Slot slot, const Span& length, const Cadence& cadence) {
  const Slot begin = next_slot(run.first, cadence.every, cadence.zone, run.gaps);
  return end_after(begin, length, cadence) <= next_slot(slot, cadence.every, cadence.zone);
}

void step(AlertState& state, const Observation& observation, const Patience& patience, const Cadence& cadence) {
  for (std::size_t i = 0; i < state.rungs.size(); ++i) {
    step_rung(state.rungs[i], observation.standing[i], observation.slot, patience, cadence);
  }
  Severity on = Severity::kNone;
  Severity waiting = Severity::kNone;
  std::optional<Slot> since_on;
  std::optional<Slot> since_waiting;
  for (std::size_t i = 0; i < state.rungs.size(); ++i) {
    const Rung& rung = state.rungs[i];
    if (!rung.missed) {
      continue;
    }
    Severity& worst = rung.is_on ? on : waiting;
    std::optional<Slot>& since = rung.is_on ? since_on : since_waiting;
    worst = kSeverities[i];
    since = since ? std::min(*since, rung.missed->first) : rung.missed->first;
  }
  const bool was_firing = state.phase == AlertPhase::kFiring;
  if (on != Severity::kNone) {
    state.phase = AlertPhase::kFiring;
    state.severity = on;
    state.since = was_firing ? state.since : since_on;
    state.is_stale = !observation.has_data;
    note_change(state, !was_firing, observation.has_data);
    return;
  }
  state.is_stale = false;
  state.phase = waiting != Severity::kNone ? AlertPhase::kPending : AlertPhase::kInactive;
  state.severity = waiting;
  state.since = since_waiting;
  note_change(state, was_firing, observation.has_data);
}

}  // namespace kpi

#pragma once
// The alert state machine: inactive -> pending (the condition holds; `for` runs) -> firing -> resolved. Each severity
// is a rung with the same machine; the alert is the worst rung that is on. Times are periods, never the clock: a late
// poll or a restart changes nothing.

#include "rules/model/alert.hpp"
#include "rules/model/kpi.hpp"

#include <array>

namespace kpi {

/// What one period says about one severity.
enum class Standing : std::uint8_t {
  kUnknown,  ///< No data: neither counts nor resets.
  kFine,     ///< At or beyond the side where the alert may end.
  kBetween,  ///< No miss, but not yet where it may end.
  kMissed,
};

/// One judged period as an alert sees it.
struct Observation {
  Slot slot;
  Instant due;  ///< When the period could first be judged: its end and settle.
  std::array<Standing, 3> standing{};
  /// Whether there is a value at all; a gap marks a firing alert stale.
  bool has_data = true;
};

/// On which axis the periods of the rule lie.
struct Cadence {
  Grain every;
  Zone zone;
};

/// Flapping begins with more than kMostChanges changes (from or to firing) among the last kFlapWindow periods that have
/// data, and ends when fewer than kFewChanges are left: 30 % and 25 % of them, as monitoring has long done it. Periods
/// without data neither count nor age the others. Where nothing changed for kFlapWindow periods, nothing is remembered:
/// so a replay from there on finds the same.
inline constexpr int kFlapWindow = 20;
inline constexpr int kMostChanges = 6;
inline constexpr int kFewChanges = 5;

/// Moves `state` over one period. The episode's name and times are the caller's to fill in from the change of phase.
void step(AlertState& state, const Observation& observation, const Patience& patience, const Cadence& cadence);

/// Whether the run from `run.first` to the end of the period `slot`, its gaps left out, covers `length` in civil time.
bool covers(const Rung::Run& run, Slot slot, const Span& length, const Cadence& cadence);

}  // namespace kpi

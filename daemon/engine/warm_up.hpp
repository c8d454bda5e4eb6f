#pragma once
// What a start waits for: every source read once. Pure; any thread.

#include "rules/base/time.hpp"

#include <algorithm>

namespace kpi {

/// A source that is not read by then is not waited for: nothing may be held back for ever.
inline constexpr int kIntervalsToWarmUp = 2;

/// Until when a source that has not been read since the start is waited for; the beginning of time: it is not. One that
/// failed before and is left alone speaks for itself.
template <class SourceState>
Instant waited_for_until(const SourceState& source, Duration every, Instant started) {
  const bool is_left_alone = source.row.next_poll.value_or(started) - every / 2 > started;
  return source.is_read || is_left_alone ? Instant{} : started + kIntervalsToWarmUp * every;
}

}  // namespace kpi

#pragma once
// When each source is polled: at slots of its interval, shifted by an offset of its own so that sources with one
// interval do not come at once. A slot that was missed is not caught up: the next one is taken. Pure.

#include "rules/base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kpi {

/// The source's shift within its interval, the same on every run: at most a minute, so that hourly data is not an hour
/// old.
Duration poll_offset(const std::string& source, Duration every);

/// How long a source is left alone after so many failures in a row: its interval at first, from the third on twice as
/// long each time, up to an hour (or its interval, where that is longer).
Duration patience_after(int failures, Duration every);

/// The first slot after `now`.
Instant next_poll(Instant now, Duration every, Duration offset);

}  // namespace kpi

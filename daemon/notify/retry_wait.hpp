#pragma once
// When what was not taken is tried again: the published schedule of a message, and the rests of a channel. Pure; any
// thread.

#include "rules/base/time.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>

namespace kpi {

/// The waits between attempts, published in docs/delivery.md: 1 s to 24 hours, 77 hours in all; then a message is dead.
std::span<const std::chrono::seconds> retry_waits();

/// How long to wait after the attempt-th failed attempt (from 1), ±20 % by a hash of the id, so that messages that
/// failed together do not come back together. Nothing: give up.
std::optional<Duration> retry_wait(const std::string& id, int attempt);

/// How long a channel rests after so many failures in a row (from 1), spread in the same way.
Duration rest_after(const std::string& id, int failures);

/// How long it rests where nobody listened, after failing for so long: an attempt costs such a receiver nothing, and it
/// is to have everything within two seconds when it is back after a restart.
Duration rest_unreached(const std::string& id, int attempt, Duration failing_for);

}  // namespace kpi

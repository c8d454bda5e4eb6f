#pragma once
// What is wrong with the machine the watch runs on, in words: its disk, its clock, and the
// certificates of those it talks to. Any thread.

#include "rules/base/time.hpp"

#include <optional>
#include <string>

namespace kpi {

/// With less free space than this, somebody is told.
inline constexpr std::uint64_t kScarceBytes = 32U << 20U;

/// One sentence for each trouble, a line each; empty: all is well. The same trouble gives the same text again.
std::string machine_troubles(const std::string& history, Instant clock, const std::optional<Instant>& last_step);

}  // namespace kpi

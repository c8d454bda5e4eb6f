#pragma once
// Holidays from an iCalendar file (RFC 5545): whole days, single or yearly. Pure; any thread may call it.

#include "rules/base/result.hpp"
#include "rules/base/time.hpp"

#include <string_view>
#include <vector>

namespace kpi {

constexpr std::size_t kMaxIcsBytes = 4'000'000;

/// The days of all events, ascending, each once; those that return every year until 2100. An event that is cancelled
/// has none. What cannot be understood is an error that names the line: a holiday is not left out in silence.
Result<std::vector<Date>> parse_ics(std::string_view text);

}  // namespace kpi

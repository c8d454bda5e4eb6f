#pragma once
// Rows that could not be read, in sources where a period without a row means something. Pure; any thread.

#include "daemon/config/config.hpp"

#include <optional>
#include <string>

namespace kpi {

/// Why nothing of the poll may be used: a row of an unknown period is lost, some period has no row, and
/// `missing: zero` (or `last`) would put a value in its place.
std::optional<std::string> lost_row(const Poll& poll, const SourceConfig& source, const Config& config, Instant now);

}  // namespace kpi

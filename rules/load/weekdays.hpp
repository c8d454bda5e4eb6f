#pragma once
// Days of the week as people write them. Pure; any thread.

#include "rules/load/yaml.hpp"

#include <cstdint>

namespace kpi {

/// `[monday-friday, sunday]`, or one of them alone: bit 0 is Monday. What is wrong is reported, and left out.
std::uint8_t read_days(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// The json plugin: numbers from JSON files. Layout is read from the settings, the records from the file. Any thread.

#include "plugins/source.hpp"

namespace kpi {

/// What one source may read.
inline constexpr std::size_t kMaxJsonBytes = std::size_t{64} << 20U;

Plugin json_plugin();

}  // namespace kpi

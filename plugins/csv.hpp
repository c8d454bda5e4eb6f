#pragma once
// The csv source: a file with a header line, a date column, and a column per metric and label. See plugins/README.md.

#include "plugins/source.hpp"

namespace kpi {

/// A larger file is refused.
inline constexpr std::size_t kMaxCsvBytes = std::size_t{512} << 20U;

/// The row of the registry.
Plugin csv_plugin();

}  // namespace kpi

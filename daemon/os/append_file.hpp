#pragma once
// Adds to the end of a file, at once and whole. Any thread.

#include "rules/base/result.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// Makes the file (mode 0600) when there is none. It is on the disk when this returns.
Result<void> append_file(const std::string& path, std::string_view text);

}  // namespace kpi

#pragma once
// Small files that only this user may read: tokens that a restart must not lose. Thread-safe between different names.

#include "rules/base/result.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// Empty when there is none. kInvalid: others may read it, or it is no regular file.
Result<std::string> read_kept(const std::string& folder, const std::string& name);
/// Replaces the file (0600, in a folder of 0700) at once and durably.
Result<void> write_kept(const std::string& folder, const std::string& name, std::string_view text);

}  // namespace kpi

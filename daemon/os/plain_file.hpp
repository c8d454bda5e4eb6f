#pragma once
// Files that others are to open for us: a library that opens a pipe waits for its other end for ever. Any thread.

#include "rules/base/result.hpp"

#include <string>

namespace kpi {

/// kInvalid where the path leads to something else than a plain file: a pipe, a device, a folder. That nothing is there
/// is left to who opens it.
Result<void> want_plain_file(const std::string& path);

}  // namespace kpi

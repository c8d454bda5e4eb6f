#pragma once
// Small files that only this user may read: tokens that a restart must not lose. Thread-safe between different names,
// and between processes: a file is whole whoever writes it.

#include "daemon/os/descriptor.hpp"
#include "rules/base/result.hpp"

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

namespace kpi {

inline constexpr std::size_t kMostKept = 256U << 10U;

/// Empty when there is none. kInvalid: others may read it, it is no regular file, or larger than `most` bytes.
Result<std::string> read_kept(const std::string& folder, const std::string& name, std::size_t most = kMostKept);
/// Replaces the file (0600, in a folder of 0700) at once and durably.
Result<void> write_kept(const std::string& folder, const std::string& name, std::string_view text);
/// Keeps whoever else asks for the same name waiting, in this process or another, until the descriptor is closed or the
/// process has ended. kTimeout: somebody else has held it all the time; kStopped.
Result<Descriptor> lock_kept(const std::string& folder,
                             const std::string& name,
                             std::chrono::milliseconds patience,
                             const std::stop_token& stop);

}  // namespace kpi

#pragma once
// The shared source: a driver in a shared object, behind the C interface of kpid_plugin.h. The registry's.

#include "plugins/source.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// Where drivers are installed.
inline constexpr std::string_view kPluginFolder = "/usr/lib/kpid/plugins/";

/// The row of the registry.
Plugin shared_plugin();

/// Whether a file may be loaded into the daemon: an absolute path without symbolic links, a regular file, it and every
/// folder above it owned by root or this user and writable by nobody else (but for folders like /tmp, where nobody can
/// rename what is another's). kInvalid: with the path and what is wrong with it.
Result<void> require_trusted(const std::string& path);

}  // namespace kpi

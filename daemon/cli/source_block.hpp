#pragma once
// A commented block of YAML for a kind of source: what `kpid init --source` writes. Pure.

#include "plugins/source.hpp"

#include <string>

namespace kpi {

/// Every key of the plugin: the required ones to be filled in, the others behind a #, each with its help and default.
std::string source_block(const Plugin& plugin);

}  // namespace kpi

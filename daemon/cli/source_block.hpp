#pragma once
// A commented block of YAML for a kind of source: what `kpid init --source` writes. Pure.

#include "daemon/config/connectors.hpp"
#include "plugins/source.hpp"

#include <string>

namespace kpi {

/// Every key of the plugin: the required ones to be filled in, the others behind a #, each with its help and default.
std::string source_block(const Plugin& plugin);
/// Of a connector: its example, under what is to be created at the vendor, and the keys that may be added.
std::string connector_block(const Connector& connector);

}  // namespace kpi

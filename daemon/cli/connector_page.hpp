#pragma once
// A connector's page of documentation, made of its preset. Pure; any thread.

#include "daemon/config/connectors.hpp"

#include <string>

namespace kpi {

/// Markdown: what to create at the vendor, which rights, the configuration, quotas, restatement, keys.
std::string connector_page(const Connector& connector);

}  // namespace kpi

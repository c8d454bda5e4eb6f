#pragma once
// The manual source: values that people enter with `kpid enter`. The registry's.

#include "plugins/source.hpp"

namespace kpi {

/// The row of the registry.
Plugin manual_plugin();

}  // namespace kpi

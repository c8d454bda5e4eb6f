#pragma once
// What only the history can tell of rules that have loaded: what never matches, and goals beyond what ever was. As
// warnings of `kpid check`. Any thread may call it.

#include "daemon/engine/engine.hpp"
#include "rules/base/diagnostic.hpp"

namespace kpi {

/// REQUIRES a restored engine.
void check_against_history(const Engine& engine, Instant now, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// Sources whose grain was edited over a history of other periods: load errors, since both would be added up. Any thread
// may call it.

#include "daemon/engine/engine.hpp"
#include "rules/base/diagnostic.hpp"

namespace kpi {

/// Holds the grains of `config` against the newest samples that the engine has, which may be of an older configuration.
/// An error for each metric of which some begin within a period of the new grain. REQUIRES a restored engine.
void check_grains(const Config& config, const Engine& engine, Diagnostics& diagnostics);

/// For a verb that writes values: kInvalid, with the first of them.
Result<void> refuse_other_grains(const Config& config, const Engine& engine);

}  // namespace kpi

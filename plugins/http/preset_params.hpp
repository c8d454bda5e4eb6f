#pragma once
// The parameters of presets and of sources of `plugin: http`: how they are declared, and what they are in one source.
// Pure; any thread.

#include "plugins/http/plan.hpp"
#include "plugins/source.hpp"

#include <vector>

namespace kpi {

/// One declaration under `params` or `metric_params`.
OptionSpec read_param(const OptionTree& name, const OptionTree& node, Diagnostics& diagnostics);
std::vector<OptionSpec> read_params(const OptionTree* node, Diagnostics& diagnostics);
/// Whether an entry of `params` declares a parameter, rather than giving a constant.
bool is_declared(const OptionTree& node);
/// `params` and `secrets` of a source of `plugin: http`: constants.
void add_constants(const SourceSettings& settings, HttpPlan& plan);
/// The values of declared parameters.
void add_parameters(const std::vector<OptionSpec>& specs, const SourceSettings& settings, HttpPlan& plan);

}  // namespace kpi

#pragma once
// Samples in several currencies made samples in one, each at the rate of its own day. Pure; the engine's thread.

#include "daemon/config/config.hpp"
#include "rules/model/sample_table.hpp"

namespace kpi {

/// Whether anything of this source is to be converted.
bool converts(const SourceConfig& source);

/// Takes the currency out of the labels, converts, and adds up what then falls together (of a flow). What has no rate
/// on its day or before is unknown, with all that it would be added to, and a problem of the poll. True: some had none.
bool convert(Poll& poll, const SourceConfig& source, const Config& config, const SampleTable& table);

}  // namespace kpi

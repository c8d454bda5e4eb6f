#pragma once
// Samples in several currencies made samples in one, each at the rate of its own day. Pure; the engine's thread.

#include "daemon/config/config.hpp"
#include "rules/model/sample_table.hpp"

#include <optional>
#include <string_view>

namespace kpi {

/// The rate of a day, and of which day it is.
struct DayRate {
  double factor = 1;
  Slot slot;
};

/// Of a sample of that source. Nothing: none is known of that day or before.
std::optional<DayRate> rate_on(std::string_view currency,
                               const SourceConfig& source,
                               const Conversion& conversion,
                               Slot slot,
                               const Config& config,
                               const SampleTable& table);

/// Whether anything of this source is to be converted.
bool converts(const SourceConfig& source);

/// Takes the currency out of the labels, converts, and adds up what then falls together (of a flow; of any other kind
/// it is unknown). What has no rate on its day or before is unknown, with all that it would be added to, and a problem
/// of the poll. True: some had none.
bool convert(Poll& poll, const SourceConfig& source, const Config& config, const SampleTable& table);

}  // namespace kpi

#pragma once
// A status report for people, in lines of at most 80 columns where that can be.

#include "daemon/cli/command.hpp"
#include "daemon/cli/status_report.hpp"

namespace kpi {

/// Everything, in one table.
void print_status(const StatusReport& report, const Config& config, Io& io);

/// One KPI with its segments and its target. REQUIRES a report of that KPI only.
void print_status_of(const Kpi& kpi, const StatusReport& report, const Config& config, Io& io);

}  // namespace kpi

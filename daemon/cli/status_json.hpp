#pragma once
// The parts of `kpid status --json`. Any thread.

#include "daemon/cli/status_report.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace kpi {

nlohmann::ordered_json json_of(const StatusLine& line);
/// What stands before the lines; `refused`: why the files are not what runs, empty: they are.
nlohmann::ordered_json head_json(const StatusReport& report, const std::string& refused);
nlohmann::ordered_json sources_json(const StatusReport& report);
nlohmann::ordered_json channels_json(const StatusReport& report);

}  // namespace kpi

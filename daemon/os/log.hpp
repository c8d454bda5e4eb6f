#pragma once
// The daemon's log, on standard error: one event a line, control bytes escaped. Thread-safe.

#include <string_view>

namespace kpi {

void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace kpi

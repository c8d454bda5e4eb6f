#pragma once
// The daemon's log, on standard error: one event a line, control bytes escaped. Thread-safe.

#include <string_view>

namespace kpi {

/// From now on a JSON object a line: time, level, message. REQUIRES: called before any other thread logs.
void log_as_json();

/// From now on what log_debug() is given is logged too. REQUIRES the same.
void log_everything();

/// Each poll and each attempt of a delivery: much, and seldom wanted.
void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

/// From now on a program that gets no more memory says so and ends at once with code 3, as if it were killed: nothing
/// is unwound, and the next start goes on from the history.
void end_without_memory();

}  // namespace kpi

#pragma once
// Errors for a terminal or a log: one mistake made ten thousand times is shown twenty times. Pure; any thread.

#include "rules/base/diagnostic.hpp"

#include <string>
#include <vector>

namespace kpi {

/// The text of each that is shown, in order; the last of many that are alike ends with "and N more like it".
std::vector<std::string> shown_diagnostics(const Diagnostics& diagnostics);

/// All of it, for a terminal.
std::string shown_text(const Diagnostics& diagnostics);

}  // namespace kpi

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

/// As they may go into a log or a message: of a file that holds settings of sources or channels, secrets among them
/// perhaps, the place and what sort of thing is wrong, and nothing that is written there. `kpid check` shows the rest.
Diagnostics without_values(const Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// What a program or shared object is asked: one line of JSON, as docs/exec.md says. Pure; any thread.

#include "plugins/source.hpp"

#include <string>

namespace kpi {

/// Ends in a newline. `secrets` may be null.
std::string exec_question(const SourceSettings& settings, const PollRequest& request, const OptionTree* secrets);

}  // namespace kpi

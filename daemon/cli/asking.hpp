#pragma once
// What the verbs that change something share: they ask the daemon that runs; without one they do it themselves. One
// thread.

#include "daemon/cli/command.hpp"
#include "daemon/engine/action.hpp"

namespace kpi {

/// Does what is asked, prints the answer, and returns the verb's exit code.
int ask(const Action& action, const std::shared_ptr<const Config>& config, Io& io);

}  // namespace kpi

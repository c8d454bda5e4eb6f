#pragma once
// What the verbs that change something share: they ask the daemon that runs; without one they do it themselves. One
// thread.

#include "daemon/cli/command.hpp"
#include "daemon/engine/action.hpp"

#include <functional>
#include <optional>

namespace kpi {

/// What is asked, as of the time it counts from; nothing: it was complained of, the verb ends with kExitUsage.
using AskAsOf = std::function<std::optional<Action>(Instant now)>;

/// The same of an action whose times are spans: they run from the daemon's clock, without a daemon from the last step.
int ask_as_of(const AskAsOf& action, const std::shared_ptr<const Config>& config, Io& io);

/// Does what is asked, prints the answer, and returns the verb's exit code.
int ask(const Action& action, const std::shared_ptr<const Config>& config, Io& io);

}  // namespace kpi

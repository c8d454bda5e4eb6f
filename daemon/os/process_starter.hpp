#pragma once
// A small process that forks in the daemon's place. A fork copies the page tables of the whole memory, and what is
// written meanwhile is copied too: to a daemon with ten thousand KPIs that costs ten times what starting the program
// does. Forked while kpid is still small; where there is none, run_process forks by itself. Thread-safe but for its
// beginning.

#include "daemon/os/descriptor.hpp"
#include "daemon/os/process_child.hpp"

#include <sys/types.h>

#include <optional>

namespace kpi {

/// The starter lives as long as this does. One at a time; made before any thread is started and any memory is taken,
/// and gone when no program runs any more.
class ProcessStarter {
 public:
  ProcessStarter();
  ProcessStarter(const ProcessStarter&) = delete;
  ProcessStarter& operator=(const ProcessStarter&) = delete;
  ProcessStarter(ProcessStarter&&) = delete;
  ProcessStarter& operator=(ProcessStarter&&) = delete;
  ~ProcessStarter();
};

/// A process that does keep_children(plan), as a pidfd; nothing when there is no starter, or it could not.
std::optional<Descriptor> start_keeper(const ChildPlan& plan);

}  // namespace kpi

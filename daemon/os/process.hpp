#pragma once
// Programs that kpid runs: contained in time, output, memory and files, and ended with everything they started. Any
// thread; blocks.
//
// Between kpid and the program stands a small process of ours: the program's descendants become its children when their
// parents go, whatever they did to leave their group, and it ends them all.

#include "plugins/source.hpp"

namespace kpi {

/// See Host::run.
Result<ProcessResult> run_process(const ProcessRequest& request, const std::stop_token& stop);

/// Why the program (a path, or a name in the usual folders) could not be started; empty: it is there.
std::string program_trouble(const std::string& program);

/// Whether the other end of a unix socket is a program that kpid runs, or one that such a program started: what kpid's
/// own socket allows people, it does not allow them. That may be another kpid, of a verb that tries a source. One of
/// this user that is gone already, or that /proc does not show, counts as one; one of another user that it does not
/// show does not.
bool is_own_program(int socket);

}  // namespace kpi

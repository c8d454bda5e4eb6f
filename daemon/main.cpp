#include "daemon/cli/command.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/os/log.hpp"
#include "daemon/os/system_host.hpp"

#include <system_error>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  kpi::end_without_memory();
  kpi::SystemHost host;
  kpi::Io io{std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1, kpi::system_clock(), host};
  io.shows_progress = ::isatty(STDERR_FILENO) == 1 && !kpi::is_dumb_terminal();
  int code = kpi::kExitFailed;
  try {
    code = kpi::run_program({argv + 1, argv + argc}, io);
  } catch (const std::system_error& error) {  // the machine gives no thread
    return kpi::complain(io, kpi::kExitFailed, std::string("it cannot go on: ") + error.what());
  }
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0) {  // a cut export that says it is whole would be taken for whole
    return kpi::complain(io, kpi::kExitFailed, "the output could not be written: it is not whole");
  }
  return code;
}

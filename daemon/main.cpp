#include "daemon/cli/command.hpp"
#include "daemon/os/system_host.hpp"

#include <unistd.h>

#include <cstdio>
#include <iostream>

int main(int argc, char** argv) {
  kpi::SystemHost host;
  kpi::Io io{std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1, kpi::system_clock(), host};
  const int code = kpi::run_program({argv + 1, argv + argc}, io);
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0) {  // a cut export that says it is whole would be taken for whole
    return kpi::complain(io, kpi::kExitFailed, "the output could not be written: it is not whole");
  }
  return code;
}

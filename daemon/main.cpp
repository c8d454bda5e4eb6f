#include "daemon/cli/command.hpp"
#include "daemon/os/system_host.hpp"

#include <unistd.h>

#include <iostream>

int main(int argc, char** argv) {
  kpi::SystemHost host;
  kpi::Io io{std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1, kpi::system_clock(), host};
  return kpi::run_program({argv + 1, argv + argc}, io);
}

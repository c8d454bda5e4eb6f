#include "daemon/cli/interruption.hpp"

#include <csignal>
#include <cstdlib>

namespace kpi {
namespace {

[[noreturn]] void end_by(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::raise(signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  std::_Exit(128 + signal);  // where it is ignored
}

}  // namespace

Interruption::Interruption(CredentialDesk& desk) {
  ::signal(SIGPIPE, SIG_DFL);  // ignored is right for a daemon: a verb whose reader has left ends
  signals_.start([&desk](int signal) {
    desk.end_renewals(kLongestRenewal);
    end_by(signal);
  });
}

}  // namespace kpi

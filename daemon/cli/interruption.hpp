#pragma once
// Ctrl-C and SIGTERM in a verb that polls: a login that is on its way is let come to its end first.

#include "daemon/os/signals.hpp"
#include "plugins/http/credential_desk.hpp"

namespace kpi {

/// While it lives, SIGINT, SIGTERM and SIGHUP end the program as they would without it, but not while a refresh token
/// is on its way: where the other side rotates it, its answer holds the only one that still counts. REQUIRES: made
/// before any other thread; the desk lives longer.
class Interruption {
 public:
  explicit Interruption(CredentialDesk& desk);

 private:
  SignalWatch signals_;
};

}  // namespace kpi

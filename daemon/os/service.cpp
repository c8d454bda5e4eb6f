#include "daemon/os/service.hpp"

#include <systemd/sd-daemon.h>

namespace kpi {

void notify_ready() {
  sd_notify(0, "READY=1");
}

void notify_reloading() {
  sd_notify(0, "RELOADING=1");
}

void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}

void notify_alive() {
  sd_notify(0, "WATCHDOG=1");
}

void notify_status(const std::string& text) {
  sd_notify(0, ("STATUS=" + text).c_str());
}

}  // namespace kpi

#pragma once
// What the service manager is told; nothing happens outside systemd.

#include <string>

namespace kpi {

void notify_ready();
void notify_reloading();
void notify_stopping();
/// The engine goes on; without this in WatchdogSec the service manager starts kpid again.
void notify_alive();
/// One line for `systemctl status`.
void notify_status(const std::string& text);

}  // namespace kpi

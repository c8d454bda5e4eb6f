#pragma once
// Prometheus Alertmanager, API v2. It forgets what is not said again, so what burns is sent every minute; an alert that
// became worse has other labels, so what it was is ended in the same request.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_alertmanager_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// PagerDuty, Events API v2: an incident for each alert, closed when the alert ends. The alert's id is the dedup_key, so
// that an event that comes twice is seen once.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_pagerduty_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// Slack by incoming webhook. Such a URL is the whole key to its channel: it is never shown.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_slack_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

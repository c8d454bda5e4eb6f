#pragma once
// Mattermost and Rocket.Chat by incoming webhook: the older form of Slack's messages, an attachment for each alert.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_mattermost_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

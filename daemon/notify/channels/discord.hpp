#pragma once
// Discord by webhook: an embed for each alert, at most ten. Nothing in a text mentions anybody.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_discord_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

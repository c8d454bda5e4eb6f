#pragma once
// Telegram by a bot. What is told of one alert answers the message that told of it first. The token stands in the
// address: it is never shown.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_telegram_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

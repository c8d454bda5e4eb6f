#pragma once
// Google Chat by a space's webhook: what is told of one alert is one thread.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_google_chat_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

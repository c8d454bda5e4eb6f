#pragma once
// The console: messages as plain text on standard output, readable in a terminal of 80 columns. What a newcomer sees
// before any real channel is set up.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_console_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

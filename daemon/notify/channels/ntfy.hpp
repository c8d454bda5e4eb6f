#pragma once
// ntfy, on ntfy.sh or a server of one's own: a notification on the telephones that follow a topic.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_ntfy_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

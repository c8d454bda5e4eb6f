#pragma once
// A file that messages are added to: an audit trail, or the beginning of something of one's own.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_file_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

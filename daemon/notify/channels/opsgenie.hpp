#pragma once
// Opsgenie and its successor, the operations of Jira Service Management: the same API at another address. An alert of
// ours is one of theirs, known by its id as `alias`.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_opsgenie_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

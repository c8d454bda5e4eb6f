#pragma once
// Microsoft Teams by a workflow ("When a Teams webhook request is received"). The card is posted after the answer, so a
// card that Teams does not take is never heard of again: what is sent is kept well within its limits.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_teams_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

#pragma once
// A program of one's own: it reads the message as JSON (docs/webhook.md) on its standard input. No shell; what it
// prints goes to the log when it fails.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_exec_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

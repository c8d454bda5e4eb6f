#pragma once
// Slack by its Web API: what is told of one alert is one thread, and its first message shows how it ended.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

/// For settings with a token instead of a webhook's url.
std::unique_ptr<Channel> create_slack_web_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

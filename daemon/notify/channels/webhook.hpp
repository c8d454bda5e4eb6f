#pragma once
// The generic webhook: message_json as it is, with Standard Webhooks headers. docs/webhook.md is its contract.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_webhook_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi

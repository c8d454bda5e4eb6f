#include "daemon/notify/channels/console.hpp"
#include "daemon/notify/channels/slack.hpp"
#include "daemon/notify/channels/webhook.hpp"

#include <algorithm>
#include <vector>

namespace kpi {

std::span<const ChannelKind> channel_kinds() {
  static const std::vector<ChannelKind> table = {
      {"console", "Prints messages on standard output; for trying things out.", {}, {}, create_console_channel},
      {"slack",
       "Posts to a Slack channel through an incoming webhook.",
       {"url", "ca_file", "allow_private", "timeout"},
       {"url"},
       create_slack_channel},
      {"webhook",
       "Posts JSON to any program, signed as Standard Webhooks (docs/webhook.md).",
       {"url", "secret", "ca_file", "allow_private", "timeout"},
       {"url"},
       create_webhook_channel},
  };
  return table;
}

const ChannelKind* find_channel_kind(std::string_view name) {
  const std::span<const ChannelKind> kinds = channel_kinds();
  const auto found = std::ranges::find(kinds, name, &ChannelKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace kpi

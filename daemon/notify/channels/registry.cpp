#include "daemon/notify/channels/alertmanager.hpp"
#include "daemon/notify/channels/console.hpp"
#include "daemon/notify/channels/discord.hpp"
#include "daemon/notify/channels/exec.hpp"
#include "daemon/notify/channels/file.hpp"
#include "daemon/notify/channels/google_chat.hpp"
#include "daemon/notify/channels/mail.hpp"
#include "daemon/notify/channels/mattermost.hpp"
#include "daemon/notify/channels/ntfy.hpp"
#include "daemon/notify/channels/opsgenie.hpp"
#include "daemon/notify/channels/pagerduty.hpp"
#include "daemon/notify/channels/slack.hpp"
#include "daemon/notify/channels/teams.hpp"
#include "daemon/notify/channels/telegram.hpp"
#include "daemon/notify/channels/webhook.hpp"

#include <algorithm>
#include <vector>

namespace kpi {

namespace {

/// With the keys that every channel over HTTP has.
std::vector<std::string> over_http(std::vector<std::string> own) {
  own.insert(own.end(), {"ca_file", "allow_private", "timeout"});
  return own;
}

}  // namespace

std::span<const ChannelKind> channel_kinds() {
  static const std::vector<ChannelKind> table = {
      {"alertmanager",
       "Hands alerts to a Prometheus Alertmanager, again and again while they burn.",
       over_http({"url", "token", "every"}),
       {"url"},
       create_alertmanager_channel,
       true},
      {"console", "Prints messages on standard output; for trying things out.", {}, {}, create_console_channel},
      {"discord", "Posts to a Discord channel through a webhook.", over_http({"url"}), {"url"}, create_discord_channel},
      {"email",
       "Sends mail through a mail server.",
       over_http({"smtp", "from", "to", "username", "password", "token", "tls", "unsubscribe"}),
       {"smtp", "from", "to"},
       create_mail_channel},
      {"exec",
       "Runs a program that reads the message as JSON.",
       {"command", "timeout"},
       {"command"},
       create_exec_channel},
      {"file", "Adds messages to a file.", {"path", "format"}, {"path"}, create_file_channel},
      {"google_chat",
       "Posts to a Google Chat space through a webhook, a thread for each alert.",
       over_http({"url"}),
       {"url"},
       create_google_chat_channel},
      {"mattermost",
       "Posts to a Mattermost channel through an incoming webhook.",
       over_http({"url"}),
       {"url"},
       create_mattermost_channel},
      {"ntfy",
       "Notifies the telephones that follow a topic of ntfy.",
       over_http({"topic", "url", "token"}),
       {"topic"},
       create_ntfy_channel},
      {"opsgenie",
       "Opens and closes alerts of Opsgenie or Jira Service Management.",
       over_http({"api_key", "url", "source"}),
       {"api_key"},
       create_opsgenie_channel,
       true},
      {"pagerduty",
       "Opens and closes incidents of PagerDuty.",
       over_http({"routing_key", "url", "source"}),
       {"routing_key"},
       create_pagerduty_channel,
       true},
      {"rocketchat",
       "Posts to a Rocket.Chat channel through an incoming webhook.",
       over_http({"url"}),
       {"url"},
       create_mattermost_channel},
      {"slack",
       "Posts to a Slack channel through an incoming webhook (url) or as an app (token, channel).",
       over_http({"url", "token", "channel"}),
       {},
       create_slack_channel},
      {"teams",
       "Posts cards to Microsoft Teams through a workflow.",
       over_http({"url"}),
       {"url"},
       create_teams_channel},
      {"telegram",
       "Writes to a Telegram chat as a bot.",
       over_http({"token", "chat", "thread", "url"}),
       {"token", "chat"},
       create_telegram_channel},
      {"webhook",
       "Posts JSON to any program, signed as Standard Webhooks (docs/webhook.md).",
       over_http({"url", "secret"}),
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

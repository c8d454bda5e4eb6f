#pragma once
// A message as Slack's Block Kit. Pure. Fitted to Slack's limits by whole items: alerts that find no room are counted
// ("and 12 more"), never cut.

#include "rules/routing/message.hpp"

#include <string>

namespace kpi {

/// {"text": …, "blocks": […]}: what an incoming webhook takes.
std::string slack_payload(const Message& message);
/// The same without blocks.
std::string slack_plain_payload(const Message& message);

}  // namespace kpi

#pragma once
// A message as an Adaptive Card for Teams, at most 20 KB. Pure. What people wrote stands in text runs, in which nothing
// is markup, or with its markup broken.

#include "rules/routing/message.hpp"

#include <string>

namespace kpi {

/// {"type": "message", "attachments": [the card]}: what a workflow takes.
std::string teams_payload(const Message& message);
/// The same with one paragraph: the message in a line.
std::string teams_plain_payload(const Message& message);

}  // namespace kpi

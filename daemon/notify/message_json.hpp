#pragma once
// A message as the generic webhook's JSON document (docs/webhook.md), and back out of the outbox.

#include "rules/base/result.hpp"
#include "rules/routing/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// {"type", "timestamp", "data": {"group", "alerts": […]}}: what is signed and sent, byte for byte.
std::string message_json(const Message& message);
/// The same with its attachments: what the outbox keeps.
std::string outbox_json(const Message& message);
/// Reads either back; `id` and `channel` are kept beside it by the outbox.
Result<Message> parse_message_json(std::string_view json);

/// An alert of a message, as far as the order of messages goes.
struct ToldAlert {
  std::string id;
  bool ends = false;      ///< The message tells its end.
  bool is_known = false;  ///< An earlier message has told it: see AlertView.
};

/// The alerts of a message in its JSON form, without reading the rest; none of what is no message.
std::vector<ToldAlert> told_alerts(std::string_view json);

/// The `target` of an alert by itself, as `status --json` has it too.
std::string target_view_json(const TargetView& target);

}  // namespace kpi

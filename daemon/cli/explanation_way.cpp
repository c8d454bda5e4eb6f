#include "daemon/cli/explanation_way.hpp"

#include "daemon/cli/reading.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// Of a channel's messages the newest are looked at.
constexpr std::size_t kMostMessages = 200;
/// Of what the receiver said.
constexpr std::size_t kMostComplaint = 200;

std::string text_of(const NotificationRow& row, const Zone& zone) {
  const std::string error = printable(row.last_error, kMostComplaint);
  if (row.state == NotificationRow::State::kDead) {
    return "not told: the message was given up after " + counted(static_cast<std::uint64_t>(row.attempts), "attempt") +
           " (" + error + "); kpid deadletter resend " + row.id;
  }
  if (row.attempts == 0) {
    return "on its way: not tried yet";
  }
  return "not there yet after " + counted(static_cast<std::uint64_t>(row.attempts), "attempt") + " (" + error + ")" +
         (row.next_attempt ? "; the next is at " + local_text(*row.next_attempt, zone) : "");
}

}  // namespace

std::string way_text(HistoryReader& history, const std::string& channel, const std::string& episode, const Zone& zone) {
  NotificationFilter filter;
  filter.channel = channel;
  filter.limit = kMostMessages;
  const auto rows = history.notifications(filter);
  if (!rows) {
    return "";
  }
  for (const NotificationRow& row : *rows) {
    const std::vector<ToldAlert> alerts = told_alerts(row.body);
    if (std::ranges::find(alerts, episode, &ToldAlert::id) != alerts.end()) {
      return row.state == NotificationRow::State::kSent ? "" : text_of(row, zone);
    }
  }
  return "";
}

}  // namespace kpi

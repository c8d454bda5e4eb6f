#include "daemon/engine/resent.hpp"

#include "daemon/notify/channel.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <set>

namespace kpi {

Resent still_news(std::vector<NotificationRow> dead, const RoutingState& routing, Instant now) {
  std::set<std::string, std::less<>> open;
  for (const auto& [key, alert] : routing.alerts) {
    if (alert.is_firing) {
      open.insert(alert.episode);
    }
  }
  Resent resent;
  for (NotificationRow& row : dead) {
    const std::vector<ToldAlert> alerts = told_alerts(row.body);
    const bool is_over =
        std::ranges::all_of(alerts, [&](const ToldAlert& alert) { return !alert.ends && !open.contains(alert.id); });
    if (alerts.empty() || row.type == name_of(MessageType::kTargetReminder) || !is_over) {
      row.progress = without_refusals(row.progress);
      resent.rows.push_back(std::move(row));
      continue;
    }
    DeliveryRow skipped;
    skipped.id = row.id;
    skipped.channel = row.channel;
    skipped.state = NotificationRow::State::kSent;
    skipped.attempts = row.attempts;
    skipped.sent = now;
    skipped.last_error = "not sent again: what it tells of is over";
    resent.skipped.push_back(std::move(skipped));
  }
  return resent;
}

std::string text_of(const Resent& resent, std::string_view what, std::string_view whats) {
  std::string text = counted(resent.rows.size(), what, whats);
  if (!resent.skipped.empty()) {
    text += "; " + counted(resent.skipped.size(), "is", "are") + " not sent again: what they tell of is over";
  }
  return text;
}

}  // namespace kpi

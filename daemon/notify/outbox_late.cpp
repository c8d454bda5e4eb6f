// What waited so long that its alert is over: the message about the end tells of it in one line.

#include "daemon/notify/outbox.hpp"

#include <algorithm>
#include <functional>

namespace kpi {

/// The last of the messages that end all alerts of this one, which could not be told so far; 0: it is still news.
std::uint64_t Outbox::end_of(const Queue& queue, std::uint64_t number) const {
  const Entry& entry = entries_.at(number);
  const bool has_waited = entry.row.attempts > 0 || entry.waits_for > 0;
  if (queue.keeps_incidents || entry.in_flight || !has_waited || entry.alerts.empty()) {
    return 0;
  }
  std::uint64_t last = 0;
  for (const ToldAlert& alert : entry.alerts) {
    const auto chain = queue.chains.find(alert.id);
    if (alert.ends || chain == queue.chains.end()) {
      return 0;
    }
    const auto ends = [&](std::uint64_t other) {
      const Entry& later = entries_.at(other);
      const auto told = std::ranges::find(later.alerts, alert.id, &ToldAlert::id);
      const bool is_end = later.row.type == "alert.resolved" || later.row.type == "source.recovered";
      return is_end && told != later.alerts.end() && told->ends;
    };
    const auto end = std::find_if(chain->second.upper_bound(number), chain->second.end(), ends);
    if (end == chain->second.end()) {
      return 0;
    }
    last = std::max(last, *end);
  }
  return last;
}

/// It is kept until the message about the end has arrived, and shares its fate.
void Outbox::drop_late(Queue& queue, std::uint64_t number) {
  const std::uint64_t end = end_of(queue, number);
  if (end == 0) {
    return;
  }
  Entry& entry = entries_.at(number);
  queue.ready.erase({due(entry), number});
  entry.told_by = end;
  entries_.at(end).tells.push_back(number);
  leave_chains(queue, number);
}

void Outbox::drop_late_before(Queue& queue, std::uint64_t number) {
  std::set<std::uint64_t, std::greater<>> earlier;  // the newest first: what it waits for has not gone yet
  for (const ToldAlert& alert : entries_.at(number).alerts) {
    const auto chain = queue.chains.find(alert.id);
    if (alert.ends && chain != queue.chains.end()) {
      earlier.insert(chain->second.begin(), chain->second.lower_bound(number));
    }
  }
  for (const std::uint64_t before : earlier) {
    drop_late(queue, before);
  }
}

std::vector<DeliveryRow> Outbox::told_with(const Entry& end, Instant now) const {
  std::vector<DeliveryRow> rows;
  for (const std::uint64_t number : end.tells) {
    const NotificationRow& late = entries_.at(number).row;
    DeliveryRow row;
    row.id = late.id;
    row.channel = late.channel;
    row.state = NotificationRow::State::kSent;
    row.attempts = late.attempts;
    row.sent = now;
    row.last_error = "its alert was over before it could be told: " + end.row.id + " tells it";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace kpi

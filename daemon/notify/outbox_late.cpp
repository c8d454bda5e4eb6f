// What waited so long that it is no news any more: its alert is over, or a later message tells how it stands.

#include "daemon/notify/outbox.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kpi {

/// Whether a later message of the alert makes this one superfluous.
bool Outbox::overtakes(const Entry& later, const Entry& earlier, const std::string& alert) {
  const std::string& type = later.row.type;
  const auto told = std::ranges::find(later.alerts, alert, &ToldAlert::id);
  if (told == later.alerts.end()) {
    return false;
  }
  if (type == "alert.resolved" || type == "source.recovered") {
    return told->ends;
  }
  if (earlier.is_rest && earlier.row.type != "target.reminder") {
    return type != "target.reminder";  // who waits is told how it stands, once
  }
  const bool is_anew = earlier.row.type == "alert.reminder" || (earlier.row.type == type && type == "alert.firing");
  return is_anew && type != "target.reminder";
}

/// The next of the messages that make this one superfluous for one alert; 0: there is none.
std::uint64_t Outbox::overtaking(const Queue& queue, std::uint64_t number, const std::string& alert) const {
  for (const auto* messages : {&queue.chains, &queue.rests}) {
    const auto found = messages->find(alert);
    if (found == messages->end()) {
      continue;
    }
    const auto end = std::find_if(found->second.upper_bound(number), found->second.end(), [&](std::uint64_t other) {
      return overtakes(entries_.at(other), entries_.at(number), alert);
    });
    if (end != found->second.end()) {
      return *end;
    }
  }
  return 0;
}

/// The last of the messages that overtake this one, which could not be told so far; 0: it is still news.
std::uint64_t Outbox::end_of(const Queue& queue, std::uint64_t number) const {
  const Entry& entry = entries_.at(number);
  const bool has_waited =
      entry.row.attempts > 0 || entry.waits_for > 0 || queue.failures > 0 || !entry.row.last_error.empty();
  const bool is_wanted = queue.keeps_incidents && entry.row.type != "alert.reminder";
  if (is_wanted || entry.in_flight || entry.alerts.empty() || entry.told_by != 0) {
    return 0;
  }
  std::uint64_t last = 0;
  for (const ToldAlert& alert : entry.alerts) {
    const std::uint64_t end = alert.ends ? 0 : overtaking(queue, number, alert.id);
    if (end == 0 && !entry.told_since.contains(alert.id)) {
      return 0;
    }
    last = std::max(last, end);
  }
  // What some have been told already is not preceded any more.
  return has_waited || (last != 0 && entries_.at(last).is_rest) ? last : 0;
}

/// It is kept until the message about the end has arrived, and shares its fate.
void Outbox::drop_late(Queue& queue, std::uint64_t number) {
  Entry& entry = entries_.at(number);
  for (const ToldAlert& alert : entry.alerts) {
    if (entry.is_rest && !alert.ends && overtaking(queue, number, alert.id) != 0) {
      entry.told_since.insert(alert.id);
    }
  }
  const std::uint64_t end = end_of(queue, number);
  if (end == 0) {
    return;
  }
  queue.ready.erase({due(entry), number});
  std::vector<std::uint64_t> told = std::exchange(entry.tells, {});  // what it stood for itself
  told.push_back(number);
  for (const std::uint64_t one : told) {
    entries_.at(one).told_by = end;
    entries_.at(end).tells.push_back(one);
  }
  leave_chains(queue, number);
}

void Outbox::drop_late_before(Queue& queue, std::uint64_t number) {
  std::set<std::uint64_t, std::greater<>> earlier;  // the newest first: what it waits for has not gone yet
  for (const ToldAlert& alert : entries_.at(number).alerts) {
    for (const auto* messages : {&queue.chains, &queue.rests}) {
      if (const auto found = messages->find(alert.id); found != messages->end()) {
        earlier.insert(found->second.begin(), found->second.lower_bound(number));
      }
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
    row.last_error = (end.row.type.ends_with("firing") || end.row.type == "alert.reminder"
                          ? "it was overtaken before it could be told: "
                          : "its alert was over before it could be told: ") +
                     end.row.id + " tells it";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace kpi

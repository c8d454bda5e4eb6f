// What some recipients of a channel have: the rest waits alone, and who refuses for good is remembered.

#include "daemon/notify/message_json.hpp"
#include "daemon/notify/outbox.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace kpi {

void Outbox::join_rests(Queue& queue, std::uint64_t number) {
  for (const ToldAlert& alert : entries_.at(number).alerts) {
    queue.rests[alert.id].insert(number);
  }
}

/// What is new: who refuses now and did not, and who refused and takes it or is no address of the channel any more. Of
/// a message that nobody has, the dead letter tells.
std::vector<RefusedAddress> Outbox::note_recipients(Queue& queue, const NotificationRow& row, const Outcome& outcome) {
  std::vector<RefusedAddress> changes;
  const bool is_with_all = outcome.kind == Outcome::Kind::kDelivered;
  if (!is_with_all && !outcome.is_partly_taken) {
    return changes;
  }
  for (const auto& [address, why] : outcome.recipients) {
    if (why.empty() ? queue.refused.erase(address) > 0 : queue.refused.insert_or_assign(address, why).second) {
      changes.push_back({row.channel, address, why});
    }
  }
  const bool was_asked_whole = is_with_all && row.progress.empty();
  std::erase_if(queue.refused, [&](const auto& refused) {
    const bool is_gone = was_asked_whole && !outcome.recipients.contains(refused.first);
    if (is_gone) {
      changes.push_back({row.channel, refused.first, ""});
    }
    return is_gone;
  });
  return changes;
}

/// It has arrived at all who are left: now what else they wait for may, without what it has told.
void Outbox::wake_rests(Queue& queue, const Entry& told) {
  for (const ToldAlert& alert : told.alerts) {
    const auto rests = queue.rests.find(alert.id);
    for (const std::uint64_t number : rests == queue.rests.end() ? std::set<std::uint64_t>() : rests->second) {
      Entry& rest = entries_.at(number);
      if (!rest.told_since.contains(alert.id) || rest.in_flight) {
        continue;
      }
      queue.ready.erase({due(rest), number});
      rest.row.next_attempt.reset();
      queue.ready.emplace(due(rest), number);
    }
  }
}

/// The alerts that nobody has been told of, since the messages that began to tell them are those it stands for.
std::set<std::string> Outbox::first_told_by(const Entry& entry) const {
  std::set<std::string> alerts;
  for (const std::uint64_t number : entry.tells) {
    const Entry& earlier = entries_.at(number);
    for (const ToldAlert& alert : earlier.alerts) {
      if (!alert.is_known && !earlier.is_rest && earlier.row.type == "alert.firing") {
        alerts.insert(alert.id);
      }
    }
  }
  return alerts;
}

/// Without what a later message tells, and with what it tells in the place of an earlier one as news.
std::string Outbox::body_of(const Entry& entry) const {
  const std::set<std::string> news = first_told_by(entry);
  const bool is_as_written =
      entry.told_since.empty() && std::ranges::none_of(entry.alerts, [&](const ToldAlert& alert) {
        return alert.is_known && news.contains(alert.id);
      });
  if (is_as_written) {
    return entry.row.body;
  }
  Result<Message> message = parse_message_json(entry.row.body);
  if (!message) {
    return entry.row.body;
  }
  std::erase_if(message->alerts, [&](const AlertView& alert) { return entry.told_since.contains(alert.id); });
  for (AlertView& alert : message->alerts) {
    alert.is_known = alert.is_known && !news.contains(alert.id);
  }
  return message->alerts.empty() ? entry.row.body : outbox_json(*message);
}

}  // namespace kpi

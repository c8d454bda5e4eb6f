#include "daemon/notify/outbox.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool is_due(const NotificationRow& row, Instant now) {
  return !row.next_attempt || *row.next_attempt <= now;
}

/// A number from 0 to 1 that is the same for the same id and attempt.
double spread(const std::string& id, int attempt) {
  const std::string hash = fingerprint(id + "#" + std::to_string(attempt));
  return static_cast<double>(std::stoul(hash.substr(0, 6), nullptr, 16)) / 0xFFFFFF;
}

}  // namespace

std::span<const seconds> retry_waits() {
  static constexpr std::array<seconds, 14> kWaits{seconds{1},
                                                  seconds{5},
                                                  seconds{30},
                                                  minutes{2},
                                                  minutes{5},
                                                  minutes{10},
                                                  minutes{30},
                                                  hours{1},
                                                  hours{2},
                                                  hours{5},
                                                  hours{10},
                                                  hours{14},
                                                  hours{20},
                                                  hours{24}};
  return kWaits;
}

std::optional<Duration> retry_wait(const std::string& id, int attempt) {
  const auto waits = retry_waits();
  if (attempt < 1 || static_cast<std::size_t>(attempt) > waits.size()) {
    return std::nullopt;
  }
  const double factor = 0.8 + 0.4 * spread(id, attempt);
  const double ms = static_cast<double>(Duration{waits[static_cast<std::size_t>(attempt) - 1]}.count()) * factor;
  return Duration{static_cast<std::int64_t>(std::llround(ms))};
}

void Outbox::add(std::vector<NotificationRow> rows) {
  for (NotificationRow& row : rows) {
    if (rows_.contains(row.id)) {
      continue;
    }
    queues_[row.channel].ids.push_back(row.id);
    rows_.emplace(row.id, std::move(row));
  }
}

std::vector<NotificationRow> Outbox::take_due(Instant now) {
  std::vector<NotificationRow> due;
  for (auto& [channel, queue] : queues_) {
    if (queue.in_flight || queue.ids.empty()) {
      continue;
    }
    const NotificationRow& row = rows_.at(queue.ids.front());
    if (is_due(row, now)) {
      queue.in_flight = true;
      due.push_back(row);
    }
  }
  return due;
}

std::vector<NotificationRow> Outbox::take_all_due(Instant now) {
  std::vector<NotificationRow> due;
  for (const auto& [channel, queue] : queues_) {
    for (const std::string& id : queue.ids) {
      if (is_due(rows_.at(id), now)) {
        due.push_back(rows_.at(id));
      }
    }
  }
  return due;
}

DeliveryRow Outbox::finish(const std::string& id, const Outcome& outcome, Instant now) {
  NotificationRow& row = rows_.at(id);
  Queue& queue = queues_[row.channel];
  queue.in_flight = false;
  DeliveryRow result;
  result.id = id;
  result.attempts = ++row.attempts;
  switch (outcome.kind) {
    case Outcome::Kind::kDelivered:
      result.state = NotificationRow::State::kSent;
      result.sent = now;
      break;
    case Outcome::Kind::kRefused:
    case Outcome::Kind::kDisabled:
      result.state = NotificationRow::State::kDead;
      result.last_error = outcome.detail;
      break;
    case Outcome::Kind::kRetry: {
      result.last_error = outcome.detail;
      std::optional<Duration> wait = retry_wait(id, row.attempts);
      if (wait && outcome.retry_after) {
        wait = std::max<Duration>(*wait, *outcome.retry_after);
      }
      result.state = wait ? NotificationRow::State::kQueued : NotificationRow::State::kDead;
      if (wait) {
        result.next_attempt = now + *wait;
      }
      break;
    }
  }
  if (result.state == NotificationRow::State::kQueued) {
    row.next_attempt = result.next_attempt;
    row.last_error = result.last_error;
  } else {
    std::erase(queue.ids, id);
    rows_.erase(id);
  }
  return result;
}

Instant Outbox::next_due() const {
  Instant earliest = Instant::max();
  for (const auto& [channel, queue] : queues_) {
    if (!queue.in_flight && !queue.ids.empty()) {
      earliest = std::min(earliest, rows_.at(queue.ids.front()).next_attempt.value_or(Instant{}));
    }
  }
  return earliest;
}

}  // namespace kpi

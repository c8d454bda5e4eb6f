// `run --once`: every source, one step, and each delivery that is due.

#include "daemon/engine/watch.hpp"
#include "daemon/store/history_copy.hpp"
#include "rules/base/text.hpp"

#include <sys/stat.h>

#include <utility>

namespace kpi {
namespace {

/// So long `run --once` waits for a poll: what takes longer does not heed its own deadline, and would hold up all
/// others.
constexpr std::chrono::hours kLongestPoll{1};

/// When the copy at `path` was made; long ago where there is none.
Instant copied_at(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return Instant{};
  }
  return Instant{std::chrono::duration_cast<Duration>(std::chrono::seconds{status.st_mtim.tv_sec})};
}

}  // namespace

void Watch::say(const std::string& doing) const {
  if (on_doing) {
    on_doing(doing);
  }
}

void Watch::poll_all(Instant now) {
  for (std::uint32_t i = 0; i < polling_.size(); ++i) {
    start_poll(i, now);
  }
  std::vector<std::optional<PollResult>> results(polling_.size());
  std::size_t missing = results.size();
  const auto end = world_.clock.steady() + kLongestPoll;
  while (missing > 0 && world_.clock.steady() < end) {
    say("reading, " + std::to_string(results.size() - missing) + " of " + counted(results.size(), "source") + " done");
    for (Event& event : inbox_.take(world_.clock.steady() + kLongestWait)) {
      if (auto* result = std::get_if<PollResult>(&event)) {
        results[result->source] = std::move(*result);
        --missing;
      }
    }
  }
  // In the order of the configuration, whichever came first: the same step twice writes the same history.
  std::size_t samples = 0;
  for (std::uint32_t i = 0; i < results.size(); ++i) {
    PollResult result =
        results[i] ? std::move(*results[i])
                   : PollResult{i, now, fail(ErrorKind::kTimeout, "has not answered for an hour: it is given up")};
    samples += result.poll ? result.poll->samples.size() : 0;
    engine_->receive(std::move(result));
  }
  say("judging by " + counted(samples, "sample"));
}

Result<OnceReport> Watch::once(Instant now) {
  OnceReport report;
  poll_all(now);
  report.summary = KPI_TRY(engine_->step(now));
  say("");
  deliveries_.written();
  deliveries_.add(engine_->take_queued());
  report.has_failed_source = engine_->has_failed_source();
  KPI_TRY(deliver_all(now, report));
  if (DeliveryNews last = deliveries_.take_last_news(now); !last.letters.empty()) {
    KPI_TRY(write_down(std::move(last), now, report));
    KPI_TRY(deliver_all(now, report));
  }
  if (const auto copied = copy_once(); !copied) {
    report.failed_copy = copied.error().message;
  }
  return report;
}

Result<void> Watch::copy_once() {
  const HistoryExport& copy = config_->history_export;
  const Instant clock = world_.clock.now();
  if (copy.path.empty() || (copied_at(copy.path) + copy.every > clock && copied_at(copy.path) <= clock)) {
    return {};
  }
  return replace_history_copy(config_->history, copy.path);
}

Result<void> Watch::deliver_all(Instant now, OnceReport& report) {
  while (deliveries_.start_all_due(now) > 0) {
    while (!deliveries_.is_idle()) {
      Asked asked;
      for (Event& event : inbox_.take(world_.clock.steady() + kLongestWait)) {
        if (const auto* results = std::get_if<DeliveryResults>(&event)) {
          deliveries_.take(*results, now);  // by the time that it is to be: a message of the past is not 80 hours old
        } else {
          take(event, asked);
        }
      }
      DeliveryNews news = deliveries_.take_news(now);
      if (!news.rows.empty()) {
        KPI_TRY(write_down(std::move(news), now, report));
      }
    }
  }
  return {};
}

/// At once: what is not written down is sent again after a kill.
Result<void> Watch::write_down(DeliveryNews news, Instant now, OnceReport& report) {
  for (DeliveryRow& row : news.rows) {
    report_delivery(row, report);
    engine_->receive(std::move(row));
  }
  for (NotificationRow& letter : news.letters) {
    engine_->receive(std::move(letter));
  }
  KPI_TRY(engine_->step(now));
  deliveries_.written();
  deliveries_.add(engine_->take_queued());
  return {};
}

void Watch::report_delivery(const DeliveryRow& row, OnceReport& report) const {
  if (row.state == NotificationRow::State::kSent) {
    ++report.delivered;
    return;
  }
  const bool is_dead = row.state == NotificationRow::State::kDead;
  report.failed_deliveries.push_back(row.channel + ": " + row.last_error +
                                     (is_dead ? "; it is given up" : "; it stays in the outbox"));
}

}  // namespace kpi

// A thousand kills (KPI_KILLS: so many) between sending and noting down: nothing is lost, at most what was in flight
// comes twice, and what is told of one alert keeps its order. The history is real; a kill is a new outbox over it.

#include "daemon/notify/message_json.hpp"
#include "daemon/notify/outbox.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "tests/support/sample_messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace kpi::test {
namespace {

int kills_asked_for() {
  const char* const text = std::getenv("KPI_KILLS");  // NOLINT(concurrency-mt-unsafe): one thread
  return text == nullptr ? 1000 : std::atoi(text);    // NOLINT(cert-err34-c): 0 kills fail the test
}

constexpr int kAlerts = 20;

class KilledDeliveries {
 public:
  KilledDeliveries() { store_ = std::move(*open_sqlite_store(":memory:")); }

  void run() {
    while (kills_ < most_) {
      start();
      while (turn()) {
      }
      ++kills_;
    }
    chance_.seed(0);
    start();
    while (!outbox_.is_empty()) {
      turn_once(false);
    }
  }

  [[nodiscard]] int told() const { return told_; }

  [[nodiscard]] int kills() const { return kills_; }

  std::map<std::string, int> received;      // by id
  std::vector<std::string> order;           // ids, as they came first
  std::set<std::string> told_by_their_end;  // ids: what was over before it could be told
  int twice = 0;

 private:
  void start() {
    outbox_ = Outbox();
    outbox_.configure({{"growth", DeliveryRules{}}, {"ops", DeliveryRules{}}});
    outbox_.restore(*store_->delivery_memory());
    outbox_.add(store_->load()->queued);
  }

  /// False: killed.
  bool turn() {
    if (chance_() % 3 == 0) {
      tell();
    }
    const bool is_killed = chance_() % 6 == 0;
    turn_once(is_killed);
    return !is_killed;
  }

  /// An alert begins or ends, for both channels, in one commit.
  void tell() {
    StepCommit step;
    step.now = now_;
    const int alert = static_cast<int>(chance_() % kAlerts);
    const bool ends = burns_[alert];
    burns_[alert] = !ends;
    ++told_;
    for (const char* channel : {"growth", "ops"}) {
      static const Message kBegins = sample_message("firing");
      static const Message kEnds = sample_message("resolved");
      Message message = ends ? kEnds : kBegins;
      message.alerts.front().id = "ep_" + std::to_string(alert);
      NotificationRow row;
      row.id = std::string(channel) + " " + std::to_string(alert) + " " + std::to_string(1'000'000 + told_);
      row.channel = channel;
      row.type = name_of(message.type);
      row.created = now_;
      row.body = outbox_json(message);
      step.notifications.push_back(std::move(row));
    }
    ASSERT_TRUE(store_->commit(step));
    outbox_.add(step.notifications);
  }

  void turn_once(bool is_killed) {
    now_ += std::chrono::seconds{1};
    StepCommit step;
    step.now = now_;
    for (const std::vector<Attempt>& batch : outbox_.take_due(now_)) {
      for (const Attempt& attempt : batch) {
        const bool fails = chance_() % 8 == 0;
        if (!fails && ++received[attempt.row.id] > 1) {
          ++twice;
        } else if (!fails) {
          order.push_back(attempt.row.id);
        }
        const Outcome outcome{
            fails ? Outcome::Kind::kRetry : Outcome::Kind::kDelivered, fails ? "answered 503" : "", {}};
        for (DeliveryRow& row : outbox_.finish(attempt.row.id, outcome, now_).rows) {
          if (row.id != attempt.row.id) {
            told_by_their_end.insert(row.id);
          }
          step.deliveries.push_back(std::move(row));
        }
      }
      outbox_.end_batch(batch.front().row.channel, {});
    }
    if (!is_killed) {
      EXPECT_TRUE(store_->commit(step));
    }
  }

  std::unique_ptr<Store> store_;
  Outbox outbox_;
  std::mt19937 chance_{20260331};
  std::map<int, bool> burns_;
  Instant now_ = parse_rfc3339("2026-03-31T06:00:00Z").value();
  int told_ = 0;
  int kills_ = 0;
  int most_ = kills_asked_for();
};

TEST(DeliveryCrash, AThousandKillsLoseNothingAndRepeatOnlyWhatWasInFlight) {
  KilledDeliveries world;
  world.run();
  for (const auto& [id, times] : world.received) {
    world.told_by_their_end.erase(id);  // one of an outage that a kill made forget how far it was
  }
  EXPECT_EQ(world.received.size() + world.told_by_their_end.size(), static_cast<std::size_t>(world.told()) * 2);
  EXPECT_LT(world.told_by_their_end.size(), world.received.size() / 50);
  EXPECT_GT(world.twice, 0);
  EXPECT_LE(world.twice, 2 * world.kills());  // one for each channel
  std::map<std::string, std::string> last;
  for (const std::string& id : world.order) {
    const std::size_t number = id.rfind(' ');
    std::string& before = last[id.substr(0, number)];  // of this channel and alert
    EXPECT_LT(before, id.substr(number)) << id;
    before = id.substr(number);
  }
}

}  // namespace
}  // namespace kpi::test

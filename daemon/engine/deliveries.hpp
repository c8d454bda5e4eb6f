#pragma once
// The outbox among the things of the world: attempts go out to the pool and come back through the inbox. What is given
// up is told to the channel's fallback. Of the engine's thread.

#include "daemon/config/config.hpp"
#include "daemon/engine/fallback_letters.hpp"
#include "daemon/engine/inbox.hpp"
#include "daemon/engine/resent.hpp"
#include "daemon/engine/sent_journal.hpp"
#include "daemon/notify/outbox.hpp"
#include "daemon/os/clock.hpp"
#include "daemon/os/work_pool.hpp"

#include <iosfwd>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kpi {

/// What deliveries use of the world. All of it outlives them.
struct DeliveryWorld {
  Clock& clock;
  Host& host;
  HttpClient& http;
  std::ostream& console;
  Inbox& inbox;
  Jobs& jobs;
  SentJournal* journal = nullptr;  ///< Null: what a kill finds delivered is sent again.
};

/// What a turn's deliveries leave for the engine.
struct DeliveryNews {
  std::vector<DeliveryRow> rows;
  std::vector<NotificationRow> letters;  ///< delivery.failed to fallbacks.
};

class Deliveries {
 public:
  explicit Deliveries(DeliveryWorld world) : world_(world) {}

  Result<void> restore(Store& store);
  void configure(std::shared_ptr<const Config> config);

  void add(std::vector<NotificationRow> rows);

  /// Dead letters that are to be tried again, like new messages; take_news() has how the history knows.
  void resend(Resent letters);

  /// What an earlier run delivered without writing it down. After add() of what was queued.
  void recall(Instant now);
  /// Called when a step is in the history, with all that take_news() gave before.
  void written();
  /// It could not be written: what was delivered since it last was, and what will be until it is, is noted in the
  /// journal.
  void unwritten();

  /// Starts what is due; what a channel takes no more is given up. `now` is the wall clock, which may have been set
  /// back. `is_warm`: what burns was looked at since the start, and may be told again to those who forget.
  void start_due(Instant now, bool is_warm);
  /// The same for `run --once`: everything that is due, once. How many messages that is.
  std::size_t start_all_due(Instant now);

  void take(const DeliveryResults& results, Instant now);
  void take(const BatchEnd& end, Instant now);
  void take(const RefreshEnd& end);
  /// What has come since the last call.
  DeliveryNews take_news(Instant now);

  /// The same before the end: nothing waits to be told together with what comes later.
  DeliveryNews take_last_news(Instant now) {
    fallbacks_.hold_nothing();
    return take_news(now);
  }

  [[nodiscard]] Instant next_due() const;

  [[nodiscard]] bool is_idle() const { return batches_ == 0; }

  [[nodiscard]] std::map<std::string, ChannelState> states() const { return outbox_.states(); }

  /// Whether an attempt of this channel is under way since long before `now`: its own time has passed twice and more.
  [[nodiscard]] bool is_stuck(const std::string& channel, Instant now) const;

 private:
  struct Refresh {
    Instant next;
    bool in_flight = false;
  };

  /// What is under way to a channel, and when it was last heard of.
  struct UnderWay {
    std::size_t batches = 0;
    Instant last;
  };

  void start(std::vector<Attempt> batch, Instant now);
  void run(const std::vector<Attempt>& batch, const Config& config, const std::stop_token& stop);
  std::optional<Outcome> try_one(const Attempt& attempt,
                                 bool is_alone,
                                 const Config& config,
                                 const std::stop_token& stop);
  void take(const DeliveryResult& result, Instant now);
  void refresh_due(Instant now, bool is_warm);
  void keep(Finished finished);
  [[nodiscard]] Message letter_to(const std::string& to, const std::string& about, Instant now) const;
  [[nodiscard]] NotificationRow letter_about(const Outage& outage, const std::string& to, Instant now) const;
  [[nodiscard]] NotificationRow letter_about(const std::vector<RefusedAddress>& refused,
                                             const std::string& to,
                                             Instant now) const;

  DeliveryWorld world_;
  std::shared_ptr<const Config> config_;
  Outbox outbox_;
  std::size_t batches_ = 0;                    // on their way
  std::map<std::string, UnderWay> under_way_;  // by channel
  std::vector<SentJournal::Sent> sent_;        // since the history was written
  bool is_unwritable_ = false;                 // the history
  bool is_noted_ = false;                      // something is in the journal
  Instant last_start_{};
  std::vector<DeliveryRow> rows_;
  std::map<std::string, std::vector<RefusedAddress>> refused_;  // by channel; to be told
  FallbackLetters fallbacks_;
  std::map<std::string, Refresh> refreshes_;  // by channel
  std::mutex console_;
};

/// Tries one message, plainer once it is refused. `console` serialises what is printed. Any thread.
Outcome deliver_once(const Config& config,
                     const NotificationRow& row,
                     ChannelHost& host,
                     std::mutex& console,
                     const std::stop_token& stop);

}  // namespace kpi

#pragma once
// What a channel did not take, told to its fallback: once, in words, and not what the fallback knows already. A channel
// that takes nothing is told of at once; then, for an hour, only what is critical is, and the rest when that is over.
// Of the engine's thread.

#include "daemon/config/config.hpp"
#include "daemon/store/store.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

/// Who hears of a channel's troubles: its own fallback, else that of all channels, else the last route's; never itself.
std::vector<std::string> fallbacks_of(const std::string& channel, const Config& config);

class FallbackLetters {
 public:
  void configure(std::shared_ptr<const Config> config);

  /// Messages that go to channels: a fallback that gets them itself is not told of them again.
  void note(const std::vector<NotificationRow>& rows);

  /// A dead letter, with the reason as `last_error`.
  void take(NotificationRow dead) { dead_[dead.channel].push_back(std::move(dead)); }

  /// Dead letters that are sent again: of those that are held nobody is told.
  void forget(const std::vector<NotificationRow>& resent);

  /// This run looks once, and knows of no hour.
  void look_once() { lasts_ = false; }

  /// What waits is told with the next letters(): there is no later.
  void hold_nothing() { holds_ = false; }

  /// What is to be told now.
  std::vector<NotificationRow> letters(Instant now);

  /// Dead letters that the last letters() began to hold, with its end as `next_attempt`, or has told of: none then. A
  /// program that is killed meanwhile take()s those that were held.
  std::vector<NotificationRow> take_turned() { return std::exchange(turned_, {}); }

  /// When letters() next has something without a new dead letter.
  [[nodiscard]] Instant next_due() const;

 private:
  using Rows = std::vector<NotificationRow>;

  /// The messages of which a fallback has heard, oldest first.
  struct Heard {
    std::set<std::string> keys;
    std::deque<std::string> order;
  };

  /// Of a channel and its fallback.
  struct Quiet {
    Instant until{};
    Rows held{};
  };

  Rows release(Quiet& quiet);

  struct Envelope {
    const std::string& channel;
    const std::string& fallback;
    Instant now;
  };

  bool hear(const std::string& fallback, const NotificationRow& row);
  void sort(const std::string& channel, const std::string& fallback, const Rows& dead, Instant now, Rows& letters);
  [[nodiscard]] NotificationRow letter_of(const Envelope& envelope, const Rows& dead, const Rows& news) const;

  std::shared_ptr<const Config> config_;
  std::map<std::string, Heard, std::less<>> heard_;  // by fallback
  std::map<std::string, Rows> dead_;                 // by channel
  std::map<std::pair<std::string, std::string>, Quiet> quiet_;
  Rows turned_;
  bool holds_ = true;
  bool lasts_ = true;
};

}  // namespace kpi

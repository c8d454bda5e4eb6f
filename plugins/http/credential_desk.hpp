#pragma once
// What sources that use one credential share: its token, how many requests are under way, how many were sent, and
// whether the other side wants to be left alone. One desk per Host. Thread-safe.

#include "plugins/http/json_select.hpp"
#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"
#include "rules/base/time.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace kpi {

class Host;

/// What a credential may do at once and over time.
struct CredentialLimits {
  int concurrency = 4;
  std::size_t requests = 0;  ///< 0: as many as one likes.
  Duration per{60'000};
};

/// What is waited for while a poll runs; more is left to a later poll.
inline constexpr std::chrono::milliseconds kShortWait{15'000};
/// So often one poll asks for one thing.
inline constexpr int kAttempts = 3;

/// How long the other side is left alone after so many failures in a row, where it does not say.
std::chrono::milliseconds rest_after(int failures);

/// Where the use of a credential is written down, so that neither a restart nor another verb spends a quota twice or
/// forgets that the other side wants to be left alone. An empty folder: nowhere.
struct UseBook {
  Host& host;
  std::string folder;
  std::string name;
};

class Credential {
 public:
  /// A token and what came with it. Touched only while `token_mutex` is held, so that one refresh runs at a time.
  struct Token {
    Secret value;
    std::optional<Instant> renew_at;  ///< A while before it expires.
    Secret refresh;                   ///< The newest refresh token; empty: the configured one.
    Secret kept_refresh;              ///< The one that is written down.
    std::map<std::string, Json> exports;
    bool is_loaded = false;
    Secret refused;  ///< The last one that was refused: what is kept of it is of no use.
  };

  std::mutex token_mutex;
  Token token;

  /// Takes a place among the requests under way; returns how long to wait before the request fits the budget (the place
  /// is then not taken). kStopped; kUnavailable: the credential rests.
  Result<Duration> begin(const CredentialLimits& limits, const UseBook& book, const std::stop_token& stop);
  void end();
  /// No request until then.
  void rest(const UseBook& book, Instant until, std::string_view why);
  /// A good answer came: the next failure begins with a short rest again.
  void relax();
  /// How many failures came since the last good answer, this one included.
  int count_failure();
  /// How many requests of the budget are spent.
  std::size_t spent(const CredentialLimits& limits, Instant now);

 private:
  /// Requests that were sent at about one time.
  struct Sent {
    Instant at;
    std::size_t count = 0;
  };

  void read(const UseBook& book, const CredentialLimits& limits, bool is_kept);
  void write(const UseBook& book) const;
  std::size_t drop_old(const CredentialLimits& limits, Instant now);
  void add_sent(const CredentialLimits& limits, Instant now);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int under_way_ = 0;
  std::deque<Sent> sent_;
  std::optional<Instant> rests_until_;
  std::string why_;
  int failures_ = 0;
  bool was_read_ = false;
};

class CredentialDesk {
 public:
  /// What keeps other processes from what is kept under a name, until the last copy of it is gone.
  using Held = std::shared_ptr<const void>;
  using Lock = std::function<Result<Held>(const std::string& folder, const std::string& name, const std::stop_token&)>;

  /// The same one for the same name.
  std::shared_ptr<Credential> find(const std::string& name);

  /// How other processes that use the same folder are kept waiting; before the first poll. Never called: there are
  /// none.
  void lock_with(Lock lock) { lock_ = std::move(lock); }

  /// Waits until no other process renews what is kept under this name. kTimeout: one does all the time; kStopped.
  Result<Held> hold(const std::string& folder, const std::string& name, const std::stop_token& stop) const {
    return lock_ ? lock_(folder, name, stop) : Result<Held>(Held());
  }

  /// A refresh token is on its way, or its answer is being written down. Where the other side rotates it, the answer
  /// holds the only one that counts from then on: who ends the program waits for it.
  using Renewal = std::shared_ptr<const void>;

  /// Until the last copy of the result is gone. kStopped: the program ends, and nothing may begin.
  Result<Renewal> begin_renewal();
  /// Lets no further one begin, and waits for those under way. False: one is still after `patience`.
  bool end_renewals(std::chrono::milliseconds patience);

 private:
  void end_renewal();

  Lock lock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Credential>> credentials_;
  std::condition_variable renewed_;
  int renewals_ = 0;
  bool is_ending_ = false;
};

/// No renewal takes longer, so that an end need not wait longer.
inline constexpr std::chrono::milliseconds kLongestRenewal{20'000};

/// A place among what is under way with one credential, for sources that ask otherwise than over HTTP; given back when
/// it ends.
class CredentialPlace {
 public:
  /// Waits until fewer than `most` are under way under this name. kStopped.
  static Result<CredentialPlace> take(Host& host, const std::string& name, int most, const std::stop_token& stop);

  ~CredentialPlace();
  CredentialPlace(CredentialPlace&& other) noexcept = default;
  CredentialPlace& operator=(CredentialPlace&&) = delete;
  CredentialPlace(const CredentialPlace&) = delete;
  CredentialPlace& operator=(const CredentialPlace&) = delete;

 private:
  explicit CredentialPlace(std::shared_ptr<Credential> credential) : credential_(std::move(credential)) {}

  std::shared_ptr<Credential> credential_;
};

}  // namespace kpi

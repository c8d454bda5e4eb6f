#pragma once
// What sources that use one credential share: its token, how many requests are under way, how many were sent, and
// whether the other side wants to be left alone. One desk per Host. Thread-safe.

#include "plugins/http/json_select.hpp"
#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"
#include "rules/base/time.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace kpi {

/// What a credential may do at once and over time.
struct CredentialLimits {
  int concurrency = 4;
  std::size_t requests = 0;  ///< 0: as many as one likes.
  Duration per{60'000};
};

class Credential {
 public:
  /// A token and what came with it. Touched only while `token_mutex` is held, so that one refresh runs at a time.
  struct Token {
    Secret value;
    std::optional<Instant> renew_at;  ///< A while before it expires.
    Secret refresh;                   ///< The newest refresh token; empty: the configured one.
    std::map<std::string, Json> exports;
    bool is_loaded = false;
  };

  std::mutex token_mutex;
  Token token;

  /// Takes a place among the requests under way; returns how long to wait before the request fits the budget (the place
  /// is then given back). kStopped; kUnavailable: the credential rests.
  Result<Duration> begin(const CredentialLimits& limits, Instant now, const std::stop_token& stop);
  void end();
  /// No request until then.
  void rest(Instant until, std::string_view why);
  /// A good answer came: the next failure begins with a short rest again.
  void relax();
  /// How many failures came since the last good answer, this one included.
  int count_failure();

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int under_way_ = 0;
  std::deque<Instant> sent_;
  std::optional<Instant> rests_until_;
  std::string why_;
  int failures_ = 0;
};

class CredentialDesk {
 public:
  /// The same one for the same name.
  std::shared_ptr<Credential> find(const std::string& name);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Credential>> credentials_;
};

}  // namespace kpi

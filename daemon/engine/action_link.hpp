#pragma once
// Links in messages by which their reader says "I have it" or "not now". They are signed, so that nobody makes one up,
// and end after a while; who has the message has the right. Any thread.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"
#include "rules/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

/// How long a link can be used.
constexpr std::chrono::hours kLinkLife{24 * 7};

struct ActionLink {
  enum class Kind : std::uint8_t { kAcknowledge, kSilence };

  Kind kind = Kind::kAcknowledge;
  std::string episode;
  std::string channel;  ///< Whose message it stands in: the page speaks its language.
  Instant expires;

  bool operator==(const ActionLink&) const = default;
};

/// What may stand in a path or a query, %41 for the rest.
std::string url_escaped(std::string_view text);

/// Whether an address is that of a link's page.
bool is_action_path(std::string_view path);

class LinkSigner {
 public:
  /// The key is kept beside the history, in a file that only its owner reads; it is made when it is first needed.
  explicit LinkSigner(std::string history) : history_(std::move(history)) {}

  /// "/act/acknowledge/ep_…?channel=growth&until=1785…&signature=…". Fails when there is no key and none can be kept.
  Result<std::string> path_of(const ActionLink& link);
  /// Nothing: kpid has made no such link. One that has expired is given like any other. `query` is decoded.
  std::optional<ActionLink> read(std::string_view path, const std::map<std::string, std::string>& query);

 private:
  Result<std::string> signature_of(const ActionLink& link);
  Result<void> find_key();

  std::string history_;
  std::mutex mutex_;
  Secret key_;  // under the mutex
};

}  // namespace kpi

#pragma once
// Where a message goes. One kind of channel is one pair of files in channels/ and one row in its registry: it turns a
// message into a request and an answer into an outcome. It holds no state, no queue and no retry: those are the
// outbox's.

#include "plugins/http.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/base/secret.hpp"
#include "rules/routing/message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// How one delivery attempt ended.
struct Outcome {
  enum class Kind : std::uint8_t {
    kDelivered,
    kRetry,     ///< Try again later.
    kRefused,   ///< This message will never be taken; others may be.
    kDisabled,  ///< The channel itself is gone or forbids us (410, revoked token): stop sending to it.
  };

  Kind kind = Kind::kDelivered;
  std::string detail;  ///< For the log and `kpid status`: no secret, printable, at most 256 bytes of the answer.
  std::optional<std::chrono::seconds> retry_after;  ///< What the receiver asked for.

  bool operator==(const Outcome&) const = default;
};

/// What a channel may use of the outside world.
struct ChannelHost {
  HttpClient& http;
  std::ostream& console;         ///< For the console channel; written by one delivery at a time.
  std::function<Instant()> now;  ///< The real clock: signatures must be fresh.
};

/// Deliver one message. Called from pool threads, for one channel by one thread at a time.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) = 0;
};

/// One channel as configured: every key any kind understands; a kind's row says which are its own.
struct ChannelSettings {
  std::string name;
  std::string type;
  Secret url;
  Secret secret;  ///< Standard Webhooks: "whsec_" and base64, or any text of at least 24 bytes.
  std::string ca_file;
  std::vector<std::string> allow_private;
  std::chrono::milliseconds timeout{15'000};
  Position position;
};

/// One kind of channel.
struct ChannelKind {
  std::string name;               ///< "slack"
  std::string help;               ///< One sentence.
  std::vector<std::string> keys;  ///< The keys of ChannelSettings it takes: "url", "secret", "allow_private", …
  std::vector<std::string> required;
  /// Checks the settings and builds the channel; null when something was reported.
  std::unique_ptr<Channel> (*create)(const ChannelSettings&, Diagnostics&) = nullptr;
  /// The receiver keeps an incident open until it is told of the end (PagerDuty, Alertmanager): a mute or a silence
  /// holds back no alert.resolved of an alert that it was told of.
  bool keeps_incidents = false;
};

std::span<const ChannelKind> channel_kinds();
const ChannelKind* find_channel_kind(std::string_view name);

/// Sends one request and reads its answer as the rules common to all HTTP receivers say: 2xx is delivered; 3xx and
/// other 4xx are refused; 410 disables; 408, 425, 429, 5xx, timeouts and network errors are retried; Retry-After in
/// seconds or as a date is obeyed.
Outcome deliver_http(const HttpRequest& request, ChannelHost& host, const std::stop_token& stop);

/// `Retry-After: 120`, `120.5`, or an HTTP date, as seconds from `now`; negative counts as 0, absurd as 24 hours.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, Instant now);

}  // namespace kpi

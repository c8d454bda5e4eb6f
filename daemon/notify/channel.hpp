#pragma once
// Where a message goes. One kind of channel is one pair of files in channels/ and one row in its registry: it turns a
// message into a request and an answer into an outcome. It holds no state, no queue and no retry: those are the
// outbox's.

#include "plugins/http.hpp"
#include "plugins/source.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/base/secret.hpp"
#include "rules/routing/message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
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
  /// By alert id, what the channel must know again when more is told of that alert (Slack's ts and channel).
  std::map<std::string, std::string> remotes{};
  /// kRetry: how far it came, given back by the next attempt; empty: not at all. Of mail, who has it: "anna@example.com
  /// <no@example.com>", the second has refused it for good.
  std::string progress{};
  /// kDelivered, but not to everybody: who refused it and why, for the operator.
  std::string complaint{};
  bool is_unreached = false;  ///< kRetry: no connection came about, so that the attempt cost the receiver nothing.
  /// kRetry: the receiver works, and some recipients have the message; it waits for the others alone.
  bool is_partly_taken = false;
  /// By recipient that was asked and does not wait: why it refuses for good; empty: it has the message.
  std::map<std::string, std::string> recipients{};

  bool operator==(const Outcome&) const = default;
};

/// Whether an attempt's progress names a recipient that has the message.
bool is_with_some(std::string_view progress);
/// The progress without those who refused for good: by now they may take it.
std::string without_refusals(std::string_view progress);

/// What a channel may use of the outside world.
struct ChannelHost {
  HttpClient& http;
  std::ostream& console;         ///< For the console channel; written by one delivery at a time.
  std::function<Instant()> now;  ///< The real clock: signatures must be fresh.
  /// By alert id: Outcome::remotes of what told of it before.
  std::map<std::string, std::string> remotes{};
  std::string progress{};  ///< Of the attempt before.
  Host* host = nullptr;    ///< For programs; null in tests that start none.
};

/// Deliver one message. Called from pool threads; for one channel by as many at a time as its `concurrency` says.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) = 0;

  /// The same as plain text, once, after deliver() was refused; nothing: the channel knows no plainer form.
  virtual std::optional<Outcome> deliver_plain(const Message& /*message*/,
                                               ChannelHost& /*host*/,
                                               const std::stop_token& /*stop*/) {
    return std::nullopt;
  }

  /// How often a receiver that forgets wants to hear of what still burns; nothing: it remembers.
  [[nodiscard]] virtual std::optional<std::chrono::seconds> refresh_every() const { return std::nullopt; }

  /// Says again what burns: the remotes of alerts whose end was not told yet.
  virtual Outcome refresh(ChannelHost& /*host*/, const std::stop_token& /*stop*/) { return {}; }
};

/// One channel as configured: what its kind's keys said. A key that was left out has its fallback of channel_keys().
struct ChannelSettings {
  std::string name;
  std::string type;
  Secret url;
  Secret secret;  ///< Standard Webhooks: "whsec_" and base64, or any text of at least 24 bytes; several by spaces.
  std::string ca_file;
  std::vector<std::string> allow_private;
  std::chrono::milliseconds timeout{15'000};
  std::map<std::string, Secret, std::less<>> keys;                     ///< `token`, `password`, `routing_key`, …
  std::map<std::string, std::string, std::less<>> texts;               ///< `from`, `topic`, …
  std::map<std::string, std::vector<std::string>, std::less<>> lists;  ///< `to`, `command`
  Position position;

  /// Empty when it is absent.
  [[nodiscard]] const Secret& key(std::string_view wanted) const;
  [[nodiscard]] const std::string& text(std::string_view wanted) const;
  [[nodiscard]] const std::vector<std::string>& list(std::string_view wanted) const;
};

/// How the outbox treats a channel.
struct DeliveryRules {
  std::size_t concurrency = 1;  ///< Attempts at the same time; more than one gives up the order between alerts.
  double per_second = 0;        ///< Messages; 0: as many as it takes.
  double burst = 1;             ///< So many may go at once after a pause.
  std::string fallback;         ///< The channel that is told what this one did not take; empty: none.

  bool operator==(const DeliveryRules&) const = default;
};

/// `10/min`: at most so many messages in that time, and so many at once.
Result<DeliveryRules> parse_rate(std::string_view text);

/// One key of a channel; it means the same for each kind that takes it.
struct ChannelKey {
  enum class Type : std::uint8_t { kText, kSecret, kSecrets, kPath, kList, kDuration, kChoice };

  std::string name;
  Type type = Type::kText;
  std::string fallback;
  std::string help;
  std::vector<std::string> choices{};
};

/// Of every kind.
std::span<const ChannelKey> channel_keys();
/// REQUIRES that there is one.
const ChannelKey& channel_key(std::string_view name);

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

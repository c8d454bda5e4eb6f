#pragma once
// What must be remembered to decide who is told what: which alerts go on, what each channel knows of them and is still
// to be told, and when each group is looked at next. Plain data: decide() moves it, the store keeps it.

#include "rules/routing/message.hpp"
#include "rules/routing/silence.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

/// One alert: a rule of a line, or (line 0) something about a source.
struct AlertKey {
  std::uint32_t line = 0;
  std::string rule;

  auto operator<=>(const AlertKey&) const = default;
};

/// Something that a channel is still to be told of an alert.
struct News {
  enum class Kind : std::uint8_t {
    kFires,   ///< It began, or became worse.
    kEnds,    ///< It is over.
    kNotice,  ///< Told once, whatever becomes of the alert.
  };

  Kind kind = Kind::kFires;
  MessageType type = MessageType::kAlertFiring;
  std::optional<AlertView> view;  ///< As it was; none: as it is when it is told.
  std::string held_by;            ///< What has held it back: "nights"; empty: only its group's waits.

  bool operator==(const News&) const = default;
};

/// What one group's channel knows of an alert.
struct Member {
  std::string group;  ///< Group::id
  std::string told;   ///< The episode that it knows to be firing; empty: none.
  std::vector<News> news;
  std::uint32_t steps = 0;            ///< Of the escalation: those that are done.
  bool is_current = true;             ///< Whether the routes still lead here.
  std::optional<Instant> reminder{};  ///< When its going on is worth a word again.
  std::uint32_t reminded = 0;         ///< So often since it began or became worse.
  /// When the channel was told of it: the steps count from then. None: as it fired, or not before the news that wait.
  /// Of those a step went to: from when it counted.
  std::optional<Instant> since;
  /// What the last message said of it: what it knows it as.
  Severity severity = Severity::kNone;

  bool operator==(const Member&) const = default;
};

struct TrackedAlert {
  std::string episode;
  bool is_firing = false;
  bool is_reminded = true;                       ///< Whether its going on is worth a reminder.
  MessageType type = MessageType::kAlertFiring;  ///< As what it is told.
  Severity severity = Severity::kNone;           ///< By which it is routed: what has become milder keeps its way.
  Labels labels;
  Instant fired;
  std::vector<Member> members;
  std::vector<Labels> also{};             ///< It speaks for alerts with these labels, and goes where they would.
  Severity present = Severity::kNone;     ///< As bad as it is now.
  std::optional<Instant> acknowledged{};  ///< Until when somebody last had it.

  bool operator==(const TrackedAlert&) const = default;
};

/// The alerts that share messages to one channel.
struct RoutingGroup {
  enum class Kind : std::uint8_t {
    kAlerts,
    kEscalation,  ///< To those who come next: nothing waits, and nobody is reminded.
    kSummary,     ///< What came and went while kpid was down: nothing waits.
  };

  std::string id;
  Kind kind = Kind::kAlerts;
  std::string route;  ///< key_of() its route
  std::string channel;
  Labels labels;
  std::optional<Instant> due;       ///< When what waits may be told.
  std::optional<Instant> last;      ///< Of its messages.
  std::optional<Instant> reminder;  ///< When it is looked at again which of its alerts are to be reminded of.
  std::optional<Instant> step;      ///< When the next step of an escalation may be.

  bool operator==(const RoutingGroup&) const = default;
};

/// All of it. What is found from the rest (which alerts are in a group, when it wakes) is kept beside it, by decide().
struct RoutingState {
  std::map<AlertKey, TrackedAlert> alerts;
  std::map<std::string, RoutingGroup, std::less<>> groups;
  std::map<std::string, Silence, std::less<>> silences;                  ///< Those that have not ended.
  std::map<std::string, Acknowledgement, std::less<>> acknowledgements;  ///< Open ones, by episode.

  // Found from the above by index().
  std::map<std::string, std::set<AlertKey>, std::less<>> members;
  std::set<std::pair<Instant, std::string>> wakes;
  std::map<std::string, Instant, std::less<>> wake_of;

  /// Whether all that must survive is the same.
  bool operator==(const RoutingState& other) const {
    return alerts == other.alerts && groups == other.groups && silences == other.silences &&
           acknowledgements == other.acknowledgements;
  }
};

}  // namespace kpi

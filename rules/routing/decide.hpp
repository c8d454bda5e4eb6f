#pragma once
// Who is told what, when: routes, groups and their waits, mutes, silences, acknowledgement, escalation, reminders.
// Pure: what happened and the time go in, messages come out, and all that is remembered is in the state.

#include "rules/routing/decision.hpp"
#include "rules/routing/route.hpp"
#include "rules/routing/routing_state.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace kpi {

/// Something happened to an alert.
struct AlertEvent {
  News::Kind kind = News::Kind::kFires;
  AlertKey alert;
  MessageType type = MessageType::kAlertFiring;  ///< As what it is told.
  std::string episode;
  Severity severity = Severity::kNone;
  Labels labels;                  ///< What routes and silences match.
  std::vector<Labels> also{};     ///< Of kFires: it speaks for alerts with these, and goes where they would.
  std::optional<AlertView> view;  ///< REQUIRED of kEnds and kNotice.
  bool is_reminded = true;        ///< Of kFires: whether its going on is worth a reminder.
  bool is_for_all = false;        ///< Of kEnds: news for those, too, who know nothing of the trouble.
  bool is_silent = false;         ///< Of kEnds: told only to those who keep incidents.
  bool is_summary = false;        ///< Of kNotice: it came and went while kpid was down.
  bool is_wider = false;          ///< Of kFires: nothing is new but `also`; who knows of it is told nothing.
  /// Of kFires: it goes on and is milder, or as bad again as it once was. News for those who know it as something
  /// lesser.
  bool is_shift = false;
};

struct DecideContext {
  const RoutingRules* rules = nullptr;
  CivilGround ground;
  std::set<std::string, std::less<>> incident_channels;  ///< Those that must always learn of an end.
  Instant now;
  bool is_warm = true;         ///< Every rule was judged once since the start.
  bool waits_elapsed = false;  ///< A run that looks once: nothing waits for others of its group.
  /// What speaks for this alert now: "traffic.thresholds", "source web"; empty: nothing.
  std::function<std::string(const AlertKey&)> speaker_for;
};

/// One message to one channel. Of an alert without a view is told what holds now.
struct Envelope {
  struct Item {
    AlertKey alert;
    std::optional<AlertView> view;
    bool is_known = false;                ///< It was told before, and goes on beside what is new.
    std::optional<Instant> unanswered{};  ///< Of an escalation: since when nobody has said "I have it".

    bool operator==(const Item&) const = default;
  };

  std::string channel;
  MessageType type = MessageType::kTest;
  Labels group;
  std::vector<Item> items;  ///< What is new first.

  bool operator==(const Envelope&) const = default;
};

/// An alert that came and went while it was held back.
struct Hushed {
  std::string episode;
  std::string channel;
  std::string by;  ///< The mute, the hours, or "a silence of WHO".
  Instant at;      ///< When it ended.
  AlertView view;  ///< As it ended; `is_known`: other channels were told of it.

  bool operator==(const Hushed&) const = default;
};

struct Decided {
  std::vector<Envelope> messages;
  std::vector<Decision> decisions;  ///< What was held back or dropped, and why.
  std::vector<Hushed> hushed;
  std::vector<Acknowledgement> acknowledgements;  ///< Those that ended.
  // What of the state changed, or is gone.
  std::set<AlertKey> alerts;
  std::set<std::string> groups;
};

/// Moves the state over what happened, in the order given, and over the time until `context.now`.
Decided decide(RoutingState& state, const std::vector<AlertEvent>& events, const DecideContext& context);

/// Finds again what is kept beside the state. Once after it was read, before anything else.
void index(RoutingState& state);

/// Leads every alert that fires along the routes as they are now: after a load. Who knows it already is told nothing.
Decided route_again(RoutingState& state, const DecideContext& context);

/// Takes in an alert that was told before who knows it was kept: those whom the routes name know it.
Decided adopt(RoutingState& state, const AlertEvent& event, const DecideContext& context);

/// Takes what somebody said; every group is looked at again by the next decide(). An acknowledgement REQUIRES an alert
/// that fires.
void acknowledge(RoutingState& state, Acknowledgement acknowledgement, const DecideContext& context);
void put_silence(RoutingState& state, Silence silence, const DecideContext& context);

/// The alert of an episode that fires, or null.
const std::pair<const AlertKey, TrackedAlert>* find_episode(const RoutingState& state, std::string_view episode);

/// When decide() next has something to do without an event.
Instant next_wake(const RoutingState& state);

/// What each channel knows of an alert, and what keeps the rest from it.
std::vector<Decision> standings(const RoutingState& state, const AlertKey& alert, const DecideContext& context);

}  // namespace kpi

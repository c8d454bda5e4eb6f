#pragma once
// The parts of decide(), for decide.cpp and tell_group.cpp only. Pure; lives as long as one call.

#include "rules/routing/decide.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class Decider {
 public:
  Decider(RoutingState& state, const DecideContext& context) : state_(state), context_(context) {}

  void take(const AlertEvent& event);
  /// Leads an alert that fires along the routes as they are now.
  void lead(const AlertKey& key, TrackedAlert& alert);
  void look_again(const AlertKey& key, const TrackedAlert& alert);
  /// Whom the routes name knows it.
  void make_known(TrackedAlert& alert);
  /// Tells what is due, group by group.
  void tell_due();
  /// The same for one that nothing happened to; who knows it is told nothing.
  void lead_again(const AlertKey& key, TrackedAlert& alert);

  /// What keeps news of this alert from a group now; nothing: it may be told.
  [[nodiscard]] std::optional<Decision> hold_of(const RoutingGroup& group,
                                                const AlertKey& key,
                                                const TrackedAlert& alert,
                                                bool is_end) const;
  [[nodiscard]] const Acknowledgement* acknowledgement_of(const TrackedAlert& alert) const;
  /// What a group's channel knows of the alert, or why it does not.
  [[nodiscard]] Decision standing(const RoutingGroup& group,
                                  const AlertKey& key,
                                  const TrackedAlert& alert,
                                  const Member& member) const;

  Decided take_result() { return std::move(result_); }

 private:
  /// What one message of a group is made of.
  using Bundles = std::map<MessageType, std::vector<Envelope::Item>>;

  // decide.cpp
  void fire(const AlertEvent& event);
  void end(const AlertEvent& event);
  void notice(const AlertEvent& event);
  [[nodiscard]] bool is_told_by_steps_alone(const TrackedAlert& alert, const RoutingGroup& group) const;
  void widen(const AlertEvent& event);
  void shift(const AlertEvent& event);
  std::set<std::string_view> lead_on(const AlertKey& key, TrackedAlert& alert, const std::vector<std::string>& before);
  void lead_as_it_is(const AlertKey& key, TrackedAlert& alert);
  [[nodiscard]] bool is_too_mild(const RoutingGroup& group, const TrackedAlert& alert, const Member& member) const;
  void look_for_rise(const AlertKey& key, TrackedAlert& alert);
  static void drop_known(TrackedAlert& alert);
  Member& join(const AlertKey& key, TrackedAlert& alert, RoutingGroup& group);
  void leave(const AlertKey& key, TrackedAlert& alert, const std::string& group);
  RoutingGroup& group_of(RoutingGroup::Kind kind,
                         const std::string& route,
                         const std::string& channel,
                         const Labels& labels);
  RoutingGroup& group_of(const Destination& destination);
  [[nodiscard]] Instant due_of(const RoutingGroup& group, bool is_spared, Hold& why) const;
  void expect(RoutingGroup& group, const AlertKey& key, const TrackedAlert& alert, News& news, bool is_urgent = false);
  void drop_untold(
      const AlertKey& key, TrackedAlert& alert, Member& member, const std::optional<AlertView>& view, bool is_told);
  void take_over(const AlertKey& key, TrackedAlert& alert, const std::string& group);
  void forget_idle(const AlertKey& key);
  void end_acknowledgement(const std::string& episode, Acknowledgement::End why);
  /// Whether somebody had said "I have it", and it was of something lesser.
  bool void_acknowledgement(TrackedAlert& alert, Severity severity);

  // tell_group.cpp
  void tell(RoutingGroup& group);
  void tell_news(RoutingGroup& group);
  void tell_urgent(RoutingGroup& group, const std::set<AlertKey>& alerts);
  void send_all(RoutingGroup& group, Bundles& bundles);
  [[nodiscard]] std::optional<Instant> unanswered_since(const TrackedAlert& alert, const Member& member) const;
  std::optional<Instant> collect_news(RoutingGroup& group, const AlertKey& key, Bundles& bundles);
  void list_known(RoutingGroup& group, Bundles& bundles);
  void escalate(RoutingGroup& group);
  Instant escalate(const RoutingGroup& group, const AlertKey& key);
  void step_up(const RoutingGroup& group, const AlertKey& key, TrackedAlert& alert, std::uint32_t step, Instant since);
  void set_reminder(RoutingGroup& group, const TrackedAlert& alert, Member& member);
  bool is_due(const RoutingGroup& group, const AlertKey& key, Instant soon, Instant& next);
  void remind(RoutingGroup& group);
  void send(const RoutingGroup& group, MessageType type, std::vector<Envelope::Item> items);
  void rest(RoutingGroup& group);
  void put_in_order(std::size_t first);
  [[nodiscard]] std::optional<Quiet> quiet_of(const RoutingGroup& group) const;
  [[nodiscard]] std::optional<Decision> hold_of_reminder(const RoutingGroup& group,
                                                         const AlertKey& key,
                                                         const TrackedAlert& alert) const;

  [[nodiscard]] const Route& route_of(const RoutingGroup& group) const;
  [[nodiscard]] Decision decision(const RoutingGroup& group, const AlertKey& key, const TrackedAlert& alert) const;
  [[nodiscard]] Instant shifted(const Span& span) const;
  void schedule(const RoutingGroup& group);

  RoutingState& state_;
  const DecideContext& context_;
  Decided result_;
  std::map<std::string, std::set<AlertKey>> urgent_;  // by group: what waits neither for others nor for its interval
  mutable std::map<std::string, std::optional<Quiet>, std::less<>> quiet_;  // by route
  mutable std::map<std::string, const Route*, std::less<>> routes_;         // by key
};

/// Wakes a group at this time, or never (Instant::max()).
void wake_at(RoutingState& state, const std::string& group, Instant when);

/// When it has something to do by itself.
Instant wake_of(const RoutingGroup& group);

/// What a group's channel knows of the alert; null: it is not in the group.
Member* member_of(TrackedAlert& alert, std::string_view group);

/// The labels of an alert as bad as it is now; `labels` have how bad it was at worst, which is how it is routed.
Labels labels_now(const TrackedAlert& alert);

/// Whether the channel knows of what goes on, and the routes still lead there.
bool is_known(const TrackedAlert& alert, const Member& member);

}  // namespace kpi

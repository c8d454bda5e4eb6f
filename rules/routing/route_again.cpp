// What happens to what was told when the routes are others than before, or kpid starts again.

#include "rules/routing/decider.hpp"

#include <algorithm>

namespace kpi {

/// What holds news back may be gone with the rules, or end earlier.
void Decider::look_again(const AlertKey& key, const TrackedAlert& alert) {
  for (const Member& member : alert.members) {
    const auto group = state_.groups.find(member.group);
    for (const News& news : member.news) {
      if (news.held_by.empty() || group == state_.groups.end()) {
        continue;
      }
      const auto hold = hold_of(group->second, key, alert, news.kind == News::Kind::kEnds);
      const Instant due = hold ? hold->until.value_or(context_.now) : context_.now;
      group->second.due = std::min(group->second.due.value_or(due), due);
      schedule(group->second);
    }
  }
}

void Decider::make_known(TrackedAlert& alert) {
  for (Member& member : alert.members) {
    RoutingGroup& group = state_.groups.find(member.group)->second;
    member.told = alert.episode;
    member.severity = alert.present;
    group.last = context_.now;
    set_reminder(group, alert, member);
    group.step = route_of(group).escalate.empty() ? std::nullopt : std::optional(context_.now);
    schedule(group);
  }
}

/// Those who are new on its routes are told; the others know.
void Decider::lead_again(const AlertKey& key, TrackedAlert& alert) {
  const std::vector<Member> before = alert.members;
  lead(key, alert);
  for (Member& member : alert.members) {
    RoutingGroup& group = state_.groups.find(member.group)->second;
    if (member.is_current && member.told.empty() && member.news.empty() && group.kind == RoutingGroup::Kind::kAlerts) {
      member.news.push_back({News::Kind::kFires, alert.type, std::nullopt, ""});
      expect(group, key, alert, member.news.back());
    }
  }
  if (alert.members == before) {
    result_.alerts.erase(key);
  }
}

void index(RoutingState& state) {
  state.members.clear();
  state.wakes.clear();
  state.wake_of.clear();
  for (const auto& [key, alert] : state.alerts) {
    for (const Member& member : alert.members) {
      state.members[member.group].insert(key);
    }
  }
  for (const auto& [id, group] : state.groups) {
    wake_at(state, id, kpi::wake_of(group));
  }
  // Earlier releases kept one time for all alerts of a group.
  for (auto& [key, alert] : state.alerts) {
    for (Member& member : alert.members) {
      const auto group = state.groups.find(member.group);
      if (alert.is_reminded && is_known(alert, member) && !member.reminder && group != state.groups.end()) {
        member.reminder = group->second.reminder;
      }
    }
  }
}

Decided route_again(RoutingState& state, const DecideContext& context) {
  Decider decider(state, context);
  for (auto& [key, alert] : state.alerts) {
    decider.look_again(key, alert);
    if (alert.is_firing) {
      decider.lead_again(key, alert);
    }
  }
  return decider.take_result();
}

Decided adopt(RoutingState& state, const AlertEvent& event, const DecideContext& context) {
  TrackedAlert& alert = state.alerts[event.alert];
  alert = {event.episode,
           true,
           event.is_reminded,
           event.type,
           event.severity,
           event.labels,
           context.now,
           {},
           event.also,
           event.severity};
  Decider decider(state, context);
  decider.lead(event.alert, alert);
  decider.make_known(alert);
  return decider.take_result();
}

}  // namespace kpi

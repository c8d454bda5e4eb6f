// What people say to alerts: "I have it", "not now".

#include "rules/routing/decider.hpp"

#include <algorithm>

namespace kpi {

const Acknowledgement* Decider::acknowledgement_of(const TrackedAlert& alert) const {
  const auto found = state_.acknowledgements.find(alert.episode);
  return found != state_.acknowledgements.end() && found->second.is_active(context_.now) ? &found->second : nullptr;
}

void Decider::end_acknowledgement(const std::string& episode, Acknowledgement::End why) {
  const auto found = state_.acknowledgements.find(episode);
  if (found == state_.acknowledgements.end()) {
    return;
  }
  if (found->second.is_active(context_.now)) {
    found->second.ended = why;
    found->second.ended_at = context_.now;
    result_.acknowledgements.push_back(found->second);
  }
  state_.acknowledgements.erase(found);
}

bool Decider::void_acknowledgement(TrackedAlert& alert, Severity severity) {
  const Acknowledgement* known = acknowledgement_of(alert);
  const bool is_voided = known != nullptr && severity > known->severity;
  if (is_voided) {
    end_acknowledgement(std::string(alert.episode), Acknowledgement::End::kRose);
    alert.acknowledged = context_.now;
  }
  return is_voided;
}

void acknowledge(RoutingState& state, Acknowledgement acknowledgement, const DecideContext& context) {
  TrackedAlert& alert = state.alerts.find(find_episode(state, acknowledgement.episode)->first)->second;
  acknowledgement.severity = alert.present;
  alert.acknowledged = acknowledgement.until;
  acknowledgement.at = context.now;
  const auto former = state.acknowledgements.find(acknowledgement.episode);
  const Instant until = former == state.acknowledgements.end() ? Instant::max() : former->second.until;
  state.acknowledgements.insert_or_assign(acknowledgement.episode, std::move(acknowledgement));
  for (const Member& member : alert.members) {
    const auto group = state.groups.find(member.group);
    if (group == state.groups.end()) {
      continue;
    }
    // What waited for the end of the former one is looked at again.
    for (std::optional<Instant>* when : {&group->second.step, &group->second.reminder}) {
      *when = *when == until ? std::optional(context.now) : *when;
    }
    wake_at(state, group->first, wake_of(group->second));
  }
}

void put_silence(RoutingState& state, Silence silence, const DecideContext& context) {
  const auto known = state.silences.find(silence.id);
  if (known != state.silences.end()) {
    for (auto& [id, group] : state.groups) {
      if (group.due == known->second.end) {
        group.due = context.now;  // what waited for its end is looked at again
        wake_at(state, id, context.now);
      }
    }
    state.silences.erase(known);
  }
  if (silence.end > context.now) {
    std::string id = silence.id;
    state.silences.emplace(std::move(id), std::move(silence));
  }
}

const std::pair<const AlertKey, TrackedAlert>* find_episode(const RoutingState& state, std::string_view episode) {
  const auto found = std::ranges::find_if(
      state.alerts, [&](const auto& entry) { return entry.second.is_firing && entry.second.episode == episode; });
  return found == state.alerts.end() ? nullptr : &*found;
}

}  // namespace kpi

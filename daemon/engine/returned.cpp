// Alerts of rules that were gone for a while: a file that was moved away and back, a deploy of several files. What
// their alerts stood at is kept, so that what fired when its rule went away fires again when the same rule comes back.

#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"

#include <algorithm>

namespace kpi {
namespace {

bool stands_at_something(const AlertMemory& memory) {
  return memory.state.phase != AlertPhase::kInactive || memory.no_data.first.has_value();
}

}  // namespace

/// Under which rule the lines of alerts that are gone were judged.
void Engine::note_removed(const StoredState& state) {
  for (const AlertRow& row : orphans_) {
    const std::string kpi = row.line == 0 ? "" : stored_line(row.line).kpi;
    const auto version = std::ranges::find(state.rule_versions, kpi, &RuleVersionRow::kpi);
    if (version != state.rule_versions.end()) {
      rule_of_removed_[row.line] = version->fingerprint;
    }
  }
}

/// What is kept of an alert whose rule is gone: all but what people know, for they are told that it is over.
AlertRow Engine::row_of_removed(const AlertRow& row, AlertMemory memory) const {
  AlertRow kept{row.line, row.rule, AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""};
  const auto rule = rule_of_removed_.find(row.line);
  if (row.line == 0 || rule == rule_of_removed_.end() || !stands_at_something(memory)) {
    return kept;
  }
  const std::uint32_t place = row.line < line_of_id_.size() ? line_of_id_[row.line] : 0;
  memory.told = Told{};
  memory.rule = rule->second;
  memory.seen = place == 0 ? std::nullopt : lines_[place - 1].stepped;
  kept.machine = encode_alert(memory);
  return kept;
}

/// Takes up an alert that was kept by row_of_removed(), as a new episode from the same begin. Of another rule, or where
/// periods were judged without it, it is forgotten: that one counts from its next period on.
void Engine::take_up(
    std::uint32_t index, const AlertSlot& alert, const AlertRow& row, AlertMemory memory, Instant now) {
  Line& line = lines_[index];
  const Kpi& kpi = rules_.kpis[line.kpi];
  if (memory.rule != kpi.fingerprint || (memory.seen && memory.seen != line.stepped)) {
    commit_.alerts.push_back({row.line, row.rule, AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""});
    return;
  }
  const auto begin_episode =
      [&](Slot since, std::string& episode, std::optional<Instant>& firing_at, Severity severity) {
        const Instant from = start_of(since, kpi.every, kpi.zone);
        episode = episode_id(kpi, line.segment, row.rule + " " + rfc3339(now), from);
        firing_at = now;
        EpisodeRow begun;
        begun.id = episode;
        begun.line = line.id;
        begun.rule = row.rule;
        begun.severity = severity;
        begun.since = from;
        begun.pending = now;
        begun.firing = now;
        commit_.episodes.push_back(std::move(begun));
      };
  restore_edit(index, alert, memory);
  told_[index].stored[row.rule] = memory;
  if (alert.state != nullptr) {
    AlertState& state = *alert.state;
    state = memory.state;
    if (state.phase == AlertPhase::kFiring && state.since) {
      begin_episode(*state.since, state.episode, state.firing_at, std::max(state.worst, state.severity));
      for (NamedEpisode& named : state.named) {
        named.episode = named.since == *state.since ? state.episode : named.episode;
      }
    }
  } else {
    line.no_data = memory.no_data;
    if (line.no_data.is_on && line.no_data.first) {
      begin_episode(*line.no_data.first, line.no_data.episode, line.no_data.firing_at, kpi.no_data.severity);
    }
  }
  dirty_.emplace(line.kpi, index);
}

}  // namespace kpi

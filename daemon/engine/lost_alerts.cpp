// Alerts whose rows a salvage could not read, while their episodes are open, and episodes of which there are none while
// their alerts fire.

#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>

namespace kpi {
namespace {

/// As the episode tells of it; how it came to that is found by what was judged.
AlertState firing_as(const EpisodeRow& row, Slot since) {
  AlertState state;
  state.phase = AlertPhase::kFiring;
  state.severity = state.worst = row.severity;
  state.since = since;
  state.episode = row.id;
  state.pending_at = row.pending;
  state.firing_at = row.firing;
  state.named.push_back({since, row.id});
  if (row.severity != Severity::kNone) {
    Rung& rung = state.rungs.at(static_cast<std::size_t>(row.severity) - 1);
    rung.is_on = true;
    rung.missed = Rung::Run{since, 0};
  }
  return state;
}

}  // namespace

/// They are found again by what was judged, under the same ids, once the sources have been read; whoever knew of them
/// is told again, since that is lost too.
Result<void> Engine::find_lost_alerts() {
  if (std::ranges::none_of(sources_, &SourceState::is_read_anew)) {
    return {};
  }
  std::set<std::string> open;
  for (const EpisodeRow& row : KPI_TRY(store_.episodes_between(Instant::max(), Instant::max()))) {
    open.insert(row.id);
    const std::uint32_t place = row.line != 0 && row.line < line_of_id_.size() ? line_of_id_[row.line] : 0;
    if (place == 0) {
      continue;
    }
    const std::uint32_t index = place - 1;
    const Line& line = lines_[index];
    const Kpi& kpi = rules_.kpis[line.kpi];
    for (const AlertSlot& alert : alerts_of(index)) {
      const std::string& known = alert.state != nullptr ? alert.state->episode : line.no_data.episode;
      if (rule_name(kpi, alert.rule, alert.index) != row.rule || known == row.id || !line.stepped) {
        continue;
      }
      const Slot since = slot_at(row.since, kpi.every, kpi.zone, rules_.calendar);
      if (alert.state != nullptr) {
        *alert.state = firing_as(row, since);
        if (line.edit && since <= line.edit->last) {  // then it was on when that began
          auto edit = std::make_shared<Edit>(*line.edit);
          state_in(edit->alerts, alert) = *alert.state;
          lines_[index].edit = std::move(edit);
        }
      }
      // What an earlier form of the rule judged stays.
      restated_[index].insert(line.edit ? *line.stepped : std::min(since, *line.stepped));
      dirty_.emplace(line.kpi, index);
    }
  }
  keep_lost_episodes(open);
  return {};
}

/// The other way round: what fires has an episode.
void Engine::keep_lost_episodes(const std::set<std::string>& open) {
  for (std::uint32_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    const Kpi& kpi = rules_.kpis[line.kpi];
    for (const AlertSlot& alert : alerts_of(i)) {
      const bool is_of_data = alert.state == nullptr;
      const bool is_on = is_of_data ? line.no_data.is_on : alert.state->phase == AlertPhase::kFiring;
      const std::optional<Slot>& since = is_of_data ? line.no_data.first : alert.state->since;
      const std::string& episode = is_of_data ? line.no_data.episode : alert.state->episode;
      if (!is_on || !since || open.contains(episode)) {
        continue;
      }
      EpisodeRow row;
      row.id = episode;
      row.line = line.id;
      row.rule = rule_name(kpi, alert.rule, alert.index);
      row.severity = is_of_data ? kpi.no_data.severity : std::max(alert.state->worst, alert.state->severity);
      row.since = start_of(*since, kpi.every, kpi.zone);
      row.pending = is_of_data ? std::nullopt : alert.state->pending_at;
      row.firing = is_of_data ? line.no_data.firing_at : alert.state->firing_at;
      commit_.episodes.push_back(std::move(row));
    }
  }
}

}  // namespace kpi

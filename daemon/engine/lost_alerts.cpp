// Alerts whose rows a salvage could not read: their episodes are open, and nothing would ever end them.

#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"

#include <algorithm>

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
  for (const EpisodeRow& row : KPI_TRY(store_.episodes_between(Instant::max(), Instant::max()))) {
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
      }
      // What an earlier form of the rule judged stays.
      restated_[index].insert(line.edit ? *line.stepped : std::min(since, *line.stepped));
      dirty_.emplace(line.kpi, index);
    }
  }
  return {};
}

}  // namespace kpi

// The episodes that a step of a line begins, goes on with and ends.

#include "rules/base/text.hpp"
#include "rules/judge/line_step.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kpi {
namespace {

Instant since_of(Slot slot, const Kpi& kpi) {
  return start_of(slot, kpi.every, kpi.zone);
}

/// Writes the episodes of one line.
class EpisodeKeeper {
 public:
  EpisodeKeeper(const Line& line, const Kpi& kpi, LineChanges& changes, Naming naming)
      : line_(line), kpi_(kpi), changes_(changes), naming_(naming) {}

  void update(AlertState& state, const AlertState& before, std::string_view rule, Instant at) {
    const bool was_firing = before.phase == AlertPhase::kFiring;
    const bool is_firing = state.phase == AlertPhase::kFiring;
    if (was_firing && !is_firing) {
      // One that began to fire when the past was restated may be ended by a period that was due before that.
      write(before, rule, std::max(at, before.firing_at.value_or(at)), Reason::kRecovered);
      forget(state);
    }
    if (is_firing && !was_firing) {
      begin(state, before, rule, at);
    } else if (is_firing && state.severity > state.worst) {
      state.worst = state.severity;
      write(state, rule, std::nullopt, Reason::kNone);
    } else if (state.phase == AlertPhase::kPending && before.phase != AlertPhase::kPending) {
      state.pending_at = at;
    } else if (state.phase == AlertPhase::kInactive) {
      forget(state);
    }
  }

  /// Whether the alert fires now, or is over now, because the past is another.
  bool update_restated(AlertState& state, const AlertState& before, std::string_view rule, Instant now) {
    const bool was_firing = before.phase == AlertPhase::kFiring;
    const bool is_firing = state.phase == AlertPhase::kFiring;
    is_restated_ = true;
    if (was_firing && is_firing) {
      state.episode = before.episode;
      keep_unless_before(state.pending_at, before.pending_at, *state.since);
      keep_unless_before(state.firing_at, before.firing_at, *state.since);
      state.worst = std::max(before.worst, state.severity);
      if (state.since != before.since) {
        remember(state, *before.since, state.episode);
        remember(state, *state.since, state.episode);
      }
      if (state.worst > before.worst || state.since != before.since) {
        write(state, rule, std::nullopt, Reason::kNone);
      }
      return state.worst > before.worst;
    }
    if (was_firing) {
      write(before, rule, now, Reason::kRestated);
      remember(state, *before.since, before.episode);
    } else if (is_firing) {
      state.firing_at = now;
      state.episode = another_name(state, rule, now);
      remember(state, *state.since, state.episode);
      write(state, rule, std::nullopt, Reason::kNone);
    }
    return was_firing || is_firing;
  }

 private:
  static constexpr std::size_t kMostNamed = 20;

  /// When it was told, unless what fires now began only later: then when that did.
  void keep_unless_before(std::optional<Instant>& anew, const std::optional<Instant>& told, Slot since) const {
    if (told && *told > since_of(since, kpi_)) {
      anew = told;
    }
  }

  static NamedEpisode* named_at(AlertState& state, Slot since) {
    const auto found = std::ranges::find(state.named, since, &NamedEpisode::since);
    return found == state.named.end() ? nullptr : &*found;
  }

  /// The name from that begin on is taken.
  static void remember(AlertState& state, Slot since, const std::string& episode) {
    if (NamedEpisode* named = named_at(state, since)) {
      named->episode = episode;
      return;
    }
    if (state.named.size() == kMostNamed) {
      state.named.erase(state.named.begin());
    }
    state.named.push_back({since, episode});
  }

  /// Of an episode that is not the first from its begin on, or may not be: when it fired makes it another.
  [[nodiscard]] std::string another_name(const AlertState& state, std::string_view rule, Instant at) const {
    return episode_id(kpi_, line_.segment, std::string(rule) + " " + rfc3339(at), since_of(*state.since, kpi_));
  }

  void name(AlertState& state, std::string_view rule, Instant at) const {
    NamedEpisode* named = named_at(state, *state.since);
    if (named != nullptr && naming_ == Naming::kAnew) {
      named->episode = another_name(state, rule, at);
    }
    state.episode =
        named != nullptr ? named->episode : episode_id(kpi_, line_.segment, rule, since_of(*state.since, kpi_));
  }

  static void forget(AlertState& state) {
    state.episode.clear();
    state.pending_at.reset();
    state.firing_at.reset();
    state.worst = Severity::kNone;
  }

  void begin(AlertState& state, const AlertState& before, std::string_view rule, Instant at) {
    name(state, rule, at);
    state.pending_at = before.phase == AlertPhase::kPending ? before.pending_at : at;
    state.firing_at = at;
    state.worst = state.severity;
    write(state, rule, std::nullopt, Reason::kNone);
  }

  void write(const AlertState& state, std::string_view rule, std::optional<Instant> resolved, Reason reason) {
    EpisodeRow row;
    row.id = state.episode;
    row.line = line_.id;
    row.rule = rule;
    row.severity = std::max(state.worst, state.severity);
    row.since = since_of(*state.since, kpi_);
    row.pending = state.pending_at;
    row.firing = state.firing_at;
    row.resolved = resolved;
    row.reason = reason;
    row.restated = is_restated_;
    changes_.episodes.push_back(std::move(row));
  }

  const Line& line_;
  const Kpi& kpi_;
  LineChanges& changes_;
  Naming naming_;
  bool is_restated_ = false;
};

EpisodeRow no_data_episode(const Line& line, const Kpi& kpi, const KpiPlan& plan) {
  EpisodeRow row;
  row.id = line.no_data.episode;
  row.line = line.id;
  row.rule = "no_data";
  row.severity = kpi.no_data.severity;
  row.since = since_of(*line.no_data.first, kpi);
  row.firing = line.no_data.firing_at;
  row.pending = std::min(plan.due(kpi, *line.no_data.first), row.firing.value_or(Instant::max()));
  return row;
}

}  // namespace

AlertStates alert_states(const Line& line) {
  return {line.thresholds, line.target, line.alerts};
}

void keep_episodes(
    Line& line, const Kpi& kpi, const AlertStates& before, Instant at, LineChanges& changes, Naming naming) {
  EpisodeKeeper keeper(line, kpi, changes, naming);
  keeper.update(line.thresholds, before.thresholds, "thresholds", at);
  keeper.update(line.target, before.target, "target", at);
  for (std::size_t i = 0; i < line.alerts.size(); ++i) {
    keeper.update(line.alerts[i], before.alerts[i], kpi.alerts[i].name, at);
  }
}

void keep_restated(Line& line, const Kpi& kpi, const AlertStates& before, Instant now, LineChanges& changes) {
  EpisodeKeeper keeper(line, kpi, changes, Naming::kAnew);
  const auto update = [&](AlertState& state, const AlertState& old, std::string_view rule) {
    changes.is_restated = keeper.update_restated(state, old, rule, now) || changes.is_restated;
  };
  update(line.thresholds, before.thresholds, "thresholds");
  update(line.target, before.target, "target");
  for (std::size_t i = 0; i < line.alerts.size(); ++i) {
    update(line.alerts[i], before.alerts[i], kpi.alerts[i].name);
  }
}

void fire_no_data(Line& line, const Kpi& kpi, const KpiPlan& plan, LineChanges& changes) {
  line.no_data.is_on = true;
  line.no_data.firing_at = plan.deadline(kpi, *line.no_data.first);
  line.no_data.episode = episode_id(kpi, line.segment, "no_data", since_of(*line.no_data.first, kpi));
  changes.episodes.push_back(no_data_episode(line, kpi, plan));
}

void move_no_data(Line& line, const Kpi& kpi, const KpiPlan& plan, Slot first, LineChanges& changes) {
  if (line.no_data.first == first) {
    return;
  }
  line.no_data.first = first;
  if (line.no_data.firing_at && *line.no_data.firing_at <= since_of(first, kpi)) {
    line.no_data.firing_at = plan.deadline(kpi, first);  // what is missing now began only later
  }
  changes.episodes.push_back(no_data_episode(line, kpi, plan));
  changes.episodes.back().restated = true;
}

void end_no_data(Line& line, const Kpi& kpi, const KpiPlan& plan, Instant at, LineChanges& changes, Reason reason) {
  if (line.no_data.is_on) {
    EpisodeRow row = no_data_episode(line, kpi, plan);
    row.resolved = at;
    row.reason = reason;
    changes.episodes.push_back(std::move(row));
  }
  line.no_data = NoDataState{};
}

std::string episode_id(const Kpi& kpi, const Labels& segment, std::string_view rule, Instant since) {
  const std::string segment_text = labels_text(segment);
  const std::array<std::string_view, 3> parts{kpi.id, segment_text, rule};
  return "ep_" + stable_id(since.time_since_epoch().count(), parts);
}

}  // namespace kpi

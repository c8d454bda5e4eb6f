#include "daemon/cli/backtest_report.hpp"

#include "daemon/cli/reading.hpp"
#include "daemon/cli/table.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// What belongs together.
using Subject = std::tuple<std::string, Labels, std::string>;

Subject subject_of(const BacktestEpisode& episode) {
  return {episode.kpi, episode.segment, episode.rule};
}

Instant end_of(const BacktestEpisode& episode, Instant to) {
  return episode.resolved.value_or(to);
}

std::string_view word_of(EpisodeChange::Kind kind) {
  static constexpr std::array<std::string_view, 7> kWords{
      "added", "removed", "longer", "shorter", "moved", "milder", "worse"};
  return kWords.at(static_cast<std::size_t>(kind));
}

/// The first of `candidates` that overlaps the episode, or their end.
template <class Candidates>
auto overlapping(Candidates& candidates, const BacktestEpisode& episode, Instant to) {
  return std::ranges::find_if(candidates, [&](const BacktestEpisode* other) {
    return other->since < end_of(episode, to) && episode.since < end_of(*other, to);
  });
}

std::optional<EpisodeChange> change_of(const BacktestEpisode& before, const BacktestEpisode& after, Instant to) {
  if (before.since == after.since && before.firing == after.firing && before.resolved == after.resolved) {
    const auto kind = after.severity < before.severity ? EpisodeChange::Kind::kMilder : EpisodeChange::Kind::kWorse;
    return after.severity == before.severity ? std::nullopt : std::optional(EpisodeChange{kind, before, after});
  }
  const auto length = [&](const BacktestEpisode& episode) {
    const Instant end = end_of(episode, to);
    return std::pair(end - episode.firing.value_or(episode.since), end - episode.since);
  };
  const auto was = length(before);
  const auto is = length(after);
  const auto kind = is > was   ? EpisodeChange::Kind::kLonger
                    : is < was ? EpisodeChange::Kind::kShorter
                               : EpisodeChange::Kind::kMoved;
  return EpisodeChange{kind, before, after};
}

std::string subject_text(const BacktestEpisode& episode) {
  return episode.kpi + (episode.segment.empty() ? "" : " " + printable(labels_text(episode.segment), 60));
}

/// "2026-03-01" at midnight, else with the time of day.
std::string day_text(Instant instant, const Zone& zone) {
  const std::string text = local_text(instant, zone);
  return text.ends_with(" 00:00") ? text.substr(0, 10) : text;
}

std::string times_text(const BacktestEpisode& episode, const Zone& zone) {
  return day_text(episode.since, zone) + (episode.resolved ? " to " + day_text(*episode.resolved, zone) : " on");
}

ordered_json time_or_null(const std::optional<Instant>& instant) {
  return instant ? ordered_json(rfc3339(*instant)) : ordered_json(nullptr);
}

ordered_json json_of(const BacktestEpisode& episode) {
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : episode.segment) {
    segment[name] = value;
  }
  return {{"kpi", episode.kpi},
          {"rule", episode.rule},
          {"segment", segment},
          {"severity", name_of(episode.severity)},
          {"since", rfc3339(episode.since)},
          {"pending", time_or_null(episode.pending)},
          {"firing", time_or_null(episode.firing)},
          {"resolved", time_or_null(episode.resolved)}};
}

ordered_json json_of(const EpisodeChange& change) {
  const auto episode = [](const std::optional<BacktestEpisode>& one) { return one ? json_of(*one) : nullptr; };
  return {{"change", word_of(change.kind)}, {"before", episode(change.before)}, {"after", episode(change.after)}};
}

/// So wide is a timeline, where there is room.
constexpr std::size_t kWidest = 60;

char mark_of(const BacktestEpisode& episode) {
  return episode.rule == "no_data" ? '?' : std::string_view(".iwC")[static_cast<std::size_t>(episode.severity)];
}

/// A gap is no severity: what fires in the same column is shown instead.
bool is_worse(char mark, char than) {
  return std::string_view(".?iwC").find(mark) > std::string_view(".?iwC").find(than);
}

void draw(const BacktestEpisode& episode, const Backtest& backtest, std::string& marks) {
  const std::size_t columns = marks.size();
  const double whole = static_cast<double>((backtest.to - backtest.from).count());
  const auto column = [&](Instant at) {
    const double share = static_cast<double>((at - backtest.from).count()) / whole;
    return std::clamp(share, 0.0, 1.0) * static_cast<double>(columns);
  };
  const auto first = std::min(static_cast<std::size_t>(column(episode.since)), columns - 1);
  const auto last = std::max(static_cast<std::size_t>(column(end_of(episode, backtest.to)) + 0.999), first + 1);
  for (std::size_t i = first; i < std::min(last, columns); ++i) {
    marks[i] = is_worse(mark_of(episode), marks[i]) ? mark_of(episode) : marks[i];
  }
}

}  // namespace

std::vector<EpisodeChange> compare_backtests(const Backtest& before, const Backtest& after) {
  std::map<Subject, std::vector<const BacktestEpisode*>> left;
  for (const BacktestEpisode& episode : after.episodes) {
    left[subject_of(episode)].push_back(&episode);
  }
  std::vector<EpisodeChange> changes;
  for (const BacktestEpisode& episode : before.episodes) {
    auto& candidates = left[subject_of(episode)];
    const auto found = overlapping(candidates, episode, before.to);
    if (found == candidates.end()) {
      changes.push_back({EpisodeChange::Kind::kRemoved, episode, std::nullopt});
      continue;
    }
    if (auto change = change_of(episode, **found, before.to)) {
      changes.push_back(std::move(*change));
    }
    candidates.erase(found);
  }
  for (const auto& [subject, episodes] : left) {
    for (const BacktestEpisode* episode : episodes) {
      changes.push_back({EpisodeChange::Kind::kAdded, std::nullopt, *episode});
    }
  }
  return changes;
}

std::string timeline_text(const Backtest& backtest, const Zone& zone, std::size_t columns) {
  const std::string from = day_text(backtest.from, zone);
  const std::string to = day_text(backtest.to, zone);
  const std::size_t fewest = from.size() + to.size() + 1;
  const std::size_t whole = columns == 0 ? kTerminalColumns : columns;
  std::size_t widest = 0;
  for (const BacktestEpisode& episode : backtest.episodes) {
    widest = std::max(widest, width_of(subject_text(episode)));
  }
  const bool is_beside = widest + 2 + fewest <= whole;  // else the name stands above
  const std::size_t room = is_beside ? whole - widest - 2 : whole;
  const std::size_t width = std::clamp(room, fewest, std::max(fewest, kWidest));
  std::map<std::pair<std::string, Labels>, std::pair<std::string, std::string>> lines;  // name and marks
  for (const BacktestEpisode& episode : backtest.episodes) {
    auto& [name, marks] = lines.try_emplace({episode.kpi, episode.segment}, subject_text(episode), "").first->second;
    marks.resize(width, '.');
    draw(episode, backtest, marks);
  }
  if (lines.empty()) {
    return "";
  }
  const std::string title = from + std::string(width - from.size() - to.size(), ' ') + to;
  Table table({{""}, {title}});
  std::string stacked = title + "\n";
  for (const auto& [key, line] : lines) {
    table.add({{line.first}, {line.second}});
    stacked += hanging(line.first, 2, columns) + line.second + "\n";
  }
  return (is_beside ? table.text(false) : stacked) +
         hanging("C critical, w warning, i info, ? no data, . nothing", 2, columns);
}

std::string episodes_text(const Backtest& backtest, const Zone& zone, std::size_t columns) {
  Table table({{""}, {""}, {""}, {""}});
  for (const BacktestEpisode& episode : backtest.episodes) {
    table.add({{subject_text(episode)},
               {printable(episode.rule, 40)},
               {std::string(name_of(episode.severity))},
               {times_text(episode, zone)}});
  }
  return backtest.episodes.empty() ? "" : table.text(false, columns);
}

std::string changes_text(const std::vector<EpisodeChange>& changes, const Zone& zone, std::size_t columns) {
  Table table({{""}, {""}, {""}, {""}, {""}});
  for (const EpisodeChange& change : changes) {
    const BacktestEpisode& shown = change.after ? *change.after : *change.before;
    const bool has_both = change.before && change.after;
    const bool is_regraded = has_both && change.before->severity != change.after->severity;
    const bool is_moved = has_both && times_text(*change.before, zone) != times_text(shown, zone);
    const bool fires_elsewhen = has_both && !is_moved && change.before->firing && change.before->firing != shown.firing;
    table.add({{std::string(word_of(change.kind))},
               {subject_text(shown)},
               {printable(shown.rule, 40)},
               {std::string(name_of(shown.severity)) +
                (is_regraded ? ", was " + std::string(name_of(change.before->severity)) : "")},
               {times_text(shown, zone) + (is_moved ? ", was " + times_text(*change.before, zone) : "") +
                (fires_elsewhen
                     ? ", told " + day_text(*shown.firing, zone) + ", was " + day_text(*change.before->firing, zone)
                     : "")}});
  }
  return changes.empty() ? "" : table.text(false, columns);
}

std::string backtest_json(const Backtest& backtest, const std::vector<EpisodeChange>* changes) {
  ordered_json episodes = ordered_json::array();
  for (const BacktestEpisode& episode : backtest.episodes) {
    episodes.push_back(json_of(episode));
  }
  ordered_json document{{"from", rfc3339(backtest.from)},
                        {"to", rfc3339(backtest.to)},
                        {"evaluations", backtest.evaluations},
                        {"episodes", episodes}};
  if (changes != nullptr) {
    document["changes"] = ordered_json::array();
    for (const EpisodeChange& change : *changes) {
      document["changes"].push_back(json_of(change));
    }
  }
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace kpi

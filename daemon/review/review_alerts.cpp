#include "daemon/review/review_alerts.hpp"

#include <algorithm>

namespace kpi {
namespace {

ReviewLine* find(const ReviewLines& lines, std::uint32_t line) {
  return line < lines.size() ? lines[line] : nullptr;
}

void time_episodes(ReviewLine& line) {
  Duration noticing{0};
  Duration recovering{0};
  std::int64_t noticed = 0;
  std::int64_t recovered = 0;
  for (const EpisodeRow& episode : line.episodes) {
    if (episode.rule == "target") {
      continue;  // it was known all along, and ends when the next one begins: nobody noticed, nothing recovered
    }
    noticing += *episode.firing - episode.since;
    ++noticed;
    if (episode.resolved) {
      recovering += *episode.resolved - *episode.firing;
      ++recovered;
    }
  }
  line.to_notice = noticed > 0 ? std::optional(noticing / noticed) : std::nullopt;
  line.to_recover = recovered > 0 ? std::optional(recovering / recovered) : std::nullopt;
}

Result<void> add_episodes(
    const ReviewPeriod& period, Instant now, const Zone& zone, const ReviewLines& lines, HistoryReader& reader) {
  const auto midnight = [&](Date date) {
    return zone.to_instant(std::chrono::local_time<Duration>{std::chrono::local_days{date}.time_since_epoch()});
  };
  if (midnight(period.from) > now) {
    return {};  // nobody knows what will still be open then
  }
  KPI_TRY(reader.fired(midnight(period.from), midnight(period.to), [&](const EpisodeRow& episode) {
    if (ReviewLine* line = find(lines, episode.line)) {
      line->episodes.push_back(episode);
      EpisodeRow& kept = line->episodes.back();
      if (kept.resolved && *kept.resolved < *kept.firing) {
        kept.resolved = kept.firing;  // what came late told of it when it was over already
      }
    }
  }));
  for (ReviewLine* line : lines) {
    if (line != nullptr) {
      std::ranges::stable_sort(line->episodes, {}, &EpisodeRow::since);
      time_episodes(*line);
    }
  }
  return {};
}

/// The present target whole, where the review reaches to the present, and where it is heading.
Result<void> add_standings(const ReviewLines& lines, HistoryReader& reader) {
  for (const KpiStatus& status : KPI_TRY(reader.statuses())) {
    ReviewLine* line = find(lines, status.row.line);
    if (line == nullptr || !line->target || status.row.target.empty()) {
      continue;
    }
    if (line->points.empty() || line->points.back().slot != status.row.slot) {
      continue;  // what is expected today was not known at the end of an earlier period
    }
    line->target->view = status.row.target;
    line->target->actual = read_actual(status.row.target).value_or(line->target->actual);
    line->target->outlook = read_outlook(status.row.target, line->target->goal);
  }
  return {};
}

/// Of targets whose present standing says nothing of the review's end: what was last stated then.
Result<void> add_stated(const Review& review, const ReviewLines& lines, HistoryReader& reader) {
  for (const StatedForecast& stated : KPI_TRY(reader.stated(slot_of(review.period.from), slot_of(review.period.to)))) {
    ReviewLine* line = find(lines, stated.line);
    const bool is_open = line != nullptr && line->target && !line->target->outlook &&
                         line->target->status != TargetStatus::kAchieved &&
                         line->target->status != TargetStatus::kMissed;
    if (is_open && stated.goal == line->target->goal) {
      line->target->stated = stated;
    }
  }
  return {};
}

Result<void> add_statements(Review& review, HistoryReader& reader) {
  for (const SettledForecast& row : KPI_TRY(reader.forecasts(slot_of(review.period.from), slot_of(review.period.to)))) {
    if (row.is_of_another_goal) {
      ++review.forecasts_of_changed_goals;
    } else {
      review.forecasts.push_back({row.probability, row.was_reached});
    }
  }
  return {};
}

}  // namespace

Result<void> add_alerts(Review& review, const Config& config, const ReviewLines& lines, HistoryReader& reader) {
  KPI_TRY(add_episodes(review.period, review.now, config.zone, lines, reader));
  KPI_TRY(add_standings(lines, reader));
  KPI_TRY(add_stated(review, lines, reader));
  return add_statements(review, reader);
}

}  // namespace kpi

#include "daemon/review/outcome.hpp"
#include "daemon/review/report.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <utility>

namespace kpi {
namespace {

using nlohmann::ordered_json;

ordered_json number_or_null(const std::optional<double>& number) {
  return number && std::isfinite(*number) ? ordered_json(*number) : ordered_json(nullptr);
}

ordered_json time_or_null(const std::optional<Instant>& instant) {
  return instant ? ordered_json(rfc3339(*instant)) : ordered_json(nullptr);
}

ordered_json seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? ordered_json(std::chrono::duration_cast<std::chrono::seconds>(*duration).count())
                  : ordered_json(nullptr);
}

ordered_json text_or_null(std::string_view text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json days_of(const ReviewPeriod& period, const Zone& zone) {
  return {{"start", midnight_text(period.from, zone)}, {"end", midnight_text(period.to, zone)}, {"name", period.name}};
}

ordered_json episodes_of(const ReviewLine& line) {
  ordered_json episodes = ordered_json::array();
  for (const EpisodeRow& episode : line.episodes) {
    episodes.push_back({{"id", episode.id},
                        {"rule", episode.rule},
                        {"severity", name_of(episode.severity)},
                        {"since", rfc3339(episode.since)},
                        {"firing", time_or_null(episode.firing)},
                        {"resolved", time_or_null(episode.resolved)},
                        {"restated", episode.restated}});
  }
  return episodes;
}

ordered_json target_of(const ReviewTarget& of) {
  ordered_json target = ordered_json::parse(of.view, nullptr, false);
  if (!target.is_object()) {
    target = ordered_json::object();
  }
  target["status"] = name_of(of.status);
  target["goal"] = number_or_null(of.goal);
  target["expected"] = number_or_null(of.expected);
  if (!target.contains("actual") || target["actual"].is_null()) {
    target["actual"] = number_or_null(of.actual);
  }
  // What the present status, where it reaches so far, has said already.
  if (!target.contains("deadline")) {
    target["deadline"] = of.deadline ? ordered_json(date_text(*of.deadline)) : ordered_json(nullptr);
  }
  if (!target.contains("pace")) {
    target["pace"] = number_or_null(of.pace);
  }
  if (of.stated) {
    target["stated"] = {{"date", date_text(date_of(of.stated->slot))},
                        {"projected", number_or_null(of.stated->projected)},
                        {"probability", of.stated->probability}};
  }
  return target;
}

/// Those that ended within the period, and the newest.
ordered_json targets_of(const ReviewLine& line) {
  ordered_json targets = ordered_json::array();
  for (const ReviewTarget& target : line.earlier_targets) {
    targets.push_back(target_of(target));
  }
  if (line.target) {
    targets.push_back(target_of(*line.target));
  }
  return targets;
}

ordered_json changes_of(const ReviewKpi& kpi) {
  ordered_json changes = ordered_json::array();
  for (const TargetTurnover& turn : kpi.changes) {
    changes.push_back({{"date", date_text(turn.date)},
                       {"target", turn.target},
                       {"from", turn.was},
                       {"to", turn.is},
                       {"why", text_or_null(turn.why)}});
  }
  return changes;
}

ordered_json rule_changes_of(const ReviewKpi& kpi) {
  ordered_json changes = ordered_json::array();
  for (const RuleTurnover& turn : kpi.rule_changes) {
    changes.push_back({{"date", date_text(turn.date)}, {"from", turn.was}, {"to", turn.is}});
  }
  return changes;
}

ordered_json restated_of(const ReviewLine& line) {
  ordered_json restated = ordered_json::array();
  for (const Restatement& change : line.restated) {
    restated.push_back({{"date", date_text(date_of(change.slot))},
                        {"was", number_or_null(change.was)},
                        {"is", number_or_null(change.is)},
                        {"known_at", rfc3339(change.known_at)},
                        {"replaced_at", rfc3339(change.replaced_at)}});
  }
  return restated;
}

/// Null: nothing is lacking.
ordered_json coverage_json(const Coverage& coverage) {
  return coverage.is_whole()
             ? ordered_json(nullptr)
             : ordered_json{{"known", coverage.known}, {"of", coverage.all}, {"grain", coverage.grain.text()}};
}

ordered_json line_json(const ReviewKpi& kpi, const ReviewLine& line, const ReportStyle& style) {
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : line.segment) {
    segment[name] = value;
  }
  return {{"id", kpi.kpi->id},
          {"title", kpi.kpi->title},
          {"segment", segment},
          {"owner", text_or_null(kpi.kpi->owner)},
          {"objective", text_or_null(kpi.kpi->objective)},
          {"unit", text_or_null(kpi.kpi->unit.text())},
          {"removed", kpi.removed.has_value()},
          {"removed_on",
           kpi.removed && kpi.removed->on ? ordered_json(date_text(*kpi.removed->on)) : ordered_json(nullptr)},
          {"value", number_or_null(line.value)},
          {"previous", number_or_null(line.previous)},
          {"year_ago", number_or_null(line.year_ago)},
          {"until", midnight_text(kpi.until, style.zone)},
          {"basis", name_of(kpi.basis)},
          {"coverage", coverage_json(line.coverage)},
          {"comparable", {{"previous", line.is_like_previous}, {"year_ago", line.is_like_year_ago}}},
          {"periods", line.counts.periods},
          {"met", line.counts.met},
          {"missed", line.counts.missed},
          {"no_data", line.counts.no_data},
          {"recorded", line.counts.recorded},
          {"attainment", number_or_null(line.counts.attainment())},
          {"attainment_with_gaps", number_or_null(line.counts.strict_attainment())},
          {"episodes", episodes_of(line)},
          {"seconds_to_notice", seconds_or_null(line.to_notice)},
          {"seconds_to_recover", seconds_or_null(line.to_recover)},
          {"restated", restated_of(line)},
          {"target", line.target ? target_of(*line.target) : ordered_json(nullptr)},
          {"targets", targets_of(line)},
          {"target_changes", line.segment.empty() ? changes_of(kpi) : ordered_json::array()}};
}

ordered_json notes_json(const std::vector<NoteRow>& notes) {
  ordered_json rows = ordered_json::array();
  for (const NoteRow& note : notes) {
    rows.push_back({{"date", date_text(note.day)}, {"text", note.text}, {"by", note.by}});
  }
  return rows;
}

/// What its history says of the last judged period.
ordered_json history_json(const ReviewKpi& kpi, const ReportStyle& style) {
  if (!kpi.unusual) {
    return nullptr;
  }
  const auto& [slot, found] = *kpi.unusual;
  return {{"date", date_text(date_of(slot))},
          {"usual_low", found.low},
          {"usual_high", found.high},
          {"text", unusual_text(kpi, {Language::kEnglish, style.zone})}};
}

ordered_json people_json(const ReviewKpi& kpi) {
  ordered_json gaps = ordered_json::array();
  for (const SmartGap gap : kpi.gaps) {
    gaps.push_back(name_of(gap));
  }
  return {{"reviewed", kpi.reviewed ? ordered_json(date_text(*kpi.reviewed)) : ordered_json(nullptr)},
          {"reviewed_by", text_or_null(kpi.reviewed_by)},
          {"review_note", text_or_null(kpi.review_note)},
          {"review_overdue", kpi.is_overdue},
          {"notes", notes_json(kpi.notes)},
          {"smart_gaps", gaps}};
}

ordered_json forecasts_json(const Review& review) {
  const std::optional<double> brier = forecast::brier_score(review.forecasts);
  ordered_json tenths = ordered_json::array();
  for (const forecast::Tenth& tenth : forecast::reliability(review.forecasts)) {
    if (tenth.count > 0) {
      tenths.push_back({{"stated", tenth.stated}, {"happened", tenth.happened}, {"count", tenth.count}});
    }
  }
  return {{"brier", brier ? ordered_json(*brier) : ordered_json(nullptr)},
          {"count", review.forecasts.size()},
          {"of_changed_goals", review.forecasts_of_changed_goals},
          {"reliability", tenths}};
}

}  // namespace

std::string report_json(const Review& review, const ReportStyle& style) {
  ordered_json kpis = ordered_json::array();
  for (const ReviewKpi& kpi : review.kpis) {
    ordered_json total = line_json(kpi, kpi.total, style);
    total.update(people_json(kpi));
    total["rule_changes"] = rule_changes_of(kpi);
    total["history"] = history_json(kpi, style);
    kpis.push_back(std::move(total));
    for (const ReviewLine& segment : kpi.segments) {
      kpis.push_back(line_json(kpi, segment, style));
    }
  }
  ordered_json owners = ordered_json::array();
  for (const OwnerLoad& owner : review.owners) {
    owners.push_back({{"owner", text_or_null(owner.owner)},
                      {"kpis", owner.kpis},
                      {"episodes", owner.episodes},
                      {"critical", owner.critical}});
  }
  const ordered_json document{{"period", days_of(review.period, style.zone)},
                              {"previous", days_of(review.previous, style.zone)},
                              {"year_ago", days_of(review.year_ago, style.zone)},
                              {"now", rfc3339(review.now)},
                              {"open", review.is_open},
                              {"kpis", std::move(kpis)},
                              {"notes", notes_json(review.notes)},
                              {"owners", std::move(owners)},
                              {"forecasts", forecasts_json(review)}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace kpi

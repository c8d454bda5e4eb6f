// The alerts of a digest, and what its figures lack.

#include "daemon/engine/digest_maker.hpp"
#include "rules/routing/describe.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

constexpr std::size_t kMostAlerts = 100;
/// As often within one issue an alert is told in one line.
constexpr std::size_t kOften = 3;

bool is_same(const DigestEpisode& a, const DigestEpisode& b) {
  return a.kpi == b.kpi && a.segment == b.segment && a.row.rule == b.row.rule;
}

/// A segment whose data is missing with that of the total is no news of its own.
bool is_of_total(const DigestEpisode& one, const std::vector<DigestEpisode>& totals) {
  return one.row.rule == "no_data" && !one.segment.empty() &&
         std::ranges::any_of(totals, [&](const DigestEpisode& total) {
           return total.kpi == one.kpi && total.row.since == one.row.since && total.row.resolved == one.row.resolved;
         });
}

Slot slot_on(Date date, const Kpi& kpi, const CalendarRules& calendar) {
  const auto midnight = std::chrono::local_days{std::chrono::sys_days{date}.time_since_epoch()};
  return slot_at(kpi.zone.to_instant(midnight), kpi.every, kpi.zone, calendar);
}

}  // namespace

std::string DigestMaker::day_of(Instant at, const Zone& zone) const {
  return date_words(Date{std::chrono::floor<std::chrono::days>(zone.to_local(at))}, voice_.language);
}

DigestAlert DigestMaker::alert_of(const DigestEpisode& episode, const Kpi& kpi) const {
  const EpisodeRow& row = episode.row;
  DigestAlert alert;
  alert.id = row.id;
  alert.kpi = kpi.id;
  alert.title = kpi.title.empty() ? kpi.id : kpi.title;
  if (row.rule != "thresholds" && row.rule != "no_data") {  // which of its rules
    const std::string rule = row.rule == "target" ? say_it(Phrase::kRuleTarget) : row.rule;
    alert.title = say_it(Phrase::kSubjectOfRule, {{"subject", alert.title}, {"rule", rule}});
  }
  alert.segment = episode.segment;
  alert.severity = row.severity;
  alert.since = row.since;
  alert.resolved = row.resolved;
  const std::string severity = say_it(row.rule == "no_data" ? Phrase::kNoData : severity_phrase(row.severity));
  const std::string from = day_of(row.since, kpi.zone);
  if (!row.resolved) {
    alert.text = say_it(Phrase::kAlertStillOpen, {{"severity", severity}, {"from", from}});
    return alert;
  }
  const Instant end = episode.fine_from.value_or(*row.resolved);
  const std::string to = day_of(std::max(row.since, end - Duration{1}), kpi.zone);  // the last day of it
  alert.text = from == to ? severity + ", " + from
                          : say_it(Phrase::kAlertFromTo, {{"severity", severity}, {"from", from}, {"to", to}});
  return alert;
}

/// One that came again and again: from the first day to the last.
DigestAlert DigestMaker::alert_of(const std::vector<DigestEpisode>& episodes, const Kpi& kpi) const {
  const auto end_of = [](const DigestEpisode& episode) { return episode.row.resolved.value_or(Instant::max()); };
  const auto last = std::ranges::max_element(episodes, {}, end_of);
  DigestAlert alert = alert_of(episodes.front(), kpi);
  for (const DigestEpisode& episode : episodes) {
    alert.severity = std::max(alert.severity, episode.row.severity);
  }
  alert.times = episodes.size();
  alert.resolved = last->row.resolved;
  const bool is_no_data = episodes.front().row.rule == "no_data";
  const std::string severity = say_it(is_no_data ? Phrase::kNoData : severity_phrase(alert.severity));
  const std::string from = day_of(alert.since, kpi.zone);
  if (!alert.resolved) {
    alert.text = say_it(Phrase::kAlertTimesOpen, {{"severity", severity}, {"n", alert.times}, {"from", from}});
    return alert;
  }
  const Instant end = last->fine_from.value_or(*alert.resolved);
  const std::string to = day_of(std::max(alert.since, end - Duration{1}), kpi.zone);
  alert.text = say_it(Phrase::kAlertTimes, {{"severity", severity}, {"n", alert.times}, {"from", from}, {"to", to}});
  return alert;
}

/// In the order in which they began.
std::vector<DigestAlert> DigestMaker::alerts_of(const std::vector<DigestEpisode>& episodes) const {
  std::vector<DigestAlert> alerts;
  std::vector<const DigestEpisode*> told;
  std::vector<DigestEpisode> totals;
  std::ranges::copy_if(episodes, std::back_inserter(totals), [](const DigestEpisode& one) {
    return one.segment.empty() && one.row.rule == "no_data";
  });
  for (const DigestEpisode& first : episodes) {
    const auto is_like_first = [&](const DigestEpisode* other) { return is_same(*other, first); };
    if (alerts.size() >= kMostAlerts || std::ranges::any_of(told, is_like_first) || is_of_total(first, totals)) {
      continue;
    }
    std::vector<DigestEpisode> alike;
    std::ranges::copy_if(
        episodes, std::back_inserter(alike), [&](const DigestEpisode& other) { return is_same(other, first); });
    const Kpi& kpi = *rules_.find(first.kpi);
    if (alike.size() >= kOften) {
      told.push_back(&first);
      alerts.push_back(alert_of(alike, kpi));
    } else {
      alerts.push_back(alert_of(first, kpi));
    }
  }
  return alerts;
}

/// What was held back stands under that heading alone.
void DigestMaker::add_alerts(DigestView& view, const DigestEvents& events, const std::set<std::string>& kpis) const {
  std::vector<DigestEpisode> hushed;
  std::set<std::string> ids;
  for (const DigestHushed& one : events.hushed) {
    const Kpi* kpi = rules_.find(one.view.kpi);
    if (kpi != nullptr && kpis.contains(kpi->id) && ids.insert(one.view.id).second) {
      DigestEpisode episode{kpi->id, one.view.segment, {}, one.fine_from};
      episode.row.id = one.view.id;
      episode.row.rule = one.view.rule;
      episode.row.severity = one.view.severity;
      episode.row.since = one.view.since.value_or(one.at);
      episode.row.resolved = one.at;
      hushed.push_back(std::move(episode));
    }
  }
  std::vector<DigestEpisode> told;
  std::ranges::copy_if(events.episodes, std::back_inserter(told), [&](const DigestEpisode& episode) {
    return kpis.contains(episode.kpi) && !ids.contains(episode.row.id);
  });
  view.alerts = alerts_of(told);
  view.hushed = alerts_of(hushed);
}

/// The segments that are expected to report and did not in periods of which the total has a value; with how many of
/// these.
std::vector<std::pair<Labels, std::int64_t>> DigestMaker::missing_segments(std::uint32_t index,
                                                                           const Line& total,
                                                                           const ReviewPeriod& period) const {
  const Kpi& kpi = rules_.kpis[index];
  const Slot from = slot_on(period.from, kpi, rules_.calendar);
  const Slot to = slot_on(period.to, kpi, rules_.calendar);
  const auto known_at = [](const Line& line, Slot slot) {
    const Sample* value = line.judged.at(slot);
    return value != nullptr && !std::isnan(value->value);
  };
  std::vector<std::pair<Labels, std::int64_t>> missing;
  for (const Line& line : engine_.lines()) {
    const bool is_awaited = (line.is_expected || line.no_data.is_on) && !line.is_retired && line.first;
    if (line.kpi != index || line.segment.empty() || !is_awaited) {
      continue;
    }
    std::int64_t without = 0;
    for (Slot slot = std::max(from, *line.first); slot < to; slot = next_slot(slot, kpi.every, kpi.zone)) {
      without += known_at(total, slot) && !known_at(line, slot) ? 1 : 0;
    }
    if (without > 0) {
      missing.emplace_back(line.segment, without);
    }
  }
  return missing;
}

/// A figure that lacks segments says so: it is smaller by them, and compared with no other. Nor is one with what lacks
/// some.
void DigestMaker::add_missing_segments(DigestLine& row, std::uint32_t index, const Line& total) const {
  const Kpi& kpi = rules_.kpis[index];
  const bool is_counted = kpi.every.unit == Grain::Unit::kDay || kpi.every.unit == Grain::Unit::kInterval;
  if (!row.value || !is_counted || Grain{rule_.every, 0}.is_finer_than(kpi.every)) {
    return;
  }
  const auto missing = missing_segments(index, total, period_);
  const bool is_total = grows_with_days(rules_, kpi);
  if (is_total && (!missing.empty() || !missing_segments(index, total, before_).empty())) {
    row.change.clear();
  }
  if (is_total && (!missing.empty() || !missing_segments(index, total, year_ago_).empty())) {
    row.change_on_year.clear();
  }
  if (missing.empty()) {
    return;
  }
  std::vector<Labels> segments;
  std::int64_t longest = 0;
  for (const auto& [segment, without] : missing) {
    segments.push_back(segment);
    longest = std::max(longest, without);
  }
  row.state_text = say_it(Phrase::kWithoutSegmentsFor,
                          {{"state", row.state_text},
                           {"segments", segments_words(segments, voice_.language)},
                           {"time", lasting_words(longest, kpi.every, voice_.language)}});
}

}  // namespace kpi

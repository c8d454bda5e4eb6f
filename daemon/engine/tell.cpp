// What happened to the alerts of lines, as events for routing.

#include "daemon/engine/engine.hpp"
#include "rules/base/text.hpp"
#include "rules/routing/route_labels.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

bool is_trouble(TargetStatus status) {
  return status == TargetStatus::kAtRisk || status == TargetStatus::kOffTrack || status == TargetStatus::kMissed;
}

}  // namespace

/// The newest period with a value that was due when an episode ended: later ones, judged in the same step, may be
/// trouble again. One without a value where that counts as fine.
Slot Engine::ended_with(const Line& line, Instant ended, Slot otherwise) const {
  const Kpi& kpi = rules_.kpis[line.kpi];
  const auto& values = line.judged.values;
  const auto last = std::find_if(values.rbegin(), values.rend(), [&](const Sample& sample) {
    const bool ends = !std::isnan(sample.value) || kpi.no_data.then == NoDataPolicy::Then::kOk;
    return ends && plan_of(line).due(kpi, sample.slot) <= ended;
  });
  return last == values.rend() ? otherwise : last->slot;
}

std::vector<Engine::AlertSlot> Engine::alerts_of(std::uint32_t index) {
  Line& line = lines_[index];
  LineTold& told = told_[index];
  const Kpi& kpi = rules_.kpis[line.kpi];
  std::vector<AlertSlot> alerts;
  alerts.reserve(line.alerts.size() + 3);
  if (kpi.thresholds) {
    alerts.push_back({RuleKind::kThresholds, 0, &line.thresholds, &told.thresholds});
  }
  for (std::size_t i = 0; i < line.alerts.size(); ++i) {
    alerts.push_back({RuleKind::kCondition, i, &line.alerts[i], &told.alerts[i]});
  }
  if (!line.plans.empty()) {
    alerts.push_back({RuleKind::kTarget, 0, &line.target, &told.target});
  }
  alerts.push_back({RuleKind::kNoData, 0, nullptr, &told.no_data});
  return alerts;
}

AlertSubject Engine::subject_of(std::uint32_t index, const AlertSlot& alert) const {
  const Line& line = lines_[index];
  AlertSubject subject;
  subject.kpi = &rules_.kpis[line.kpi];
  subject.line = &line;
  subject.rule = alert.rule;
  subject.index = alert.index;
  subject.slot = line.newest.value_or(line.first.value_or(Slot{}));
  if (alert.rule != RuleKind::kNoData && line.stepped) {
    // Gaps end nothing; what is told is the newest period that had a value.
    const auto& values = line.judged.values;
    const auto known =
        std::find_if(values.rbegin(), values.rend(), [](const Sample& sample) { return !std::isnan(sample.value); });
    subject.slot = known == values.rend() ? *line.stepped : known->slot;
  }
  subject.judgement = judge_period(line, judge_context(last_step_.value_or(Instant{})), subject.slot);
  if (alert.state != nullptr) {
    subject.severity = alert.state->severity;
    subject.since = alert.state->since;
    subject.episode = alert.state->episode;
  } else {
    subject.severity = subject.kpi->no_data.severity;
    subject.since = line.no_data.first;
    subject.episode = line.no_data.episode;
  }
  const auto restated = restated_alerts_.find(index);
  subject.reason = restated == restated_alerts_.end() ? Reason::kNone : restated->second;
  return subject;
}

AlertKey Engine::key_of(std::uint32_t index, const AlertSlot& alert) const {
  const Line& line = lines_[index];
  return {line.id, rule_name(rules_.kpis[line.kpi], alert.rule, alert.index)};
}

AlertEvent Engine::event_of(std::uint32_t index,
                            const AlertSlot& alert,
                            const AlertSubject& subject,
                            MessageType type) const {
  AlertEvent event;
  event.alert = key_of(index, alert);
  event.type = type;
  event.episode = subject.episode;
  event.severity = subject.severity;
  event.labels = route_labels(subject, type);
  event.is_reminded = subject.severity >= Severity::kWarning;
  return event;
}

/// Told of an episode that is over: its end is told to those who know of it.
void Engine::tell_end(std::uint32_t line, const AlertSlot& alert) {
  AlertSubject subject = subject_of(line, alert);
  const auto& rows = commit_.episodes;
  const auto row = std::find_if(rows.rbegin(), rows.rend(), [&](const EpisodeRow& episode) {
    return episode.id == alert.told->episode && episode.resolved && episode.reason == Reason::kRecovered;
  });
  if (row != rows.rend() && alert.state != nullptr) {
    const Line& judged = lines_[line];
    subject.slot = ended_with(judged, *row->resolved, subject.slot);
    subject.judgement = judge_period(judged, judge_context(last_step_.value_or(Instant{})), subject.slot);
  }
  subject.is_firing = false;
  subject.episode = alert.told->episode;
  subject.severity = alert.told->severity;
  subject.since = alert.told->since;
  const Reason reason = lines_[line].has_left     ? Reason::kSourceEdited
                        : lines_[line].is_retired ? Reason::kRetired
                                                  : Reason::kRecovered;
  subject.reason = subject.reason == Reason::kNone ? reason : subject.reason;
  AlertEvent event = event_of(line, alert, subject, MessageType::kAlertResolved);
  event.kind = News::Kind::kEnds;
  event.view = described(subject);
  events_.push_back(std::move(event));
  *alert.told = Told{};
}

void Engine::tell_alert(std::uint32_t line, const AlertSlot& alert) {
  const bool is_no_data = alert.rule == RuleKind::kNoData;
  const NoDataState& no_data = lines_[line].no_data;
  const bool is_firing = is_no_data ? no_data.is_on : alert.state->phase == AlertPhase::kFiring;
  const std::string& episode = is_no_data ? no_data.episode : alert.state->episode;
  Told& told = *alert.told;
  const bool is_flapping = !is_no_data && alert.state->is_flapping;
  if (is_flapping && told.is_flapping && (!is_firing || alert.state->severity <= told.severity)) {
    tell_shift(line, alert);
    return;  // nothing else that they do not know
  }
  const bool goes_on = is_firing && (told.episode == episode || is_flapping || told.is_flapping);
  if (!told.episode.empty() && !goes_on) {
    tell_end(line, alert);
  }
  // While a source fails, its own alert speaks for what does not arrive.
  const bool is_held_back = is_no_data && told.episode != episode && has_failing_source(lines_[line].kpi);
  if (!is_firing || is_held_back || (told.episode != episode && !inhibitor_of(line, alert).empty())) {
    return;
  }
  AlertSubject subject = subject_of(line, alert);
  subject.is_flapping = is_flapping;
  subject.is_steady_again = told.is_flapping && !is_flapping;
  if (told.episode == episode && subject.severity <= told.severity && !subject.is_steady_again) {
    told.since = subject.since;  // it may have begun later than was told: what came late was fine
    tell_shift(line, alert);
    return;
  }
  told = Told{episode, subject.severity, "", subject.since, is_flapping};
  const MessageType type = is_no_data    ? MessageType::kAlertNoData
                           : is_flapping ? MessageType::kAlertFlapping  // also when it got worse: it stays quiet
                                         : MessageType::kAlertFiring;
  AlertEvent event = event_of(line, alert, subject, type);
  if (subject.is_steady_again || subject.reason != Reason::kNone) {
    event.view = described(subject);  // later it could not be told why
  }
  events_.push_back(std::move(event));
}

/// An alert that goes on is milder than before, or as bad again as it once was: routing knows to whom that is news.
void Engine::tell_shift(std::uint32_t line, const AlertSlot& alert) {
  const Severity severity =
      alert.state != nullptr ? alert.state->severity : rules_.kpis[lines_[line].kpi].no_data.severity;
  const std::string& episode = alert.state != nullptr ? alert.state->episode : lines_[line].no_data.episode;
  const auto known = routing_.alerts.find(key_of(line, alert));
  const bool goes_on = known != routing_.alerts.end() && known->second.is_firing && known->second.episode == episode;
  if (goes_on && known->second.present != severity) {
    AlertEvent event;
    event.alert = known->first;
    event.severity = severity;
    event.is_shift = true;
    events_.push_back(std::move(event));
  }
}

/// A target tells each change of its status; being on track, or over before anybody was told, is no news, unless it was
/// missed and fires still, or was achieved until earlier data was restated.
void Engine::tell_target(std::uint32_t line, const AlertSlot& alert) {
  const TargetStanding& standing = lines_[line].target_standing;
  const std::string status(name_of(standing.status));
  Told& told = *alert.told;
  if (!standing.plan || told.status == status) {
    return;
  }
  const TargetStatus known = parse_target_status(told.status).value_or(TargetStatus::kNotStarted);
  // One that was missed ends when the next target begins: who was told of it is told, or their incident stays open.
  const bool knows_trouble = is_trouble(known) && (!is_settled(known) || !told.episode.empty());
  const auto restated = restated_alerts_.find(line);
  const bool is_taken_back =
      known == TargetStatus::kAchieved && restated != restated_alerts_.end() && restated->second == Reason::kRestated;
  const bool is_news =
      is_trouble(standing.status) || standing.status == TargetStatus::kAchieved || knows_trouble || is_taken_back;
  const bool was_known = !told.status.empty();
  told.status = status;
  const bool fires = alert.state->phase == AlertPhase::kFiring;
  const bool is_silent = !is_news || (standing.is_over && !was_known && !fires);
  AlertSubject subject = target_subject(line, alert);
  if (!subject.is_firing && !told.episode.empty()) {
    subject.since = told.since;  // of the trouble that is over
  }
  AlertEvent event = event_of(line, alert, subject, MessageType::kTargetStatus);
  event.is_reminded = event.is_reminded && standing.status != TargetStatus::kMissed;  // that is its last word
  if (is_silent || !subject.is_firing) {
    event.kind = News::Kind::kEnds;
    event.is_silent = is_silent;
    event.is_for_all = standing.status == TargetStatus::kAchieved || is_taken_back;
    event.view = described(subject);
  }
  const bool is_told = is_silent ? !told.episode.empty() : subject.severity != Severity::kNone;
  if (!is_silent && is_told) {
    told.severity = subject.severity;
    told.episode = subject.is_firing ? subject.episode : "";
    told.since = subject.is_firing ? subject.since : std::nullopt;
  } else if (is_silent) {
    told.episode.clear();
  }
  if (is_told) {
    events_.push_back(std::move(event));
  }
}

/// Another KPI that fires, for the same segment or as a whole, and holds this rule back: "traffic.thresholds"; empty:
/// none.
std::string Engine::inhibitor_of(std::uint32_t index, const AlertSlot& alert) const {
  const Line& line = lines_[index];
  const std::string rule = rule_name(rules_.kpis[line.kpi], alert.rule, alert.index);
  const auto firing_rule = [&](const Inhibitor& by, const Labels& segment) -> std::string {
    const auto found = line_index_.find({by.kpi, segment});
    if (found == line_index_.end()) {
      return "";
    }
    const Line& other = lines_[found->second];
    const auto counts = [&](const AlertState& state, const std::string& name) {
      return state.phase == AlertPhase::kFiring && (by.kpi != line.kpi || name != rule);  // none holds itself back
    };
    for (std::size_t i = 0; i < other.alerts.size(); ++i) {
      if (counts(other.alerts[i], rules_.kpis[by.kpi].alerts[i].name)) {
        return rules_.kpis[by.kpi].alerts[i].name;
      }
    }
    return counts(other.thresholds, "thresholds") ? "thresholds" : "";
  };
  for (const Inhibitor& by : inhibitors_[line.kpi]) {
    for (const Labels& segment : {line.segment, Labels{}}) {
      const std::string firing = by.rule == rule ? firing_rule(by, segment) : "";
      if (!firing.empty()) {
        return rules_.kpis[by.kpi].id + "." + firing;
      }
    }
  }
  return "";
}

/// What a KPI holds back may be told when that KPI has changed.
void Engine::turn_inhibited() {
  std::set<std::uint32_t> inhibited;
  for (const std::uint32_t line : changed_) {
    for (const RuleName& rule : rules_.kpis[lines_[line].kpi].inhibits) {
      inhibited.insert(kpi_index_.find(rule.kpi)->second);
    }
  }
  for (const std::uint32_t kpi : inhibited) {
    changed_.insert(changed_.end(), lines_of_kpi_[kpi].begin(), lines_of_kpi_[kpi].end());
  }
}

AlertSubject Engine::target_subject(std::uint32_t index, const AlertSlot& alert) const {
  const Line& line = lines_[index];
  const TargetStanding& standing = line.target_standing;
  const Target& target = rules_.kpis[line.kpi].targets[line.plans[*standing.plan].target];
  AlertSubject subject = subject_of(index, alert);
  const Severity severity = target.severity.at(static_cast<std::size_t>(standing.status));
  subject.is_firing = is_trouble(standing.status);
  subject.severity = subject.is_firing || severity != Severity::kNone ? severity : alert.told->severity;
  if (subject.episode.empty()) {
    const Instant since = start_of(subject.slot, subject.kpi->every, subject.kpi->zone);
    subject.episode =
        !alert.told->episode.empty() ? alert.told->episode : episode_id(*subject.kpi, line.segment, "target", since);
  }
  return subject;
}

/// One message for each of `remind:`, while the target is not achieved; of those that passed before anybody was told of
/// the target, none.
void Engine::remind_of_target(std::uint32_t index, const AlertSlot& alert) {
  const Line& line = lines_[index];
  const Kpi& kpi = rules_.kpis[line.kpi];
  const TargetPlan* plan = plan_of_standing(line);
  if (plan == nullptr || !line.stepped || line.target_standing.is_final ||
      line.target_standing.status == TargetStatus::kNotStarted) {
    return;
  }
  const Slot today = slot_of(Date{std::chrono::floor<std::chrono::days>(kpi.zone.to_local(commit_.now))});
  const Slot end = leg_at(*plan, today).end;
  std::string nearest;
  for (const Span& before : kpi.targets[plan->target].remind) {  // the longest first
    const Slot day = shift_date(end, -before);
    if (day <= today) {
      nearest = plan->name + " " + before.text();
    } else {
      next_reminder_ =
          std::min(next_reminder_, kpi.zone.to_instant(std::chrono::local_time<Duration>{Duration{day.ms}}));
    }
  }
  const bool is_news = !nearest.empty() && nearest != alert.told->reminded;
  alert.told->reminded = nearest;
  if (!is_news || alert.told->status.empty()) {
    return;
  }
  AlertSubject subject = target_subject(index, alert);
  subject.is_reminder = true;
  subject.severity = std::max(subject.severity, Severity::kInfo);
  AlertEvent event = event_of(index, alert, subject, MessageType::kTargetReminder);
  event.kind = News::Kind::kNotice;
  event.view = described(subject);
  events_.push_back(std::move(event));
}

/// The days before a deadline come whether or not a period ends on them.
void Engine::remind_of_targets(Instant now) {
  if (now < next_reminder_) {
    return;
  }
  next_reminder_ = Instant::max();
  for (std::uint32_t kpi = 0; kpi < rules_.kpis.size(); ++kpi) {
    const auto reminds = [](const Target& target) { return !target.remind.empty(); };
    if (std::ranges::none_of(rules_.kpis[kpi].targets, reminds)) {
      continue;
    }
    for (const std::uint32_t line : lines_of_kpi_[kpi]) {
      for (const AlertSlot& alert : alerts_of(line)) {
        if (alert.rule == RuleKind::kTarget) {
          remind_of_target(line, alert);
          write_alerts(line);
        }
      }
    }
  }
}

void Engine::tell_line(std::uint32_t line) {
  for (const AlertSlot& alert : alerts_of(line)) {
    if (alert.rule == RuleKind::kTarget && !lines_[line].has_left) {
      remind_of_target(line, alert);
      tell_target(line, alert);
    } else {
      tell_alert(line, alert);
    }
  }
}

/// While kpid was down nobody could be told: what came and went then is told in one summary. Of a first run, which
/// judges years, nothing; nor of what was missing rather than bad, for it may have been kpid that did not look.
void Engine::tell_passed(std::uint32_t index, const std::vector<EpisodeRow>& episodes) {
  for (const EpisodeRow& row : episodes) {
    const bool has_passed = resumed_at_ && row.firing && row.resolved && *row.firing > *resumed_at_ && !row.restated;
    if (!has_passed || row.rule == "no_data" || row.rule == "target") {
      continue;
    }
    for (const AlertSlot& alert : alerts_of(index)) {
      if (key_of(index, alert).rule != row.rule || alert.told->episode == row.id) {
        continue;
      }
      AlertSubject subject = subject_of(index, alert);
      subject.is_firing = false;
      subject.episode = row.id;
      subject.severity = row.severity;
      subject.slot = slot_at(row.since, subject.kpi->every, subject.kpi->zone, rules_.calendar);
      subject.since = subject.slot;
      subject.judgement = judge_period(lines_[index], judge_context(last_step_.value_or(Instant{})), subject.slot);
      subject.reason = Reason::kCameAndWent;
      subject.ended = fine_from(row);
      AlertEvent event = event_of(index, alert, subject, MessageType::kAlertResolved);
      event.kind = News::Kind::kNotice;
      event.is_summary = true;
      event.view = described(subject);
      events_.push_back(std::move(event));
    }
  }
}

}  // namespace kpi

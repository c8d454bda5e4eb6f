#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

void set_label(Labels& labels, const std::string& name, std::string value) {
  const auto found = std::ranges::find_if(labels, [&](const auto& label) { return label.first == name; });
  if (found != labels.end()) {
    found->second = std::move(value);
  } else {
    labels.emplace_back(name, std::move(value));
  }
}

/// What routes match: the rule's own labels, the segment's, and the names every alert has.
Labels labels_of(const AlertSubject& subject, MessageType type) {
  const Kpi& kpi = *subject.kpi;
  Labels labels = kpi.labels;
  if (subject.rule == RuleKind::kCondition) {
    for (const auto& [name, value] : kpi.alerts[subject.index].labels) {
      set_label(labels, name, value);
    }
  }
  for (const auto& [name, value] : subject.line->segment) {
    set_label(labels, name, value);
  }
  set_label(labels, "kpi", kpi.id);
  set_label(labels, "owner", kpi.owner);
  set_label(labels, "objective", kpi.objective);
  set_label(labels, "severity", std::string(name_of(subject.severity)));
  set_label(labels, "type", std::string(name_of(type)));
  std::ranges::sort(labels);
  return labels;
}

bool is_trouble(TargetStatus status) {
  return status == TargetStatus::kAtRisk || status == TargetStatus::kOffTrack || status == TargetStatus::kMissed;
}

}  // namespace

std::vector<Engine::AlertSlot> Engine::alerts_of(std::uint32_t index) {
  Line& line = lines_[index];
  LineTold& told = told_[index];
  const Kpi& kpi = rules_.kpis[line.kpi];
  std::vector<AlertSlot> alerts;
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

/// Told of an episode that is over: its end is told to those who know of it.
void Engine::tell_end(std::uint32_t line, const AlertSlot& alert, MessageType type, std::vector<Telling>& tellings) {
  AlertSubject subject = subject_of(line, alert);
  subject.is_firing = false;
  subject.episode = alert.told->episode;
  subject.severity = alert.told->severity;
  subject.since = alert.told->since;
  const Reason reason = lines_[line].is_retired ? Reason::kRetired : Reason::kRecovered;
  subject.reason = subject.reason == Reason::kNone ? reason : subject.reason;
  tellings.push_back({{type, labels_of(subject, type)}, std::move(subject), {}});
  *alert.told = Told{};
}

void Engine::tell_alert(std::uint32_t line, const AlertSlot& alert, std::vector<Telling>& tellings) {
  const bool is_no_data = alert.rule == RuleKind::kNoData;
  const NoDataState& no_data = lines_[line].no_data;
  const bool is_firing = is_no_data ? no_data.is_on : alert.state->phase == AlertPhase::kFiring;
  const std::string& episode = is_no_data ? no_data.episode : alert.state->episode;
  Told& told = *alert.told;
  const bool is_flapping = !is_no_data && alert.state->is_flapping;
  if (is_flapping && told.is_flapping && (!is_firing || alert.state->severity <= told.severity)) {
    return;  // nothing that they do not know
  }
  const bool goes_on = is_firing && (told.episode == episode || is_flapping || told.is_flapping);
  if (!told.episode.empty() && !goes_on) {
    tell_end(line, alert, MessageType::kAlertResolved, tellings);
  }
  // While a source fails, its own alert speaks for what does not arrive.
  const bool is_held_back = is_no_data && told.episode != episode && has_failing_source(lines_[line].kpi);
  if (!is_firing || is_held_back || (told.episode != episode && is_inhibited(line, alert))) {
    return;
  }
  AlertSubject subject = subject_of(line, alert);
  subject.is_flapping = is_flapping;
  subject.is_steady_again = told.is_flapping && !is_flapping;
  if (told.episode == episode && subject.severity <= told.severity && !subject.is_steady_again) {
    return;
  }
  told = Told{episode, subject.severity, "", subject.since, is_flapping};
  const MessageType type = is_no_data ? MessageType::kAlertNoData : MessageType::kAlertFiring;
  tellings.push_back({{type, labels_of(subject, type)}, std::move(subject), {}});
}

/// A target tells each change of its status; being on track, or over before anybody was told, is no news.
void Engine::tell_target(std::uint32_t line, const AlertSlot& alert, std::vector<Telling>& tellings) {
  const TargetStanding& standing = lines_[line].target_standing;
  const std::string status(name_of(standing.status));
  Told& told = *alert.told;
  if (!standing.plan || told.status == status) {
    return;
  }
  const TargetStatus known = parse_target_status(told.status).value_or(TargetStatus::kNotStarted);
  const bool knows_trouble = is_trouble(known) && !is_settled(known);  // else it is of the target before
  const bool is_news = is_trouble(standing.status) || standing.status == TargetStatus::kAchieved || knows_trouble;
  const bool was_known = !told.status.empty();
  told.status = status;
  if (!is_news || (standing.is_over && !was_known)) {
    told.episode.clear();
    return;
  }
  AlertSubject subject = target_subject(line, alert);
  if (subject.severity == Severity::kNone) {
    return;
  }
  told.episode = subject.is_firing ? subject.episode : "";
  told.severity = subject.severity;
  tellings.push_back(
      {{MessageType::kTargetStatus, labels_of(subject, MessageType::kTargetStatus)}, std::move(subject), {}});
}

/// Whether another KPI fires, for the same segment or as a whole, that holds this rule back.
bool Engine::is_inhibited(std::uint32_t index, const AlertSlot& alert) const {
  const Line& line = lines_[index];
  const std::string rule = rule_name(rules_.kpis[line.kpi], alert.rule, alert.index);
  const auto fires = [&](const Inhibitor& by, const Labels& segment) {
    const auto found = line_index_.find({by.kpi, segment});
    if (found == line_index_.end()) {
      return false;
    }
    const Line& other = lines_[found->second];
    const auto counts = [&](const AlertState& state, const std::string& name) {
      return state.phase == AlertPhase::kFiring && (by.kpi != line.kpi || name != rule);  // none holds itself back
    };
    for (std::size_t i = 0; i < other.alerts.size(); ++i) {
      if (counts(other.alerts[i], rules_.kpis[by.kpi].alerts[i].name)) {
        return true;
      }
    }
    return counts(other.thresholds, "thresholds");
  };
  return std::ranges::any_of(inhibitors_[line.kpi], [&](const Inhibitor& by) {
    return by.rule == rule && (fires(by, line.segment) || fires(by, {}));
  });
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
void Engine::remind_of_target(std::uint32_t index, const AlertSlot& alert, std::vector<Telling>& tellings) {
  const Line& line = lines_[index];
  const Kpi& kpi = rules_.kpis[line.kpi];
  const TargetPlan* plan = plan_of_standing(line);
  if (plan == nullptr || !line.stepped || line.target_standing.is_final ||
      line.target_standing.status == TargetStatus::kNotStarted) {
    return;
  }
  const Slot now = civil_slot(next_slot(*line.stepped, kpi.every, kpi.zone), kpi);
  const Slot end = leg_at(*plan, now).end;
  std::string nearest;
  for (const Span& before : kpi.targets[plan->target].remind) {  // the longest first
    if (shift_date(end, -before) <= now) {
      nearest = plan->name + " " + before.text();
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
  tellings.push_back(
      {{MessageType::kTargetReminder, labels_of(subject, MessageType::kTargetReminder)}, std::move(subject), {}});
}

void Engine::tell_line(std::uint32_t line, std::vector<Telling>& tellings) {
  for (const AlertSlot& alert : alerts_of(line)) {
    if (alert.rule == RuleKind::kTarget) {
      remind_of_target(line, alert, tellings);
      tell_target(line, alert, tellings);
    } else {
      tell_alert(line, alert, tellings);
    }
  }
}

/// Lines that stand on a source whose polls fail, or no more, are in another state, and may have something to tell.
void Engine::turn_lines(std::uint32_t index, Instant now) {
  SourceState& source = sources_[index];
  const bool is_failing = !source.row.error.empty();
  if (is_failing == source.was_failing) {
    return;
  }
  source.was_failing = is_failing;
  for (std::uint32_t kpi = 0; kpi < sources_of_kpi_.size(); ++kpi) {
    if (!sources_of_kpi_[kpi].contains(index)) {
      continue;
    }
    for (const std::uint32_t line : lines_of_kpi_[kpi]) {
      write_status(lines_[line], now);
      changed_.push_back(line);
    }
  }
}

/// Failures that nobody was told of yet, or their end.
void Engine::remember_failures(SourceState& source) {
  const bool had_failed = source.failing_since.has_value();
  const bool has_failed = !source.row.error.empty();
  AlertRow row{0, "source:" + source.row.name, AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""};
  if (has_failed) {
    row.phase = AlertPhase::kPending;
    row.severity = Severity::kWarning;
    row.since = source.failing_since;
    row.machine = encode_alert({{}, {}, {}, source.failures});
  } else {
    source.failing_since.reset();
  }
  if (had_failed || has_failed) {
    commit_.alerts.push_back(std::move(row));
  }
}

void Engine::tell_source(std::uint32_t index, Instant now, std::vector<Telling>& tellings) {
  SourceState& source = sources_[index];
  if (!source.is_changed) {
    return;
  }
  source.is_changed = false;
  commit_.sources.push_back(source.row);
  const bool was_told = !source.told.episode.empty();
  const bool is_news = was_told || source.is_invalid || source.failures >= options_.source_patience;
  const bool is_broken = !source.row.error.empty() && is_news;
  const bool is_failing = is_broken || !source.row.late.empty();
  if (is_failing == was_told) {
    if (!was_told) {
      remember_failures(source);
    }
    return;
  }
  const MessageType type = is_failing ? MessageType::kSourceError : MessageType::kSourceRecovered;
  AlertView view;
  view.source = source.row.name;
  view.title = source.row.name;
  view.rule = "source";
  view.firing = is_failing;
  view.severity = Severity::kWarning;
  source.failing_since = source.failing_since ? source.failing_since : source.late_since;
  view.since = source.failing_since;
  view.since_text = source.failing_since ? rfc3339(*source.failing_since) : "";
  view.reason = is_broken                ? printable(source.row.error, 500)
                : is_failing             ? source.row.late
                : source.is_told_as_late ? "what was late has come"
                                         : "it can be read again";
  source.is_told_as_late = is_failing && !is_broken;
  const std::string rule = "source:" + source.row.name;
  if (is_failing) {
    const std::array<std::string_view, 1> parts{rule};
    source.episode = "ep_" + stable_id(source.failing_since.value_or(now).time_since_epoch().count(), parts);
    source.told = Told{source.episode, Severity::kWarning, "", std::nullopt};
  }
  view.id = source.episode;
  EpisodeRow episode;
  episode.id = source.episode;
  episode.rule = rule;
  episode.severity = Severity::kWarning;
  episode.since = source.failing_since.value_or(now);
  episode.pending = episode.since;
  episode.firing = episode.since;
  AlertRow row{0, rule, AlertPhase::kFiring, Severity::kWarning, source.failing_since, source.episode, ""};
  if (!is_failing) {
    episode.resolved = now;
    episode.reason = Reason::kRecovered;
    row = AlertRow{0, rule, AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""};
    source.told = Told{};
    source.episode.clear();
    source.failing_since.reset();
  }
  row.machine = encode_alert({{}, source.told, {}, 0});
  commit_.alerts.push_back(std::move(row));
  commit_.episodes.push_back(std::move(episode));
  Labels labels{{"severity", "warning"}, {"source", source.row.name}, {"type", std::string(name_of(type))}};
  tellings.push_back({{type, std::move(labels)}, std::nullopt, std::move(view)});
}

/// Alerts of rules and sources that are gone end, and those who know of them are told.
void Engine::tell_removed(Instant now, std::vector<Telling>& tellings) {
  for (const AlertRow& row : std::exchange(orphans_, {})) {
    commit_.alerts.push_back({row.line, row.rule, AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""});
    const auto memory = decode_alert(row.machine);
    if (row.phase != AlertPhase::kFiring || !memory) {
      continue;
    }
    EpisodeRow episode;
    episode.id = row.episode;
    episode.line = row.line;
    episode.rule = row.rule;
    episode.severity = std::max(row.severity, memory->state.worst);
    episode.since = row.since.value_or(now);
    episode.pending = memory->state.pending_at ? memory->state.pending_at : row.since;
    episode.firing = memory->state.firing_at ? memory->state.firing_at : memory->no_data.firing_at;
    if (row.line == 0) {
      episode.firing = row.since;
    }
    episode.resolved = now;
    episode.reason = Reason::kRuleRemoved;
    commit_.episodes.push_back(std::move(episode));
    if (!memory->told.episode.empty()) {
      tellings.push_back(removed_telling(row));
    }
  }
}

/// A line of the history, also one that the rules have no more.
LineRow Engine::stored_line(std::uint32_t id) const {
  if (const auto orphan = orphan_lines_.find(id); orphan != orphan_lines_.end()) {
    return orphan->second;
  }
  const std::uint32_t place = id < line_of_id_.size() ? line_of_id_[id] : 0;
  return place == 0 ? LineRow{} : LineRow{id, rules_.kpis[lines_[place - 1].kpi].id, lines_[place - 1].segment};
}

Engine::Telling Engine::removed_telling(const AlertRow& row) const {
  AlertView view;
  view.id = row.episode;
  view.firing = false;
  view.severity = row.severity;
  view.since = row.since;
  view.since_text = row.since ? rfc3339(*row.since) : "";
  Labels labels{{"severity", std::string(name_of(row.severity))}};
  MessageType type = MessageType::kAlertResolved;
  if (row.line == 0) {
    type = MessageType::kSourceRecovered;
    view.source = row.rule.substr(row.rule.find(':') + 1);
    view.title = view.source;
    view.rule = "source";
    view.reason = "the source was removed";
    set_label(labels, "source", view.source);
  } else {
    const LineRow line = stored_line(row.line);
    const Kpi* kpi = rules_.find(line.kpi);
    view.kpi = line.kpi;
    view.title = kpi != nullptr && !kpi->title.empty() ? kpi->title : line.kpi;
    view.segment = line.segment;
    view.rule = row.rule;
    view.reason = "the rule was removed";
    set_label(labels, "kpi", view.kpi);
    set_label(labels, "owner", kpi != nullptr ? kpi->owner : "");
    set_label(labels, "objective", kpi != nullptr ? kpi->objective : "");
  }
  set_label(labels, "type", std::string(name_of(type)));
  std::ranges::sort(labels);
  return {{type, std::move(labels)}, std::nullopt, std::move(view)};
}

/// Keeps what must survive of each alert of a line, when it has changed.
void Engine::write_alerts(std::uint32_t index) {
  const Line& line = lines_[index];
  for (const AlertSlot& alert : alerts_of(index)) {
    const AlertState state = alert.state != nullptr ? *alert.state : AlertState{};
    const NoDataState no_data = alert.state == nullptr ? line.no_data : NoDataState{};
    std::string machine = encode_alert({state, *alert.told, no_data, 0});
    const std::string rule = rule_name(rules_.kpis[line.kpi], alert.rule, alert.index);
    const auto stored = stored_alerts_.find({line.id, rule});
    if (stored == stored_alerts_.end() ? machine.empty() : stored->second == machine) {
      continue;
    }
    AlertRow row;
    row.line = line.id;
    row.rule = rule;
    row.phase = state.phase;
    row.severity = state.severity;
    row.episode = state.episode;
    std::optional<Slot> since = state.since;
    if (alert.state == nullptr) {
      row.phase = no_data.is_on ? AlertPhase::kFiring : no_data.first ? AlertPhase::kPending : AlertPhase::kInactive;
      row.severity = no_data.first ? rules_.kpis[line.kpi].no_data.severity : Severity::kNone;
      row.episode = no_data.episode;
      since = no_data.first;
    }
    if (since) {
      row.since = start_of(*since, rules_.kpis[line.kpi].every, rules_.kpis[line.kpi].zone);
    }
    row.machine = machine;
    commit_.alerts.push_back(std::move(row));
    if (machine.empty()) {
      stored_alerts_.erase(stored);
    } else {
      stored_alerts_[{line.id, rule}] = std::move(machine);
    }
  }
}

Message Engine::compose(const Envelope& envelope, const std::vector<Telling>& tellings, Instant now) const {
  Message message;
  message.type = envelope.type;
  message.channel = envelope.channel;
  message.created = now;
  message.language = config_->language;
  message.zone = config_->zone;
  message.group = envelope.group;
  std::string identity;
  for (const std::size_t index : envelope.notices) {
    const Telling& telling = tellings[index];
    message.alerts.push_back(telling.subject ? describe(*telling.subject, config_->language) : telling.view);
    const AlertView& alert = message.alerts.back();
    identity += alert.id + "/" + std::string(name_of(alert.severity)) + (alert.firing ? "+" : "-");
  }
  const std::array<std::string_view, 3> parts{envelope.channel, name_of(envelope.type), identity};
  message.id = "msg_" + stable_id(now.time_since_epoch().count(), parts);
  return message;
}

void Engine::tell(Instant now, StepSummary& summary) {
  std::vector<Telling> tellings;
  tell_removed(now, tellings);
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    turn_lines(i, now);
    tell_source(i, now, tellings);
  }
  turn_inhibited();
  for (const std::uint32_t line : changed_) {  // twice is as good as once
    tell_line(line, tellings);
    write_alerts(line);
  }
  std::vector<Notice> notices;
  notices.reserve(tellings.size());
  for (const Telling& telling : tellings) {
    notices.push_back(telling.notice);
  }
  for (const Envelope& envelope : address(notices, config_->routes)) {
    Message message = compose(envelope, tellings, now);
    NotificationRow row;
    row.id = message.id;
    row.channel = message.channel;
    row.type = name_of(message.type);
    row.created = now;
    row.body = outbox_json(message);
    commit_.notifications.push_back(std::move(row));
    summary.messages.push_back(std::move(message));
  }
}

void Engine::write_status(const Line& line, Instant now) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  StatusRow row;
  row.line = line.id;
  const std::optional<Slot> slot = line.stepped ? line.stepped : line.first;
  if (!slot) {
    return;
  }
  row.slot = *slot;
  row.period = period_of(*slot, kpi.every, kpi.zone);
  if (line.stepped) {
    const Sample* judged = line.judged.at(*slot);
    row.value = judged != nullptr ? judged->value : std::nan("");
    row.verdict = line.verdict;
    row.reason = line.reason;
  } else {
    const Value value = provisional_value(line, judge_context(now), *slot);
    row.value = value.number;
    row.reason = value.reason;
    row.verdict = Verdict::kProvisional;
  }
  row.state = state_of(line);
  row.severity = severity_of(line);
  const AlertState* firing = nullptr;
  for (const AlertState* state : {&line.thresholds, &line.target}) {
    firing = state->phase == AlertPhase::kFiring && (firing == nullptr || state->severity > firing->severity) ? state
                                                                                                              : firing;
  }
  for (const AlertState& state : line.alerts) {
    firing = state.phase == AlertPhase::kFiring && (firing == nullptr || state.severity > firing->severity) ? &state
                                                                                                            : firing;
  }
  const std::optional<Slot> since = firing != nullptr                               ? firing->since
                                    : line.no_data.first                            ? line.no_data.first
                                    : line.thresholds.phase == AlertPhase::kPending ? line.thresholds.since
                                                                                    : std::nullopt;
  if (since) {
    row.since = start_of(*since, kpi.every, kpi.zone);
  }
  if (!line.plans.empty()) {
    row.target = target_view_json(describe_target(kpi, line, config_->language));
  }
  commit_.statuses.push_back(std::move(row));
}

}  // namespace kpi

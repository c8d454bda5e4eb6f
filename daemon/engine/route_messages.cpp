// From what happened to who is told: the events of a step go to routing, and what that decides becomes messages and
// rows of the same commit.

#include "daemon/engine/engine.hpp"
#include "daemon/engine/routing_json.hpp"
#include "daemon/engine/warm_up.hpp"
#include "rules/base/text.hpp"
#include "rules/routing/route_labels.hpp"

#include <algorithm>
#include <array>

namespace kpi {

Instant Engine::warm_at() const {
  Instant at = started_;
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    at = std::max(at, waited_for_until(sources_[i], config_->sources[i].every, started_));
  }
  return at;
}

/// Whether every rule was judged once since the start.
bool Engine::is_warm(Instant now) const {
  return options_.waits_elapsed || warm_at() <= now;
}

std::optional<Engine::AlertSlot> Engine::find_alert(const AlertKey& alert, std::uint32_t& line) const {
  const std::uint32_t place = alert.line < line_of_id_.size() ? line_of_id_[alert.line] : 0;
  if (place == 0) {
    return std::nullopt;
  }
  line = place - 1;
  // Slots hold pointers into the line and what was told of it; nobody writes through these.
  for (const AlertSlot& slot :
       const_cast<Engine*>(this)->alerts_of(line)) {  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    if (key_of(line, slot).rule == alert.rule) {
      return slot;
    }
  }
  return std::nullopt;
}

/// What speaks for this alert now, another one or a failing source: "source web"; empty: nothing.
std::string Engine::speaker_for(const AlertKey& alert) const {
  const std::uint32_t place = alert.line < line_of_id_.size() ? line_of_id_[alert.line] : 0;
  if (place == 0) {
    return "";
  }
  const std::uint32_t kpi = lines_[place - 1].kpi;
  for (const std::uint32_t index : sources_of_kpi_[kpi]) {
    const SourceRow& source = sources_[index].row;
    if (alert.rule == "no_data" && (!source.error.empty() || !source.late.empty())) {
      return "source " + source.name;
    }
  }
  if (inhibitors_[kpi].empty()) {
    return "";
  }
  std::uint32_t line = 0;
  const auto slot = find_alert(alert, line);
  return slot ? inhibitor_of(line, *slot) : "";
}

/// What fires, of which nobody was told because something else speaks for it: routing does not know of it yet.
std::optional<Decision> Engine::inhibition_of(const AlertKey& alert) const {
  std::uint32_t line = 0;
  const auto slot = find_alert(alert, line);
  if (!slot || slot->rule == RuleKind::kTarget) {
    return std::nullopt;
  }
  const bool is_of_data = slot->state == nullptr;
  const bool is_on = is_of_data ? lines_[line].no_data.is_on : slot->state->phase == AlertPhase::kFiring;
  const std::string& episode = is_of_data ? lines_[line].no_data.episode : slot->state->episode;
  Decision decision;
  decision.by = is_on && slot->told->episode != episode ? speaker_for(alert) : "";
  decision.hold = Hold::kInhibited;
  decision.subject = rules_.kpis[lines_[line].kpi].id + " " + alert.rule +
                     (lines_[line].segment.empty() ? "" : " (" + labels_text(lines_[line].segment) + ")");
  return decision.by.empty() ? std::nullopt : std::optional(std::move(decision));
}

DecideContext Engine::decide_context(Instant now) const {
  DecideContext context;
  context.rules = &config_->routing;
  context.ground = {config_->zone, rules_.calendar};
  for (const ChannelConfig& channel : config_->channels) {
    const ChannelKind* kind = find_channel_kind(channel.type);
    if (kind != nullptr && kind->keeps_incidents) {
      context.incident_channels.insert(channel.name);
    }
  }
  context.now = now;
  context.is_warm = is_warm(now);
  // While the clock stands before the last step time does not go on: a wait would have no end.
  const bool stands_still = last_step_ && now <= *last_step_ + kEngineTick && !self_.row.error.empty();
  context.waits_elapsed = options_.waits_elapsed || stands_still;
  context.speaker_for = [this](const AlertKey& alert) { return speaker_for(alert); };
  return context;
}

const Engine::SourceState* Engine::source_of(const AlertKey& alert) const {
  const auto is_of = [&](const SourceState& state) { return "source:" + state.row.name == alert.rule; };
  const auto source = std::ranges::find_if(sources_, is_of);
  return source != sources_.end() ? &*source : is_of(self_) ? &self_ : nullptr;
}

/// The alert as it is now.
std::optional<AlertView> Engine::view_of(const AlertKey& alert, MessageType type, std::string_view channel) const {
  if (alert.line == 0) {
    const SourceState* source = source_of(alert);
    return source == nullptr ? std::nullopt : std::optional(source_view(*source, channel));
  }
  std::uint32_t line = 0;
  const auto slot = find_alert(alert, line);
  if (!slot) {
    return std::nullopt;
  }
  const bool is_target = slot->rule == RuleKind::kTarget && lines_[line].target_standing.plan.has_value();
  AlertSubject subject = is_target ? target_subject(line, *slot) : subject_of(line, *slot);
  subject.is_flapping = type == MessageType::kAlertFlapping;
  subject.severity = is_target ? subject.severity : std::max(subject.severity, Severity::kInfo);
  return described(subject);
}

void Engine::collect_events(Instant now, StepSummary& summary) {
  tell_removed(now);
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    turn_lines(i, now);
    tell_source(sources_[i], now);
  }
  tell_source(self_, now);
  turn_inhibited();
  std::ranges::sort(changed_);
  const auto twice = std::ranges::unique(changed_);
  changed_.erase(twice.begin(), twice.end());
  for (const std::uint32_t line : changed_) {
    tell_line(line);
    write_alerts(line);
    const bool may_be_held = !inhibitors_[lines_[line].kpi].empty() || lines_[line].no_data.is_on;
    for (const AlertSlot& alert : may_be_held ? alerts_of(line) : std::vector<AlertSlot>{}) {
      if (auto held = inhibition_of(key_of(line, alert))) {
        summary.decisions.push_back(*std::move(held));
      }
    }
  }
  widen_sources(now);
  remind_of_targets(now);
}

Result<void> Engine::tell(Instant now, StepSummary& summary) {
  collect_events(now, summary);
  keep(decide(routing_, std::exchange(events_, {}), decide_context(now)), summary, now);
  tell_self(now, summary);
  if (is_warm(now)) {
    resumed_at_.reset();
  }
  return {};
}

void Engine::keep(Decided decided, StepSummary& summary, Instant now) {
  for (const Envelope& envelope : decided.messages) {
    Message message = compose(envelope, now);
    if (!message.alerts.empty()) {
      send(std::move(message), summary);
    }
  }
  keep_state(decided);
  for (const Acknowledgement& acknowledgement : decided.acknowledgements) {
    commit_.acknowledgements.push_back(row_of(acknowledgement));
  }
  for (const Hushed& hushed : decided.hushed) {
    commit_.hushed.push_back({hushed.episode, hushed.channel, hushed.by, hushed.at, encode_view(hushed.view)});
  }
  std::ranges::move(decided.decisions, std::back_inserter(summary.decisions));
}

void Engine::keep_state(const Decided& decided) {
  for (const AlertKey& key : decided.alerts) {
    const auto found = routing_.alerts.find(key);
    commit_.routing.push_back({key_of_row(key), found == routing_.alerts.end() ? "" : encode_tracked(found->second)});
  }
  for (const std::string& id : decided.groups) {
    const auto found = routing_.groups.find(id);
    commit_.routing.push_back(
        {key_of_group_row(id), found == routing_.groups.end() ? "" : encode_group(found->second)});
  }
}

void Engine::restore_routing(const StoredState& state, Instant now) {
  for (const RoutingRow& row : state.routing) {
    if (const auto read = decode_routing(row, routing_); !read) {
      warnings_.push_back(read.error().message);
      commit_.routing.push_back({row.key, ""});
    }
  }
  for (const SilenceRow& row : state.silences) {
    if (auto silence = silence_of(row)) {
      routing_.silences.emplace(row.id, std::move(*silence));
    }
  }
  for (const AcknowledgementRow& row : state.acknowledgements) {
    routing_.acknowledgements.insert_or_assign(row.episode, acknowledgement_of(row));
  }
  index(routing_);
  for (const auto& [episode, acknowledgement] : routing_.acknowledgements) {
    if (const auto* tracked = find_episode(routing_, episode)) {
      routing_.alerts.find(tracked->first)->second.acknowledged = acknowledgement.until;  // said while no daemon ran
    }
  }
  adopt_told();
  refresh_labels();
  keep_state(route_again(routing_, decide_context(std::max(now, last_step_.value_or(now)))));
}

/// What was told before kpid kept who knows it.
void Engine::adopt_told() {
  const DecideContext context = decide_context(last_step_.value_or(Instant{}));
  const auto adopt_event = [&](AlertEvent event) {
    if (!event.episode.empty() && !routing_.alerts.contains(event.alert)) {
      keep_state(adopt(routing_, event, context));
    }
  };
  for (std::uint32_t line = 0; line < lines_.size(); ++line) {
    for (const AlertSlot& alert : alerts_of(line)) {
      if (alert.told->episode.empty()) {
        continue;
      }
      const MessageType type = alert.rule == RuleKind::kNoData   ? MessageType::kAlertNoData
                               : alert.rule == RuleKind::kTarget ? MessageType::kTargetStatus
                                                                 : MessageType::kAlertFiring;
      AlertSubject subject = subject_of(line, alert);
      subject.episode = alert.told->episode;
      subject.severity = alert.told->severity;
      adopt_event(event_of(line, alert, subject, type));
    }
  }
  const auto adopt_source = [&](const SourceState& source) {
    AlertEvent event;
    event.alert = {0, "source:" + source.row.name};
    event.type = MessageType::kSourceError;
    event.episode = source.told.episode;
    event.severity = Severity::kWarning;
    event.labels = {{"severity", "warning"}, {"source", source.row.name}, {"type", "source.error"}};
    adopt_event(std::move(event));
  };
  std::ranges::for_each(sources_, adopt_source);
  adopt_source(self_);
}

/// Owners, objectives and labels may have changed with the rules.
void Engine::refresh_labels() {
  for (auto& [key, alert] : routing_.alerts) {
    std::uint32_t line = 0;
    const auto slot = alert.is_firing ? find_alert(key, line) : std::nullopt;
    if (slot) {
      AlertSubject subject;
      subject.kpi = &rules_.kpis[lines_[line].kpi];
      subject.line = &lines_[line];
      subject.rule = slot->rule;
      subject.index = slot->index;
      subject.severity = alert.severity;
      alert.labels = route_labels(subject, alert.type);
    } else if (const SourceState* source = key.line == 0 ? source_of(key) : nullptr; source != nullptr) {
      alert.also = missing_by(*source).labels;
    }
  }
}

std::vector<Decision> Engine::standings_of(const Line& line, const std::string& rule, Instant now) const {
  if (auto held = inhibition_of({line.id, rule})) {
    return {*std::move(held)};
  }
  DecideContext context = decide_context(now);
  context.is_warm = true;  // who asks has just restored it to look, not to tell
  return standings(routing_, {line.id, rule}, context);
}

Result<void> Engine::acknowledge(const std::string& episode, Acknowledgement words, Instant now) {
  const auto* tracked = find_episode(routing_, episode);
  if (tracked == nullptr) {
    return fail(ErrorKind::kNotFound, "no alert \"" + printable(episode, 64) + "\" fires now; kpid alerts lists them");
  }
  if (words.until <= now) {
    return fail(ErrorKind::kInvalid, "an acknowledgement ends later than it begins, not at " + rfc3339(words.until));
  }
  const DecideContext context = decide_context(now);
  const auto known = routing_.acknowledgements.find(episode);
  if (known != routing_.acknowledgements.end() && known->second.is_active(now)) {
    Acknowledgement former = known->second;
    former.ended = Acknowledgement::End::kReplaced;
    former.ended_at = now;
    commit_.acknowledgements.push_back(row_of(former));
  }
  words.episode = episode;
  kpi::acknowledge(routing_, std::move(words), context);
  commit_.acknowledgements.push_back(row_of(routing_.acknowledgements.find(episode)->second));
  commit_.routing.push_back({key_of_row(tracked->first), encode_tracked(tracked->second)});  // until when it is held
  return {};
}

Result<std::string> Engine::add_silence(Silence silence, Instant now) {
  if (silence.match.empty()) {
    return fail(ErrorKind::kInvalid,
                "a silence without a match would silence everything; say what, such as kpi=visits");
  }
  if (silence.end <= silence.start || silence.end <= now) {
    return fail(ErrorKind::kInvalid, "a silence ends after it begins, and not before now");
  }
  const std::string text = text_of(silence.match);
  const std::string end = rfc3339(silence.end);
  const std::array<std::string_view, 4> parts{text, end, silence.by, silence.comment};
  silence.id = "si_" + stable_id(now.time_since_epoch().count(), parts);
  silence.created = now;
  std::string id = silence.id;
  commit_.silences.push_back(row_of(silence));
  put_silence(routing_, std::move(silence), decide_context(now));
  return id;
}

Result<void> Engine::end_silence(const std::string& id, Instant now) {
  const auto found = routing_.silences.find(id);
  if (found == routing_.silences.end() || found->second.end <= now) {
    return fail(ErrorKind::kNotFound,
                "there is no silence \"" + printable(id, 64) + "\" that goes on; kpid silence list lists them");
  }
  Silence silence = found->second;
  silence.end = now;
  silence.start = std::min(silence.start, now);
  commit_.silences.push_back(row_of(silence));
  put_silence(routing_, std::move(silence), decide_context(now));
  return {};
}

}  // namespace kpi

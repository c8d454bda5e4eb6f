// What happened to sources, and to the alerts of rules that are gone, as events for routing.

#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"
#include "rules/base/text.hpp"
#include "rules/routing/route_labels.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <array>

namespace kpi {

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

AlertView Engine::source_view(const SourceState& source, std::string_view channel) const {
  SourceSubject subject;
  subject.name = source.row.name;
  subject.episode = source.episode;
  subject.severity = std::max(source.told.severity, Severity::kWarning);
  subject.is_failing = !source.row.error.empty() || !source.row.late.empty();
  subject.since = source.failing_since;
  subject.error = source.row.error.empty() ? source.row.late : source.row.error;
  subject.why = &source == &self_        ? Phrase::kSelfWell
                : source.is_told_as_late ? Phrase::kLateCame
                                         : Phrase::kSourceReadable;
  subject.is_late = source.row.error.empty();
  subject.is_invalid = source.is_invalid;
  if (source.owed && subject.is_late) {
    const SourceSettings& settings = config_->sources[static_cast<std::size_t>(&source - sources_.data())].settings;
    subject.owed = OwedPeriod{*source.owed, settings.grain, rules_.calendar};
  }
  subject.zone = config_->zone;
  if (&source != &self_) {
    subject.kpis = waiting_kpis(static_cast<std::uint32_t>(&source - sources_.data()), channel);
  }
  return describe(subject, voices_);
}

/// Says in every voice why an alert ended whose rule or source is no more, and when it began.
void Engine::say_removed(AlertView& view, Phrase why) const {
  const auto say_to = [&](const Voice& voice) {
    view.since_text = view.since ? time_words(*view.since, voice.zone.value_or(config_->zone), voice.language) : "";
    view.reason = say(voice.language, why);
  };
  for (std::size_t i = 1; i < voices_.size(); ++i) {
    say_to(voices_[i]);
    view.others.insert_or_assign(kpi::key_of(voices_[i]), texts_of(view));
  }
  say_to(voices_.front());
}

void Engine::receive_troubles(const std::string& text, Instant now) {
  if (self_.row.error == text) {
    return;
  }
  self_.is_changed = true;
  self_.is_invalid = true;  // told at once
  self_.row.error = text;
  self_.row.last_poll = now;
  if (text.empty()) {
    self_.row.last_success = now;
  } else {
    self_.failing_since = self_.failing_since.value_or(now);
  }
}

void Engine::tell_source(SourceState& source, Instant now) {
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
  source.failing_since = source.failing_since ? source.failing_since : source.late_since;
  const std::string rule = "source:" + source.row.name;
  if (is_failing) {
    const std::array<std::string_view, 1> parts{rule};
    source.episode = "ep_" + stable_id(source.failing_since.value_or(now).time_since_epoch().count(), parts);
    source.told = Told{source.episode, Severity::kWarning, "", std::nullopt};
    const MissingData missing = missing_by(source);
    source.told.severity = std::max(missing.severity, Severity::kWarning);
    source.is_told_as_late = !is_broken;
    events_.push_back(source_event(source, missing));
    write_source(source, now);
    return;
  }
  AlertEvent event = source_event(source, {});
  event.kind = News::Kind::kEnds;
  event.view = source_view(source);
  source.is_told_as_late = false;
  events_.push_back(std::move(event));
  write_source(source, now, true);
  source.told = Told{};
  source.episode.clear();
  source.failing_since.reset();
}

/// Its alert and its episode, as they are or as they ended.
void Engine::write_source(const SourceState& source, Instant now, bool is_over) {
  const std::string rule = "source:" + source.row.name;
  EpisodeRow episode;
  episode.id = source.episode;
  episode.rule = rule;
  episode.severity = std::max(source.told.severity, Severity::kWarning);
  episode.since = source.failing_since.value_or(now);
  episode.pending = episode.since;
  episode.firing = episode.since;
  AlertRow row{0, rule, AlertPhase::kFiring, episode.severity, source.failing_since, source.episode, ""};
  if (is_over) {
    episode.resolved = now;
    episode.reason = Reason::kRecovered;
    row = AlertRow{0, rule, AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""};
  }
  row.machine = encode_alert({{}, is_over ? Told{} : source.told, {}, 0});
  commit_.alerts.push_back(std::move(row));
  commit_.episodes.push_back(std::move(episode));
}

/// That it fails, or (what is missing left out) no more.
AlertEvent Engine::source_event(const SourceState& source, MissingData missing) const {
  AlertEvent event;
  event.alert = {0, "source:" + source.row.name};
  event.type = missing.is_failing ? MessageType::kSourceError : MessageType::kSourceRecovered;
  event.episode = source.episode;
  event.severity = std::max(source.told.severity, Severity::kWarning);
  event.labels = {{"severity", std::string(name_of(event.severity))},
                  {"source", source.row.name},
                  {"type", std::string(name_of(event.type))}};
  event.also = std::move(missing.labels);
  return event;
}

/// The labels of the no_data alerts that it speaks for now: of those that lead to the same channels the first.
Engine::MissingData Engine::missing_by(const SourceState& source) const {
  MissingData missing;
  missing.is_failing = true;
  if (&source == &self_) {
    return missing;
  }
  const auto index = static_cast<std::uint32_t>(&source - sources_.data());
  std::set<std::vector<std::string>> reached;
  for (std::uint32_t kpi = 0; kpi < sources_of_kpi_.size(); ++kpi) {
    for (const std::uint32_t line :
         sources_of_kpi_[kpi].contains(index) ? lines_of_kpi_[kpi] : std::vector<std::uint32_t>()) {
      if (!lines_[line].no_data.is_on) {
        continue;
      }
      Labels labels = no_data_labels(line);
      std::vector<std::string> channels;
      for (Destination& destination : destinations(labels, config_->routing.routes)) {
        channels.push_back(std::move(destination.channel));
      }
      missing.severity = std::max(missing.severity, rules_.kpis[kpi].no_data.severity);
      if (reached.insert(std::move(channels)).second) {
        missing.labels.push_back(std::move(labels));
      }
    }
  }
  return missing;
}

/// Whom the missing data of a line would be told to.
Labels Engine::no_data_labels(std::uint32_t line) const {
  AlertSubject subject;
  subject.kpi = &rules_.kpis[lines_[line].kpi];
  subject.line = &lines_[line];
  subject.rule = RuleKind::kNoData;
  subject.severity = subject.kpi->no_data.severity;
  return route_labels(subject, MessageType::kAlertNoData);
}

/// The titles of the KPIs that stand on a source: first those whose missing data this channel would be told of.
std::vector<std::string> Engine::waiting_kpis(std::uint32_t source, std::string_view channel) const {
  std::vector<std::string> own;
  std::vector<std::string> others;
  for (std::uint32_t kpi = 0; kpi < sources_of_kpi_.size(); ++kpi) {
    if (!sources_of_kpi_[kpi].contains(source)) {
      continue;
    }
    const Kpi& waiting = rules_.kpis[kpi];
    const bool is_own = !channel.empty() && std::ranges::any_of(lines_of_kpi_[kpi], [&](std::uint32_t line) {
      const auto to = destinations(no_data_labels(line), config_->routing.routes);
      return std::ranges::find(to, channel, &Destination::channel) != to.end();
    });
    (is_own ? own : others).push_back(waiting.title.empty() ? waiting.id : waiting.title);
  }
  own.insert(own.end(), others.begin(), others.end());
  return own;
}

/// Sources that were told of speak for more KPIs than before when the time of these is over: those who would be told of
/// that hear of the source, once for each channel.
void Engine::widen_sources(Instant now) {
  std::set<std::uint32_t> speaking;
  for (const std::uint32_t line : changed_) {
    const std::set<std::uint32_t>& sources = sources_of_kpi_[lines_[line].kpi];
    if (lines_[line].no_data.is_on) {
      speaking.insert(sources.begin(), sources.end());
    }
  }
  for (const std::uint32_t index : speaking) {
    SourceState& source = sources_[index];
    const auto known = routing_.alerts.find({0, "source:" + source.row.name});
    if (source.told.episode.empty() || known == routing_.alerts.end() || !known->second.is_firing) {
      continue;
    }
    const MissingData missing = missing_by(source);
    const bool is_worse = missing.severity > source.told.severity;
    if (!is_worse && missing.labels == known->second.also) {
      continue;
    }
    source.told.severity = std::max(source.told.severity, missing.severity);
    AlertEvent event = source_event(source, missing);
    event.is_wider = !is_worse;
    events_.push_back(std::move(event));
    if (is_worse) {
      write_source(source, now);
    }
  }
}

/// Alerts of rules and sources that are gone end, and those who know of them are told.
void Engine::tell_removed(Instant now) {
  for (const AlertRow& row : std::exchange(orphans_, {})) {
    const auto memory = decode_alert(row.machine);
    if (memory && !memory->rule.empty()) {
      continue;  // kept as it is, until its rule comes back
    }
    commit_.alerts.push_back(row_of_removed(row, memory ? *memory : AlertMemory{}));
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
      events_.push_back(removed_event(row));
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

AlertEvent Engine::removed_event(const AlertRow& row) const {
  AlertView view;
  view.id = row.episode;
  view.firing = false;
  view.severity = row.severity;
  view.since = row.since;
  AlertEvent event;
  event.kind = News::Kind::kEnds;
  event.alert = {row.line, row.rule};
  event.episode = row.episode;
  event.severity = row.severity;
  event.type = row.line == 0 ? MessageType::kSourceRecovered : MessageType::kAlertResolved;
  event.labels = {{"severity", std::string(name_of(row.severity))}, {"type", std::string(name_of(event.type))}};
  if (row.line == 0) {
    view.source = row.rule.substr(row.rule.find(':') + 1);
    view.title = view.source;
    view.rule = row.rule;
    set_label(event.labels, "source", view.source);
  } else {
    const LineRow line = stored_line(row.line);
    const Kpi* kpi = rules_.find(line.kpi);
    const std::uint32_t place = row.line < line_of_id_.size() ? line_of_id_[row.line] : 0;
    if (place != 0 && lines_[place - 1].stepped) {  // the KPI lives on: where it stands is said with it
      AlertSubject subject = subject_of(place - 1, {RuleKind::kNoData, 0, nullptr, nullptr});
      subject.slot = *lines_[place - 1].stepped;
      subject.judgement = judge_period(lines_[place - 1], judge_context(last_step_.value_or(Instant{})), subject.slot);
      subject.since.reset();
      if (row.since) {
        subject.since = slot_at(*row.since, kpi->every, kpi->zone, rules_.calendar);
      }
      subject.is_firing = false;
      subject.reason = Reason::kRuleRemoved;
      subject.was_target = row.rule == "target";
      subject.episode = row.episode;
      subject.severity = row.severity;
      view = described(std::move(subject));
    }
    view.kpi = line.kpi;
    view.title = kpi != nullptr && !kpi->title.empty() ? kpi->title : line.kpi;
    view.segment = line.segment;
    view.rule = row.rule;
    set_label(event.labels, "kpi", view.kpi);
    set_label(event.labels, "owner", kpi != nullptr ? kpi->owner : "");
    set_label(event.labels, "objective", kpi != nullptr ? kpi->objective : "");
  }
  std::ranges::sort(event.labels);
  if (!view.period) {
    say_removed(view,
                row.line == 0          ? Phrase::kSourceRemoved
                : row.rule == "target" ? Phrase::kTargetRemoved
                                       : Phrase::kRuleRemoved);
  }
  event.view = std::move(view);
  return event;
}

}  // namespace kpi

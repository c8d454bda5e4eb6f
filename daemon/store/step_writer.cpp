#include "daemon/store/step_writer.hpp"

#include "daemon/store/row_text.hpp"
#include "daemon/store/stored_rows.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace kpi::sqlite {
namespace {

constexpr const char* kUnlessPresent = "ON CONFLICT DO NOTHING";

constexpr const char* kPutSeries =
    "INSERT INTO series(id, metric_id, labels) VALUES(?1, (SELECT id FROM metric WHERE name = ?2), ?3) "
    "ON CONFLICT(id) DO UPDATE SET metric_id = excluded.metric_id, labels = excluded.labels";
constexpr const char* kPutLine =
    "INSERT INTO line(id, kpi_id, segment) VALUES(?1, (SELECT id FROM kpi WHERE name = ?2), ?3) "
    "ON CONFLICT(id) DO UPDATE SET kpi_id = excluded.kpi_id, segment = excluded.segment";
constexpr const char* kPutRule =
    "INSERT INTO rule_text(id, kpi_id, fingerprint, text, first_used) "
    "VALUES(?1, (SELECT id FROM kpi WHERE name = ?2), ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET "
    "kpi_id = excluded.kpi_id, fingerprint = excluded.fingerprint, text = excluded.text";
// One that comes back after another is the newest again.
constexpr const char* kPutTarget =
    "INSERT INTO target_text(kpi_id, target, fingerprint, start, baseline, text, first_met) "
    "VALUES((SELECT id FROM kpi WHERE name = ?1), ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT(kpi_id, target, fingerprint) DO UPDATE SET start = excluded.start, baseline = excluded.baseline, "
    "text = excluded.text, id = CASE WHEN id = (SELECT max(id) FROM target_text AS other "
    "WHERE other.kpi_id = excluded.kpi_id AND other.target = excluded.target) "
    "THEN id ELSE (SELECT max(id) + 1 FROM target_text) END";

constexpr const char* kPutDefinition =
    "INSERT INTO definition_text(kpi_id, text, first_used) VALUES((SELECT id FROM kpi WHERE name = ?1), ?2, ?3) "
    "ON CONFLICT(kpi_id, first_used) DO UPDATE SET text = excluded.text";

constexpr const char* kIntoSample = "INSERT INTO sample(slot, series_id, value, known_at)";
constexpr int kSampleColumns = 4;
constexpr const char* kKeepSample =
    "INSERT INTO sample_revision(slot, series_id, value, known_at, replaced_at) "
    "SELECT slot, series_id, value, known_at, ?4 FROM sample WHERE slot = ?1 AND series_id = ?2 AND value IS NOT ?3";
constexpr const char* kWithdrawSample =
    "INSERT INTO sample_revision(slot, series_id, value, known_at, replaced_at) "
    "SELECT slot, series_id, value, known_at, ?3 FROM sample WHERE slot = ?1 AND series_id = ?2";
constexpr const char* kReplaceSample = "UPDATE sample SET value = ?3, known_at = ?4 WHERE slot = ?1 AND series_id = ?2";

constexpr const char* kIntoLedger = "INSERT INTO ledger(" KPI_LEDGER_COLUMNS ")";
constexpr int kLedgerColumns = 16;
constexpr const char* kKeepVerdict =
    "INSERT INTO ledger_revision(" KPI_LEDGER_COLUMNS ", replaced_at) SELECT " KPI_LEDGER_COLUMNS
    ", ?16 FROM ledger WHERE slot = ?1 AND line_id = ?2 AND "
    "(period_start, period_end, value, limit_value, verdict, severity, state, reason, goal, expected, "
    "target_status, episode, rule_version) IS NOT (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
// A past episode stays as it was written, but is marked.
constexpr const char* kMarkRestated =
    "UPDATE episode SET restated = 1 WHERE id = (SELECT episode FROM ledger WHERE slot = ?1 AND line_id = ?2 AND "
    "value IS NOT ?3)";
constexpr const char* kReplaceVerdict =
    "REPLACE INTO ledger(" KPI_LEDGER_COLUMNS
    ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

// Not REPLACE: of a table with a foreign key it removes the row before it writes it.
constexpr const char* kIntoStatus = "INSERT INTO status(" KPI_STATUS_COLUMNS ")";
constexpr int kStatusColumns = 14;
constexpr const char* kReplaceStatus =
    "ON CONFLICT(line_id) DO UPDATE SET "
    "slot = excluded.slot, period_start = excluded.period_start, period_end = excluded.period_end, "
    "value = excluded.value, verdict = excluded.verdict, state = excluded.state, severity = excluded.severity, "
    "reason = excluded.reason, since = excluded.since, target = excluded.target, "
    "provisional_start = excluded.provisional_start, provisional_end = excluded.provisional_end, "
    "provisional_value = excluded.provisional_value";
constexpr const char* kIntoAlert = "REPLACE INTO alert(line_id, rule, phase, severity, since, episode, machine)";
constexpr int kAlertColumns = 7;
constexpr const char* kPutEpisode =
    "INSERT INTO episode(" KPI_EPISODE_COLUMNS
    ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
    "line_id = excluded.line_id, rule = excluded.rule, severity = excluded.severity, since = excluded.since, "
    "pending = excluded.pending, firing = excluded.firing, resolved = excluded.resolved, reason = excluded.reason, "
    "restated = MAX(restated, excluded.restated)";
constexpr const char* kAddReview =
    "INSERT INTO review_entry(kpi, by_whom, note, at) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
constexpr const char* kAddNote =
    "INSERT INTO note(kpi, day, text, by_whom, at) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
constexpr const char* kAddForecast =
    "INSERT INTO stated_forecast(line_id, slot, stated_at, probability, projected, goal, rule_version) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM stated_forecast WHERE line_id = ?1 AND slot = "
    "?2 "
    "AND probability IS ?4 AND projected IS ?5 AND goal IS ?6) ON CONFLICT DO NOTHING";
constexpr const char* kAddEntry =
    "INSERT INTO entered(metric, labels, slot, value, by_whom, note, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT DO NOTHING";
constexpr const char* kPutSource =
    "REPLACE INTO source(" KPI_SOURCE_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kPutRead =
    "INSERT INTO source_seen(at, source_id, read_at) VALUES(?, ?, ?) "
    "ON CONFLICT(at, source_id) DO UPDATE SET read_at = excluded.read_at";
constexpr const char* kPutSilence = "REPLACE INTO silence(" KPI_SILENCE_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kPutAcknowledgement =
    "INSERT INTO acknowledgement(" KPI_ACKNOWLEDGEMENT_COLUMNS
    ") VALUES(?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(episode, at) DO UPDATE SET until = excluded.until, ended = excluded.ended, "
    "ended_at = excluded.ended_at";
constexpr const char* kAddHushed =
    "INSERT INTO hushed(" KPI_HUSHED_COLUMNS ") VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
// A message that is there already may have been delivered: a step that is repeated must not queue it again.
constexpr const char* kAddMessage =
    "INSERT INTO outbox(" KPI_OUTBOX_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING";
constexpr const char* kPutDelivery =
    "UPDATE outbox SET state = ?2, attempts = ?3, next_attempt = ?4, sent = ?5, last_error = ?6, progress = ?7 "
    "WHERE id = ?1";
constexpr const char* kPutThread =
    "INSERT INTO thread(channel, alert, remote) VALUES(?, ?, ?) "
    "ON CONFLICT(channel, alert) DO UPDATE SET remote = excluded.remote";
constexpr const char* kPutDisabled =
    "INSERT INTO channel_state(name, disabled) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET disabled = "
    "excluded.disabled";

template <class Id>
std::optional<Id> unless_zero(Id id) {
  return id == 0 ? std::nullopt : std::optional(id);
}

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace

StepWriter::StepWriter(const SQLite::Database& db, Words& words)
    : words_(words),
      add_metric_(db, "INSERT INTO metric(name) VALUES(?) ON CONFLICT DO NOTHING"),
      add_kpi_(db, "INSERT INTO kpi(name) VALUES(?) ON CONFLICT DO NOTHING"),
      put_series_(db, kPutSeries),
      put_line_(db, kPutLine),
      put_rule_(db, kPutRule),
      put_target_(db, kPutTarget),
      put_definition_(db, kPutDefinition),
      add_samples_(db, kIntoSample, kSampleColumns, kUnlessPresent),
      keep_sample_(db, kKeepSample),
      replace_sample_(db, kReplaceSample),
      withdraw_sample_(db, kWithdrawSample),
      drop_sample_(db, "DELETE FROM sample WHERE slot = ?1 AND series_id = ?2"),
      add_verdicts_(db, kIntoLedger, kLedgerColumns, kUnlessPresent),
      keep_verdict_(db, kKeepVerdict),
      mark_restated_(db, kMarkRestated),
      replace_verdict_(db, kReplaceVerdict),
      put_statuses_(db, kIntoStatus, kStatusColumns, kReplaceStatus),
      put_alerts_(db, kIntoAlert, kAlertColumns, ""),
      put_episode_(db, kPutEpisode),
      put_source_(db, kPutSource),
      add_source_name_(db, "INSERT INTO source_name(name) VALUES(?) ON CONFLICT DO NOTHING"),
      find_source_name_(db, "SELECT id FROM source_name WHERE name = ?"),
      put_read_(db, kPutRead),
      put_away_(db, "REPLACE INTO away(since, until) VALUES(?, ?)"),
      add_message_(db, kAddMessage),
      put_delivery_(db, kPutDelivery),
      put_thread_(db, kPutThread),
      drop_thread_(db, "DELETE FROM thread WHERE channel = ? AND alert = ?"),
      put_disabled_(db, kPutDisabled),
      add_review_(db, kAddReview),
      add_note_(db, kAddNote),
      add_forecast_(db, kAddForecast),
      add_entry_(db, kAddEntry),
      put_routing_(db, "REPLACE INTO routing(key, state) VALUES(?, ?)"),
      drop_routing_(db, "DELETE FROM routing WHERE key = ?"),
      put_silence_(db, kPutSilence),
      put_acknowledgement_(db, kPutAcknowledgement),
      add_hushed_(db, kAddHushed),
      put_digest_(db, "REPLACE INTO digest(key, at) VALUES(?, ?)"),
      put_last_step_(db, "UPDATE progress SET last_step = ?") {}

void StepWriter::write(const StepCommit& step) {
  const auto each = [&](const auto& rows, const auto&... when) {
    for (const auto& row : rows) {
      write(row, when...);
    }
  };
  // What others refer to comes first; deliveries may be of messages of this step.
  each(step.series);
  each(step.lines);
  each(step.rule_versions, step.now);
  each(step.target_versions, step.now);
  each(step.definitions, step.now);
  write(step.samples, step.now);
  write(step.verdicts, step.now);
  write(step.statuses);
  write(step.alerts);
  each(step.episodes);
  each(step.sources);
  each(step.source_reads, step.now);
  each(step.down_times);
  each(step.notifications);
  each(step.deliveries);
  each(step.reviews);
  each(step.notes);
  each(step.entries);
  each(step.routing);
  each(step.silences);
  each(step.acknowledgements);
  each(step.hushed);
  each(step.digests);
  if (step.now != Instant{}) {
    put_last_step_.run(step.now);
  }
}

void StepWriter::forget() {
  words_.forget();
  source_ids_.clear();
}

void StepWriter::write(const SeriesRow& series) {
  add_metric_.run(series.metric);
  put_series_.run(series.id, series.metric, labels_json(series.labels));
}

void StepWriter::write(const LineRow& line) {
  add_kpi_.run(line.kpi);
  put_line_.run(line.id, line.kpi, labels_json(line.segment));
}

void StepWriter::write(const RuleVersionRow& rule, Instant now) {
  add_kpi_.run(rule.kpi);
  put_rule_.run(rule.id, rule.kpi, rule.fingerprint, rule.text, now);
}

void StepWriter::write(const TargetVersionRow& target, Instant now) {
  add_kpi_.run(target.kpi);
  put_target_.run(
      target.kpi, target.target, target.fingerprint, date_text(target.start), target.baseline, target.text, now);
}

void StepWriter::write(const DefinitionRow& definition, Instant now) {
  add_kpi_.run(definition.kpi);
  put_definition_.run(definition.kpi, definition.text, now);
}

void StepWriter::write(const std::vector<SampleRow>& samples, Instant now) {
  for (auto next = samples.begin(); next != samples.end();) {
    const auto end = std::find_if(next, samples.end(), [](const SampleRow& sample) { return sample.is_withdrawn; });
    write(std::span(next, end), now);
    for (next = end; next != samples.end() && next->is_withdrawn; ++next) {
      withdraw(*next, now);
    }
  }
}

void StepWriter::write(std::span<const SampleRow> samples, Instant now) {
  add_samples_.run(
      samples.size(),
      [&](Query& query, int first, std::size_t i) {
        query.bind_from(first, samples[i].slot, samples[i].series, samples[i].value, now);
      },
      [&](std::size_t i) { restate(samples[i], now); });
}

void StepWriter::restate(const SampleRow& sample, Instant now) {
  if (keep_sample_.run(sample.slot, sample.series, sample.value, now) != 0) {
    replace_sample_.run(sample.slot, sample.series, sample.value, now);
  }
}

void StepWriter::withdraw(const SampleRow& sample, Instant now) {
  withdraw_sample_.run(sample.slot, sample.series, now);
  drop_sample_.run(sample.slot, sample.series);
}

void StepWriter::write(const std::vector<VerdictRow>& verdicts, Instant now) {
  add_verdicts_.run(
      verdicts.size(),
      [&](Query& query, int first, std::size_t i) { bind_ledger(query, first, verdicts[i], now); },
      [&](std::size_t i) { restate(verdicts[i], now); });
  for (const VerdictRow& verdict : verdicts) {
    if (!std::isnan(verdict.probability)) {
      add_forecast_.run(
          verdict.line, verdict.slot, now, verdict.probability, verdict.projected, verdict.goal, verdict.rule_version);
    }
  }
}

void StepWriter::restate(const VerdictRow& verdict, Instant now) {
  bind_ledger(keep_verdict_, 1, verdict, now);
  if (keep_verdict_.run_bound() != 0) {
    mark_restated_.run(verdict.slot, verdict.line, verdict.value);
    bind_ledger(replace_verdict_, 1, verdict, now);
    replace_verdict_.run_bound();
  }
}

void StepWriter::bind_ledger(Query& query, int first, const VerdictRow& verdict, Instant now) {
  query.bind_from(first,
                  verdict.slot,
                  verdict.line,
                  verdict.period.start,
                  verdict.period.end,
                  verdict.value,
                  verdict.limit,
                  words_.number(verdict.verdict),
                  words_.number(verdict.severity),
                  words_.number(verdict.state),
                  words_.number(verdict.reason),
                  verdict.goal,
                  verdict.expected,
                  words_.number(verdict.target_status),
                  unless_empty(verdict.episode),
                  verdict.rule_version,
                  now);
}

void StepWriter::write(const std::vector<StatusRow>& statuses) {
  put_statuses_.run(
      statuses.size(),
      [&](Query& query, int first, std::size_t i) { bind_status(query, first, statuses[i]); },
      [](std::size_t /*row*/) {});  // one that is there is replaced
}

void StepWriter::bind_status(Query& query, int first, const StatusRow& status) {
  std::optional<Instant> start;
  std::optional<Instant> end;
  if (status.provisional) {
    start = status.provisional->start;
    end = status.provisional->end;
  }
  query.bind_from(first,
                  status.line,
                  status.slot,
                  status.period.start,
                  status.period.end,
                  status.value,
                  words_.number(status.verdict),
                  words_.number(status.state),
                  words_.number(status.severity),
                  words_.number(status.reason),
                  status.since,
                  status.target,
                  start,
                  end,
                  status.provisional_value);
}

void StepWriter::write(const std::vector<AlertRow>& alerts) {
  put_alerts_.run(
      alerts.size(),
      [&](Query& query, int first, std::size_t i) {
        const AlertRow& alert = alerts[i];
        query.bind_from(first,
                        alert.line,
                        alert.rule,
                        kpi::name_of(alert.phase),
                        kpi::name_of(alert.severity),
                        alert.since,
                        alert.episode,
                        alert.machine);
      },
      [](std::size_t /*row*/) {});  // one that is there is replaced
}

void StepWriter::write(const EpisodeRow& episode) {
  put_episode_.run(episode.id,
                   unless_zero(episode.line),
                   episode.rule,
                   kpi::name_of(episode.severity),
                   episode.since,
                   episode.pending,
                   episode.firing,
                   episode.resolved,
                   kpi::name_of(episode.reason),
                   episode.restated);
}

void StepWriter::write(const SourceRow& source) {
  put_source_.run(source.name,
                  source.cursor,
                  source.last_poll,
                  source.last_success,
                  source.error,
                  texts_json(source.problems),
                  static_cast<std::int64_t>(source.problem_count),
                  source.late,
                  source.next_poll,
                  source.kept_from,
                  static_cast<std::int64_t>(source.failures),
                  texts_json(source.quota),
                  source.read_until);
}

void StepWriter::write(const SourceReadRow& read, Instant now) {
  auto id = source_ids_.find(read.source);
  if (id == source_ids_.end()) {
    add_source_name_.run(read.source);
    id = source_ids_.emplace(read.source, 0).first;
    find_source_name_.each([&](const Row& row) { id->second = row.integer(0); }, read.source);
  }
  put_read_.run(read.at.value_or(now), id->second, read.read);
}

void StepWriter::write(const DownTimeRow& down) {
  put_away_.run(down.since, down.until);
}

void StepWriter::write(const NotificationRow& message) {
  add_message_.run(message.id,
                   message.channel,
                   message.type,
                   message.created,
                   message.body,
                   name_of(message.state),
                   message.attempts,
                   message.next_attempt,
                   message.sent,
                   message.last_error,
                   message.progress);
}

void StepWriter::write(const DeliveryRow& delivery) {
  put_delivery_.run(delivery.id,
                    name_of(delivery.state),
                    delivery.attempts,
                    delivery.next_attempt,
                    delivery.sent,
                    delivery.last_error,
                    delivery.progress);
  for (const ThreadRow& thread : delivery.threads) {
    if (thread.remote.empty()) {
      drop_thread_.run(thread.channel, thread.alert);
    } else {
      put_thread_.run(thread.channel, thread.alert, thread.remote);
    }
  }
  if (delivery.disabled) {
    put_disabled_.run(delivery.disabled->first, delivery.disabled->second);
  }
  for (const RefusedAddress& one : delivery.refused) {
    put_disabled_.run(one.channel + " " + one.address, one.why);
  }
}

void StepWriter::write(const ReviewRow& review) {
  add_review_.run(review.kpi, review.by, review.note, review.at);
}

void StepWriter::write(const NoteRow& note) {
  add_note_.run(note.kpi, date_text(note.day), note.text, note.by, note.at);
}

void StepWriter::write(const EntryRow& entry) {
  add_entry_.run(entry.metric, labels_json(entry.labels), entry.slot, entry.value, entry.by, entry.note, entry.at);
}

void StepWriter::write(const RoutingRow& routing) {
  if (routing.state.empty()) {
    drop_routing_.run(routing.key);
  } else {
    put_routing_.run(routing.key, routing.state);
  }
}

void StepWriter::write(const SilenceRow& silence) {
  put_silence_.run(silence.id, silence.match, silence.start, silence.end, silence.by, silence.comment, silence.created);
}

void StepWriter::write(const AcknowledgementRow& acknowledgement) {
  put_acknowledgement_.run(acknowledgement.episode,
                           acknowledgement.by,
                           acknowledgement.comment,
                           acknowledgement.at,
                           acknowledgement.until,
                           kpi::name_of(acknowledgement.severity),
                           acknowledgement.ended,
                           acknowledgement.ended_at);
}

void StepWriter::write(const DigestMark& digest) {
  put_digest_.run(digest.key, digest.at);
}

void StepWriter::write(const HushedRow& hushed) {
  add_hushed_.run(hushed.episode, hushed.channel, hushed.by, hushed.at, hushed.view);
}

}  // namespace kpi::sqlite

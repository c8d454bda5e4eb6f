#include "daemon/store/stored_state.hpp"

#include "daemon/store/row_text.hpp"
#include "daemon/store/sqlite_query.hpp"
#include "daemon/store/stored_rows.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <optional>

namespace kpi::sqlite {
namespace {

void load_names(const SQLite::Database& db, StoredState& state) {
  Query series(db,
               "SELECT series.id, name, labels FROM series JOIN metric ON metric.id = metric_id ORDER BY series.id");
  series.each([&](const Row& row) { state.series.push_back({row.id(0), row.text(1), labels_from_json(row.text(2))}); });
  Query lines(db, "SELECT line.id, name, segment FROM line JOIN kpi ON kpi.id = kpi_id ORDER BY line.id");
  lines.each([&](const Row& row) { state.lines.push_back({row.id(0), row.text(1), labels_from_json(row.text(2))}); });
}

void load_versions(const SQLite::Database& db, StoredState& state) {
  Query rules(db,
              "SELECT rule_text.id, name, fingerprint, text FROM rule_text JOIN kpi ON kpi.id = kpi_id "
              "WHERE rule_text.id IN (SELECT max(id) FROM rule_text GROUP BY kpi_id) ORDER BY rule_text.id");
  rules.each(
      [&](const Row& row) { state.rule_versions.push_back({row.id(0), row.text(1), row.text(2), row.text(3)}); });
  Query targets(db,
                "SELECT name, target, fingerprint, start, baseline, text FROM target_text "
                "JOIN kpi ON kpi.id = kpi_id ORDER BY target_text.id");
  targets.each([&](const Row& row) {
    const std::optional<Date> start = parse_date(row.text(3));
    if (!start) {
      throw BadRow(fmt::format("it holds \"{}\" where kpid writes a date", printable(row.text(3), 32)));
    }
    state.target_versions.push_back({row.text(0), row.text(1), row.text(2), *start, row.real(4), row.text(5)});
  });
  Query definitions(db,
                    "SELECT name, text FROM definition_text JOIN kpi ON kpi.id = kpi_id "
                    "WHERE definition_text.id IN (SELECT max(id) FROM definition_text GROUP BY kpi_id) "
                    "ORDER BY definition_text.id");
  definitions.each([&](const Row& row) { state.definitions.push_back({row.text(0), row.text(1)}); });
}

void load_alerts(const SQLite::Database& db, StoredState& state) {
  Query alerts(db,
               "SELECT line_id, rule, phase, severity, since, episode, machine FROM alert "
               "WHERE phase <> ? OR machine <> '' ORDER BY line_id, rule");
  const auto add = [&](const Row& row) {
    state.alerts.push_back({.line = row.id(0),
                            .rule = row.text(1),
                            .phase = word_value<AlertPhase>(row.text(2)),
                            .severity = word_value<Severity>(row.text(3)),
                            .since = row.optional_instant(4),
                            .episode = row.text(5),
                            .machine = row.text(6)});
  };
  alerts.each(add, name_of(AlertPhase::kInactive));
}

void load_rest(const SQLite::Database& db, Words& words, StoredState& state) {
  Query sources(db, "SELECT " KPI_SOURCE_COLUMNS " FROM source ORDER BY name");
  sources.each([&](const Row& row) { state.sources.push_back(source_row(row)); });
  Query entries(db, "SELECT metric, labels, slot, value, by_whom, note, at FROM entered ORDER BY id");
  entries.each([&](const Row& row) {
    state.entries.push_back({row.text(0),
                             labels_from_json(row.text(1)),
                             row.slot(2),
                             row.real(3),
                             row.text(4),
                             row.text(5),
                             row.instant(6)});
  });
  Query statuses(db, "SELECT " KPI_STATUS_COLUMNS " FROM status ORDER BY line_id");
  statuses.each([&](const Row& row) { state.statuses.push_back(status_row(row, words)); });
  // With "<> 'sent'" the index of what is not sent serves: the messages of years are not looked through.
  Query queued(db,
               "SELECT " KPI_OUTBOX_COLUMNS
               " FROM outbox "
               "WHERE state <> 'sent' AND state = 'queued' ORDER BY created, seq");
  queued.each([&](const Row& row) { state.queued.push_back(notification_row(row)); });
  Query progress(db, "SELECT last_step FROM progress");
  progress.each([&](const Row& row) { state.last_step = row.optional_instant(0); });
}

void load_routing(const SQLite::Database& db, StoredState& state) {
  Query routing(db, "SELECT key, state FROM routing ORDER BY key");
  routing.each([&](const Row& row) { state.routing.push_back({row.text(0), row.text(1)}); });
  Query digests(db, "SELECT key, at FROM digest ORDER BY key");
  digests.each([&](const Row& row) { state.digests.push_back({row.text(0), row.instant(1)}); });
  const Instant now = state.last_step.value_or(Instant{});
  Query silences(db, "SELECT " KPI_SILENCE_COLUMNS " FROM silence WHERE ends > ? ORDER BY id");
  silences.each([&](const Row& row) { state.silences.push_back(silence_row(row)); }, now);
  Query acknowledgements(
      db, "SELECT " KPI_ACKNOWLEDGEMENT_COLUMNS " FROM acknowledgement WHERE ended = '' AND until > ? ORDER BY id");
  acknowledgements.each([&](const Row& row) { state.acknowledgements.push_back(acknowledgement_row(row)); }, now);
}

}  // namespace

StoredState read_stored_state(const SQLite::Database& db, Words& words) {
  StoredState state;
  load_names(db, state);
  load_versions(db, state);
  load_alerts(db, state);
  load_rest(db, words, state);
  load_routing(db, state);
  return state;
}

}  // namespace kpi::sqlite

#pragma once
// Rows of the history as structs: the columns in one order, for the store and its readers alike. Private to
// daemon/store.

#include "daemon/store/sqlite_query.hpp"
#include "daemon/store/store.hpp"
#include "daemon/store/words.hpp"

#include <string_view>

namespace kpi::sqlite {

// Macros because SQL is put together from them at compile time.
#define KPI_LEDGER_COLUMNS                                                                          \
  "slot, line_id, period_start, period_end, value, limit_value, verdict, severity, state, reason, " \
  "goal, expected, target_status, episode, rule_version, judged_at"
#define KPI_STATUS_COLUMNS                                                                            \
  "line_id, slot, period_start, period_end, value, verdict, state, severity, reason, since, target, " \
  "provisional_start, provisional_end, provisional_value"
#define KPI_EPISODE_COLUMNS "id, line_id, rule, severity, since, pending, firing, resolved, reason, restated"
#define KPI_SOURCE_COLUMNS                                                                   \
  "name, cursor, last_poll, last_success, error, problems, problem_count, late, next_poll, " \
  "kept_from, failures, quota, read_until"
#define KPI_OUTBOX_COLUMNS "id, channel, type, created, body, state, attempts, next_attempt, sent, last_error, progress"
#define KPI_SILENCE_COLUMNS "id, match, starts, ends, by_whom, comment, created"
#define KPI_ACKNOWLEDGEMENT_COLUMNS "episode, by_whom, comment, at, until, severity, ended, ended_at"
#define KPI_HUSHED_COLUMNS "episode, channel, held_by, at, view"
#define KPI_HUSHED_BETWEEN "SELECT " KPI_HUSHED_COLUMNS " FROM hushed WHERE at >= ? AND at < ? ORDER BY at, id"

// For a SlotSeeker over the ledger.
#define KPI_LEDGER_NEXT_SLOT "SELECT slot FROM ledger WHERE slot >= ?1 AND slot < ?2 ORDER BY slot LIMIT 1"
#define KPI_LEDGER_ROW "SELECT " KPI_LEDGER_COLUMNS " FROM ledger WHERE slot = ?1 AND line_id = ?2"

// Each reads the columns of its list, starting at the first; they throw BadRow.
VerdictRow verdict_row(const Row& row, Words& words);
Instant judged_at(const Row& row);
StatusRow status_row(const Row& row, Words& words);
EpisodeRow episode_row(const Row& row);
SourceRow source_row(const Row& row);
NotificationRow notification_row(const Row& row);
SilenceRow silence_row(const Row& row);
AcknowledgementRow acknowledgement_row(const Row& row);
HushedRow hushed_row(const Row& row);

/// "queued", "sent", "dead".
std::string_view name_of(NotificationRow::State state);

}  // namespace kpi::sqlite

#include "daemon/store/schema.hpp"

#include <array>

namespace kpi {
namespace {

// Times are milliseconds since 1970 UTC, slots milliseconds on their axis (see kpi::Slot), unknown numbers NULL.
// Words that stand in every row of a large table (verdict, reason, …) are ids of `word`, so that an enumeration may
// change its order without changing what is stored.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE kpi(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE series(
  id INTEGER PRIMARY KEY,
  metric_id INTEGER NOT NULL REFERENCES metric,
  labels TEXT NOT NULL
) STRICT;
CREATE INDEX series_of_metric ON series(metric_id);

CREATE TABLE line(
  id INTEGER PRIMARY KEY,
  kpi_id INTEGER NOT NULL REFERENCES kpi,
  segment TEXT NOT NULL
) STRICT;
CREATE INDEX line_of_kpi ON line(kpi_id);

-- Keyed by time first: new rows go to the end of the file however many series there are.
CREATE TABLE sample(
  slot INTEGER NOT NULL,
  series_id INTEGER NOT NULL REFERENCES series,
  value REAL,
  known_at INTEGER NOT NULL,
  PRIMARY KEY(slot, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample_revision(
  id INTEGER PRIMARY KEY,
  slot INTEGER NOT NULL,
  series_id INTEGER NOT NULL REFERENCES series,
  value REAL,
  known_at INTEGER NOT NULL,
  replaced_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sample_revision_of ON sample_revision(slot, series_id);

CREATE TABLE ledger(
  slot INTEGER NOT NULL,
  line_id INTEGER NOT NULL REFERENCES line,
  period_start INTEGER NOT NULL,
  period_end INTEGER NOT NULL,
  value REAL,
  limit_value REAL,
  verdict INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  goal REAL,
  expected REAL,
  target_status INTEGER NOT NULL,
  episode TEXT,
  rule_version INTEGER NOT NULL,
  judged_at INTEGER NOT NULL,
  PRIMARY KEY(slot, line_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_revision(
  id INTEGER PRIMARY KEY,
  slot INTEGER NOT NULL,
  line_id INTEGER NOT NULL REFERENCES line,
  period_start INTEGER NOT NULL,
  period_end INTEGER NOT NULL,
  value REAL,
  limit_value REAL,
  verdict INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  goal REAL,
  expected REAL,
  target_status INTEGER NOT NULL,
  episode TEXT,
  rule_version INTEGER NOT NULL,
  judged_at INTEGER NOT NULL,
  replaced_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_revision_of ON ledger_revision(slot, line_id);

CREATE TABLE status(
  line_id INTEGER PRIMARY KEY REFERENCES line,
  slot INTEGER NOT NULL,
  period_start INTEGER NOT NULL,
  period_end INTEGER NOT NULL,
  value REAL,
  verdict INTEGER NOT NULL,
  state INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  since INTEGER,
  target TEXT NOT NULL
) STRICT;

CREATE TABLE rule_text(
  id INTEGER PRIMARY KEY,
  kpi_id INTEGER NOT NULL REFERENCES kpi,
  fingerprint TEXT NOT NULL,
  text TEXT NOT NULL,
  first_used INTEGER NOT NULL
) STRICT;
CREATE INDEX rule_text_of_kpi ON rule_text(kpi_id);

CREATE TABLE target_text(
  id INTEGER PRIMARY KEY,
  kpi_id INTEGER NOT NULL REFERENCES kpi,
  target TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  start TEXT NOT NULL,
  baseline REAL,
  text TEXT NOT NULL,
  first_met INTEGER NOT NULL,
  UNIQUE(kpi_id, target, fingerprint)
) STRICT;

-- line_id 0: about a source, hence no reference.
CREATE TABLE alert(
  line_id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  phase TEXT NOT NULL,
  severity TEXT NOT NULL,
  since INTEGER,
  episode TEXT NOT NULL,
  machine TEXT NOT NULL,
  PRIMARY KEY(line_id, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE episode(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  line_id INTEGER REFERENCES line,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL,
  since INTEGER NOT NULL,
  pending INTEGER,
  firing INTEGER,
  resolved INTEGER,
  reason TEXT NOT NULL,
  restated INTEGER NOT NULL
) STRICT;
CREATE INDEX episode_since ON episode(since);
CREATE INDEX episode_open ON episode(since) WHERE resolved IS NULL;

CREATE TABLE source(
  name TEXT PRIMARY KEY,
  cursor TEXT NOT NULL,
  last_poll INTEGER,
  last_success INTEGER,
  error TEXT NOT NULL,
  problems TEXT NOT NULL,
  problem_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  type TEXT NOT NULL,
  created INTEGER NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('queued', 'sent', 'dead')),
  attempts INTEGER NOT NULL,
  next_attempt INTEGER,
  sent INTEGER,
  last_error TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_created ON outbox(created);
CREATE INDEX outbox_unsent ON outbox(channel, state) WHERE state <> 'sent';

CREATE TABLE progress(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  last_step INTEGER
) STRICT;
INSERT INTO progress VALUES(1, NULL);

CREATE VIEW kpi_value AS
SELECT kpi.name AS kpi, line.segment, ledger.slot, date(ledger.slot / 1000, 'unixepoch') AS day,
  strftime('%Y-%m-%dT%H:%M:%SZ', ledger.period_start / 1000, 'unixepoch') AS period_start,
  strftime('%Y-%m-%dT%H:%M:%SZ', ledger.period_end / 1000, 'unixepoch') AS period_end,
  ledger.value, reason.text AS reason
FROM ledger JOIN line ON line.id = ledger.line_id JOIN kpi ON kpi.id = line.kpi_id
  LEFT JOIN word AS reason ON reason.id = ledger.reason;

CREATE VIEW verdict AS
SELECT kpi.name AS kpi, line.segment, ledger.slot, date(ledger.slot / 1000, 'unixepoch') AS day,
  strftime('%Y-%m-%dT%H:%M:%SZ', ledger.period_start / 1000, 'unixepoch') AS period_start,
  strftime('%Y-%m-%dT%H:%M:%SZ', ledger.period_end / 1000, 'unixepoch') AS period_end,
  ledger.value, ledger.limit_value, verdict.text AS verdict, severity.text AS severity, state.text AS state,
  reason.text AS reason, ledger.goal, ledger.expected,
  CASE WHEN ledger.goal IS NOT NULL THEN target_status.text END AS target_status,
  ledger.episode, ledger.rule_version,
  strftime('%Y-%m-%dT%H:%M:%SZ', ledger.judged_at / 1000, 'unixepoch') AS judged_at
FROM ledger JOIN line ON line.id = ledger.line_id JOIN kpi ON kpi.id = line.kpi_id
  LEFT JOIN word AS verdict ON verdict.id = ledger.verdict
  LEFT JOIN word AS severity ON severity.id = ledger.severity
  LEFT JOIN word AS state ON state.id = ledger.state
  LEFT JOIN word AS reason ON reason.id = ledger.reason
  LEFT JOIN word AS target_status ON target_status.id = ledger.target_status;

CREATE VIEW alert_episode AS
SELECT episode.id, kpi.name AS kpi, line.segment, episode.rule, episode.severity,
  strftime('%Y-%m-%dT%H:%M:%SZ', episode.since / 1000, 'unixepoch') AS since,
  strftime('%Y-%m-%dT%H:%M:%SZ', episode.pending / 1000, 'unixepoch') AS pending,
  strftime('%Y-%m-%dT%H:%M:%SZ', episode.firing / 1000, 'unixepoch') AS firing,
  strftime('%Y-%m-%dT%H:%M:%SZ', episode.resolved / 1000, 'unixepoch') AS resolved,
  episode.reason, episode.restated
FROM episode LEFT JOIN line ON line.id = episode.line_id LEFT JOIN kpi ON kpi.id = line.kpi_id;

CREATE VIEW notification AS
SELECT id, channel, type, strftime('%Y-%m-%dT%H:%M:%SZ', created / 1000, 'unixepoch') AS created, state, attempts,
  strftime('%Y-%m-%dT%H:%M:%SZ', next_attempt / 1000, 'unixepoch') AS next_attempt,
  strftime('%Y-%m-%dT%H:%M:%SZ', sent / 1000, 'unixepoch') AS sent, last_error, body
FROM outbox;

CREATE VIEW target_version AS
SELECT kpi.name AS kpi, target_text.target, target_text.fingerprint, target_text.start, target_text.baseline,
  strftime('%Y-%m-%dT%H:%M:%SZ', target_text.first_met / 1000, 'unixepoch') AS first_met, target_text.text
FROM target_text JOIN kpi ON kpi.id = target_text.kpi_id;

CREATE VIEW rule_version AS
SELECT rule_text.id, kpi.name AS kpi, rule_text.fingerprint,
  strftime('%Y-%m-%dT%H:%M:%SZ', rule_text.first_used / 1000, 'unixepoch') AS first_used, rule_text.text
FROM rule_text JOIN kpi ON kpi.id = rule_text.kpi_id;
)sql";

// What people say of KPIs: that they have gone through one, and what happened on a day.
constexpr const char* kReviewsAndNotes = R"sql(
CREATE TABLE review_entry(
  id INTEGER PRIMARY KEY,
  kpi TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  note TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE(kpi, by_whom, at)
) STRICT;

CREATE TABLE note(
  id INTEGER PRIMARY KEY,
  kpi TEXT NOT NULL,
  day TEXT NOT NULL,
  text TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE(kpi, day, text, at)
) STRICT;
CREATE INDEX note_of_day ON note(day);

CREATE VIEW review AS
SELECT id, kpi, by_whom AS "by", note, strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000, 'unixepoch') AS at FROM review_entry;
)sql";

// What people enter by hand, and how late a source is.
constexpr const char* kEntries = R"sql(
CREATE TABLE entered(
  id INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  labels TEXT NOT NULL,
  slot INTEGER NOT NULL,
  value REAL,
  by_whom TEXT NOT NULL,
  note TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE(metric, labels, slot, at)
) STRICT;
ALTER TABLE source ADD COLUMN late TEXT NOT NULL DEFAULT '';
ALTER TABLE source ADD COLUMN next_poll INTEGER;

CREATE VIEW entry AS
SELECT id, metric, labels, slot, date(slot / 1000, 'unixepoch') AS day, value, by_whom AS "by", note,
  strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000, 'unixepoch') AS at
FROM entered;
)sql";

// What channels must know again: messages half delivered, the message that told of an alert first, channels that take
// nothing.
constexpr const char* kDeliveryMemory = R"sql(
ALTER TABLE outbox ADD COLUMN progress TEXT NOT NULL DEFAULT '';

CREATE TABLE thread(
  channel TEXT NOT NULL,
  alert TEXT NOT NULL,
  remote TEXT NOT NULL,
  PRIMARY KEY(channel, alert)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_state(
  name TEXT PRIMARY KEY,
  disabled TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Who knows what of which alert, and what people said to alerts.
constexpr const char* kRouting = R"sql(
CREATE TABLE routing(key TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE silence(
  id TEXT PRIMARY KEY,
  match TEXT NOT NULL,
  starts INTEGER NOT NULL,
  ends INTEGER NOT NULL,
  by_whom TEXT NOT NULL,
  comment TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE acknowledgement(
  id INTEGER PRIMARY KEY,
  episode TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  comment TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  severity TEXT NOT NULL,
  ended TEXT NOT NULL,
  ended_at INTEGER,
  UNIQUE(episode, at)
) STRICT;

CREATE TABLE hushed(
  id INTEGER PRIMARY KEY,
  episode TEXT NOT NULL,
  channel TEXT NOT NULL,
  held_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  view TEXT NOT NULL,
  UNIQUE(episode, channel)
) STRICT;
CREATE INDEX hushed_at ON hushed(at);
)sql";

// Which issue of each digest went out last.
constexpr const char* kDigests = R"sql(
CREATE TABLE digest(
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// What was said of targets: every probability stays, so that it can be held against what happened.
constexpr const char* kStatedForecasts = R"sql(
CREATE TABLE stated_forecast(
  line_id INTEGER NOT NULL REFERENCES line,
  slot INTEGER NOT NULL,
  stated_at INTEGER NOT NULL,
  probability REAL NOT NULL,
  projected REAL,
  goal REAL,
  rule_version INTEGER NOT NULL,
  PRIMARY KEY(line_id, slot, stated_at)
) STRICT, WITHOUT ROWID;

CREATE VIEW forecast AS
SELECT kpi.name AS kpi, line.segment, date(stated.slot / 1000, 'unixepoch') AS day,
  strftime('%Y-%m-%dT%H:%M:%SZ', stated.stated_at / 1000, 'unixepoch') AS stated_at,
  stated.probability, stated.projected, stated.goal,
  (SELECT word.text FROM ledger JOIN word ON word.id = ledger.target_status
   WHERE ledger.line_id = stated.line_id AND ledger.slot > stated.slot AND word.text IN ('achieved', 'missed')
   ORDER BY ledger.slot LIMIT 1) AS outcome,
  stated.rule_version
FROM stated_forecast AS stated JOIN line ON line.id = stated.line_id JOIN kpi ON kpi.id = line.kpi_id;
)sql";

// What is left of samples whose time is over: a row a day, and the last number of each series.
constexpr const char* kDailySamples = R"sql(
CREATE TABLE sample_day(
  day INTEGER NOT NULL,
  series_id INTEGER NOT NULL REFERENCES series,
  samples INTEGER NOT NULL,
  total REAL,
  least REAL,
  most REAL,
  last REAL,
  last_slot INTEGER NOT NULL,
  PRIMARY KEY(day, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample_past(
  series_id INTEGER PRIMARY KEY REFERENCES series,
  slot INTEGER NOT NULL,
  value REAL NOT NULL
) STRICT;
ALTER TABLE source ADD COLUMN kept_from INTEGER;

CREATE VIEW sample_daily AS
SELECT metric.name AS metric, series.labels, date(sample_day.day / 1000, 'unixepoch') AS day, sample_day.samples,
  sample_day.total, sample_day.least, sample_day.most, sample_day.last
FROM sample_day JOIN series ON series.id = sample_day.series_id JOIN metric ON metric.id = series.metric_id;
)sql";

// How often a source has failed in a row, what is left of its quotas; what is known of a period that may be restated.
constexpr const char* kHealth = R"sql(
ALTER TABLE source ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN quota TEXT NOT NULL DEFAULT '[]';
ALTER TABLE status ADD COLUMN provisional_start INTEGER;
ALTER TABLE status ADD COLUMN provisional_end INTEGER;
ALTER TABLE status ADD COLUMN provisional_value REAL;
)sql";

// What was said of a goal is not held against another one: a target whose goal was changed is decided by the new one.
constexpr const char* kOutcomesOfTheSameGoal = R"sql(
DROP VIEW forecast;
CREATE VIEW forecast AS
SELECT kpi.name AS kpi, line.segment, date(stated.slot / 1000, 'unixepoch') AS day,
  strftime('%Y-%m-%dT%H:%M:%SZ', stated.stated_at / 1000, 'unixepoch') AS stated_at,
  stated.probability, stated.projected, stated.goal,
  (SELECT CASE WHEN ledger.goal IS stated.goal THEN word.text ELSE 'changed' END
   FROM ledger JOIN word ON word.id = ledger.target_status
   WHERE ledger.line_id = stated.line_id AND ledger.slot > stated.slot AND word.text IN ('achieved', 'missed')
   ORDER BY ledger.slot LIMIT 1) AS outcome,
  stated.rule_version
FROM stated_forecast AS stated JOIN line ON line.id = stated.line_id JOIN kpi ON kpi.id = line.kpi_id;
)sql";

// The whole of each rule, so that a record can be judged once more by the rules of its time. A rule text alone says
// what verdicts were judged by, not what segments, targets or patience there were; empty: the KPI was gone.
constexpr const char* kDefinitions = R"sql(
CREATE TABLE definition_text(
  id INTEGER PRIMARY KEY,
  kpi_id INTEGER NOT NULL REFERENCES kpi,
  text TEXT NOT NULL,
  first_used INTEGER NOT NULL,
  UNIQUE(kpi_id, first_used)
) STRICT;

CREATE VIEW definition AS
SELECT definition_text.id, kpi.name AS kpi,
  strftime('%Y-%m-%dT%H:%M:%SZ', definition_text.first_used / 1000, 'unixepoch') AS first_used, definition_text.text
FROM definition_text JOIN kpi ON kpi.id = definition_text.kpi_id;
)sql";

// How each source stood at the steps that wrote something down, and when nobody looked: what was given up or held then
// is judged once more as it was. `read_at` is empty while it fails.
constexpr const char* kSourceReads = R"sql(
CREATE TABLE source_name(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE source_seen(
  at INTEGER NOT NULL,
  source_id INTEGER NOT NULL REFERENCES source_name,
  read_at INTEGER,
  PRIMARY KEY(at, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE away(
  until INTEGER PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT;

CREATE VIEW source_read AS
SELECT source_name.name AS source, strftime('%Y-%m-%dT%H:%M:%SZ', source_seen.at / 1000, 'unixepoch') AS at,
  strftime('%Y-%m-%dT%H:%M:%SZ', source_seen.read_at / 1000, 'unixepoch') AS read_at
FROM source_seen JOIN source_name ON source_name.id = source_seen.source_id;

CREATE VIEW down_time AS
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000, 'unixepoch') AS since,
  strftime('%Y-%m-%dT%H:%M:%SZ', until / 1000, 'unixepoch') AS until
FROM away WHERE since < until;
)sql";

// The same, found once for all and not again in the whole ledger for each that was stated.
constexpr const char* kOutcomesAtOnce = R"sql(
DROP VIEW forecast;
CREATE VIEW forecast AS
WITH decided AS MATERIALIZED (
  SELECT ledger.line_id, ledger.slot, ledger.goal, word.text AS status
  FROM ledger JOIN word ON word.id = ledger.target_status WHERE word.text IN ('achieved', 'missed'))
SELECT kpi.name AS kpi, line.segment, date(stated.slot / 1000, 'unixepoch') AS day,
  strftime('%Y-%m-%dT%H:%M:%SZ', stated.stated_at / 1000, 'unixepoch') AS stated_at,
  stated.probability, stated.projected, stated.goal,
  (SELECT CASE WHEN decided.goal IS stated.goal THEN decided.status ELSE 'changed' END
   FROM decided WHERE decided.line_id = stated.line_id AND decided.slot > stated.slot
   ORDER BY decided.slot LIMIT 1) AS outcome,
  stated.rule_version
FROM stated_forecast AS stated JOIN line ON line.id = stated.line_id JOIN kpi ON kpi.id = line.kpi_id;
)sql";

// Until when it is known what a source has not: a good poll may have asked for less than all until then, or have been
// answered with a part.
constexpr const char* kReadUntil = R"sql(
ALTER TABLE source ADD COLUMN read_until INTEGER;
UPDATE source SET read_until = last_success;
)sql";

constexpr std::array kMigrations{Migration{1, kVersion1},
                                 Migration{2, kReviewsAndNotes},
                                 Migration{3, kEntries},
                                 Migration{4, kDeliveryMemory},
                                 Migration{5, kRouting},
                                 Migration{6, kDigests},
                                 Migration{7, kStatedForecasts},
                                 Migration{8, kDailySamples},
                                 Migration{9, kHealth},
                                 Migration{10, kOutcomesOfTheSameGoal},
                                 Migration{11, kDefinitions},
                                 Migration{12, kSourceReads},
                                 Migration{13, kOutcomesAtOnce},
                                 Migration{14, kReadUntil}};

}  // namespace

std::span<const Migration> history_migrations() {
  return kMigrations;
}

int history_schema_version() {
  return kMigrations.back().version;
}

}  // namespace kpi

#include "daemon/store/row_text.hpp"
#include "daemon/store/sqlite_history_reader.hpp"
#include "daemon/store/stored_rows.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

namespace kpi {
namespace {

using sqlite::guarded;
using sqlite::Query;
using sqlite::Row;

constexpr const char* kStatuses =
    "SELECT " KPI_STATUS_COLUMNS
    ", name, segment FROM status JOIN line ON line.id = line_id JOIN kpi ON kpi.id = kpi_id "
    "ORDER BY line_id";
constexpr const char* kStates = "SELECT word.text, count(*) FROM status JOIN word ON word.id = state GROUP BY state";
// Those that are open have an index of their own.
#define KPI_EPISODES_OF(of)                                                                                        \
  "SELECT episode.id, episode.line_id, episode.rule, episode.severity, episode.since, pending, firing, resolved, " \
  "reason, restated, ifnull(kpi.name, ''), ifnull(segment, '{}'), ifnull(alert.severity, '') "                     \
  "FROM episode LEFT JOIN line ON line.id = episode.line_id LEFT JOIN kpi ON kpi.id = kpi_id "                     \
  "LEFT JOIN alert ON alert.line_id = episode.line_id AND alert.rule = episode.rule "                              \
  "AND alert.episode = episode.id AND alert.phase = 'firing' AND resolved IS NULL "                                \
  "WHERE " of                                                                                                      \
  " (?1 IS NULL OR kpi.name = ?1) AND episode.since < ?3 AND (resolved IS NULL OR resolved > ?2) "                 \
  "ORDER BY episode.since, seq"
constexpr const char* kEpisodes = KPI_EPISODES_OF("");
constexpr const char* kOpenEpisodes = KPI_EPISODES_OF("resolved IS NULL AND");
#undef KPI_EPISODES_OF
constexpr const char* kFired = "SELECT " KPI_EPISODE_COLUMNS
                               " FROM episode WHERE line_id IS NOT NULL AND firing IS NOT NULL AND since < ?2 "
                               "AND (resolved IS NULL OR resolved > ?1) ORDER BY seq";
constexpr const char* kNotifications = "SELECT " KPI_OUTBOX_COLUMNS
                                       " FROM outbox WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR channel = ?2) "
                                       "ORDER BY created DESC, seq DESC LIMIT ?3";
constexpr const char* kQueues =
    "SELECT channel, sum(state = 'queued'), sum(state = 'dead'), min(CASE state WHEN 'queued' THEN created END) "
    "FROM outbox WHERE state <> 'sent' GROUP BY channel ORDER BY channel";
constexpr const char* kFailing =
    "SELECT channel, last_error, min(next_attempt) FROM outbox "
    "WHERE state = 'queued' AND next_attempt IS NOT NULL GROUP BY channel";
constexpr const char* kStepTimes =
    "SELECT known_at AS at FROM sample WHERE at < ?1 UNION SELECT known_at AS at FROM sample_revision WHERE at < ?1 "
    "UNION SELECT judged_at AS at FROM ledger WHERE at < ?1 UNION SELECT judged_at AS at FROM ledger_revision WHERE at "
    "< ?1 "
    "UNION SELECT first_used AS at FROM definition_text WHERE at < ?1 "
    "UNION SELECT at FROM source_seen WHERE at < ?1 ORDER BY at";
constexpr const char* kLines = "SELECT line.id, name, segment FROM line JOIN kpi ON kpi.id = kpi_id ORDER BY line.id";
constexpr const char* kLedger =
    "SELECT line_id, slot, value, limit_value, goal, expected, verdict, target_status, period_start, "
    "period_end, reason FROM ledger WHERE slot >= ?1 AND slot < ?2 ORDER BY slot, line_id";
constexpr const char* kLedgerRevisions = "SELECT " KPI_LEDGER_COLUMNS
                                         ", replaced_at FROM ledger_revision WHERE slot >= ?1 AND slot < ?2 "
                                         "ORDER BY replaced_at, id";
constexpr Slot kFirstSlot{std::numeric_limits<std::int64_t>::min()};
constexpr Slot kLastSlot{std::numeric_limits<std::int64_t>::max()};

}  // namespace

Result<std::optional<Instant>> SqliteHistoryReader::last_step() {
  return read([&]() -> Result<std::optional<Instant>> {
    std::optional<Instant> last;
    Query progress(*db_, "SELECT last_step FROM progress");
    progress.each([&](const Row& row) { last = row.optional_instant(0); });
    return last;
  });
}

Result<std::vector<KpiStatus>> SqliteHistoryReader::statuses() {
  return read([&]() -> Result<std::vector<KpiStatus>> {
    std::vector<KpiStatus> found;
    sqlite::Words words(*db_);
    Query statuses(*db_, kStatuses);
    statuses.each([&](const Row& row) {
      found.push_back({row.text(14), sqlite::labels_from_json(row.text(15)), sqlite::status_row(row, words)});
    });
    return found;
  });
}

Result<std::map<KpiState, std::size_t>> SqliteHistoryReader::states() {
  return read([&]() -> Result<std::map<KpiState, std::size_t>> {
    std::map<KpiState, std::size_t> found;
    Query states(*db_, kStates);
    states.each([&](const Row& row) {
      found.emplace(sqlite::word_value<KpiState>(row.text(0)), static_cast<std::size_t>(row.integer(1)));
    });
    return found;
  });
}

Result<std::vector<Labels>> SqliteHistoryReader::segments(const std::string& kpi) {
  return read([&]() -> Result<std::vector<Labels>> {
    std::vector<Labels> found;
    for (auto& [line, segment] : KPI_TRY(lines_of({kpi}))) {
      found.push_back(segment);
    }
    return found;
  });
}

Error SqliteHistoryReader::unknown_kpi(const std::string& kpi) {
  std::vector<std::string> known;
  Query names(*db_, "SELECT name FROM kpi ORDER BY name");
  names.each([&](const Row& row) { known.push_back(row.text(0)); });
  std::erase(known, kpi);  // a rule of it is kept, and nothing was judged by it yet
  const std::string near = did_you_mean(kpi, known);
  return {ErrorKind::kNotFound,
          fmt::format("the history has nothing of a KPI named \"{}\"{}",
                      printable(kpi, 64),
                      near.empty() ? near : fmt::format("; {}", near))};
}

Result<std::map<std::uint32_t, Labels>> SqliteHistoryReader::lines_of(const VerdictFilter& filter) {
  std::map<std::uint32_t, Labels> lines;
  Query all(*db_, "SELECT line.id, segment FROM line JOIN kpi ON kpi.id = kpi_id WHERE name = ?");
  all.each([&](const Row& row) { lines.emplace(row.id(0), sqlite::labels_from_json(row.text(1))); }, filter.kpi);
  if (lines.empty()) {
    return tl::unexpected<Error>(unknown_kpi(filter.kpi));
  }
  if (filter.segment) {
    std::erase_if(lines, [&](const auto& line) { return line.second != *filter.segment; });
  }
  if (lines.empty()) {
    return fail(ErrorKind::kNotFound,
                fmt::format("the history has nothing of the segment {} of \"{}\"",
                            printable(labels_text(*filter.segment), 200),
                            filter.kpi));
  }
  return lines;
}

Result<void> SqliteHistoryReader::verdicts(const VerdictFilter& filter,
                                           const std::function<void(const KpiVerdict&)>& row) {
  return read([&] { return read_verdicts(filter, row); });
}

Result<void> SqliteHistoryReader::read_verdicts(const VerdictFilter& filter,
                                                const std::function<void(const KpiVerdict&)>& row) {
  const std::map<std::uint32_t, Labels> lines = KPI_TRY(lines_of(filter));
  std::vector<std::uint32_t> ids;
  std::ranges::transform(lines, std::back_inserter(ids), [](const auto& line) { return line.first; });
  sqlite::Words words(*db_);
  sqlite::SlotSeeker ledger(*db_, KPI_LEDGER_NEXT_SLOT, KPI_LEDGER_ROW);
  const auto deliver = [&](const Row& found) {
    VerdictRow verdict = sqlite::verdict_row(found, words);
    const Labels& segment = lines.at(verdict.line);
    row({segment, std::move(verdict), sqlite::judged_at(found)});
  };
  ledger.each(filter.from.value_or(kFirstSlot), filter.to.value_or(kLastSlot), ids, deliver);
  return {};
}

Result<void> SqliteHistoryReader::judged(const std::vector<LinePeriod>& periods,
                                         const std::function<void(const VerdictRow&)>& row) {
  return read([&]() -> Result<void> {
    sqlite::Words words(*db_);
    Query ledger(*db_, KPI_LEDGER_ROW);
    for (const LinePeriod& period : periods) {
      ledger.each([&](const Row& found) { row(sqlite::verdict_row(found, words)); }, period.slot, period.line);
    }
    return {};
  });
}

Result<void> SqliteHistoryReader::episodes(const EpisodeFilter& filter,
                                           const std::function<void(const KpiEpisode&)>& row) {
  return read([&]() -> Result<void> {
    Query episodes(*db_, filter.open_only ? kOpenEpisodes : kEpisodes);
    const auto deliver = [&](const Row& found) {
      KpiEpisode episode{found.text(10), sqlite::labels_from_json(found.text(11)), sqlite::episode_row(found)};
      episode.present = parse_severity(found.text(12)).value_or(episode.row.severity);
      row(episode);
    };
    episodes.each(deliver, filter.kpi, filter.from.value_or(Instant::min()), filter.to.value_or(Instant::max()));
    return {};
  });
}

Result<void> SqliteHistoryReader::fired(Instant from, Instant to, const std::function<void(const EpisodeRow&)>& row) {
  return read([&]() -> Result<void> {
    Query episodes(*db_, kFired);
    episodes.each([&](const Row& found) { row(sqlite::episode_row(found)); }, from, to);
    return {};
  });
}

Result<std::vector<NotificationRow>> SqliteHistoryReader::notifications(const NotificationFilter& filter) {
  return read([&]() -> Result<std::vector<NotificationRow>> {
    std::vector<NotificationRow> found;
    Query messages(*db_, kNotifications);
    const std::optional<std::string_view> state =
        filter.state ? std::optional(sqlite::name_of(*filter.state)) : std::nullopt;
    const auto limit = static_cast<std::int64_t>(std::min<std::size_t>(filter.limit, 1'000'000));
    messages.each(
        [&](const Row& row) { found.push_back(sqlite::notification_row(row)); }, state, filter.channel, limit);
    return found;
  });
}

Result<std::vector<SourceRow>> SqliteHistoryReader::sources() {
  return read([&]() -> Result<std::vector<SourceRow>> {
    std::vector<SourceRow> found;
    Query sources(*db_, "SELECT " KPI_SOURCE_COLUMNS " FROM source ORDER BY name");
    sources.each([&](const Row& row) { found.push_back(sqlite::source_row(row)); });
    return found;
  });
}

Result<std::vector<ChannelQueue>> SqliteHistoryReader::queues() {
  return read([&]() -> Result<std::vector<ChannelQueue>> {
    std::vector<ChannelQueue> found;
    Query queues(*db_, kQueues);
    queues.each([&](const Row& row) {
      found.push_back({row.text(0), row.id(1), row.id(2)});
      found.back().oldest = row.optional_instant(3);
    });
    Query failing(*db_, kFailing);
    failing.each([&](const Row& row) {
      ChannelQueue& queue = *std::ranges::find(found, row.text(0), &ChannelQueue::channel);
      queue.last_error = row.text(1);
      queue.next_attempt = row.instant(2);
    });
    Query disabled(*db_, "SELECT name, disabled FROM channel_state WHERE disabled <> '' ORDER BY name");
    disabled.each([&](const Row& row) {
      const std::string name = row.text(0);
      const std::size_t space = std::min(name.find(' '), name.size());  // behind it: one of the channel's addresses
      auto known = std::ranges::find(found, name.substr(0, space), &ChannelQueue::channel);
      if (known == found.end()) {
        known = found.insert(found.end(), {name.substr(0, space)});
      }
      if (space < name.size()) {
        known->refused[name.substr(space + 1)] = row.text(1);
      } else {
        known->disabled = row.text(1);
      }
    });
    return found;
  });
}

Result<std::vector<LineRow>> SqliteHistoryReader::lines() {
  return read([&]() -> Result<std::vector<LineRow>> {
    std::vector<LineRow> found;
    Query all(*db_, kLines);
    all.each([&](const Row& row) { found.push_back({row.id(0), row.text(1), sqlite::labels_from_json(row.text(2))}); });
    return found;
  });
}

Result<void> SqliteHistoryReader::ledger(Slot from, Slot to, const std::function<void(const LedgerPoint&)>& row) {
  return read([&]() -> Result<void> {
    sqlite::Words words(*db_);
    Query ledger(*db_, kLedger);
    const auto deliver = [&](const Row& found) {
      row({found.id(0),
           found.slot(1),
           found.real(2),
           found.real(3),
           found.real(4),
           found.real(5),
           words.value<Verdict>(found.integer(6)),
           words.value<TargetStatus>(found.integer(7)),
           {found.instant(8), found.instant(9)},
           words.value<Reason>(found.integer(10))});
    };
    ledger.each(deliver, from, to);
    return {};
  });
}

Result<std::vector<VerdictRevision>> SqliteHistoryReader::ledger_revisions(Slot from, Slot to) {
  return read([&]() -> Result<std::vector<VerdictRevision>> {
    std::vector<VerdictRevision> found;
    sqlite::Words words(*db_);
    Query revisions(*db_, kLedgerRevisions);
    revisions.each(
        [&](const Row& row) {
          found.push_back({sqlite::verdict_row(row, words), sqlite::judged_at(row), row.instant(16)});
        },
        from,
        to);
    return found;
  });
}

Result<std::vector<SettledForecast>> SqliteHistoryReader::forecasts(Slot from, Slot to) {
  return read([&]() -> Result<std::vector<SettledForecast>> {
    std::vector<SettledForecast> found;
    Query forecasts(
        *db_,
        "WITH settled AS MATERIALIZED (SELECT line_id, slot, goal, word.text AS status FROM ledger JOIN word ON "
        "word.id = ledger.target_status WHERE word.text IN ('achieved', 'missed')) "
        "SELECT f.line_id, f.slot, f.probability, s.status, s.goal IS NOT f.goal, min(s.slot) FROM stated_forecast AS "
        "f "
        "JOIN settled AS s ON s.line_id = f.line_id AND s.slot > f.slot "
        "GROUP BY f.line_id, f.slot, f.stated_at HAVING min(s.slot) >= ?1 AND min(s.slot) < ?2 "
        "ORDER BY f.slot, f.line_id");
    forecasts.each(
        [&](const Row& row) {
          found.push_back({static_cast<std::uint32_t>(row.integer(0)),
                           Slot{row.integer(1)},
                           row.real(2),
                           row.text(3) == "achieved",
                           row.integer(4) != 0});
        },
        from,
        to);
    return found;
  });
}

Result<std::vector<StatedForecast>> SqliteHistoryReader::stated(Slot from, Slot to) {
  return read([&]() -> Result<std::vector<StatedForecast>> {
    std::vector<StatedForecast> found;
    Query statements(*db_,
                     "SELECT line_id, slot, probability, projected, goal FROM stated_forecast "
                     "WHERE slot >= ?1 AND slot < ?2 ORDER BY line_id, slot, stated_at");
    statements.each(
        [&](const Row& row) {
          const StatedForecast one{
              static_cast<std::uint32_t>(row.integer(0)), Slot{row.integer(1)}, row.real(2), row.real(3), row.real(4)};
          if (!found.empty() && found.back().line == one.line) {
            found.back() = one;
          } else {
            found.push_back(one);
          }
        },
        from,
        to);
    return found;
  });
}

Result<std::vector<Instant>> SqliteHistoryReader::step_times(Instant until) {
  return read([&]() -> Result<std::vector<Instant>> {
    std::vector<Instant> found;
    Query times(*db_, kStepTimes);
    times.each([&](const Row& row) { found.push_back(row.instant(0)); }, until);
    return found;
  });
}

Result<std::vector<KnownRead>> SqliteHistoryReader::source_reads(Instant until) {
  return read([&]() -> Result<std::vector<KnownRead>> {
    std::vector<KnownRead> found;
    Query reads(*db_,
                "SELECT name, at, read_at FROM source_seen JOIN source_name ON source_name.id = source_id "
                "WHERE at < ? ORDER BY at, source_id");
    reads.each([&](const Row& row) { found.push_back({row.text(0), row.instant(1), row.optional_instant(2)}); }, until);
    return found;
  });
}

Result<std::vector<DownTimeRow>> SqliteHistoryReader::down_times() {
  return read([&]() -> Result<std::vector<DownTimeRow>> {
    std::vector<DownTimeRow> found;
    Query away(*db_, "SELECT since, until FROM away ORDER BY until");
    away.each([&](const Row& row) { found.push_back({row.instant(0), row.instant(1)}); });
    return found;
  });
}

Result<std::unique_ptr<HistoryReader>> open_history_reader(const std::string& path) {
  const std::string file = sqlite::real_path(path);
  return guarded("open", file, [&]() -> Result<std::unique_ptr<HistoryReader>> {
    return std::make_unique<SqliteHistoryReader>(file, KPI_TRY(sqlite::open_for_reading(file)));
  });
}

}  // namespace kpi

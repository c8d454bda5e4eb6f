#include "daemon/store/row_text.hpp"
#include "daemon/store/sqlite_history_reader.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

namespace kpi {
namespace {

using sqlite::Query;
using sqlite::Row;

constexpr const char* kSeries =
    "SELECT series.id FROM series JOIN metric ON metric.id = metric_id WHERE name = ?1 AND labels = ?2";
constexpr const char* kRevisions =
    "SELECT slot, value, known_at, replaced_at FROM sample_revision WHERE series_id = ? ORDER BY slot, id";
constexpr const char* kAllSeries =
    "SELECT series.id, name, labels FROM series JOIN metric ON metric.id = metric_id ORDER BY series.id";
// A revision that nothing replaced is of a sample that was withdrawn.
constexpr const char* kAsKnown =
    "SELECT series_id, slot, value, known_at, 0 FROM sample WHERE known_at < ?1 UNION ALL "
    "SELECT series_id, slot, value, known_at, 0 FROM sample_revision WHERE known_at < ?1 UNION ALL "
    "SELECT series_id, slot, NULL, replaced_at, 1 FROM sample_revision AS old WHERE replaced_at < ?1 "
    "AND NOT EXISTS (SELECT 1 FROM sample WHERE slot = old.slot AND series_id = old.series_id "
    "AND known_at = old.replaced_at) "
    "AND NOT EXISTS (SELECT 1 FROM sample_revision AS next WHERE next.slot = old.slot "
    "AND next.series_id = old.series_id AND next.known_at = old.replaced_at) ORDER BY known_at, slot, series_id";
constexpr const char* kSamples =
    "SELECT series_id, slot, value FROM sample WHERE slot >= ?1 AND slot < ?2 ORDER BY slot, series_id";
constexpr const char* kDaily =
    "SELECT series_id, day, samples, total, least, most, last FROM sample_day WHERE day >= ?1 AND day < ?2 "
    "ORDER BY day, series_id";

}  // namespace

Result<void> SqliteHistoryReader::sample_revisions(const std::string& metric,
                                                   const Labels& labels,
                                                   const std::function<void(const SampleRevision&)>& row) {
  return read([&]() -> Result<void> {
    std::optional<std::uint32_t> id;
    Query series(*db_, kSeries);
    series.each([&](const Row& found) { id = found.id(0); }, metric, sqlite::labels_json(labels));
    if (!id) {
      return fail(ErrorKind::kNotFound,
                  fmt::format("the history has nothing of the series {} ({})",
                              printable(metric, 64),
                              printable(labels_text(labels), 200)));
    }
    Query revisions(*db_, kRevisions);
    const auto deliver = [&](const Row& found) {
      row({found.slot(0), found.real(1), found.instant(2), found.instant(3)});
    };
    revisions.each(deliver, *id);
    return {};
  });
}

Result<std::vector<SeriesRow>> SqliteHistoryReader::series() {
  return read([&]() -> Result<std::vector<SeriesRow>> {
    std::vector<SeriesRow> found;
    Query all(*db_, kAllSeries);
    all.each([&](const Row& row) { found.push_back({row.id(0), row.text(1), sqlite::labels_from_json(row.text(2))}); });
    return found;
  });
}

Result<void> SqliteHistoryReader::samples(Slot from, Slot to, const std::function<void(const SampleRow&)>& row) {
  return read([&]() -> Result<void> {
    Query samples(*db_, kSamples);
    samples.each([&](const Row& found) { row({found.id(0), found.slot(1), found.real(2)}); }, from, to);
    return {};
  });
}

Result<void> SqliteHistoryReader::daily_samples(Slot from,
                                                Slot to,
                                                const std::function<void(const DailySamples&)>& row) {
  return read([&]() -> Result<void> {
    Query days(*db_, kDaily);
    days.each(
        [&](const Row& found) {
          row({found.id(0),
               found.slot(1),
               found.integer(2),
               found.real(3),
               found.real(4),
               found.real(5),
               found.real(6)});
        },
        from,
        to);
    return {};
  });
}

Result<void> SqliteHistoryReader::samples_as_known(Instant until, const std::function<void(const KnownSample&)>& row) {
  return read([&]() -> Result<void> {
    Query samples(*db_, kAsKnown);
    const auto deliver = [&](const Row& found) {
      row({found.id(0), found.slot(1), found.real(2), found.instant(3), found.integer(4) != 0});
    };
    samples.each(deliver, until);
    return {};
  });
}

}  // namespace kpi

#include "daemon/store/sqlite_history_reader.hpp"
#include "daemon/store/stored_rows.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

namespace kpi {
namespace {

using sqlite::Query;
using sqlite::Row;

constexpr const char* kTargets =
    "SELECT name, target, fingerprint, start, baseline, text, first_met FROM target_text JOIN kpi ON kpi.id = kpi_id "
    "ORDER BY target_text.id";

}  // namespace

Result<std::vector<SilenceRow>> SqliteHistoryReader::silences(Instant after) {
  return read([&]() -> Result<std::vector<SilenceRow>> {
    std::vector<SilenceRow> found;
    Query silences(*db_, "SELECT " KPI_SILENCE_COLUMNS " FROM silence WHERE ends > ? ORDER BY starts, id");
    silences.each([&](const Row& row) { found.push_back(sqlite::silence_row(row)); }, after);
    return found;
  });
}

Result<std::vector<AcknowledgementRow>> SqliteHistoryReader::acknowledgements() {
  return read([&]() -> Result<std::vector<AcknowledgementRow>> {
    std::vector<AcknowledgementRow> found;
    Query all(*db_, "SELECT " KPI_ACKNOWLEDGEMENT_COLUMNS " FROM acknowledgement ORDER BY at, id");
    all.each([&](const Row& row) { found.push_back(sqlite::acknowledgement_row(row)); });
    return found;
  });
}

Result<std::vector<HushedRow>> SqliteHistoryReader::hushed(Instant from, Instant to) {
  return read([&]() -> Result<std::vector<HushedRow>> {
    std::vector<HushedRow> found;
    Query hushed(*db_, KPI_HUSHED_BETWEEN);
    hushed.each([&](const Row& row) { found.push_back(sqlite::hushed_row(row)); }, from, to);
    return found;
  });
}

Result<std::vector<KnownTarget>> SqliteHistoryReader::target_versions() {
  return read([&]() -> Result<std::vector<KnownTarget>> {
    std::vector<KnownTarget> found;
    Query targets(*db_, kTargets);
    targets.each([&](const Row& row) {
      const auto start = parse_date(row.text(3));
      if (!start) {
        throw sqlite::BadRow(fmt::format("it holds a target that starts on \"{}\"", printable(row.text(3), 32)));
      }
      found.push_back({{row.text(0), row.text(1), row.text(2), *start, row.real(4), row.text(5)}, row.instant(6)});
    });
    return found;
  });
}

Result<std::vector<KnownRule>> SqliteHistoryReader::rule_versions() {
  return read([&]() -> Result<std::vector<KnownRule>> {
    std::vector<KnownRule> found;
    Query rules(*db_, "SELECT name, text, first_used FROM rule_text JOIN kpi ON kpi.id = kpi_id ORDER BY rule_text.id");
    rules.each([&](const Row& row) { found.push_back({row.text(0), row.text(1), row.instant(2)}); });
    return found;
  });
}

Result<std::vector<KnownDefinition>> SqliteHistoryReader::definitions() {
  return read([&]() -> Result<std::vector<KnownDefinition>> {
    std::vector<KnownDefinition> found;
    Query definitions(*db_,
                      "SELECT name, text, first_used FROM definition_text JOIN kpi ON kpi.id = kpi_id "
                      "ORDER BY definition_text.id");
    definitions.each([&](const Row& row) { found.push_back({row.text(0), row.text(1), row.instant(2)}); });
    return found;
  });
}

Result<std::vector<ReviewRow>> SqliteHistoryReader::reviews() {
  return read([&]() -> Result<std::vector<ReviewRow>> {
    std::vector<ReviewRow> found;
    Query reviews(*db_, "SELECT kpi, by_whom, note, at FROM review_entry ORDER BY id");
    reviews.each([&](const Row& row) { found.push_back({row.text(0), row.text(1), row.text(2), row.instant(3)}); });
    return found;
  });
}

Result<std::vector<NoteRow>> SqliteHistoryReader::notes(Date from, Date to) {
  return read([&]() -> Result<std::vector<NoteRow>> {
    std::vector<NoteRow> found;
    Query notes(*db_, "SELECT kpi, day, text, by_whom, at FROM note WHERE day >= ?1 AND day < ?2 ORDER BY day, id");
    notes.each(
        [&](const Row& row) {
          const auto day = parse_date(row.text(1));
          if (!day) {
            throw sqlite::BadRow(fmt::format("it holds a note to the day \"{}\"", printable(row.text(1), 32)));
          }
          found.push_back({row.text(0), *day, row.text(2), row.text(3), row.instant(4)});
        },
        date_text(from),
        date_text(to));
    return found;
  });
}

}  // namespace kpi

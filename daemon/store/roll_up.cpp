#include "daemon/store/roll_up.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace kpi::sqlite {
namespace {

/// Rows a piece: some tenths of a second, so that nobody waits for long.
constexpr std::int64_t kSamplesAtOnce = 100'000;
constexpr std::int64_t kMessagesAtOnce = 5'000;

constexpr const char* kOldest =
    "SELECT slot, series_id, value FROM sample WHERE slot < ?1 ORDER BY slot, series_id LIMIT ?2";
// A day may come in two pieces: the limit lies in the middle of it where zones differ.
constexpr const char* kAddDay =
    "INSERT INTO sample_day(day, series_id, samples, total, least, most, last, last_slot) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(day, series_id) DO UPDATE SET "
    "samples = samples + excluded.samples, "
    "total = coalesce(total + excluded.total, total, excluded.total), "
    "least = coalesce(min(least, excluded.least), least, excluded.least), "
    "most = coalesce(max(most, excluded.most), most, excluded.most), "
    "last = coalesce(iif(excluded.last_slot >= last_slot, excluded.last, last), last, excluded.last), "
    "last_slot = max(last_slot, excluded.last_slot)";
constexpr const char* kKeepLast =
    "INSERT INTO sample_past(series_id, slot, value) VALUES(?1, ?2, ?3) ON CONFLICT(series_id) DO UPDATE SET "
    "slot = excluded.slot, value = excluded.value WHERE excluded.slot >= slot";
constexpr const char* kDropSamples = "DELETE FROM sample WHERE slot < ?1 OR (slot = ?1 AND series_id <= ?2)";
constexpr const char* kDropRevisions = "DELETE FROM sample_revision WHERE slot < ?1";
// A slot is civil time: nothing that a zone may still need goes.
constexpr const char* kDropReads = "DELETE FROM source_seen WHERE at < ?1 - 2 * 86400000";
constexpr const char* kDropAway = "DELETE FROM away WHERE until < ?1 - 2 * 86400000";
constexpr const char* kDropMessages =
    "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE created < ?1 AND state <> 'queued' ORDER BY created "
    "LIMIT ?2)";

/// What is left of a day of one series.
struct Day {
  std::int64_t samples = 0;
  double total = std::nan("");
  double least = std::nan("");
  double most = std::nan("");
  double last = std::nan("");
  Slot last_slot;

  void add(Slot slot, double value) {
    last_slot = slot;
    if (std::isnan(value)) {
      return;
    }
    total = samples == 0 ? value : total + value;
    least = samples == 0 ? value : std::min(least, value);
    most = samples == 0 ? value : std::max(most, value);
    last = value;
    ++samples;
  }
};

bool roll_up_samples(SQLite::Database& db, Slot before, const RollUpOrder& order) {
  std::map<std::pair<Slot, std::uint32_t>, Day> days;
  std::map<std::uint32_t, SampleRow> newest;
  SampleRow end;
  std::int64_t rows = 0;
  Query oldest(db, kOldest);
  oldest.each(
      [&](const Row& row) {
        end = {row.id(1), row.slot(0), row.real(2)};
        ++rows;
        days[{order.day_of(end.series, end.slot), end.series}].add(end.slot, end.value);
        if (!std::isnan(end.value)) {
          newest[end.series] = end;
        }
      },
      before,
      kSamplesAtOnce);
  if (rows == 0) {
    return false;
  }
  Query add_day(db, kAddDay);
  for (const auto& [key, day] : days) {
    add_day.run(key.first, key.second, day.samples, day.total, day.least, day.most, day.last, day.last_slot);
  }
  Query keep_last(db, kKeepLast);
  for (const auto& [series, sample] : newest) {
    keep_last.run(series, sample.slot, sample.value);
  }
  Query(db, kDropSamples).run(end.slot, end.series);
  const Slot done = rows < kSamplesAtOnce ? before : end.slot;
  Query(db, kDropRevisions).run(done);
  Query(db, kDropReads).run(done);
  Query(db, kDropAway).run(done);
  return rows == kSamplesAtOnce;
}

}  // namespace

bool roll_up_some(SQLite::Database& db, const RollUpOrder& order) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  bool is_more = order.samples_before && roll_up_samples(db, *order.samples_before, order);
  if (order.messages_before) {
    is_more |= Query(db, kDropMessages).run(*order.messages_before, kMessagesAtOnce) == kMessagesAtOnce;
  }
  transaction.commit();
  return is_more;
}

}  // namespace kpi::sqlite

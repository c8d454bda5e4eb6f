#include "daemon/store/sqlite_store.hpp"

#include "daemon/store/file_lock.hpp"
#include "daemon/store/found_history.hpp"
#include "daemon/store/history_copy.hpp"
#include "daemon/store/reserve.hpp"
#include "daemon/store/roll_up.hpp"
#include "daemon/store/sqlite_file.hpp"
#include "daemon/store/step_writer.hpp"
#include "daemon/store/stored_rows.hpp"
#include "daemon/store/stored_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace kpi {
namespace {

using sqlite::guarded;
using sqlite::Query;
using sqlite::Row;

constexpr int kFull = 13;     // SQLITE_FULL
constexpr int kDamaged = 11;  // SQLITE_CORRUPT

/// When fewer than one in so many ids are wanted, seeking to each is cheaper than reading all.
constexpr std::size_t kSeekBelow = 8;

constexpr const char* kSamples =
    "SELECT slot, series_id, value FROM sample WHERE slot >= ?1 AND slot < ?2 ORDER BY slot, series_id";
constexpr const char* kSampleNextSlot = "SELECT slot FROM sample WHERE slot >= ?1 AND slot < ?2 ORDER BY slot LIMIT 1";
constexpr const char* kSampleRow = "SELECT slot, series_id, value FROM sample WHERE slot = ?1 AND series_id = ?2";
constexpr const char* kVerdicts =
    "SELECT " KPI_LEDGER_COLUMNS " FROM ledger WHERE slot >= ?1 AND slot < ?2 ORDER BY slot, line_id";

SampleRow sample_row(const Row& row) {
  return {.series = row.id(1), .slot = row.slot(0), .value = row.real(2)};
}

/// What must be on the disk before anybody is told.
bool is_promise(const StepCommit& step) {
  return !step.notifications.empty() || !step.deliveries.empty() || !step.alerts.empty() || !step.silences.empty() ||
         !step.acknowledgements.empty();
}

class SqliteStore final : public Store {
 public:
  /// `lock` is empty for a history in memory. Throws SQLite::Exception.
  SqliteStore(std::string path,
              std::optional<FileLock> lock,
              const SqliteStoreOptions& options,
              std::unique_ptr<SQLite::Database> db)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        options_(options),
        reserve_(lock_ ? path_ + ".reserve" : std::string()),
        db_(std::move(db)),
        rows_(std::make_unique<Rows>(*db_)) {
    note_history();
  }

  /// Said with the next load().
  void warn(std::string warning) { warnings_.push_back(std::move(warning)); }

  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;
  SqliteStore(SqliteStore&&) = delete;
  SqliteStore& operator=(SqliteStore&&) = delete;

  ~SqliteStore() override {
    rows_.reset();
    db_.reset();
    if (lock_) {
      is_damaged_ ? lock_->release_damaged() : lock_->release();
    }
  }

  Result<StoredState> load() override;
  Result<void> commit(const StepCommit& step) override;
  Result<void> samples(Slot from,
                       Slot to,
                       const std::vector<std::uint32_t>& series,
                       const std::function<void(const SampleRow&)>& row) override;
  Result<void> verdicts(Slot from,
                        Slot to,
                        std::uint32_t line,
                        const std::function<void(const VerdictRow&)>& row) override;
  Result<DeliveryMemory> delivery_memory() override;
  Result<std::vector<NotificationRow>> dead_letters(const std::vector<std::string>& ids,
                                                    const std::string& channel) override;
  Result<std::vector<EpisodeRow>> episodes_between(Instant from, Instant to) override;
  Result<std::vector<HushedRow>> hushed(Instant from, Instant to) override;

  [[nodiscard]] bool rolls_up() const override { return true; }

  Result<bool> roll_up(const RollUpOrder& order) override;
  Result<void> past_samples(const std::function<void(const SampleRow&)>& row) override;
  Result<void> newest_revisions(const std::function<void(std::uint32_t series, Slot slot)>& row) override;

 private:
  /// sqlite::guarded(), which remembers that SQLite found the file damaged.
  template <class Body>
  auto guarded(std::string_view action, const std::string& path, Body&& body) -> decltype(body()) {
    return sqlite::guarded(action, path, [&]() -> decltype(body()) {
      try {
        return std::forward<Body>(body)();
      } catch (const SQLite::Exception& exception) {
        if ((exception.getErrorCode() & 0xff) != kDamaged || !lock_) {
          throw;
        }
        return damaged(sqlite::describe(action, path, exception));
      } catch (const sqlite::LostRow& exception) {
        if (!lock_) {
          throw;
        }
        return damaged(sqlite::describe(action, path, exception));
      }
    });
  }

  tl::unexpected<Error> damaged(Error error) {
    is_damaged_ = true;
    error.kind = ErrorKind::kInvalid;  // trying again will not help: the daemon ends, and the next start mends it
    error.message += ". The next start moves it aside and saves what can be read of it";
    return tl::unexpected<Error>(std::move(error));
  }

  /// Everything prepared; ends before the connection does.
  struct Rows {
    explicit Rows(const SQLite::Database& db)
        : words(db),
          writer(db, words),
          all_samples(db, kSamples),
          some_samples(db, kSampleNextSlot, kSampleRow),
          all_verdicts(db, kVerdicts),
          some_verdicts(db, KPI_LEDGER_NEXT_SLOT, KPI_LEDGER_ROW),
          newest_series(db, "SELECT ifnull(max(id), 0) FROM series") {}

    sqlite::Words words;
    sqlite::StepWriter writer;
    Query all_samples;
    sqlite::SlotSeeker some_samples;
    Query all_verdicts;
    sqlite::SlotSeeker some_verdicts;
    Query newest_series;
  };

  Result<StoredState> load_all();
  Result<void> begin_anew();

  void note_history() {
    if (lock_) {
      lock_->note_history();
    }
  }

  void synchronise_fully(bool fully);
  std::size_t series_count();

  std::string path_;
  std::optional<FileLock> lock_;
  SqliteStoreOptions options_;
  Reserve reserve_;
  std::unique_ptr<SQLite::Database> db_;
  std::unique_ptr<Rows> rows_;
  std::vector<std::string> warnings_;
  std::optional<bool> is_fully_synchronous_;
  bool is_damaged_ = false;
};

Result<StoredState> SqliteStore::load() {
  Result<StoredState> state = load_all();
  if (!state && is_damaged_ && lock_) {  // a start goes on with what can be saved
    KPI_TRY(begin_anew());
    state = load_all();
  }
  return state;
}

Result<void> SqliteStore::begin_anew() {
  rows_.reset();
  db_.reset();
  warn(text_of(KPI_TRY(salvage_history(path_)), path_));
  return sqlite::guarded("open", path_, [&]() -> Result<void> {
    db_ = KPI_TRY(sqlite::connect_for_writing(path_, true, options_.max_bytes));
    rows_ = std::make_unique<Rows>(*db_);
    note_history();
    is_fully_synchronous_.reset();
    is_damaged_ = false;
    return {};
  });
}

Result<StoredState> SqliteStore::load_all() {
  return guarded("read", path_, [&]() -> Result<StoredState> {
    StoredState state = sqlite::read_stored_state(*db_, rows_->words);
    state.warnings = std::exchange(warnings_, {});
    return state;
  });
}

void SqliteStore::synchronise_fully(bool fully) {
  if (is_fully_synchronous_ != fully) {
    db_->exec(fully ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    is_fully_synchronous_ = fully;
  }
}

Result<void> SqliteStore::commit(const StepCommit& step) {
  if (const std::string lost = lock_ ? lock_->lost() : ""; !lost.empty()) {
    // Trying again will not help: the daemon ends, and the next start goes on with the file that stands there.
    return fail(
        ErrorKind::kInvalid,
        fmt::format("cannot write the history: {}; what kpid writes would be lost. Put back the history that is "
                    "wanted, then start kpid again",
                    lost));
  }
  bool is_full = false;
  const auto attempt = [&]() -> Result<void> {
    try {
      synchronise_fully(is_promise(step));
      SQLite::Transaction transaction(*db_, SQLite::TransactionBehavior::IMMEDIATE);
      rows_->writer.write(step);
      transaction.commit();
      return {};
    } catch (const SQLite::Exception& exception) {
      is_full = (exception.getErrorCode() & 0xff) == kFull;
      throw;
    }
  };
  Result<void> done = guarded("write", path_, attempt);
  if (!done && is_full) {
    rows_->writer.forget();
    if (reserve_.release()) {
      done = guarded("write", path_, attempt);
    }
  }
  if (!done) {
    rows_->writer.forget();
  } else {
    reserve_.refill();
  }
  return done;
}

std::size_t SqliteStore::series_count() {
  std::size_t count = 0;
  rows_->newest_series.each([&](const Row& row) { count = row.id(0); });
  return count;
}

Result<void> SqliteStore::samples(Slot from,
                                  Slot to,
                                  const std::vector<std::uint32_t>& series,
                                  const std::function<void(const SampleRow&)>& row) {
  const std::set<std::uint32_t> wanted(series.begin(), series.end());
  const auto deliver = [&](const Row& found) { row(sample_row(found)); };
  const auto deliver_wanted = [&](const Row& found) {
    if (wanted.contains(found.id(1))) {
      deliver(found);
    }
  };
  return guarded("read", path_, [&]() -> Result<void> {
    if (wanted.empty()) {
      rows_->all_samples.each(deliver, from, to);
    } else if (wanted.size() * kSeekBelow < series_count()) {
      rows_->some_samples.each(from, to, {wanted.begin(), wanted.end()}, deliver);
    } else {
      rows_->all_samples.each(deliver_wanted, from, to);
    }
    return {};
  });
}

Result<void> SqliteStore::verdicts(Slot from,
                                   Slot to,
                                   std::uint32_t line,
                                   const std::function<void(const VerdictRow&)>& row) {
  return guarded("read", path_, [&]() -> Result<void> {
    const auto deliver = [&](const Row& found) { row(sqlite::verdict_row(found, rows_->words)); };
    if (line == 0) {
      rows_->all_verdicts.each(deliver, from, to);
    } else {
      rows_->some_verdicts.each(from, to, {line}, deliver);
    }
    return {};
  });
}

Result<DeliveryMemory> SqliteStore::delivery_memory() {
  return guarded("read", path_, [&]() -> Result<DeliveryMemory> {
    DeliveryMemory memory;
    Query threads(*db_, "SELECT channel, alert, remote FROM thread ORDER BY channel, alert");
    threads.each([&](const Row& row) { memory.threads.push_back({row.text(0), row.text(1), row.text(2)}); });
    Query disabled(*db_, "SELECT name, disabled FROM channel_state WHERE disabled <> '' ORDER BY name");
    disabled.each([&](const Row& row) {
      const std::string name = row.text(0);
      if (const std::size_t space = name.find(' '); space != std::string::npos) {
        memory.refused.push_back({name.substr(0, space), name.substr(space + 1), row.text(1)});
      } else {
        memory.disabled.emplace_back(name, row.text(1));
      }
    });
    // With "<> 'sent'" the index of what is not sent serves.
    Query held(*db_,
               "SELECT " KPI_OUTBOX_COLUMNS
               " FROM outbox WHERE state <> 'sent' AND state = 'dead' AND next_attempt IS NOT NULL ORDER BY seq");
    held.each([&](const Row& row) { memory.held.push_back(sqlite::notification_row(row)); });
    return memory;
  });
}

Result<std::vector<NotificationRow>> SqliteStore::dead_letters(const std::vector<std::string>& ids,
                                                               const std::string& channel) {
  return guarded("read", path_, [&]() -> Result<std::vector<NotificationRow>> {
    const std::set<std::string> wanted(ids.begin(), ids.end());
    std::vector<NotificationRow> found;
    // With "<> 'sent'" the index of what is not sent serves.
    Query dead(*db_,
               "SELECT " KPI_OUTBOX_COLUMNS
               " FROM outbox WHERE state <> 'sent' AND state = 'dead' ORDER BY created, seq");
    dead.each([&](const Row& row) {
      const bool is_wanted =
          (wanted.empty() || wanted.contains(row.text(0))) && (channel.empty() || row.text(1) == channel);
      if (is_wanted) {
        found.push_back(sqlite::notification_row(row));
      }
    });
    return found;
  });
}

Result<std::vector<EpisodeRow>> SqliteStore::episodes_between(Instant from, Instant to) {
  return guarded("read", path_, [&]() -> Result<std::vector<EpisodeRow>> {
    std::vector<EpisodeRow> found;
    Query episodes(
        *db_,
        "SELECT id, line_id, rule, severity, since, pending, firing, resolved, reason, restated FROM episode "
        "WHERE since < ? AND (resolved IS NULL OR resolved >= ?) ORDER BY since, id");
    episodes.each([&](const Row& row) { found.push_back(sqlite::episode_row(row)); }, to, from);
    return found;
  });
}

Result<std::vector<HushedRow>> SqliteStore::hushed(Instant from, Instant to) {
  return guarded("read", path_, [&]() -> Result<std::vector<HushedRow>> {
    std::vector<HushedRow> found;
    Query hushed(*db_, KPI_HUSHED_BETWEEN);
    hushed.each([&](const Row& row) { found.push_back(sqlite::hushed_row(row)); }, from, to);
    return found;
  });
}

Result<bool> SqliteStore::roll_up(const RollUpOrder& order) {
  return guarded("write", path_, [&]() -> Result<bool> { return sqlite::roll_up_some(*db_, order); });
}

Result<void> SqliteStore::past_samples(const std::function<void(const SampleRow&)>& row) {
  return guarded("read", path_, [&]() -> Result<void> {
    Query past(*db_, "SELECT slot, series_id, value FROM sample_past ORDER BY slot, series_id");
    past.each([&](const Row& found) { row(sample_row(found)); });
    return {};
  });
}

Result<void> SqliteStore::newest_revisions(const std::function<void(std::uint32_t series, Slot slot)>& row) {
  return guarded("read", path_, [&]() -> Result<void> {
    Query newest(*db_, "SELECT series_id, max(slot) FROM sample_revision GROUP BY series_id");
    newest.each([&](const Row& found) { row(found.id(0), found.slot(1)); });
    return {};
  });
}

/// `lock` is none for a history in memory. Throws SQLite::Exception.
Result<std::unique_ptr<SqliteStore>> open_database(const std::string& path,
                                                   std::optional<FileLock> lock,
                                                   const SqliteStoreOptions& options) {
  auto db = KPI_TRY(sqlite::connect_for_writing(path, lock.has_value(), options.max_bytes));
  return std::make_unique<SqliteStore>(path, std::move(lock), options, std::move(db));
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteStoreOptions& options) {
  if (path == ":memory:") {
    return guarded("open", path, [&]() -> Result<std::unique_ptr<Store>> {
      return KPI_TRY(open_database(path, std::nullopt, options));
    });
  }
  // Two names of one file must meet at one lock.
  const std::string file = sqlite::real_path(path);
  FileLock lock = KPI_TRY(FileLock::take(file, options.patience));
  Reserve::release_where_full(file + ".reserve");
  std::string warning = KPI_TRY(sqlite::make_ready(file, lock));
  return guarded("open", file, [&]() -> Result<std::unique_ptr<Store>> {
    std::unique_ptr<SqliteStore> store = KPI_TRY(open_database(file, std::move(lock), options));
    if (!warning.empty()) {
      store->warn(std::move(warning));
    }
    return store;
  });
}

Result<std::unique_ptr<Store>> open_sqlite_store_for_reading(const std::string& path) {
  const std::string file = sqlite::real_path(path);
  return guarded("open", file, [&]() -> Result<std::unique_ptr<Store>> {
    return std::make_unique<SqliteStore>(
        file, std::nullopt, SqliteStoreOptions{}, KPI_TRY(sqlite::open_for_reading(file)));
  });
}

}  // namespace kpi

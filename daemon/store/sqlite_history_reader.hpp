#pragma once
// The reader of the SQLite history, for history_reader.cpp, history_samples.cpp (what sources delivered) and
// history_people.cpp (what people said and promised). Private to daemon/store; see history_reader.hpp.

#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_file.hpp"
#include "daemon/store/sqlite_query.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

class SqliteHistoryReader final : public HistoryReader {
 public:
  SqliteHistoryReader(std::string path, std::unique_ptr<SQLite::Database> db)
      : path_(std::move(path)), db_(std::move(db)) {}

  Result<std::optional<Instant>> last_step() override;
  Result<std::vector<KpiStatus>> statuses() override;
  Result<std::map<KpiState, std::size_t>> states() override;
  Result<std::vector<Labels>> segments(const std::string& kpi) override;
  Result<void> verdicts(const VerdictFilter& filter, const std::function<void(const KpiVerdict&)>& row) override;
  Result<void> judged(const std::vector<LinePeriod>& periods,
                      const std::function<void(const VerdictRow&)>& row) override;
  Result<void> episodes(const EpisodeFilter& filter, const std::function<void(const KpiEpisode&)>& row) override;
  Result<void> fired(Instant from, Instant to, const std::function<void(const EpisodeRow&)>& row) override;
  Result<std::vector<NotificationRow>> notifications(const NotificationFilter& filter) override;
  Result<std::vector<SourceRow>> sources() override;
  Result<std::vector<ChannelQueue>> queues() override;
  Result<void> sample_revisions(const std::string& metric,
                                const Labels& labels,
                                const std::function<void(const SampleRevision&)>& row) override;
  Result<std::vector<SeriesRow>> series() override;
  Result<std::vector<SilenceRow>> silences(Instant after) override;
  Result<std::vector<AcknowledgementRow>> acknowledgements() override;
  Result<std::vector<HushedRow>> hushed(Instant from, Instant to) override;
  Result<std::vector<LineRow>> lines() override;
  Result<void> ledger(Slot from, Slot to, const std::function<void(const LedgerPoint&)>& row) override;
  Result<std::vector<VerdictRevision>> ledger_revisions(Slot from, Slot to) override;
  Result<void> samples(Slot from, Slot to, const std::function<void(const SampleRow&)>& row) override;
  Result<void> daily_samples(Slot from, Slot to, const std::function<void(const DailySamples&)>& row) override;
  Result<std::vector<KnownTarget>> target_versions() override;
  Result<std::vector<KnownRule>> rule_versions() override;
  Result<std::vector<KnownDefinition>> definitions() override;
  Result<std::vector<ReviewRow>> reviews() override;
  Result<std::vector<NoteRow>> notes(Date from, Date to) override;
  Result<std::vector<SettledForecast>> forecasts(Slot from, Slot to) override;
  Result<std::vector<StatedForecast>> stated(Slot from, Slot to) override;
  Result<void> samples_as_known(Instant until, const std::function<void(const KnownSample&)>& row) override;
  Result<std::vector<Instant>> step_times(Instant until) override;
  Result<std::vector<KnownRead>> source_reads(Instant until) override;
  Result<std::vector<DownTimeRow>> down_times() override;

 private:
  /// The segments of a KPI by line; those of `filter`.
  Result<std::map<std::uint32_t, Labels>> lines_of(const VerdictFilter& filter);
  Error unknown_kpi(const std::string& kpi);
  Result<void> read_verdicts(const VerdictFilter& filter, const std::function<void(const KpiVerdict&)>& row);

  /// Runs `body` at one moment of the history.
  template <class Body>
  auto read(Body&& body) -> decltype(body()) {
    return sqlite::guarded("read", path_, [&] {
      const SQLite::Transaction moment(*db_);  // Rolled back: nothing was written.
      return body();
    });
  }

  std::string path_;
  std::unique_ptr<SQLite::Database> db_;
};

}  // namespace kpi

#pragma once
// Writes what one step decided, row by row. Private to daemon/store; of the thread that owns the connection.

#include "daemon/store/sqlite_query.hpp"
#include "daemon/store/store.hpp"
#include "daemon/store/words.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace kpi::sqlite {

class StepWriter {
 public:
  /// `words` must outlive the writer.
  StepWriter(const SQLite::Database& db, Words& words);

  /// REQUIRES an open transaction; throws SQLite::Exception, after which the transaction must be rolled back.
  void write(const StepCommit& step);
  /// Drops what was learnt in a transaction that is no more.
  void forget();

 private:
  void write(const SeriesRow& series);
  void write(const LineRow& line);
  void write(const RuleVersionRow& rule, Instant now);
  void write(const TargetVersionRow& target, Instant now);
  void write(const DefinitionRow& definition, Instant now);
  void write(const std::vector<SampleRow>& samples, Instant now);
  void write(std::span<const SampleRow> samples, Instant now);
  void withdraw(const SampleRow& sample, Instant now);
  void restate(const SampleRow& sample, Instant now);
  void write(const std::vector<VerdictRow>& verdicts, Instant now);
  void restate(const VerdictRow& verdict, Instant now);
  void write(const std::vector<StatusRow>& statuses);
  void write(const std::vector<AlertRow>& alerts);
  void write(const EpisodeRow& episode);
  void write(const SourceRow& source);
  void write(const SourceReadRow& read, Instant now);
  void write(const DownTimeRow& down);
  void write(const NotificationRow& message);
  void write(const DeliveryRow& delivery);
  void write(const ReviewRow& review);
  void write(const NoteRow& note);
  void write(const EntryRow& entry);
  void write(const RoutingRow& routing);
  void write(const SilenceRow& silence);
  void write(const AcknowledgementRow& acknowledgement);
  void write(const HushedRow& hushed);
  void write(const DigestMark& digest);
  void bind_ledger(Query& query, int first, const VerdictRow& verdict, Instant now);
  void bind_status(Query& query, int first, const StatusRow& status);

  Words& words_;
  Query add_metric_;
  Query add_kpi_;
  Query put_series_;
  Query put_line_;
  Query put_rule_;
  Query put_target_;
  Query put_definition_;
  Inserter add_samples_;
  Query keep_sample_;  // as a revision, if the new one differs
  Query replace_sample_;
  Query withdraw_sample_;
  Query drop_sample_;
  Inserter add_verdicts_;
  Query keep_verdict_;  // takes the values of a row; as a revision, if the new one differs
  Query mark_restated_;
  Query replace_verdict_;
  Inserter put_statuses_;
  Inserter put_alerts_;
  Query put_episode_;
  Query put_source_;
  Query add_source_name_;
  Query find_source_name_;
  std::map<std::string, std::int64_t, std::less<>> source_ids_;
  Query put_read_;
  Query put_away_;
  Query add_message_;
  Query put_delivery_;
  Query put_thread_;
  Query drop_thread_;
  Query put_disabled_;
  Query add_review_;
  Query add_note_;
  Query add_forecast_;
  Query add_entry_;
  Query put_routing_;
  Query drop_routing_;
  Query put_silence_;
  Query put_acknowledgement_;
  Query add_hushed_;
  Query put_digest_;
  Query put_last_step_;
};

}  // namespace kpi::sqlite

#pragma once
// What the history says, for those who only read it: the CLI, the page, reports. Each call sees one moment, whole, and
// works while a daemon writes, when none runs, and on a copy. A reader belongs to one thread at a time; open one per
// thread.
//
// The callbacks run while the history is held open at that moment: they should be quick, for what a daemon writes
// meanwhile piles up in its log.

#include "daemon/store/store.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// The last period of a line, judged or provisional, under the names people know.
struct KpiStatus {
  std::string kpi;
  Labels segment;
  StatusRow row;
};

/// One judged period of a KPI or segment.
struct KpiVerdict {
  Labels segment;
  VerdictRow row;
  Instant judged_at;
};

/// One episode; `kpi` is empty when it is about a source (see EpisodeRow::rule).
struct KpiEpisode {
  std::string kpi;
  Labels segment;
  EpisodeRow row;
  Severity present = Severity::kNone;  ///< While it fires: as bad as it is now; afterwards that of the row, its worst.
};

/// Which judged periods of a KPI.
struct VerdictFilter {
  std::string kpi;
  std::optional<Labels> segment = std::nullopt;  ///< None: the total and every segment; empty labels: the total.
  std::optional<Slot> from = std::nullopt;
  std::optional<Slot> to = std::nullopt;  ///< Not included.
};

/// One period of a line, by the numbers they have in the history.
struct LinePeriod {
  std::uint32_t line = 0;  ///< LineRow::id
  Slot slot;
};

/// Which episodes: those that touch the time from `from` to before `to`.
struct EpisodeFilter {
  bool open_only = false;
  std::optional<std::string> kpi = std::nullopt;  ///< None: of every KPI and source.
  std::optional<Instant> from = std::nullopt;
  std::optional<Instant> to = std::nullopt;
};

struct NotificationFilter {
  std::optional<NotificationRow::State> state = std::nullopt;
  std::optional<std::string> channel = std::nullopt;
  std::size_t limit = 100;
};

/// What waits for a channel, and what it will never deliver.
struct ChannelQueue {
  std::string channel;
  std::size_t queued = 0;
  std::size_t dead = 0;
  std::string disabled{};  ///< Why it takes nothing; empty: it does.
  // Of the message that is tried next among those that have failed.
  std::string last_error{};
  std::optional<Instant> next_attempt{};
  std::map<std::string, std::string> refused{};  ///< Addresses that refuse what others of it take, and why.
  std::optional<Instant> oldest{};               ///< When the first of those that wait was made.

  bool operator==(const ChannelQueue&) const = default;
};

/// A value that was known for a slot from `known_at` to `replaced_at`.
struct SampleRevision {
  Slot slot;
  double value = 0;  ///< NaN: the source delivered null.
  Instant known_at;
  Instant replaced_at;
};

/// A value and when it became known, or that it was withdrawn and when.
struct KnownSample {
  std::uint32_t series = 0;  ///< SeriesRow::id
  Slot slot;
  double value = 0;  ///< NaN: the source delivered null.
  Instant known_at;
  bool is_withdrawn = false;
};

/// What a review reads of every judged period.
struct LedgerPoint {
  std::uint32_t line = 0;  ///< LineRow::id
  Slot slot;
  double value = 0;  ///< NaN: none. So are the next.
  double limit = 0;
  double goal = 0;
  double expected = 0;
  Verdict verdict = Verdict::kRecorded;
  TargetStatus target_status = TargetStatus::kNotStarted;
  Period period;  ///< As it was judged, which the rule's `every` of now need not be.
  Reason reason = Reason::kNone;
};

/// A value that a judged period had from `judged_at` to `replaced_at`, before its data was restated.
struct VerdictRevision {
  VerdictRow row;
  Instant judged_at;
  Instant replaced_at;
};

/// A target as it was first met; see TargetVersionRow.
struct KnownTarget {
  TargetVersionRow row;
  Instant first_met;
};

/// A KPI's rule as it was first used.
struct KnownRule {
  std::string kpi;
  std::string text;  ///< A key a line.
  Instant first_used;
};

/// A KPI's whole rule, see DefinitionRow.
struct KnownDefinition {
  std::string kpi;
  std::string text;
  Instant first_used;
};

/// How a source stood at a step, see SourceReadRow.
struct KnownRead {
  std::string source;
  Instant at;
  std::optional<Instant> read;  ///< None: it failed.
};

/// What is left of a day of one series.
struct DailySamples {
  std::uint32_t series = 0;  ///< SeriesRow::id
  Slot day;
  std::int64_t samples = 0;  ///< Numbers; with none the rest is NaN.
  double total = 0;
  double least = 0;
  double most = 0;
  double last = 0;
};

/// A probability that was stated of a target that has been decided since.
struct SettledForecast {
  std::uint32_t line = 0;
  Slot slot;  ///< The period after which it was stated.
  double probability = 0;
  bool was_reached = false;
  bool is_of_another_goal = false;  ///< The goal was changed before it was decided: nothing is known of the stated one.
};

/// The last that was stated of a line's target within some time.
struct StatedForecast {
  std::uint32_t line = 0;
  Slot slot;  ///< The period after which it was stated.
  double probability = 0;
  double projected = 0;  ///< NaN: not kept. So is the next.
  double goal = 0;
};

/// Errors are kStorage, with SQLite's words and the remedy, unless said otherwise.
class HistoryReader {
 public:
  virtual ~HistoryReader() = default;

  /// The time of the last step; nothing before the first.
  virtual Result<std::optional<Instant>> last_step() = 0;
  /// In the order the engine met them.
  virtual Result<std::vector<KpiStatus>> statuses() = 0;
  /// How many KPIs and segments are in which state.
  virtual Result<std::map<KpiState, std::size_t>> states() = 0;
  /// What the history knows of a KPI: empty labels are the total. In the order the engine met them. kNotFound for a KPI
  /// it has nothing of.
  virtual Result<std::vector<Labels>> segments(const std::string& kpi) = 0;
  /// In slot order. kNotFound for a KPI or segment the history has nothing of.
  virtual Result<void> verdicts(const VerdictFilter& filter, const std::function<void(const KpiVerdict&)>& row) = 0;
  /// These periods, in this order; those that are not judged are left out.
  virtual Result<void> judged(const std::vector<LinePeriod>& periods,
                              const std::function<void(const VerdictRow&)>& row) = 0;
  /// In the order in which they began.
  virtual Result<void> episodes(const EpisodeFilter& filter, const std::function<void(const KpiEpisode&)>& row) = 0;
  /// Those of KPIs that fired and touch the time from `from` to before `to`, as they were stored; the row names its
  /// line.
  virtual Result<void> fired(Instant from, Instant to, const std::function<void(const EpisodeRow&)>& row) = 0;
  /// The newest first.
  virtual Result<std::vector<NotificationRow>> notifications(const NotificationFilter& filter) = 0;
  /// By name.
  virtual Result<std::vector<SourceRow>> sources() = 0;
  /// Channels with something queued or dead, by name.
  virtual Result<std::vector<ChannelQueue>> queues() = 0;
  /// Former values of one series ("source.metric" and its labels), by slot, the oldest value first. kNotFound for a
  /// series the history has nothing of.
  virtual Result<void> sample_revisions(const std::string& metric,
                                        const Labels& labels,
                                        const std::function<void(const SampleRevision&)>& row) = 0;
  /// In the order the engine met them.
  virtual Result<std::vector<SeriesRow>> series() = 0;
  /// In the order the engine met them.
  virtual Result<std::vector<LineRow>> lines() = 0;
  /// Every judged period with from <= slot < to, of every KPI, in slot order; the row names its line.
  virtual Result<void> ledger(Slot from, Slot to, const std::function<void(const LedgerPoint&)>& row) = 0;
  /// Former verdicts with from <= slot < to, in the order in which they were replaced.
  virtual Result<std::vector<VerdictRevision>> ledger_revisions(Slot from, Slot to) = 0;
  /// Current samples with from <= slot < to, in slot order.
  virtual Result<void> samples(Slot from, Slot to, const std::function<void(const SampleRow&)>& row) = 0;
  /// What samples with from <= day < to were rolled up to, by day.
  virtual Result<void> daily_samples(Slot from, Slot to, const std::function<void(const DailySamples&)>& row) = 0;
  /// In the order in which they were met.
  virtual Result<std::vector<KnownTarget>> target_versions() = 0;
  /// In the order in which they were first used.
  virtual Result<std::vector<KnownRule>> rule_versions() = 0;
  /// In the order in which they were first used.
  virtual Result<std::vector<KnownDefinition>> definitions() = 0;
  /// Who looked at which KPI, in the order in which they said so.
  virtual Result<std::vector<ReviewRow>> reviews() = 0;
  /// What people wrote to days with from <= day < to, by day.
  virtual Result<std::vector<NoteRow>> notes(Date from, Date to) = 0;
  /// Silences that end after `after`, by their start.
  virtual Result<std::vector<SilenceRow>> silences(Instant after) = 0;
  /// In the order in which they were given, those that are over too.
  virtual Result<std::vector<AcknowledgementRow>> acknowledgements() = 0;
  /// What came and went unheard and ended with from <= at < to, in that order.
  virtual Result<std::vector<HushedRow>> hushed(Instant from, Instant to) = 0;
  /// What was stated of targets whose outcome was decided in a period with from <= slot < to.
  virtual Result<std::vector<SettledForecast>> forecasts(Slot from, Slot to) = 0;
  /// The last statement of each line after a period with from <= slot < to.
  virtual Result<std::vector<StatedForecast>> stated(Slot from, Slot to) = 0;
  /// Every value that became known before `until`, those that were replaced too, in the order in which they became
  /// known.
  virtual Result<void> samples_as_known(Instant until, const std::function<void(const KnownSample&)>& row) = 0;
  /// The times before `until` of the steps that learnt a sample, judged a period, took up a rule or saw a source fail
  /// or come back, ascending.
  virtual Result<std::vector<Instant>> step_times(Instant until) = 0;
  /// Those of steps before `until`, ascending.
  virtual Result<std::vector<KnownRead>> source_reads(Instant until) = 0;
  /// When nobody looked, ascending; a start or a reload follows each.
  virtual Result<std::vector<DownTimeRow>> down_times() = 0;
};

/// Opens the SQLite history at `path` for reading. kNotFound, with the remedy, when there is none yet.
Result<std::unique_ptr<HistoryReader>> open_history_reader(const std::string& path);

}  // namespace kpi

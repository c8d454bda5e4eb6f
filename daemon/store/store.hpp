#pragma once
// The history in the words of the domain. One engine thread owns a store; everything a step decided is committed at
// once or not at all. A second implementation (several daemons sharing one PostgreSQL) can stand behind this interface;
// the contract suite in tests/unit/daemon/store/store_contract_test.cpp runs over each.
//
// Texts are UTF-8. A row may name series, lines and rule versions that are stored already or stand in the same step.

#include "rules/base/calendar.hpp"
#include "rules/base/result.hpp"
#include "rules/model/ledger.hpp"
#include "rules/model/sample.hpp"
#include "rules/model/verdict.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

/// A metric and one set of label values. Ids count from 1 without gaps, in the order the engine met them.
struct SeriesRow {
  std::uint32_t id = 0;
  std::string metric;  ///< "source.metric"
  Labels labels;

  bool operator==(const SeriesRow&) const = default;
};

/// A KPI and one segment (empty: the total): one line of the ledger. Ids like those of series.
struct LineRow {
  std::uint32_t id = 0;
  std::string kpi;
  Labels segment;

  bool operator==(const LineRow&) const = default;
};

/// One sample as known now. A different value for a slot that has one keeps the old one as a revision, with the times
/// at which it became known and was replaced (StepCommit::now); the same value again changes nothing.
struct SampleRow {
  std::uint32_t series = 0;
  Slot slot;
  double value = 0;           ///< NaN: the source delivered null.
  bool is_withdrawn = false;  ///< There is none any more: what there was is kept as a revision that nothing replaced.
};

/// The text of a rule that verdicts were judged by. Ids like those of series.
struct RuleVersionRow {
  std::uint32_t id = 0;
  std::string kpi;
  std::string fingerprint;
  std::string text;  ///< The rule, printed canonically.

  bool operator==(const RuleVersionRow&) const = default;
};

/// A target as it was first met, with what was frozen then (a measured baseline, a default start). Its key is KPI,
/// target and fingerprint: the row is replaced when the baseline has been measured.
struct TargetVersionRow {
  std::string kpi;
  std::string target;       ///< Its name; "target" when it has none.
  std::string fingerprint;  ///< Of the target's keys.
  Date start;
  double baseline = 0;  ///< NaN: not measured yet.
  std::string text;

  bool operator==(const TargetVersionRow&) const = default;
};

/// A KPI's whole rule from this step on, see Kpi::definition; empty: there is no such KPI any more. What verdicts are
/// judged by once more, where a RuleVersionRow only says what they were judged by.
struct DefinitionRow {
  std::string kpi;
  std::string text;

  bool operator==(const DefinitionRow&) const = default;
};

/// How a source stood at a step: until when it was read, or that it failed. Of those steps that wrote down something
/// that may rest on it; a source is not in it again as long as nothing has changed.
struct SourceReadRow {
  std::string source;
  std::optional<Instant> read;  ///< None: the last poll failed.
  std::optional<Instant> at{};  ///< An earlier step than the one it is committed with.

  bool operator==(const SourceReadRow&) const = default;
};

/// From the last step to a start of the engine nobody looked; at a reload and the first start they are the same.
struct DownTimeRow {
  Instant since;
  Instant until;

  bool operator==(const DownTimeRow&) const = default;
};

/// One alert's machine, whole: everything that must survive a kill.
struct AlertRow {
  std::uint32_t line = 0;  ///< 0: about a source, see `rule`.
  std::string rule;        ///< "thresholds", "target", "no_data", an alert rule's name, "source:web".
  AlertPhase phase = AlertPhase::kInactive;
  Severity severity = Severity::kNone;
  std::optional<Instant> since;
  std::string episode;
  std::string machine;  ///< JSON; written and read by the engine only.

  bool operator==(const AlertRow&) const = default;
};

/// Where a source stands.
struct SourceRow {
  std::string name;
  std::string cursor;
  std::optional<Instant> last_poll;
  std::optional<Instant> last_success;
  std::string error;                  ///< Empty: the last poll was fine.
  std::vector<std::string> problems;  ///< Rows that could not be used, "file:line:col: message".
  std::size_t problem_count = 0;
  std::string late{};                   ///< What has not come although it should have; empty: nothing.
  std::optional<Instant> next_poll{};   ///< It has failed and is left alone until then.
  std::optional<Slot> kept_from{};      ///< Its samples before have become daily roll-ups, and are taken no more.
  int failures = 0;                     ///< In a row, until now.
  std::vector<std::string> quota{};     ///< As of the last good poll: what is left, how much of a budget is used.
  std::optional<Instant> read_until{};  ///< Until when it is known what the source has not.

  bool operator==(const SourceRow&) const = default;
};

/// What `kpid status` shows of a line: its last period, judged or provisional.
struct StatusRow {
  std::uint32_t line = 0;
  Slot slot;
  Period period;
  double value = 0;
  Verdict verdict = Verdict::kRecorded;
  KpiState state = KpiState::kOk;
  Severity severity = Severity::kNone;
  Reason reason = Reason::kNone;
  std::optional<Instant> since;
  std::string target;  ///< The target as JSON (a TargetView), empty: none.
  /// The newest period after it that has ended, has a value, and is judged once it has settled.
  std::optional<Period> provisional{};
  double provisional_value = 0;
};

/// One message to one channel, and how far it has come. Its id is its own: another channel's copy has another. A row
/// whose id is stored already changes nothing, so a step that is repeated after a crash sends nothing twice.
struct NotificationRow {
  enum class State : std::uint8_t { kQueued, kSent, kDead };

  std::string id;
  std::string channel;
  std::string type;
  Instant created;
  std::string body;  ///< message_json's output.
  State state = State::kQueued;
  int attempts = 0;
  /// For kQueued; empty: at once. For kDead: when its fallback is told of it; empty: it was.
  std::optional<Instant> next_attempt;
  std::optional<Instant> sent;
  std::string last_error;
  std::string progress{};  ///< How far the last attempt came, in the channel's words.

  bool operator==(const NotificationRow&) const = default;
};

/// What a channel must know again when more is told of an alert: the message that told of it first.
struct ThreadRow {
  std::string channel;
  std::string alert;   ///< An episode's id.
  std::string remote;  ///< In the channel's words; empty: the end was told, forget it.

  bool operator==(const ThreadRow&) const = default;
};

/// One address of a channel that refuses what it is sent.
struct RefusedAddress {
  std::string channel;
  std::string address;
  std::string why;  ///< Empty: it does no longer.

  bool operator==(const RefusedAddress&) const = default;
};

/// How far a message has come after an attempt. Of a message that is not stored (any more): nothing happens.
struct DeliveryRow {
  std::string id;
  NotificationRow::State state = NotificationRow::State::kQueued;
  int attempts = 0;
  std::optional<Instant> next_attempt;
  std::optional<Instant> sent;
  std::string last_error;
  std::string channel{};  ///< For the log; the stored message has its own.
  std::string progress{};
  std::vector<ThreadRow> threads{};
  /// A channel's name and why it takes nothing any more; an empty reason: it does.
  std::optional<std::pair<std::string, std::string>> disabled{};
  std::vector<RefusedAddress> refused{};  ///< What is new about addresses of the channel.
};

/// What the outbox must remember beside its messages.
struct DeliveryMemory {
  std::vector<ThreadRow> threads;
  std::vector<std::pair<std::string, std::string>> disabled;  ///< Channels, and why.
  std::vector<NotificationRow> held;                          ///< Dead letters that their fallback is to be told of.
  std::vector<RefusedAddress> refused{};
};

/// Somebody has gone through a KPI.
struct ReviewRow {
  std::string kpi;
  std::string by;
  std::string note;
  Instant at;

  bool operator==(const ReviewRow&) const = default;
};

/// What somebody wrote to a day of a KPI, for charts and reports.
struct NoteRow {
  std::string kpi;  ///< Empty: of all.
  Date day;
  std::string text;
  std::string by;
  Instant at;

  bool operator==(const NoteRow&) const = default;
};

/// A value that somebody entered for a period of a metric of a manual source. All are kept; the last one counts.
struct EntryRow {
  std::string metric;  ///< "source.metric"
  Labels labels;
  Slot slot;
  double value = 0;  ///< NaN: withdrawn.
  std::string by;
  std::string note;
  Instant at;

  bool operator==(const EntryRow&) const = default;
};

/// A silence as somebody said it; written again when its end moves.
struct SilenceRow {
  std::string id;
  std::string match;  ///< JSON: [{"label", "values": […], "negated"}]
  Instant start;
  Instant end;
  std::string by;
  std::string comment;
  Instant created;

  bool operator==(const SilenceRow&) const = default;
};

/// Somebody has an episode in hand. Its key is the episode and `at`; written again when it ends before its time.
struct AcknowledgementRow {
  std::string episode;
  std::string by;
  std::string comment;
  Instant at;
  Instant until;
  Severity severity = Severity::kNone;  ///< Of the alert when it was acknowledged; a higher one voids it.
  std::string ended;                    ///< "", "rose", "resolved", "replaced"
  std::optional<Instant> ended_at;

  bool operator==(const AcknowledgementRow&) const = default;
};

/// An alert that a channel was never told of: it came and went while a mute or a silence held it back.
struct HushedRow {
  std::string episode;
  std::string channel;
  std::string by;    ///< What held it back: a mute's name, hours, who silenced.
  Instant at;        ///< When it ended.
  std::string view;  ///< A message_json with this one alert, as it ended.

  bool operator==(const HushedRow&) const = default;
};

/// The last issue of a digest that went to a channel.
struct DigestMark {
  std::string key;
  Instant at;  ///< When it was due.

  bool operator==(const DigestMark&) const = default;
};

/// One piece of what routing remembers: who knows what, and what waits. Written and read by the engine only.
struct RoutingRow {
  std::string key;
  std::string state;  ///< JSON; empty: there is nothing to remember any more.

  bool operator==(const RoutingRow&) const = default;
};

/// Everything one step of the engine decided. Rows with an id or key that exists are replaced (samples and verdicts
/// keep what they replace as revisions; messages stay as they are). The same step may be committed again.
struct StepCommit {
  Instant now;  ///< The epoch: there was no step yet, and this is none.
  std::vector<SeriesRow> series;
  std::vector<LineRow> lines;
  std::vector<RuleVersionRow> rule_versions;
  std::vector<TargetVersionRow> target_versions;
  std::vector<DefinitionRow> definitions;
  std::vector<SampleRow> samples;
  std::vector<VerdictRow> verdicts;
  std::vector<StatusRow> statuses;
  std::vector<AlertRow> alerts;
  std::vector<EpisodeRow> episodes;
  std::vector<SourceRow> sources;
  std::vector<SourceReadRow> source_reads;
  std::vector<DownTimeRow> down_times;
  std::vector<NotificationRow> notifications;
  std::vector<DeliveryRow> deliveries;
  std::vector<ReviewRow> reviews;  ///< Added; a row that is stored already changes nothing. So are notes.
  std::vector<NoteRow> notes;
  std::vector<EntryRow> entries;
  std::vector<RoutingRow> routing;
  std::vector<SilenceRow> silences;
  std::vector<AcknowledgementRow> acknowledgements;
  std::vector<HushedRow> hushed;  ///< Added, like reviews.
  std::vector<DigestMark> digests;

  /// Nothing but the time.
  [[nodiscard]] bool is_empty() const;
};

/// What a daemon needs to go on where the last one stopped.
struct StoredState {
  std::optional<Instant> last_step;
  std::vector<SeriesRow> series;
  std::vector<LineRow> lines;
  std::vector<RuleVersionRow> rule_versions;      ///< The newest of each KPI.
  std::vector<TargetVersionRow> target_versions;  ///< All, in the order in which they were met.
  std::vector<DefinitionRow> definitions;         ///< The newest of each KPI, in the order in which they came.
  std::vector<AlertRow> alerts;  ///< Those not inactive, and inactive ones with a machine that is not empty.
  std::vector<SourceRow> sources;
  std::vector<EntryRow> entries;  ///< Oldest first.
  std::vector<StatusRow> statuses;
  std::vector<NotificationRow> queued;  ///< Not sent and not dead, oldest first.
  std::vector<std::string> warnings;    ///< What an operator should hear of the history itself.
  std::vector<RoutingRow> routing;
  std::vector<DigestMark> digests;
  std::vector<SilenceRow> silences;                  ///< Those that end after the last step.
  std::vector<AcknowledgementRow> acknowledgements;  ///< Those that are open and end after the last step.
};

/// What has had its time.
struct RollUpOrder {
  std::optional<Slot> samples_before;      ///< They become a row a day; the ledger stays as it is.
  std::optional<Instant> messages_before;  ///< Those that were delivered or given up go.
  /// The civil day of a sample, as a slot.
  std::function<Slot(std::uint32_t series, Slot slot)> day_of;
};

/// Not thread-safe: one thread owns it. Errors are kStorage, with SQLite's words and the remedy. The callbacks must not
/// call the store.
class Store {
 public:
  virtual ~Store() = default;

  virtual Result<StoredState> load() = 0;
  /// All or nothing: after an error the store is as it was, and the step may be tried again. Durable when it returns
  /// (synchronous=FULL when the step has messages, deliveries or alerts; otherwise the log is synchronised at its next
  /// checkpoint: a killed process loses nothing, a power cut perhaps the last such steps).
  virtual Result<void> commit(const StepCommit& step) = 0;
  /// Current samples with from <= slot < to, in slot order; those of `series` only when it is not empty.
  virtual Result<void> samples(Slot from,
                               Slot to,
                               const std::vector<std::uint32_t>& series,
                               const std::function<void(const SampleRow&)>& row) = 0;
  /// Current verdicts with from <= slot < to, in slot order; those of `line` only when it is not 0.
  virtual Result<void> verdicts(Slot from,
                                Slot to,
                                std::uint32_t line,
                                const std::function<void(const VerdictRow&)>& row) = 0;

  virtual Result<DeliveryMemory> delivery_memory() { return DeliveryMemory{}; }

  /// The dead letters with these ids, or all of a channel's, or all; oldest first.
  virtual Result<std::vector<NotificationRow>> dead_letters(const std::vector<std::string>& /*ids*/,
                                                            const std::string& /*channel*/) {
    return std::vector<NotificationRow>{};
  }

  /// Episodes that touch the time from `from` to before `to`, in the order in which they began.
  virtual Result<std::vector<EpisodeRow>> episodes_between(Instant /*from*/, Instant /*to*/) {
    return std::vector<EpisodeRow>();
  }

  /// Whether old samples can be rolled up.
  [[nodiscard]] virtual bool rolls_up() const { return false; }

  /// One bounded piece of the work; true when some is left. All or nothing, like a commit.
  virtual Result<bool> roll_up(const RollUpOrder& /*order*/) { return false; }

  /// The last number of each series among the samples that were rolled up.
  virtual Result<void> past_samples(const std::function<void(const SampleRow&)>& /*row*/) { return {}; }

  /// The newest slot of each series that a revision is kept of. Where the series has no sample from there on, that one
  /// was withdrawn.
  virtual Result<void> newest_revisions(const std::function<void(std::uint32_t series, Slot slot)>& /*row*/) {
    return {};
  }

  /// What came and went unheard and ended with from <= at < to, in that order; what digests tell.
  virtual Result<std::vector<HushedRow>> hushed(Instant /*from*/, Instant /*to*/) { return std::vector<HushedRow>(); }
};

}  // namespace kpi

#pragma once
// The engine: takes what polls and deliveries brought, judges what is due, decides who is told, and commits it all at
// once; a digest that is due follows in a commit of its own. It owns all state. One thread calls it; it starts none,
// reads no clock and does no I/O but the store's.

#include "daemon/config/config.hpp"
#include "daemon/engine/alert_json.hpp"
#include "daemon/review/review_period.hpp"
#include "daemon/store/store.hpp"
#include "rules/judge/line.hpp"
#include "rules/model/sample_table.hpp"
#include "rules/routing/decide.hpp"
#include "rules/routing/describe.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace kpi {

/// The least time between two steps of a daemon, whatever the clock says.
constexpr Duration kEngineTick{1};

/// A sample that was taken out of the history.
struct WithdrawnSample {
  std::uint32_t metric = 0;  ///< Index into SourceConfig::metrics.
  Labels labels;
  Slot slot;

  bool operator==(const WithdrawnSample&) const = default;
};

/// What one poll of a source brought.
struct PollResult {
  std::uint32_t source = 0;  ///< Index into Config::sources.
  Instant at;
  Result<Poll> poll;
  std::uint64_t generation = 0;              ///< Of the configuration that asked.
  bool is_backfill = false;                  ///< Beside what the source is read for: it goes on from where it had come.
  std::vector<WithdrawnSample> withdrawn{};  ///< Of a record that is judged once more: what was taken out then.
};

/// What a step did, for the log, the summary of `run --once`, and tests.
struct StepSummary {
  std::size_t new_samples = 0;
  std::size_t restated_samples = 0;
  std::size_t judged = 0;        ///< Verdicts written.
  std::size_t forecasts = 0;     ///< Of these, with a target's probability.
  std::size_t past_samples = 0;  ///< Not taken: older than the samples that are kept.
  std::vector<Message> messages;
  std::vector<Decision> decisions;    ///< What was held back or never told, and why.
  std::vector<std::string> warnings;  ///< What an operator should see: a failing source, refused rows.
  std::vector<std::string> remarks;   ///< Nothing is wrong, and yet it may not be what was meant.
};

class LinkSigner;

struct EngineOptions {
  /// A source that cannot be reached is told about after so many polls in a row that failed; one that delivers what
  /// cannot be read, at once.
  int source_patience = 3;
  /// `run --once`: there is no later, so nothing waits for others of its group.
  bool waits_elapsed = false;
  /// The review of a period as one HTML file, for digests that bring it; null: none does.
  std::function<Result<std::string>(const Config& config, const ReviewPeriod& period, Language language)> make_review{};
  /// For links to acknowledge and to silence; null: messages have none, since nobody listens.
  std::shared_ptr<LinkSigner> links{};
};

struct DigestEvents;

class Engine {
 public:
  Engine(std::shared_ptr<const Config> config, Store& store, EngineOptions options = {});

  /// Takes up where the history stopped. `is_reload`: the engine before it stopped just now; otherwise nobody has
  /// looked since the last step. REQUIRES: called once, before anything else.
  Result<void> restore(Instant now, bool is_reload = false);

  /// For a record that is judged once more: at `now` kpid was started, and waits for every source to be read.
  void start_again(Instant now);

  /// What a poll of this source should ask for.
  [[nodiscard]] PollRequest poll_request(std::uint32_t source, Instant now) const;

  /// Until when a source that has failed is left alone.
  [[nodiscard]] std::optional<Instant> left_alone_until(std::uint32_t source) const {
    return sources_[source].row.next_poll;
  }

  /// Keeps a poll's result for the next step.
  void receive(PollResult result);
  /// Keeps how an attempt ended for the next step's commit.
  void receive(DeliveryRow delivery);
  /// Keeps a message that was made outside the engine, about a delivery, for the next step's commit.
  void receive(NotificationRow message);
  /// Keeps what somebody says of a KPI or a day for the next step's commit.
  void receive(ReviewRow review);
  void receive(NoteRow note);
  /// Keeps a value that somebody entered: the next poll of its source brings it. REQUIRES: read_entry() made it.
  void receive(EntryRow entry);
  /// Tells the fallback channel or those of the last route, in the next step. The same text about the configuration is
  /// told once.
  /// New files were refused: told to the last route and to `fallback`, once. Errors a line each; of several lines the
  /// last says what goes on instead, and is left out: the message says it in the reader's language.
  void receive_config_error(std::string_view refused);

  /// What is wrong with kpid's own machine, see troubles.hpp; empty: nothing. Told as the source "kpid itself".
  void receive_troubles(const std::string& text, Instant now);

  // What people say to alerts, from `now` on; kept with the next step's commit, which should follow at once.
  /// kNotFound: no alert of that id fires. kInvalid: it would end before it begins.
  Result<void> acknowledge(const std::string& episode, Acknowledgement words, Instant now);
  /// The silence's id. kInvalid: it matches everything, or ends before it begins.
  Result<std::string> add_silence(Silence silence, Instant now);
  /// kNotFound: there is none of that id, or it has ended.
  Result<void> end_silence(const std::string& id, Instant now);

  /// Judges everything that is due at `now` and commits. After a kStorage error of the commit the engine's memory is
  /// ahead of the history: the next step commits what this one could not.
  Result<StepSummary> step(Instant now);

  /// Commits what people said and what was received of messages, and nothing else: nothing is judged, and the time of
  /// the last step stays. For the verbs without a daemon, which have not looked at the sources.
  Result<void> write_words();

  /// Rows that steps could not commit yet.
  [[nodiscard]] std::size_t unwritten() const { return commit_.samples.size() + commit_.verdicts.size(); }

  /// When step() next has something to do without a new sample.
  [[nodiscard]] Instant next_event() const;

  [[nodiscard]] std::optional<Instant> last_step() const { return last_step_; }

  /// Messages not yet delivered, oldest first: those of the history at restore(), then those of the last step.
  std::vector<NotificationRow> take_queued();

  [[nodiscard]] const Config& config() const { return *config_; }

  [[nodiscard]] const std::deque<Line>& lines() const { return lines_; }

  [[nodiscard]] const SampleTable& table() const { return table_; }

  /// The line of a KPI and segment, or null.
  [[nodiscard]] const Line* find_line(std::string_view kpi, const Labels& segment) const;

  [[nodiscard]] const KpiPlan& plan_of(const Line& line) const { return plans_[line.kpi]; }

  /// What judging may look at, for `explain`.
  [[nodiscard]] JudgeContext judge_context(Instant now) const;
  /// Before this the KPI lacks samples whose time is over (`retention`); nothing: it has all.
  [[nodiscard]] std::optional<Slot> frozen_before(std::uint32_t kpi) const;
  /// The state people see: that of the line, or error while a source it reads fails.
  [[nodiscard]] KpiState state_of(const Line& line) const;
  /// What each channel knows of a rule's alert, and what keeps the rest from it; for `explain`.
  [[nodiscard]] std::vector<Decision> standings_of(const Line& line, const std::string& rule, Instant now) const;

  [[nodiscard]] const RoutingState& routing() const { return routing_; }

  /// Whether the last poll of some source failed.
  [[nodiscard]] bool has_failed_source() const;

  /// The grain that a source was read with last, before this run too; nothing: it is not known.
  [[nodiscard]] std::optional<Grain> read_grain(std::string_view source) const;

  /// Whether every rule was judged once since the start.
  [[nodiscard]] bool is_warm(Instant now) const;

 private:
  /// What people know about each alert of a line.
  struct LineTold {
    Told thresholds;
    Told target;
    Told no_data;
    std::vector<Told> alerts;
    std::map<std::string, AlertMemory> stored;  ///< By rule: as the history has it.
  };

  /// How the history has a source, see SourceReadRow.
  struct KeptRead {
    bool is_failing = false;
    bool is_since_start = false;
    std::optional<Instant> read;

    bool operator==(const KeptRead&) const = default;
  };

  struct SourceState {
    SourceRow row;
    KeptRead kept;
    int failures = 0;
    bool is_invalid = false;  ///< The last failure will not go away by itself.
    std::string episode;      ///< Of the open source alert.
    std::optional<Instant> failing_since;
    Told told;
    bool is_changed = false;
    bool is_read = false;               ///< Since the start, to its end, whether or not it could be.
    bool is_read_anew = false;          ///< The history was damaged: what it may have lost has not all come back.
    bool was_failing = false;           ///< As its lines were told last.
    bool has_more = false;              ///< The last poll did not come to its end; one that broke off has failed.
    std::string cursor_mark;            ///< Before each cursor: the settings it was read with, and the grain.
    bool is_edited = false;             ///< The poll at hand is the first with these settings, or goes on with it.
    std::optional<Slot> anew_from;      ///< What is read from here on is wanted again: its rates have changed.
    std::optional<Instant> anew_since;  ///< When they did, in this run: polls that were asked for before do not serve.
    std::optional<Slot> newest;         ///< Of its samples, when `knows_newest`.
    bool knows_newest = false;
    std::optional<Instant> late_since;
    std::optional<Slot> owed;      ///< While it is late: the first period that has not come; none: values, or a moment.
    bool is_told_as_late = false;  ///< The open source alert is about what has not come.
    std::vector<std::string> remarks;  ///< Of the last poll.
  };

  /// The missing data that a source speaks for.
  struct MissingData {
    bool is_failing = false;
    Severity severity = Severity::kNone;  ///< The worst that a KPI has for it.
    std::vector<Labels> labels;           ///< Of the alerts that are not told themselves.
  };

  /// What a poll changed of one series.
  struct ChangedSeries {
    std::optional<Slot> front;  ///< Where it began before.
    std::vector<Slot> late;
    std::vector<Slot> restated;
  };

  /// Segments beyond `max_segments` of one KPI.
  struct Refused {
    std::set<Labels> segments;
    bool is_reported = false;
  };

  /// Another KPI, and which of this one's rules it holds back.
  struct Inhibitor {
    std::uint32_t kpi = 0;
    std::string rule;
  };

  /// One alert of one line, wherever it is kept.
  /// A sample that is new or has another value.
  struct ChangedSample {
    std::uint32_t series;
    Slot slot;
    std::optional<Slot> front;  ///< Where the series began before.
    bool is_late = false;       ///< It was not there, or may have been damaged.
  };

  struct AlertSlot {
    RuleKind rule = RuleKind::kThresholds;
    std::size_t index = 0;
    AlertState* state = nullptr;  // null for no_data
    Told* told = nullptr;
  };

  // restore.cpp
  void plan();
  void find_sources(std::uint32_t kpi);
  void restore_lines(const StoredState& state);
  void ensure_known();
  void restore_alert(const AlertRow& row, Instant now);
  void restore_edit(std::uint32_t line, const AlertSlot& alert, const AlertMemory& memory);
  void begin_edit(std::uint32_t kpi);
  Result<void> restore_samples();
  /// By line: the newest period that another form of its rule judged.
  using LastOfEarlierRule = std::map<std::uint32_t, Slot>;
  Result<void> restore_verdicts(std::vector<KpiState>& stood, LastOfEarlierRule& earlier);
  void restore_edits(const LastOfEarlierRule& earlier);
  void restore_targets(const StoredState& state, Instant now);
  void restore_sources(const StoredState& state);
  void version_rules(const StoredState& state);
  void write_definitions(const StoredState& state);
  void remember_due(Line& line);

  // returned.cpp
  void note_removed(const StoredState& state);
  [[nodiscard]] AlertRow row_of_removed(const AlertRow& row, AlertMemory memory) const;
  void take_up(std::uint32_t line, const AlertSlot& alert, const AlertRow& row, AlertMemory memory, Instant now);

  // ingest.cpp
  void remember(const EntryRow& entry);
  void ingest(PollResult& result, Instant now, StepSummary& summary);
  void remark_on_older(const SourceConfig& source, Slot from, StepSummary& summary);
  void remark_on(const SourceConfig& source, const Poll& poll, Slot running, StepSummary& summary);
  void ingest_samples(
      const SourceConfig& source, const PollResult& result, Instant now, bool is_read_anew, StepSummary& summary);
  void want_anew(SourceState& state, Slot from, Instant now);
  void take_failure(std::uint32_t source, const Error& error, Instant at, StepSummary& summary);
  void take_success(const PollResult& result);
  void count_as_read(std::uint32_t source, Instant until);
  std::uint32_t series_of(std::uint32_t metric, const Labels& labels);
  void touch(std::uint32_t series, const ChangedSeries& change, Instant now);
  using Touched = std::map<std::uint32_t, std::set<Slot>>;
  void judge_again(std::uint32_t line, const std::set<Slot>& periods, Touched& touched);

  // lost_alerts.cpp
  Result<void> find_lost_alerts();
  void keep_lost_episodes(const std::set<std::string>& open);

  // moved_rows.cpp
  void take_out(const SourceConfig& source,
                const Poll& poll,
                Slot until,
                std::vector<ChangedSample>& changed,
                StepSummary& summary);
  void restate(std::uint32_t series, Slot slot, std::optional<double> value, std::vector<ChangedSample>& changed);
  [[nodiscard]] bool is_cut_off(const Line& line) const;
  [[nodiscard]] bool has_left(const Line& line) const;
  void restore_left();

  // lines.cpp
  void ensure_lines(std::uint32_t metric, const Labels& labels);
  void refresh_stale();
  void ensure_segments(std::uint32_t kpi, const Labels& labels);
  [[nodiscard]] bool has_room(std::uint32_t kpi, const Labels& segment);
  void ensure_expected(std::uint32_t kpi);
  void ensure_line(std::uint32_t kpi, const Labels& segment);
  void ensure_users(std::uint32_t kpi, const Labels& segment);
  void add_line(std::uint32_t kpi, const Labels& segment, std::uint32_t id);
  void refresh_inputs(std::uint32_t kpi);
  void note_readers(std::uint32_t line, const std::vector<std::uint32_t>& before);
  Inputs inputs_of(const Program& program, const Line& line) const;
  std::vector<Inputs> inputs_of_segments(const Program& program, const SegmentProgram& part, const Line& line) const;
  [[nodiscard]] const JudgedSeries* judged_of(std::uint32_t kpi, const Labels& segment) const;
  std::optional<Slot> first_period(const Line& line) const;
  std::optional<Slot> begin_of(const Line& line) const;
  void report_refused(StepSummary& summary);

  // forget.cpp
  void look_for_past(Instant now);
  [[nodiscard]] bool is_frozen(const Line& line, Slot period) const;
  [[nodiscard]] std::optional<Slot> last_before_kept(const Line& line) const;
  void go_on_from(std::uint32_t index, Slot last, AlertStates alerts);
  void go_on_from_now(std::uint32_t index);
  Result<void> roll_up(Instant now);

  // late.cpp
  std::optional<Slot> newest_sample(std::uint32_t source);
  [[nodiscard]] std::optional<Slot> newest_number(std::uint32_t metric) const;
  [[nodiscard]] std::pair<Slot, std::size_t> owed_entry(std::uint32_t source, Slot newest) const;
  Slot owed_slot(std::uint32_t source, Instant now);
  void look_for_late(Instant now);
  static void set_late(SourceState& state, std::string text);

  // engine.cpp
  void judge_due(Instant now, StepSummary& summary);
  void judge_line(std::uint32_t index, Instant now, StepSummary& summary);
  void judge_touched(std::uint32_t index, Instant now, StepSummary& summary);
  std::set<Slot> take_touched(std::uint32_t index, const JudgeContext& context);
  void leave(std::uint32_t index, Instant now, StepSummary& summary);
  void take(std::uint32_t index, LineChanges& changes, Instant now, StepSummary& summary);
  void plan_target(Line& line, Instant now);
  void keep_targets(const Line& line);
  void write_changes(Line& line, LineChanges& changes, StepSummary& summary);
  void write_status(const Line& line, Instant now);
  void add_provisional(const Line& line, Instant now, StatusRow& row) const;
  void schedule(std::uint32_t index);
  void judge_dependents(const Line& line, const LineChanges& changes, Instant now);

  [[nodiscard]] bool has_failing_source(std::uint32_t kpi) const;
  void keep_reads(Instant now);

  // tell.cpp
  std::vector<AlertSlot> alerts_of(std::uint32_t line);
  [[nodiscard]] std::string inhibitor_of(std::uint32_t line, const AlertSlot& alert) const;
  void turn_inhibited();
  void tell_line(std::uint32_t line);
  void tell_shift(std::uint32_t line, const AlertSlot& alert);
  void tell_alert(std::uint32_t line, const AlertSlot& alert);
  void tell_target(std::uint32_t line, const AlertSlot& alert);
  void remind_of_target(std::uint32_t line, const AlertSlot& alert);
  void remind_of_targets(Instant now);
  void tell_end(std::uint32_t line, const AlertSlot& alert);
  void tell_passed(std::uint32_t line, const std::vector<EpisodeRow>& episodes);
  AlertSubject target_subject(std::uint32_t line, const AlertSlot& alert) const;
  AlertSubject subject_of(std::uint32_t line, const AlertSlot& alert) const;
  AlertKey key_of(std::uint32_t line, const AlertSlot& alert) const;
  AlertEvent event_of(std::uint32_t line, const AlertSlot& alert, const AlertSubject& subject, MessageType type) const;

  // tell_sources.cpp
  void turn_lines(std::uint32_t source, Instant now);
  void remember_failures(SourceState& source);
  AlertView source_view(const SourceState& source, std::string_view channel = {}) const;
  std::vector<std::string> waiting_kpis(std::uint32_t source, std::string_view channel) const;
  MissingData missing_by(const SourceState& source) const;
  Labels no_data_labels(std::uint32_t line) const;
  AlertEvent source_event(const SourceState& source, MissingData missing) const;
  void write_source(const SourceState& source, Instant now, bool is_over = false);
  void widen_sources(Instant now);
  void say_removed(AlertView& view, Phrase why) const;
  void tell_source(SourceState& source, Instant now);
  void tell_removed(Instant now);
  LineRow stored_line(std::uint32_t id) const;
  AlertEvent removed_event(const AlertRow& row) const;

  // keep_alerts.cpp
  void write_alerts(std::uint32_t line);

  template <class States>
  static auto& state_in(States& states, const AlertSlot& alert) {
    return alert.rule == RuleKind::kThresholds ? states.thresholds
           : alert.rule == RuleKind::kTarget   ? states.target
                                               : states.alerts[alert.index];
  }

  void write_alert(std::uint32_t line, const AlertSlot& alert, AlertMemory memory);

  // digests.cpp
  Result<void> tell_digests(Instant now, StepSummary& summary);
  Result<Message> make_digest(
      const DigestRule& rule, const DigestDue& due, const std::string& channel, Instant now, StepSummary& summary);
  Result<DigestEvents> events_of(const DigestDue& due, const std::string& channel) const;
  [[nodiscard]] Instant next_digest() const;

  // route_messages.cpp
  Result<void> tell(Instant now, StepSummary& summary);
  AlertView described(AlertSubject subject) const;
  [[nodiscard]] std::vector<Labels> lost_segments(const Line& total, Slot slot) const;
  std::string page_of(const std::string& kpi, const Labels& segment) const;
  void collect_events(Instant now, StepSummary& summary);
  void restore_routing(const StoredState& state, Instant now);
  void adopt_told();
  void refresh_labels();
  void keep(Decided decided, StepSummary& summary, Instant now);
  void keep_state(const Decided& decided);
  void tell_self(Instant now, StepSummary& summary);
  void send(Message message, StepSummary& summary);
  std::vector<std::string> channels_for_self() const;
  std::optional<AlertView> view_of(const AlertKey& alert, MessageType type, std::string_view channel) const;
  std::optional<AlertSlot> find_alert(const AlertKey& alert, std::uint32_t& line) const;
  Message compose(const Envelope& envelope, Instant now);
  void add_links(AlertView& view, const std::string& channel, Instant now);
  DecideContext decide_context(Instant now) const;
  [[nodiscard]] std::string speaker_for(const AlertKey& alert) const;
  [[nodiscard]] std::optional<Decision> inhibition_of(const AlertKey& alert) const;
  [[nodiscard]] const SourceState* source_of(const AlertKey& alert) const;
  [[nodiscard]] Instant warm_at() const;
  [[nodiscard]] Slot ended_with(const Line& line, Instant ended, Slot otherwise) const;
  [[nodiscard]] std::optional<Instant> fine_from(const EpisodeRow& row) const;
  Result<void> commit(Instant now);

  std::shared_ptr<const Config> config_;
  const RuleSet& rules_;
  Store& store_;
  EngineOptions options_;
  std::vector<Voice> voices_;  // the daemon's first

  // What depends on what; constant after plan().
  std::vector<KpiPlan> plans_;
  std::vector<std::vector<std::uint32_t>> kpis_of_metric_;
  std::vector<std::vector<std::uint32_t>> split_kpis_of_metric_;  // those with segments
  std::vector<std::vector<std::uint32_t>> kpis_of_kpi_;
  std::map<std::string, std::uint32_t, std::less<>> kpi_index_;
  std::map<std::string, std::uint32_t, std::less<>> heirs_;  // by earlier name
  std::vector<std::vector<Inhibitor>> inhibitors_;           // by KPI
  std::vector<std::uint32_t> source_of_metric_;
  std::vector<std::set<std::uint32_t>> sources_of_kpi_;  // those of its KPIs included

  // The state of the world.
  SampleTable table_;
  std::deque<Line> lines_;  // addresses are kept by Inputs
  std::vector<LineTold> told_;
  std::map<std::pair<std::uint32_t, Labels>, std::uint32_t> line_index_;  // (KPI, segment)
  std::vector<std::vector<std::uint32_t>> lines_of_kpi_;
  std::vector<std::vector<std::uint32_t>> readers_;  // by series: the lines whose inputs have it
  std::vector<bool> has_totals_;                     // by metric: the totals of its KPIs are there
  std::vector<SourceState> sources_;
  SourceState self_;                             // kpid's own machine, as if it were a source
  std::vector<std::optional<Instant>> read_at_;  // by metric: until when its source was read
  std::map<std::pair<std::string, std::string>, TargetVersionRow> targets_;  // by KPI and name
  std::vector<std::uint32_t> version_of_kpi_;
  std::vector<AlertRow> orphans_;  // alerts of rules that are gone
  std::map<std::uint32_t, LineRow> orphan_lines_;
  std::map<std::uint32_t, std::string> rule_of_removed_;  // by line: the fingerprint under which it was judged
  std::optional<Instant> last_step_;
  std::map<std::tuple<std::uint32_t, Labels, Slot>, double> entered_;  // by metric, labels, period
  Instant next_late_ = Instant::max();
  Instant next_reminder_;  // of a deadline, when the next day of a `remind:` begins; the epoch: not looked yet
  std::vector<std::map<std::uint32_t, std::int64_t>> reaches_;  // by KPI, where samples have their time
  std::optional<Slot> rolled_up_;                               // samples before have had their time
  bool has_past_ = false;                                       // some of it is still to be rolled up
  RoutingState routing_;
  std::map<std::string, Instant, std::less<>> digests_;  // by key_of(): the last issue that went out
  Instant started_;
  Instant stopped_;                    // the last step before the start
  std::optional<Instant> resumed_at_;  // the last step before the start, until every source was read
  std::string config_error_;           // as it is, or was told last
  bool tells_config_error_ = false;
  std::vector<std::string> warnings_;  // for the next step's summary
  std::vector<std::string> remarks_;   // likewise

  // What is to be done.
  std::vector<AlertEvent> events_;  // for routing
  std::vector<PollResult> polls_;
  std::vector<DeliveryRow> deliveries_;
  std::vector<NotificationRow> letters_;  // made outside
  std::set<std::uint32_t> edited_;        // KPIs whose rule or target is not the one they were judged by last
  std::vector<NotificationRow> queued_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> dirty_;  // (KPI, line): in the order of judging
  Touched restated_;                                         // by line: periods to judge again
  Touched late_;                                             // likewise, for samples that came late
  std::set<std::uint32_t> stale_inputs_;                     // KPIs
  std::set<std::uint32_t> stale_metrics_;                    // the inputs of all their KPIs are stale
  std::map<std::uint32_t, Refused> refused_;                 // by KPI
  std::set<std::pair<Instant, std::uint32_t>> wakes_;        // (when, line)
  std::vector<Instant> wake_of_line_;
  std::vector<std::uint32_t> changed_;               // lines judged in this step
  std::map<std::uint32_t, Reason> restated_alerts_;  // lines whose alerts changed by a restatement

  // Ids in the history.
  std::vector<std::uint32_t> series_id_;   // by series of table_
  std::vector<std::uint32_t> line_of_id_;  // by id: index into lines_ and 1, 0 for none
  std::uint32_t next_series_id_ = 1;
  std::uint32_t next_line_id_ = 1;
  std::uint32_t next_version_id_ = 1;
  StepCommit commit_;
};

}  // namespace kpi

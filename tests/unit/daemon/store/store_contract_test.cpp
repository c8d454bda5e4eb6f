// What every implementation of Store promises. An implementation joins by a row at the end of this file.

#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <memory>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// One place for a history. open() may be called again after the store is gone, if the place outlives it.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<Store> open() = 0;
  [[nodiscard]] virtual bool outlives_store() const = 0;
};

class SqliteFilePlace final : public Place {
 public:
  std::unique_ptr<Store> open() override { return opened(directory_.file("kpid.db")); }

  [[nodiscard]] bool outlives_store() const override { return true; }

 private:
  TempDir directory_;
};

class SqliteMemoryPlace final : public Place {
 public:
  std::unique_ptr<Store> open() override { return opened(":memory:"); }

  [[nodiscard]] bool outlives_store() const override { return false; }
};

struct Implementation {
  const char* name;
  std::unique_ptr<Place> (*make)();
};

class StoreContract : public testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    place_ = GetParam().make();
    store_ = place_->open();
    ASSERT_NE(store_, nullptr);
  }

  Store& store() { return *store_; }

  void commit(const StepCommit& step) { expect_committed(*store_, step); }

  /// The store as the next daemon finds it.
  Store& reopened() {
    if (place_->outlives_store()) {
      store_.reset();
      store_ = place_->open();
    }
    return *store_;
  }

 private:
  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, BeginsEmpty) {
  const StoredState state = state_of(store());
  EXPECT_EQ(state.last_step, std::nullopt);
  EXPECT_THAT(state.series, IsEmpty());
  EXPECT_THAT(state.lines, IsEmpty());
  EXPECT_THAT(state.alerts, IsEmpty());
  EXPECT_THAT(state.queued, IsEmpty());
  EXPECT_THAT(samples_of(store()), IsEmpty());
  EXPECT_THAT(verdicts_of(store()), IsEmpty());
}

TEST_P(StoreContract, GivesTheNextDaemonWhatAStepDecided) {
  StepCommit step = first_step();
  step.series.push_back({2, "web.visits", {{"channel", "a \"b\""}, {"country", "Åland"}}});
  step.lines.push_back({2, "conversion_rate", {{"country", "SE"}}});
  step.target_versions = {{"conversion_rate", "q1", "00bb", Date{std::chrono::year(2026) / 1 / 5}, 0.021, "goal: 3%"}};
  step.alerts = {{1, "thresholds", AlertPhase::kFiring, Severity::kWarning, morning(0), "ep_1", R"({"n":3})"},
                 {0, "source:web", AlertPhase::kPending, Severity::kCritical, std::nullopt, "", "{}"}};
  step.sources = {{"web", "page-7", morning(1), morning(0), "HTTP 503", {"a.csv:3:1: \"x\" is no number"}, 12},
                  {"crm", "", std::nullopt, std::nullopt, "", {}, 0}};
  step.sources[0].read_until = morning(0) - Duration{5};
  step.notifications = {message_of("msg_1", morning(1))};
  commit(step);

  const StoredState state = state_of(reopened());
  EXPECT_EQ(state.last_step, step.now);
  EXPECT_EQ(state.series, step.series);
  EXPECT_EQ(state.lines, step.lines);
  EXPECT_EQ(state.rule_versions, step.rule_versions);
  EXPECT_EQ(state.target_versions, step.target_versions);
  EXPECT_THAT(state.alerts, ElementsAre(step.alerts[1], step.alerts[0]));
  EXPECT_THAT(state.sources, ElementsAre(step.sources[1], step.sources[0]));
  EXPECT_EQ(state.queued, step.notifications);
}

TEST_P(StoreContract, KeepsEveryColumnOfAStatus) {
  StepCommit step = first_step();
  step.lines.push_back({2, "orders", {}});
  StatusRow status;
  status.line = 1;
  status.slot = day(3);
  status.period = period_of_day(3);
  status.value = 0.25;
  status.verdict = Verdict::kProvisional;
  status.state = KpiState::kFiring;
  status.severity = Severity::kCritical;
  status.reason = Reason::kBeyondLimit;
  status.since = morning(1);
  status.target = R"({"status":"at_risk"})";
  StatusRow unknown;
  unknown.line = 2;
  unknown.value = kNan;
  step.statuses = {status, unknown};
  commit(step);

  EXPECT_THAT(
      texts_of(state_of(reopened()).statuses),
      ElementsAre("line 1 1970-01-04T00:00:00Z 1970-01-04T00:00:00Z..1970-01-05T00:00:00Z 0.25 provisional firing "
                  "critical beyond_limit since 1970-01-02T06:00:00Z target '{\"status\":\"at_risk\"}'",
                  "line 2 1970-01-01T00:00:00Z 1970-01-01T00:00:00Z..1970-01-01T00:00:00Z nan recorded ok none "
                  "none since - target ''"));
}

TEST_P(StoreContract, ShowsTheLastStatusOfALine) {
  StepCommit step = first_step();
  StatusRow status;
  status.line = 1;
  status.value = 1;
  step.statuses = {status};
  commit(step);
  step.statuses[0].value = 2;
  commit(step);
  const StoredState state = state_of(reopened());
  ASSERT_EQ(state.statuses.size(), 1U);
  EXPECT_EQ(state.statuses[0].value, 2);
}

TEST_P(StoreContract, RollsUpOldSamplesByDayAndForgetsOldMessages) {
  StepCommit step = first_step();
  const auto hour = [](int day_number, int hours) { return Slot{(day_number * kDayMs) + (hours * 3'600'000)}; };
  step.series.push_back({2, "web.orders", {}});
  step.samples = {
      {1, hour(1, 3), 4}, {1, hour(1, 9), kNan}, {1, hour(1, 12), 10}, {1, hour(2, 1), 7}, {2, hour(1, 5), kNan}};
  step.notifications = {message_of("old", morning(1)), message_of("waits", morning(1)), message_of("new", morning(5))};
  commit(step);
  step = StepCommit{};
  step.now = morning(6);
  step.deliveries = {{"old", NotificationRow::State::kSent, 1, std::nullopt, morning(1), ""}};
  commit(step);

  RollUpOrder order;
  order.samples_before = hour(1, 11);
  order.messages_before = morning(4);
  order.day_of = [](std::uint32_t /*series*/, Slot slot) { return Slot{slot.ms / kDayMs * kDayMs}; };
  for (const Slot before : {hour(1, 11), day(2)}) {  // a day in two pieces is one day
    order.samples_before = before;
    const Result<bool> is_more = store().roll_up(order);
    ASSERT_TRUE(is_more) << is_more.error().message;
    EXPECT_FALSE(*is_more);
  }
  EXPECT_THAT(samples_of(reopened()), ElementsAre("1970-01-03T01:00:00Z series 1 = 7"));
  std::vector<SampleRow> past;
  ASSERT_TRUE(store().past_samples([&](const SampleRow& row) { past.push_back(row); }));
  EXPECT_THAT(texts_of(past), ElementsAre("1970-01-02T12:00:00Z series 1 = 10"));
  EXPECT_THAT(state_of(store()).queued, testing::SizeIs(2));
}

TEST_P(StoreContract, KeepsASampleThatIsWithdrawnAsARevision) {
  const auto newest = [](Store& of) {
    std::vector<std::string> texts;
    EXPECT_TRUE(of.newest_revisions([&](std::uint32_t series, Slot slot) {
      texts.push_back(std::to_string(series) + " " + rfc3339(Instant{Duration{slot.ms}}));
    }));
    return texts;
  };
  StepCommit step = first_step();
  step.samples = {{1, day(1), 11}, {1, day(2), 12}, {1, day(3), 13}};
  commit(step);
  EXPECT_THAT(newest(store()), testing::IsEmpty());
  step = StepCommit{};
  step.now = morning(5);
  step.samples = {{1, day(1), 10}, {1, day(3), 0, true}, {1, day(2), 0, true}, {1, day(2), 20}, {1, day(9), 0, true}};
  commit(step);
  EXPECT_THAT(samples_of(reopened()),
              ElementsAre("1970-01-02T00:00:00Z series 1 = 10", "1970-01-03T00:00:00Z series 1 = 20"));
  EXPECT_THAT(newest(store()), ElementsAre("1 1970-01-04T00:00:00Z"));
  commit(step);  // the same step again
  EXPECT_THAT(samples_of(store()),
              ElementsAre("1970-01-02T00:00:00Z series 1 = 10", "1970-01-03T00:00:00Z series 1 = 20"));
}

TEST_P(StoreContract, GivesSamplesInSlotOrderWithinHalfOpenLimits) {
  StepCommit step = first_step();
  step.series.push_back({2, "web.orders", {}});
  step.samples = {{2, day(3), 23}, {1, day(1), 11}, {2, day(1), -21.5}, {1, day(3), 13}, {1, day(2), kNan}};
  commit(step);
  EXPECT_THAT(samples_of(reopened()),
              ElementsAre("1970-01-02T00:00:00Z series 1 = 11",
                          "1970-01-02T00:00:00Z series 2 = -21.5",
                          "1970-01-03T00:00:00Z series 1 = nan",
                          "1970-01-04T00:00:00Z series 1 = 13",
                          "1970-01-04T00:00:00Z series 2 = 23"));
  EXPECT_THAT(samples_of(store(), day(2), day(3)), ElementsAre("1970-01-03T00:00:00Z series 1 = nan"));
  EXPECT_THAT(samples_of(store(), day(1), day(3), {2}), ElementsAre("1970-01-02T00:00:00Z series 2 = -21.5"));
}

TEST_P(StoreContract, GivesTheSamplesOfFewSeriesAmongMany) {
  StepCommit step = first_step();
  step.series.clear();
  for (std::uint32_t id = 1; id <= 40; ++id) {
    step.series.push_back({id, "web.visits", {{"page", std::to_string(id)}}});
    step.samples.push_back({id, day(static_cast<int>(id % 2)), static_cast<double>(id)});
    step.samples.push_back({id, day(5), static_cast<double>(100 + id)});
  }
  commit(step);
  EXPECT_THAT(samples_of(store(), day(0), day(6), {7, 4}),
              ElementsAre("1970-01-01T00:00:00Z series 4 = 4",
                          "1970-01-02T00:00:00Z series 7 = 7",
                          "1970-01-06T00:00:00Z series 4 = 104",
                          "1970-01-06T00:00:00Z series 7 = 107"));
  EXPECT_THAT(samples_of(store(), day(1), day(5), {7, 4}), ElementsAre("1970-01-02T00:00:00Z series 7 = 7"));
  EXPECT_THAT(samples_of(store(), day(0), day(6), {99}), IsEmpty());
}

TEST_P(StoreContract, GivesTheSampleAsKnownNow) {
  StepCommit step = first_step();
  step.samples = {{1, day(1), 10}, {1, day(2), kNan}, {1, day(3), 30}};
  commit(step);
  step.now = morning(2);
  step.samples = {{1, day(1), 11}, {1, day(2), 20}, {1, day(3), kNan}};
  commit(step);
  EXPECT_THAT(samples_of(reopened()),
              ElementsAre("1970-01-02T00:00:00Z series 1 = 11",
                          "1970-01-03T00:00:00Z series 1 = 20",
                          "1970-01-04T00:00:00Z series 1 = nan"));
}

TEST_P(StoreContract, KeepsEveryColumnOfAVerdict) {
  StepCommit step = first_step();
  VerdictRow row = verdict_of(1, 2, 0.125);
  row.severity = Severity::kCritical;
  row.state = KpiState::kFiring;
  row.reason = Reason::kBeyondLimit;
  row.goal = 0.03;
  row.expected = 0.0275;
  row.target_status = TargetStatus::kOffTrack;
  row.episode = "ep_1";
  row.rule_version = 1;
  step.verdicts = {row};
  commit(step);
  EXPECT_THAT(
      verdicts_of(reopened()),
      ElementsAre("1970-01-03T00:00:00Z line 1 1970-01-03T00:00:00Z..1970-01-04T00:00:00Z 0.125 limit 0.5 missed "
                  "critical firing beyond_limit goal 0.03 expected 0.0275 off_track episode "
                  "'ep_1' rule 1"));
}

TEST_P(StoreContract, GivesUnknownNumbersBackAsNan) {
  StepCommit step = first_step();
  VerdictRow row = verdict_of(1, 2, kNan);
  row.limit = kNan;
  row.verdict = Verdict::kNoData;
  row.reason = Reason::kNoSample;
  step.verdicts = {row};
  step.target_versions = {{"conversion_rate", "target", "00bb", Date{std::chrono::year(2026) / 1 / 5}, kNan, ""}};
  commit(step);
  EXPECT_THAT(
      verdicts_of(reopened()),
      ElementsAre("1970-01-03T00:00:00Z line 1 1970-01-03T00:00:00Z..1970-01-04T00:00:00Z nan limit nan no_data "
                  "none ok no_sample goal nan expected nan not_started episode '' rule 0"));
  const StoredState state = state_of(store());
  ASSERT_EQ(state.target_versions.size(), 1U);
  EXPECT_TRUE(std::isnan(state.target_versions[0].baseline));
}

TEST_P(StoreContract, KeepsEveryWord) {
  StepCommit step = first_step();
  constexpr std::array kVerdicts{Verdict::kMet, Verdict::kMissed, Verdict::kNoData, Verdict::kRecorded};
  constexpr std::array kSeverities{Severity::kNone, Severity::kInfo, Severity::kWarning, Severity::kCritical};
  constexpr int kStates = static_cast<int>(KpiState::kFiring) + 1;
  constexpr int kStatuses = static_cast<int>(TargetStatus::kMissed) + 1;
  constexpr int kReasons = static_cast<int>(Reason::kCameAndWent) + 1;
  std::vector<std::string> expected;
  for (int i = 0; i < kReasons; ++i) {
    VerdictRow row = verdict_of(1, i, i);
    row.verdict = kVerdicts.at(static_cast<std::size_t>(i) % kVerdicts.size());
    row.severity = kSeverities.at(static_cast<std::size_t>(i) % kSeverities.size());
    row.state = static_cast<KpiState>(i % kStates);
    row.reason = static_cast<Reason>(i);
    row.target_status = static_cast<TargetStatus>(i % kStatuses);
    step.verdicts.push_back(row);
    expected.push_back(text_of(row));
  }
  commit(step);
  EXPECT_EQ(verdicts_of(reopened()), expected);
}

TEST_P(StoreContract, GivesVerdictsByLineAndSlot) {
  StepCommit step = first_step();
  step.lines.push_back({2, "conversion_rate", {{"country", "SE"}}});
  step.verdicts = {verdict_of(2, 1, 21), verdict_of(1, 2, 12), verdict_of(1, 1, 11), verdict_of(1, 3, 13)};
  commit(step);
  const auto text = [](std::uint32_t line, int number, double value) {
    return text_of(verdict_of(line, number, value));
  };
  EXPECT_THAT(verdicts_of(reopened()), ElementsAre(text(1, 1, 11), text(2, 1, 21), text(1, 2, 12), text(1, 3, 13)));
  EXPECT_THAT(verdicts_of(store(), day(1), day(3), 1), ElementsAre(text(1, 1, 11), text(1, 2, 12)));
  EXPECT_THAT(verdicts_of(store(), day(2), day(3)), ElementsAre(text(1, 2, 12)));
  EXPECT_THAT(verdicts_of(store(), day(0), day(9), 2), ElementsAre(text(2, 1, 21)));
}

TEST_P(StoreContract, GivesTheVerdictAsItStandsNow) {
  StepCommit step = first_step();
  step.verdicts = {verdict_of(1, 1, 0.4)};
  commit(step);
  step.verdicts = {verdict_of(1, 1, 0.6)};
  commit(step);
  EXPECT_THAT(verdicts_of(reopened()), ElementsAre(text_of(verdict_of(1, 1, 0.6))));
}

TEST_P(StoreContract, ReplacesRowsThatExist) {
  StepCommit step = first_step();
  step.alerts = {{1, "thresholds", AlertPhase::kPending, Severity::kInfo, morning(1), "", "{}"}};
  step.sources = {{"web", "a", morning(1), std::nullopt, "timeout", {"x"}, 1}};
  step.target_versions = {{"conversion_rate", "target", "00bb", Date{std::chrono::year(2026) / 1 / 5}, kNan, ""}};
  commit(step);
  step.series[0].labels = {{"country", "FI"}};
  step.lines[0].kpi = "conversion";
  step.alerts[0].phase = AlertPhase::kFiring;
  step.sources[0] = {"web", "b", morning(2), morning(2), "", {}, 0};
  step.target_versions[0].baseline = 0.02;
  commit(step);
  const StoredState state = state_of(reopened());
  EXPECT_EQ(state.series, step.series);
  EXPECT_EQ(state.lines, step.lines);
  EXPECT_EQ(state.alerts, step.alerts);
  EXPECT_EQ(state.sources, step.sources);
  EXPECT_EQ(state.target_versions, step.target_versions);
}

TEST_P(StoreContract, LoadsTheNewestRuleOfEachKpi) {
  StepCommit step = first_step();
  step.rule_versions.push_back({2, "orders", "00a0", "value: orders"});
  step.rule_versions.push_back({3, "conversion_rate", "00ab", "value: orders / sessions"});
  commit(step);
  EXPECT_THAT(state_of(reopened()).rule_versions, ElementsAre(step.rule_versions[1], step.rule_versions[2]));
}

TEST_P(StoreContract, LeavesOutAlertsThatHaveNothingToRemember) {
  StepCommit step = first_step();
  step.alerts = {{1, "a", AlertPhase::kInactive, Severity::kNone, std::nullopt, "", ""},
                 {1, "b", AlertPhase::kInactive, Severity::kNone, std::nullopt, "", "{\"flaps\":3}"},
                 {1, "c", AlertPhase::kResolved, Severity::kNone, std::nullopt, "", ""}};
  commit(step);
  EXPECT_THAT(state_of(reopened()).alerts, ElementsAre(step.alerts[1], step.alerts[2]));
}

TEST_P(StoreContract, LoadsQueuedMessagesOldestFirst) {
  StepCommit step = first_step();
  step.notifications = {
      message_of("msg_c", morning(3)), message_of("msg_a", morning(1)), message_of("msg_b", morning(1))};
  commit(step);
  EXPECT_THAT(state_of(reopened()).queued,
              ElementsAre(step.notifications[1], step.notifications[2], step.notifications[0]));
}

TEST_P(StoreContract, KeepsHowFarAMessageHasCome) {
  StepCommit step = first_step();
  step.notifications = {
      message_of("msg_sent", morning(1)), message_of("msg_dead", morning(1)), message_of("msg_late", morning(1))};
  commit(step);
  StepCommit attempts;
  attempts.now = morning(2);
  attempts.deliveries = {{"msg_sent", NotificationRow::State::kSent, 1, std::nullopt, morning(2), ""},
                         {"msg_dead", NotificationRow::State::kDead, 9, std::nullopt, std::nullopt, "HTTP 410"},
                         {"msg_late", NotificationRow::State::kQueued, 2, morning(3), std::nullopt, "HTTP 503"},
                         {"msg_unknown", NotificationRow::State::kSent, 1, std::nullopt, morning(2), ""}};
  commit(attempts);
  NotificationRow late = step.notifications[2];
  late.attempts = 2;
  late.next_attempt = morning(3);
  late.last_error = "HTTP 503";
  EXPECT_THAT(state_of(reopened()).queued, ElementsAre(late));
}

TEST_P(StoreContract, QueuesAMessageOnce) {
  StepCommit step = first_step();
  step.notifications = {message_of("msg_1", morning(1))};
  step.deliveries = {{"msg_1", NotificationRow::State::kSent, 1, std::nullopt, morning(1), ""}};
  commit(step);
  step.deliveries.clear();
  step.notifications[0].body = "changed";
  commit(step);
  EXPECT_THAT(state_of(reopened()).queued, IsEmpty());
}

TEST_P(StoreContract, StoresNothingOfAStepThatFails) {
  commit(first_step());
  StepCommit step;
  step.now = morning(5);
  step.samples = {{1, day(1), 1}};
  step.notifications = {message_of("msg_1", morning(5))};
  step.verdicts = {verdict_of(77, 1, 1)};  // Of no line.
  step.verdicts[0].verdict = Verdict::kNoData;
  const Result<void> failed = store().commit(step);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kStorage);
  EXPECT_THAT(samples_of(store()), IsEmpty());
  EXPECT_EQ(state_of(store()).last_step, morning(1));
  EXPECT_THAT(state_of(store()).queued, IsEmpty());

  step.verdicts[0].line = 1;
  commit(step);
  EXPECT_THAT(samples_of(reopened()), ElementsAre("1970-01-02T00:00:00Z series 1 = 1"));
  EXPECT_THAT(verdicts_of(store()), ElementsAre(text_of(step.verdicts[0])));
  EXPECT_EQ(state_of(store()).queued, step.notifications);
}

INSTANTIATE_TEST_SUITE_P(
    Implementations,
    StoreContract,
    testing::Values(Implementation{"SqliteFile",
                                   []() -> std::unique_ptr<Place> { return std::make_unique<SqliteFilePlace>(); }},
                    Implementation{"SqliteMemory",
                                   []() -> std::unique_ptr<Place> { return std::make_unique<SqliteMemoryPlace>(); }}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace kpi::test

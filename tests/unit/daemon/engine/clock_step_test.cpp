// A wall clock that is set, and a machine that sleeps: the next poll comes within an interval, none come in a burst,
// nothing is judged or told for a second time, and somebody is told where time stands still.

#include "tests/unit/daemon/engine/simulation.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace kpi::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

constexpr const char* kConfig = R"(
timezone: Europe/Stockholm
rules: [rules.yaml]
sources:
  web: {plugin: csv, path: web.csv, every: 1h, date: {column: day}, metrics: {visits: {column: visits, kind: flow}}}
channels: {team: {type: webhook, url: "https://team.example/hook"}}
routes: [{match: {}, to: [team], wait: 1m, repeat: 0}]
)";

constexpr const char* kRules = "kpis:\n  visits: {value: web.visits, thresholds: {warning: 100}}\n";

struct Step {
  const char* name;
  Duration error;  ///< Of the wall clock from then on.
  Duration sleep;
};

/// Days of 150 visits, and of 50 from the 8th on.
std::string visits_until(Instant now) {
  std::string text = "day,visits\n";
  for (Instant day = at("2026-03-01"); day + hours{25} < now; day += hours{24}) {
    text += rfc3339(day).substr(0, 10) + (day < at("2026-03-08") ? ",150\n" : ",50\n");
  }
  return text;
}

/// Two days of a calm shop, the step, two more; then, where it says so, the clock is right again for five more.
class ClockStep : public testing::TestWithParam<Step> {
 protected:
  ClockStep() : world_(1, at("2026-03-06 12:00"), kConfig, kRules) {
    world_.file = [this](const std::string&) { return Result<std::string>(visits_until(world_.clock.truth)); };
    world_.next_event = [this] { return next_; };
  }

  /// When the clock is set, while the watch runs; it notices within half a minute.
  void set_at(Instant when, Duration error, Duration sleep) {
    next_ = when;
    world_.on_time = [this, error, sleep] {
      if (world_.clock.truth >= next_) {
        next_ = world_.clock.truth + std::chrono::seconds{30};  // as the loop wakes by itself
        if (!is_set_) {
          world_.clock.error = error;
          world_.suspend(sleep);
        }
        is_set_ = true;
      }
    };
    is_set_ = false;
  }

  [[nodiscard]] std::vector<Instant> polls_after(Instant from) const {
    std::vector<Instant> polls = world_.asked.at("web.csv");
    std::erase_if(polls, [&](Instant poll) { return poll <= from; });
    return polls;
  }

  [[nodiscard]] std::size_t told(std::string_view type) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(world_.store.messages, [&](const auto& entry) { return entry.second.type == type; }));
  }

  SimulatedWorld world_;
  Instant next_ = Instant::max();
  bool is_set_ = false;
};

TEST_P(ClockStep, TheNextPollComesWithinAnIntervalAndNoneInABurst) {
  const Step& step = GetParam();
  const Instant when = at("2026-03-10 15:20");
  set_at(when, step.error, step.sleep);
  world_.run_until(when + step.sleep + hours{48});
  const std::vector<Instant> polls = polls_after(when + step.sleep);
  ASSERT_GE(polls.size(), 40U);
  EXPECT_LE(polls.front() - (when + step.sleep), hours{1} + minutes{1});
  for (std::size_t i = 1; i < polls.size(); ++i) {
    EXPECT_GE(polls[i] - polls[i - 1], i == 1 ? minutes{0} : minutes{59});
    EXPECT_LE(polls[i] - polls[i - 1], hours{1} + minutes{1});
  }
}

TEST_P(ClockStep, WhatFiresIsToldOnceAndEverythingHasAnAgeThatIsNotNegative) {
  const Step& step = GetParam();
  set_at(at("2026-03-10 15:20"), step.error, step.sleep);
  world_.run_until(at("2026-03-15 12:00") + step.sleep);
  EXPECT_EQ(told("alert.firing"), 1U);
  EXPECT_EQ(told("alert.resolved"), 0U);
  const bool stands_still = step.error < -minutes{1};
  EXPECT_EQ(told("source.error"), stands_still ? 1U : 0U);
  for (const Taken& message : world_.taken) {
    EXPECT_LE(world_.store.messages.at(message.id).created - std::max(step.error, Duration{0}), message.at)
        << message.id;
  }
  for (const auto& [id, message] : world_.store.messages) {
    EXPECT_EQ(message.state, NotificationRow::State::kSent) << message.type << " " << message.last_error;
    EXPECT_TRUE(message.type != "source.error" ||
                message.body.find("it was set back; nothing is judged for a second time") != std::string::npos)
        << message.body;
  }
}

TEST_P(ClockStep, WhenTheClockIsRightAgainTheWatchGoesOn) {
  const Step& step = GetParam();
  set_at(at("2026-03-10 15:20"), step.error, step.sleep);
  world_.run_until(at("2026-03-11 16:00") + step.sleep);
  if (step.error > hours{24 * 365}) {
    return;  // with a last step in ten years time stands still, which is told: see the next test
  }
  world_.clock.error = Duration{0};
  world_.run_until(at("2026-03-20 12:00"));
  std::size_t judged = 0;
  EXPECT_TRUE(world_.store.verdicts(slot_of(Date{std::chrono::year{2026} / 3 / 1}),
                                    slot_of(Date{std::chrono::year{2026} / 4 / 1}),
                                    0,
                                    [&](const VerdictRow& row) { judged += row.verdict == Verdict::kMissed ? 1 : 0; }));
  EXPECT_EQ(judged, 12U);  // the 8th to the 19th
  EXPECT_EQ(told("alert.firing"), 1U);
}

TEST(Clock, OneThatWasTenYearsAheadAndIsSetRightIsToldAndStopsTheHeartbeat) {
  SimulatedWorld world(
      1, at("2026-03-06 12:00"), std::string(kConfig) + "heartbeat: {url: \"https://beat.example/\"}\n", kRules);
  world.file = [&](const std::string&) { return Result<std::string>(visits_until(world.clock.truth)); };
  world.run_until(at("2026-03-07"));
  world.clock.error = hours{24 * 3650};
  world.run_until(at("2026-03-07 01:00"));
  EXPECT_FALSE(world.beats.empty());
  world.kill();
  world.clock.error = Duration{0};
  world.beats.clear();
  world.asked.clear();
  world.run_until(at("2026-03-07 03:00"));
  EXPECT_TRUE(world.beats.empty());
  EXPECT_FALSE(world.asked["web.csv"].empty());  // sources are polled by the clock as it is
  const bool is_told = std::ranges::any_of(world.taken, [&](const Taken& taken) {
    return world.store.messages.at(taken.id).body.find("it was set back") != std::string::npos;
  });
  EXPECT_TRUE(is_told);
}

TEST(Clock, EachTroubleWhileItStandsStillHasIdsOfItsOwn) {
  SimulatedWorld world(1, at("2026-03-06 12:00"), kConfig, kRules);
  bool is_missing = false;
  world.file = [&](const std::string& path) {
    return is_missing ? Result<std::string>(fail(ErrorKind::kNotFound, path)) : visits_until(at("2026-03-07 12:00"));
  };
  world.run_until(at("2026-03-07 12:00"));
  world.clock.error = -hours{48};
  for (int turn = 0; turn < 4; ++turn) {
    is_missing = turn % 2 == 0;
    world.run_for(hours{5});
  }
  std::size_t told = 0;
  for (const auto& [id, message] : world.store.messages) {
    const bool is_of_web = message.body.find("\"source:web\"") != std::string::npos;
    told += is_of_web && (message.type == "source.error" || message.type == "source.recovered") ? 1 : 0;
  }
  EXPECT_EQ(told, 4U);
}

INSTANTIATE_TEST_SUITE_P(Steps,
                         ClockStep,
                         testing::Values(Step{"Back2h", -hours{2}, {}},
                                         Step{"Ahead2h", hours{2}, {}},
                                         Step{"BackADay", -hours{24}, {}},
                                         Step{"Ahead10Years", hours{24 * 3650}, {}},
                                         Step{"SleepsTenMinutes", Duration{0}, minutes{10}},
                                         Step{"SleepsThreeDays", Duration{0}, hours{72}},
                                         Step{"BackFiveSeconds", -std::chrono::seconds{5}, {}}),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace kpi::test

// Whichever stage of the watch is broken: within two intervals of the heartbeat nobody hears it any more, and it is
// heard again once the stage is mended. Where only one of several receivers fails, the others are told instead.

#include "tests/unit/daemon/engine/simulation.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace kpi::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* kConfig = R"(
timezone: UTC
rules: [rules.yaml]
sources:
  web: {plugin: csv, path: web.csv, every: 5m, date: {column: day}, metrics: {visits: {column: visits, kind: flow}}}
  ads: {plugin: csv, path: ads.csv, every: 5m, date: {column: day}, metrics: {clicks: {column: clicks, kind: flow}}}
channels:
  team: {type: webhook, url: "https://team.example/hook"}
  board: {type: webhook, url: "https://board.example/hook"}
routes: [{match: {}, to: [team, board]}]
heartbeat: {url: "https://beat.example/", every: 10m}
)";

constexpr const char* kRules = R"(
kpis:
  visits: {value: web.visits, thresholds: {warning: 100}}
  clicks: {value: ads.clicks, thresholds: {warning: 100}}
)";

constexpr auto kBeat = minutes{10};

Result<HttpResponse> status(int code) {
  HttpResponse response;
  response.status = code;
  return response;
}

/// All receivers but that of the heartbeat.
void let_answer(SimulatedWorld& world, const Result<HttpResponse>& answer) {
  world.answer = [answer](const std::string& receiver) { return receiver == "beat" ? status(200) : answer; };
}

/// From now on there is something to tell.
void sound_alarm(SimulatedWorld& world) {
  world.file = [](const std::string& path) {
    return Result<std::string>(path == "web.csv" ? "day,visits\n2026-03-01,1\n" : "day,clicks\n2026-03-01,1\n");
  };
}

/// Of the jobs to come the first `after` end as always, the next `count` never.
void hang_jobs(SimulatedWorld& world, int after, int count) {
  world.takes = [after, count, job = 0]() mutable {
    const bool hangs = job >= after && job < after + count;
    ++job;
    return hangs ? Duration(hours{10'000}) : Duration(std::chrono::milliseconds{200});
  };
}

struct Sabotage {
  const char* name;
  std::function<void(SimulatedWorld&)> act;
  std::function<void(SimulatedWorld&)> mend = nullptr;  ///< Null: it cannot be.
  Duration least = minutes{0};                          ///< So long it may be taken for nothing more than slow.
};

Sabotage receivers(const char* name, const Result<HttpResponse>& answer, bool can_be_mended = true) {
  Sabotage sabotage{name, [answer](SimulatedWorld& world) {
                      sound_alarm(world);
                      let_answer(world, answer);
                    }};
  if (can_be_mended) {
    sabotage.mend = [](SimulatedWorld& world) { let_answer(world, status(200)); };
  }
  sabotage.least = minutes{6};  // until there is something to deliver
  return sabotage;
}

std::vector<Sabotage> sabotages() {
  return {
      {"TheHistoryCannotBeWritten",
       [](SimulatedWorld& world) { world.store.is_broken = true; },
       [](SimulatedWorld& world) { world.store.is_broken = false; }},
      {"WritingEndsTheProcess", [](SimulatedWorld& world) { world.store.before = [] { throw Killed{}; }; }},
      {"NoThreadRunsAnything",
       [](SimulatedWorld& world) { world.jobs.is_hanging = true; },
       [](SimulatedWorld& world) { world.jobs.is_hanging = false; }},
      {"APollNeverEnds", [](SimulatedWorld& world) { hang_jobs(world, 0, 1); }, nullptr, minutes{14}},
      {"NoDeliveryEverEnds",
       [](SimulatedWorld& world) {
         sound_alarm(world);
         hang_jobs(world, 2, 2);  // behind the two polls
       },
       nullptr,
       minutes{17}},
      receivers("EveryReceiverRefuses", fail(ErrorKind::kUnavailable, "connection refused")),
      receivers("EveryReceiverIsSilent", fail(ErrorKind::kTimeout, "no answer in time")),
      receivers("EveryReceiverAnswers503", status(503)),
      receivers("EveryReceiverAnswers429", status(429)),
      receivers("EveryReceiverIsGone", status(410), false),
      {"TheClockIsSetBack",
       [](SimulatedWorld& world) { world.clock.error = -hours{5}; },
       [](SimulatedWorld& world) { world.clock.error = Duration{0}; }},
      {"TheMachineSleeps", [](SimulatedWorld& world) { world.suspend(hours{3}); }, [](SimulatedWorld&) {}},
      {"TheProcessIsKilled", [](SimulatedWorld&) { throw Killed{}; }},
      {"TheNetworkIsDown",
       [](SimulatedWorld& world) {
         world.answer = [](const std::string&) {
           return Result<HttpResponse>(fail(ErrorKind::kUnavailable, "network is unreachable"));
         };
       },
       [](SimulatedWorld& world) { let_answer(world, status(200)); }},
  };
}

/// A calm world; at one o'clock something happens, at four it is undone, at six it ends.
class Sabotaged : public testing::TestWithParam<Sabotage> {
 protected:
  Sabotaged() : world_(1, at("2026-03-02 12:00"), kConfig, kRules) {
    world_.file = [](const std::string& path) {
      return Result<std::string>(path == "web.csv" ? "day,visits\n2026-03-01,150\n" : "day,clicks\n2026-03-01,150\n");
    };
    world_.next_event = [this] { return next_; };
    world_.on_time = [this] {
      if (world_.clock.truth < next_) {
        return;
      }
      const bool is_first = next_ == kBroken;
      next_ = is_first ? kMended : Instant::max();
      const auto& act = is_first ? GetParam().act : GetParam().mend;
      if (act) {
        act(world_);
      }
    };
  }

  [[nodiscard]] std::ptrdiff_t beats(Instant from, Instant to) const {
    return std::ranges::count_if(world_.beats, [&](Instant beat) { return beat >= from && beat < to; });
  }

  const Instant kBroken = at("2026-03-02 13:02");
  const Instant kMended = at("2026-03-02 16:02");
  SimulatedWorld world_;
  Instant next_ = kBroken;
};

TEST_P(Sabotaged, TheHeartbeatStopsWithinTwoIntervals) {
  world_.run_until(at("2026-03-02 18:00"));
  EXPECT_GE(beats(at("2026-03-02 12:00"), kBroken), 6) << "it was not heard before";
  EXPECT_EQ(beats(kBroken + 2 * kBeat + GetParam().least, kMended), 0);
  if (GetParam().mend) {
    EXPECT_GE(beats(kMended, at("2026-03-02 18:00")), 6) << "it is not heard again";
  }
}

INSTANTIATE_TEST_SUITE_P(Heartbeat, Sabotaged, testing::ValuesIn(sabotages()), [](const auto& which) {
  return std::string(which.param.name);
});

TEST(Heartbeat, GoesOnWhereOneReceiverOfTwoIsTold) {
  SimulatedWorld world(1, at("2026-03-02 12:00"), kConfig, kRules);
  sound_alarm(world);
  world.answer = [](const std::string& receiver) { return status(receiver == "team" ? 503 : 200); };
  world.run_for(hours{2});
  EXPECT_GE(world.beats.size(), 11U);
  const bool is_told = std::ranges::any_of(world.taken, [&](const Taken& taken) {
    return taken.channel == "board" && world.store.messages.at(taken.id).type == "delivery.failed";
  });
  EXPECT_TRUE(is_told);
}

TEST(Heartbeat, IsNotHeardBeforeEverySourceWasRead) {
  SimulatedWorld world(1, at("2026-03-02 12:00"), kConfig, kRules);
  hang_jobs(world, 0, 1);
  world.run_for(hours{2});
  EXPECT_TRUE(world.beats.empty());
}

}  // namespace
}  // namespace kpi::test

#include "daemon/engine/watch.hpp"

#include "daemon/notify/message_json.hpp"
#include "daemon/os/curl_http.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

namespace kpi::test {
namespace {

/// The machine's clock, with a wall clock that can be set.
class SetClock final : public Clock {
 public:
  Instant now() override { return system_clock().now() + Duration{shift_ms_.load()}; }

  std::chrono::steady_clock::time_point steady() override { return system_clock().steady(); }

  void set(Duration shift) { shift_ms_ = shift.count(); }

 private:
  std::atomic<std::int64_t> shift_ms_{0};
};

/// Brings nothing, and counts how often it was asked.
class CountedSource final : public Source {
 public:
  Result<Poll> poll(const PollRequest& /*request*/, Host& /*host*/, const std::stop_token& /*stop*/) override {
    {
      const std::lock_guard lock(mutex_);
      ++polls_;
    }
    changed_.notify_all();
    return Poll{};
  }

  [[nodiscard]] int polls() {
    const std::lock_guard lock(mutex_);
    return polls_;
  }

  bool wait_for(int polls) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return polls_ >= polls; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int polls_ = 0;
};

class NoFiles final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kNotFound, path);
  }

  Result<std::string> file_version(const std::string& path) override { return fail(ErrorKind::kNotFound, path); }
};

class NoHttp final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& /*request*/, const std::stop_token& /*stop*/) override {
    return fail(ErrorKind::kUnavailable, "there is no network");
  }
};

/// Has the files of a folder, and remembers what it was asked to run.
class Programs final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    const auto file = files.find(path);
    return file == files.end() ? fail(ErrorKind::kNotFound, path) : Result<File>(File{file->second, "1"});
  }

  Result<std::string> file_version(const std::string& /*path*/) override { return "1"; }

  Result<ProcessResult> run(const ProcessRequest& request, const std::stop_token& /*stop*/) override {
    asked = request;
    return ProcessResult{};
  }

  std::map<std::string, std::string> files;
  ProcessRequest asked;
};

TEST(Watch, AProgramOfAChannelIsFoundBesideTheFileThatNamesIt) {
  Programs programs;
  programs.files["kpid.yaml"] =
      "timezone: UTC\nrules: []\n"
      "sources: {web: {plugin: csv, path: web.csv, date: {column: Day}, metrics: {visits: {column: Visits}}}}\n"
      "channels: {siren: {type: exec, command: [./siren.sh]}}\nroutes: [{match: {}, to: [siren]}]\n";
  const ConfigLoad loaded = load_config("kpid.yaml", Secrets::kRequired, programs);
  ASSERT_NE(loaded.config, nullptr) << loaded.diagnostics.text();
  ASSERT_NE(loaded.config->channels.at(0).channel, nullptr);
  NoHttp http;
  std::ostringstream console;
  ChannelHost host{http, console, [] { return system_clock().now(); }};
  host.host = &programs;
  loaded.config->channels.at(0).channel->deliver(sample_message("firing"), host, {});
  ASSERT_FALSE(programs.asked.command.empty());
  EXPECT_EQ(programs.asked.command.front(), "./siren.sh");
}

TEST(Watch, AClockThatIsSetDoesNotStopThePolls) {
  const auto source = std::make_shared<CountedSource>();
  auto config = std::make_shared<Config>(
      *load("timezone: UTC\nsources: {web: {plugin: csv, path: web.csv, every: 1s, metrics: {visits: {kind: flow}}}}\n",
            "kpis:\n  visits: {value: web.visits}\n"));
  config->sources[0].source = source;
  FragileStore store;
  SetClock clock;
  NoFiles host;
  NoHttp http;
  std::ostringstream console;
  Watch watch(config, store, World{clock, host, http, console});
  ASSERT_TRUE(watch.restore(clock.now()));
  std::thread running([&] { EXPECT_TRUE(watch.run([] { return nullptr; })); });
  EXPECT_TRUE(source->wait_for(2));
  clock.set(-std::chrono::hours{2});
  EXPECT_TRUE(source->wait_for(source->polls() + 2));
  clock.set(std::chrono::hours{24 * 3650});
  EXPECT_TRUE(source->wait_for(source->polls() + 2));
  clock.set(Duration{0});
  EXPECT_TRUE(source->wait_for(source->polls() + 2));
  watch.inbox().post(StopRequest{});
  running.join();
}

/// A poll that does not come back before it is let go.
class StuckSource final : public Source {
 public:
  Result<Poll> poll(const PollRequest& /*request*/, Host& /*host*/, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return goes_on_; });
    return Poll{};
  }

  void let_go() {
    {
      const std::lock_guard lock(mutex_);
      goes_on_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool goes_on_ = false;
};

TEST(Watch, APollThatDoesNotEndIsAFailureOfItsSource) {
  const auto stuck = std::make_shared<StuckSource>();
  const auto other = std::make_shared<CountedSource>();
  auto config = std::make_shared<Config>(
      *load("timezone: UTC\nsources:\n  web: {plugin: csv, path: web.csv, every: 1s, metrics: {visits: {kind: flow}}}\n"
            "  shop: {plugin: csv, path: shop.csv, every: 1s, metrics: {orders: {kind: flow}}}\n",
            "kpis:\n  visits: {value: web.visits}\n"));
  config->sources[0].source = stuck;
  config->sources[1].source = other;
  FragileStore store;
  SetClock clock;
  NoFiles host;
  NoHttp http;
  std::ostringstream console;
  Watch watch(config, store, World{clock, host, http, console});
  ASSERT_TRUE(watch.restore(clock.now()));
  std::promise<std::string> told;
  std::atomic<int> failures{0};
  watch.on_turn = [&](const StepSummary& summary) {
    for (const std::string& warning : summary.warnings) {
      if (warning.find("source web") != std::string::npos && ++failures == 3) {
        told.set_value(warning);
      }
    }
  };
  std::thread running([&] { EXPECT_TRUE(watch.run([] { return nullptr; })); });
  EXPECT_TRUE(other->wait_for(2));
  EXPECT_EQ(failures, 0);
  clock.set(std::chrono::minutes{11});
  auto said = told.get_future();
  EXPECT_EQ(said.wait_for(std::chrono::seconds{20}), std::future_status::ready);
  stuck->let_go();
  watch.inbox().post(StopRequest{});
  running.join();
  EXPECT_GE(failures, 3);
}

/// Ten minutes pass each time it is asked; nothing is waited for in real time.
class HurryingClock final : public Clock {
 public:
  Instant now() override { return system_clock().now(); }

  std::chrono::steady_clock::time_point steady() override {
    return std::chrono::steady_clock::now() - std::chrono::hours{100} + std::chrono::minutes{10} * ++asked_;
  }

 private:
  std::atomic<int> asked_{0};
};

TEST(Watch, OnceAPollThatDoesNotEndIsGivenUpAfterAnHour) {
  const auto stuck = std::make_shared<StuckSource>();
  auto config = std::make_shared<Config>(
      *load("timezone: UTC\nsources: {web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}}\n",
            "kpis:\n  visits: {value: web.visits}\n"));
  config->sources[0].source = stuck;
  FragileStore store;
  HurryingClock clock;
  NoFiles host;
  NoHttp http;
  std::ostringstream console;
  Watch watch(config, store, World{clock, host, http, console});
  ASSERT_TRUE(watch.restore(clock.now()));
  const auto report = watch.once(clock.now());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->has_failed_source);
  EXPECT_THAT(report->summary.warnings,
              testing::Contains(testing::HasSubstr("has not answered for an hour: it is given up")));
  stuck->let_go();
}

/// The daemon with a heartbeat to a server of its own.
class BeatingWatch {
 public:
  explicit BeatingWatch(std::shared_ptr<Source> source, std::chrono::milliseconds every = std::chrono::milliseconds{1})
      : config_(std::make_shared<Config>(*load(
            "timezone: UTC\nsources: {web: {plugin: csv, path: web.csv, every: 1s, metrics: {visits: {kind: flow}}}}\n",
            "kpis:\n  visits: {value: web.visits}\n"))) {
    config_->sources[0].source = std::move(source);
    config_->heartbeat = HeartbeatConfig{Secret(server.url("/beat")), every, {"127.0.0.0/8"}};
  }

  /// A channel, and a message that waits for it.
  void add_channel(const std::string& name, const std::string& url, Instant created = system_clock().now()) {
    ChannelSettings settings;
    settings.name = name;
    settings.type = "webhook";
    settings.url = Secret(url);
    settings.allow_private = {"127.0.0.0/8"};
    Diagnostics diagnostics;
    ChannelConfig channel;
    channel.name = name;
    channel.type = "webhook";
    channel.channel = find_channel_kind("webhook")->create(settings, diagnostics);
    config_->channels.push_back(std::move(channel));
    Message message = sample_message("firing");
    StepCommit commit;
    commit.now = created;
    NotificationRow row;
    row.id = "msg_1";
    row.channel = name;
    row.type = name_of(message.type);
    row.created = commit.now;
    row.body = outbox_json(message);
    commit.notifications.push_back(std::move(row));
    EXPECT_TRUE(store.commit(commit));
  }

  /// Runs the daemon while `meanwhile` does; what the run gave.
  Result<void> run(const std::function<void()>& meanwhile) {
    Watch watch(config_, store, World{system_clock(), host_, *http_, console_});
    watch_ = &watch;
    EXPECT_TRUE(watch.restore(system_clock().now()));
    Result<void> ran;
    std::thread running([&] { ran = watch.run([] { return nullptr; }); });
    meanwhile();
    watch.inbox().post(StopRequest{});
    running.join();
    return ran;
  }

  Result<OnceReport> once(Instant now) {
    Watch watch(config_, store, World{system_clock(), host_, *http_, console_});
    EXPECT_TRUE(watch.restore(now));
    return watch.once(now);
  }

  /// Returns after a whole turn of the daemon.
  void turn() {
    auto pending = std::make_shared<PendingAction>();
    pending->action = EndSilenceAction{"none"};
    std::future<Result<ActionAnswer>> answer = pending->answer.get_future();
    watch_->inbox().post(std::move(pending));
    EXPECT_EQ(answer.wait_for(std::chrono::seconds{20}), std::future_status::ready);
  }

  /// Turns until so many beats were heard.
  bool turn_until(std::size_t beats) {
    const auto deadline = system_clock().steady() + std::chrono::seconds{20};
    while (!server.wait_for_requests(beats, std::chrono::milliseconds{0}) && system_clock().steady() < deadline) {
      turn();
    }
    return server.requests().size() >= beats;
  }

  LoopbackServer server{ScriptedAnswer{}};
  FragileStore store;

 private:
  std::shared_ptr<Config> config_;
  NoFiles host_;
  std::unique_ptr<HttpClient> http_ = make_curl_client();
  std::ostringstream console_;
  Watch* watch_ = nullptr;
};

TEST(Heartbeat, IsHeardOutsideWhileAllIsWell) {
  BeatingWatch beating(std::make_shared<CountedSource>());
  EXPECT_TRUE(beating.run([&] { EXPECT_TRUE(beating.turn_until(3)); }));
  const ReceivedRequest beat = beating.server.requests().front();
  EXPECT_EQ(beat.method + " " + beat.target, "GET /beat");
}

TEST(Heartbeat, ComesNoMoreOftenThanAskedFor) {
  BeatingWatch beating(std::make_shared<CountedSource>(), std::chrono::hours{1});
  EXPECT_TRUE(beating.run([&] {
    EXPECT_TRUE(beating.turn_until(1));
    beating.turn();
    beating.turn();
  }));
  EXPECT_EQ(beating.server.requests().size(), 1);
}

TEST(Heartbeat, WaitsForASourceThatWasNeverRead) {
  const auto source = std::make_shared<StuckSource>();
  BeatingWatch beating(source);
  EXPECT_TRUE(beating.run([&] {
    beating.turn();
    beating.turn();
    EXPECT_TRUE(beating.server.requests().empty());
    source->let_go();
    EXPECT_TRUE(beating.turn_until(1));
  }));
}

TEST(Heartbeat, StopsWhenTheHistoryCannotBeWritten) {
  const auto source = std::make_shared<CountedSource>();
  BeatingWatch beating(source);
  beating.store.is_broken = true;
  (void)beating.run([&] { EXPECT_TRUE(source->wait_for(1)); });
  EXPECT_TRUE(beating.server.requests().empty());
}

TEST(Heartbeat, StopsWhileNoChannelTakesAnything) {
  ScriptedAnswer busy;
  busy.status = 503;
  LoopbackServer refuses(busy);
  BeatingWatch beating(std::make_shared<CountedSource>());
  beating.add_channel("team", refuses.url());
  EXPECT_TRUE(beating.run([&] {
    EXPECT_TRUE(refuses.wait_for_requests(2));  // the first failure was taken note of
    beating.turn();
    const std::size_t before = beating.server.requests().size();
    beating.turn();
    beating.turn();
    EXPECT_EQ(beating.server.requests().size(), before);
  }));
}

TEST(Watch, OnceInThePastAMessageThatFailsIsKept) {
  ScriptedAnswer busy;
  busy.status = 503;
  LoopbackServer refuses(busy);
  BeatingWatch beating(std::make_shared<CountedSource>());
  const Instant then = system_clock().now() - std::chrono::hours{24 * 30};
  beating.add_channel("team", refuses.url(), then);
  const Result<OnceReport> report = beating.once(then);
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->failed_deliveries.empty());
  EXPECT_THAT(report->failed_deliveries.back(), testing::HasSubstr("it stays in the outbox"));
}

/// A clock that moves only when it is told to; nothing is waited for in real time.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(Instant now) : ms_(now.time_since_epoch().count()) {}

  Instant now() override { return Instant{Duration{ms_.load()}}; }

  std::chrono::steady_clock::time_point steady() override {
    return std::chrono::steady_clock::now() - std::chrono::hours{1};
  }

  void advance(Duration time) { ms_ += time.count(); }

 private:
  std::atomic<std::int64_t> ms_;
};

/// Fails while it is told to, and remembers when it was asked.
class FailingSource final : public Source {
 public:
  Result<Poll> poll(const PollRequest& request, Host& /*host*/, const std::stop_token& /*stop*/) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request.now);
    return is_down ? Result<Poll>(fail(ErrorKind::kUnavailable, "it does not answer")) : Result<Poll>(Poll{});
  }

  /// Minutes between one poll and the next, since the last call.
  std::vector<std::int64_t> gaps() {
    const std::lock_guard lock(mutex_);
    std::vector<std::int64_t> gaps;
    for (std::size_t i = 1; i < asked_.size(); ++i) {
      gaps.push_back(std::chrono::duration_cast<std::chrono::minutes>(asked_[i] - asked_[i - 1]).count());
    }
    asked_.erase(asked_.begin(), asked_.end() - (asked_.empty() ? 0 : 1));
    return gaps;
  }

  std::atomic<bool> is_down = true;

 private:
  std::mutex mutex_;
  std::vector<Instant> asked_;
};

std::shared_ptr<Config> config_polled_every(const char* every) {
  return std::make_shared<Config>(
      *load(std::string("timezone: UTC\nsources: {web: {plugin: csv, path: web.csv, every: ") + every +
                ", metrics: {visits: {kind: flow}}}}\n",
            "kpis:\n  visits: {value: web.visits}\n"));
}

/// Runs a daemon of its own on this history for so long.
void run_for(Duration time, const std::shared_ptr<Config>& config, Store& store, SimulatedClock& clock) {
  NoFiles host;
  NoHttp http;
  std::ostringstream console;
  Watch watch(config, store, World{clock, host, http, console});
  ASSERT_TRUE(watch.restore(clock.now()));
  const Instant end = clock.now() + time;
  watch.on_turn = [&](const StepSummary&) {
    if (watch.under_way() > 0) {
      return;  // no time passes while a source answers
    }
    clock.advance(std::chrono::seconds{20});
    if (clock.now() >= end) {
      watch.inbox().post(StopRequest{});
    }
  };
  EXPECT_TRUE(watch.run([] { return nullptr; }));
}

TEST(Watch, LeavesASourceThatFailsAloneAndRemembersItOverARestart) {
  const auto source = std::make_shared<FailingSource>();
  const auto config = config_polled_every("15m");
  config->sources[0].source = source;
  FragileStore store;
  SimulatedClock clock(at("2026-03-02 00:00"));
  const auto near = [](std::int64_t minutes) { return testing::AllOf(testing::Ge(minutes - 1), testing::Le(minutes)); };
  run_for(std::chrono::hours{5}, config, store, clock);
  const auto gaps = source->gaps();
  ASSERT_GE(gaps.size(), 6U);
  EXPECT_LE(gaps.size(), 8U);
  EXPECT_THAT(gaps.back(), near(60)) << testing::PrintToString(gaps);
  run_for(std::chrono::minutes{5}, config, store, clock);  // it is left alone still
  EXPECT_THAT(source->gaps(), testing::IsEmpty());
  run_for(std::chrono::hours{2}, config, store, clock);
  EXPECT_THAT(source->gaps(), testing::Each(near(60)));
  source->is_down = false;
  run_for(std::chrono::hours{2}, config, store, clock);
  const auto later = source->gaps();
  ASSERT_GE(later.size(), 5U) << testing::PrintToString(later);
  EXPECT_THAT(later.back(), near(15)) << testing::PrintToString(later);
}

/// Never answers, and goes when it is told to stop.
class HangingSource final : public Source {
 public:
  Result<Poll> poll(const PollRequest& /*request*/, Host& /*host*/, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    return fail(ErrorKind::kStopped, "stopped");
  }
};

TEST(Watch, SourcesThatHangDelayNoOther) {
  std::string sources =
      "timezone: UTC\nsources:\n  web: {plugin: csv, path: web.csv, every: 1s, metrics: {visits: {}}}\n";
  for (int i = 0; i < 200; ++i) {
    sources += "  slow" + std::to_string(i) + ": {plugin: csv, path: web.csv, every: 1s, metrics: {visits: {}}}\n";
  }
  auto config = std::make_shared<Config>(*load(sources, "kpis:\n  visits: {value: web.visits}\n"));
  const auto source = std::make_shared<CountedSource>();
  for (SourceConfig& slow : config->sources) {
    slow.source = slow.settings.name == "web" ? std::shared_ptr<Source>(source) : std::make_shared<HangingSource>();
  }
  FragileStore store;
  SetClock clock;
  NoFiles host;
  NoHttp http;
  std::ostringstream console;
  Watch watch(config, store, World{clock, host, http, console});
  ASSERT_TRUE(watch.restore(clock.now()));
  std::thread running([&] { EXPECT_TRUE(watch.run([] { return nullptr; })); });
  EXPECT_TRUE(source->wait_for(3));
  watch.inbox().post(StopRequest{});
  running.join();
  EXPECT_EQ(watch.untried(), 200U);
}

}  // namespace
}  // namespace kpi::test

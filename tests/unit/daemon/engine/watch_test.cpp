#include "daemon/engine/watch.hpp"

#include "tests/unit/daemon/engine/story.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
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

}  // namespace
}  // namespace kpi::test

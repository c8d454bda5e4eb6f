#pragma once
// One process, no threads, no waiting: the watch as the daemon runs it, over sources and receivers that are made up,
// with a clock that goes on when nothing is left to do. Everything that happens follows from one seed. Of one thread.

#include "daemon/engine/watch.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace kpi::test {

/// What befalls the watch in a simulation.
struct Faults {
  bool sources = false;    ///< Files that are not there, cut off, late, changed, full of other bytes.
  bool receivers = false;  ///< Answers of all kinds, none, late, lost on their way.
  bool kills = false;      ///< Between turns, before a commit, after one; and stops as asked for.
  bool storage = false;    ///< Commits that fail for a while.
  bool clock = false;      ///< Steps of the wall clock, a suspended machine.
  bool reloads = false;    ///< Good ones and refused ones.

  static Faults all() { return {true, true, true, true, true, true}; }
};

/// True time goes on by itself; the wall clock shows it with an error.
class SimulatedClock final : public Clock {
 public:
  Instant now() override { return truth + error; }

  /// Always long past, so that nothing is waited for; and goes on, so that what waits for it ends.
  std::chrono::steady_clock::time_point steady() override {
    steady_ += std::chrono::milliseconds{1};
    return steady_;
  }

  Instant truth;
  Duration error{0};

 private:
  std::chrono::steady_clock::time_point steady_{};
};

/// Polls and deliveries that end when the clock says so. Jobs that are dropped never were.
class SimulatedJobs final : public Jobs {
 public:
  SimulatedJobs(SimulatedClock& clock, std::function<Duration()> takes) : clock_(clock), takes_(std::move(takes)) {}

  void submit(Job job) override;

  void request_stop() override { jobs_.clear(); }

  /// When the next one ends; Instant::max(): none is under way.
  [[nodiscard]] Instant next() const;
  void run_due();
  /// A kill: of those under way some have reached the other side, and nobody hears how they ended.
  void kill(const std::function<bool()>& has_arrived);

  bool is_hanging = false;  ///< Nothing ends any more.

 private:
  SimulatedClock& clock_;
  std::function<Duration()> takes_;
  std::multimap<Instant, Job> jobs_;
};

/// What a receiver took.
struct Taken {
  Instant at;
  std::string channel;
  std::string id;
  int life = 0;          ///< Of the watch: which start.
  bool is_lost = false;  ///< The answer never arrived.
};

/// The history, and what was ever written into it.
class RecordingStore final : public FragileStore {
 public:
  Result<StoredState> load() override;
  Result<void> commit(const StepCommit& step) override;

  /// Called before and after each write that succeeds; may throw.
  std::function<void()> before;
  std::function<void()> after;
  std::map<std::string, NotificationRow> messages;  ///< As they stand.

  struct Fired {
    EpisodeRow row;
    Instant seen;                   ///< When it first was open and firing,
    std::optional<Instant> closed;  ///< and no more.
  };

  std::map<std::string, Fired> fired;  ///< Episodes that fired and went on after a step.
  std::set<std::string> hushed_episodes;
  std::map<std::uint32_t, std::string> lines;  ///< "orders (country=SE)", by id
};

struct Simulated {
  std::string log;                  ///< Everything that happened, a line each.
  std::vector<std::string> ledger;  ///< "orders (total) 2026-03-01T…: 12 met 40", in order.
  std::vector<std::string> wrong;   ///< What should not be.
  int kills = 0;
  int messages = 0;
  int twice = 0;
};

/// Days of one seed. The last five are calm, so that what is owed can arrive.
Simulated simulate(std::uint32_t seed, int days, const Faults& faults);

/// A watch in a world of its own, for tests that say themselves what happens.
class SimulatedWorld {
 public:
  SimulatedWorld(std::uint32_t seed, Instant begin, const std::string& config, const std::string& rules);
  ~SimulatedWorld();
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;
  SimulatedWorld(SimulatedWorld&&) = delete;
  SimulatedWorld& operator=(SimulatedWorld&&) = delete;

  /// The watch runs until then, or until something throws or ends it.
  void run_until(Instant end);

  void run_for(Duration time) { run_until(clock.truth + time); }

  /// As after kill -9.
  void kill();

  /// The machine sleeps.
  void suspend(Duration time) { clock.truth += time; }

  [[nodiscard]] double chance() { return std::uniform_real_distribution(0.0, 1.0)(random); }

  void note(const std::string& what);

  SimulatedClock clock;
  std::mt19937 random;
  SimulatedJobs jobs;
  RecordingStore store;
  std::shared_ptr<Config> config;
  std::unique_ptr<Watch> watch;  ///< Null: it does not run.
  int life = 0;

  /// What a file says, and what a receiver answers; by default nothing is there and all is taken.
  std::function<Result<std::string>(const std::string& path)> file;
  std::function<Result<HttpResponse>(const std::string& receiver)> answer;
  std::function<Duration()> takes = [] { return std::chrono::milliseconds{200}; };
  /// Called at each wait, when time has gone on; may throw, and may post to the watch.
  std::function<void()> on_time;
  std::function<Instant()> next_event;  ///< When on_time has something to do.
  Watch::Reload reload = [this] { return Result<std::shared_ptr<const Config>>(config); };

  std::vector<Taken> taken;
  std::vector<Instant> beats;                         ///< Of the heartbeat, by the wall clock.
  std::map<std::string, std::vector<Instant>> asked;  ///< When each file was asked for, in true time.
  std::vector<std::string> said;                      ///< Warnings of steps.
  std::ostringstream log;
  std::size_t turns = 0;       ///< While the history could be written.
  std::set<std::string> held;  ///< Alerts that something kept from being told, as decisions name them.

 private:
  class Files;
  class Network;

  void start();
  void wait(Duration idle, Instant end);

  std::filesystem::path folder_;
  std::unique_ptr<Files> files_;
  std::unique_ptr<Network> network_;
  std::ostringstream console_;
};

/// Thrown by what kills the watch.
struct Killed {};

}  // namespace kpi::test

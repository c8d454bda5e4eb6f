#pragma once
// The engine among the things of the world: polls go out to the pool and come back through the inbox, messages
// likewise. The daemon (`run`) and `run --once` differ in who calls, not in what happens.

#include "daemon/config/config.hpp"
#include "daemon/engine/deliveries.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/heartbeat.hpp"
#include "daemon/engine/inbox.hpp"
#include "daemon/engine/work_counts.hpp"
#include "daemon/os/clock.hpp"
#include "daemon/os/work_pool.hpp"
#include "plugins/source.hpp"

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

/// What the watch uses of the world. All of it outlives the watch.
struct World {
  Clock& clock;
  Host& host;
  HttpClient& http;
  std::ostream& console;
  Jobs* jobs = nullptr;  ///< Where polls and deliveries run; null: on a pool of threads of the watch's own.
};

/// How `run --once` went.
struct OnceReport {
  StepSummary summary;
  std::size_t delivered = 0;
  std::vector<std::string> failed_deliveries;  ///< "growth: 503 …"
  std::string failed_copy;                     ///< Why there is no fresh copy of the history; empty: there is.
  bool has_failed_source = false;
};

class Watch {
 public:
  Watch(std::shared_ptr<const Config> config, Store& store, World world, EngineOptions options = {});
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  Watch(Watch&&) = delete;
  Watch& operator=(Watch&&) = delete;
  ~Watch();

  Result<void> restore(Instant now);
  /// Polls every source once, judges, delivers what is due once.
  Result<OnceReport> once(Instant now);
  /// Gives the new configuration, or says why the old one goes on.
  using Reload = std::function<Result<std::shared_ptr<const Config>>()>;

  /// Runs until a StopRequest comes.
  Result<void> run(const Reload& reload);

  /// Called on the engine's thread with what each turn did, before its answers are given; set before run().
  std::function<void(const StepSummary& summary)> on_turn;

  /// After run(): waits some seconds for the polls and deliveries that were asked to stop. False: one does not heed it,
  /// and the destructor would wait for it. All that counts is in the history by then.
  [[nodiscard]] bool close();

  /// Called on the engine's thread with what once() is doing, for those who wait for it; empty: with nothing that takes
  /// long. Set before once().
  std::function<void(const std::string& doing)> on_doing;

  /// Called before the loop waits for something to come, with how long there is nothing to do otherwise: a simulation
  /// lets its clock go on by it. Set before run().
  std::function<void(Duration idle)> on_wait;

  /// The files were refused; told with the next turn. Of the engine's thread.
  void tell_config_error(std::string_view refused) { engine_->receive_config_error(refused); }

  Inbox& inbox() { return inbox_; }

  [[nodiscard]] const Engine& engine() const { return *engine_; }

  /// How each channel does. Of the engine's thread.
  [[nodiscard]] std::map<std::string, ChannelState> channel_states() const { return deliveries_.states(); }

  [[nodiscard]] const std::shared_ptr<const Config>& config() const { return config_; }

  /// Why the history cannot be written now; empty: it can. Steps go on meanwhile, and are written when it can be again.
  [[nodiscard]] const std::string& storage_problem() const { return storage_problem_; }

  /// What was done since the start; it goes on being counted.
  [[nodiscard]] std::shared_ptr<const WorkCounts> work() const { return work_; }

  /// Sources that have not been polled once since the start.
  [[nodiscard]] std::size_t untried() const;
  /// How many sources are being polled. Of the engine's thread.
  [[nodiscard]] std::size_t under_way() const;

 private:
  /// A turn comes at least this often, so that a step of the wall clock is noticed.
  static constexpr std::chrono::seconds kLongestWait{30};

  struct Polling {
    Instant next;
    bool in_flight = false;
    bool is_tried = false;
    Instant begun{};  // of the poll that is in flight
  };

  /// What people asked for in a turn.
  struct Asked {
    bool reload = false;
    bool stop = false;
    /// Answers to be given once the step is in the history.
    std::vector<std::pair<std::shared_ptr<PendingAction>, Result<ActionAnswer>>> answers;
    std::vector<std::shared_ptr<PendingAction>> reloads;
  };

  void start_poll(std::uint32_t source, Instant now);
  void poll_all(Instant now);
  void say(const std::string& doing) const;
  Result<void> deliver_all(Instant now, OnceReport& report);
  Result<void> write_down(DeliveryNews news, Instant now, OnceReport& report);
  void report_delivery(const DeliveryRow& row, OnceReport& report) const;
  /// Hands what deliveries brought to the engine.
  void hand_over(DeliveryNews news);
  void start_due(Instant now);
  void start_copy();
  Result<void> copy_once();
  void take(Event& event, Asked& asked);
  void act(std::shared_ptr<PendingAction> pending, Asked& asked);
  Result<ActionAnswer> resend(const ResendAction& action);
  Result<void> reload_now(const Reload& reload, Asked& asked);
  Result<void> finish_deliveries();
  Result<bool> turn(const Reload& reload);
  /// One step; false when the history could not be written, which is remembered.
  Result<bool> step(StepSummary& summary);
  void answer(Asked& asked, const StepSummary& summary);
  Result<void> swap_config(std::shared_ptr<const Config> config, Instant now);
  [[nodiscard]] bool is_well() const;
  [[nodiscard]] bool has_stuck_poll() const;
  [[nodiscard]] Duration until_next(Instant begun) const;
  [[nodiscard]] Instant now();
  void log(const StepSummary& summary, Instant now);
  void log_held(const Decision& decision, Instant now);

  std::shared_ptr<const Config> config_;
  /// What was said to be held: why, and when that was said.
  std::map<std::string, std::pair<std::string, Instant>, std::less<>> held_;
  std::string listen_;  // that the daemon was started with
  Store& store_;
  World world_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  std::string storage_problem_;
  std::shared_ptr<WorkCounts> work_ = std::make_shared<WorkCounts>();
  std::unique_ptr<WorkPool> pool_;  // ends first: its jobs use what stands below. Null: others run the jobs
  Jobs& jobs_;
  std::vector<Polling> polling_;  // by source
  Instant next_copy_;             // of the history for other tools
  bool is_copying_ = false;
  std::uint64_t generation_ = 0;  // of the configuration: results of an older one are dropped
  Inbox inbox_;
  SentJournal journal_;
  Deliveries deliveries_;
  Heartbeat heartbeat_;
};

}  // namespace kpi

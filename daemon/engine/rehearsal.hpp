#pragma once
// The engine on a simulated clock, with samples that come at written times instead of sources and a ledger in memory
// instead of a history: for rule tests and backtests. It decides exactly what the daemon would have. One thread.

#include "daemon/engine/engine.hpp"
#include "daemon/store/history_reader.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kpi {

/// What comes when; in the currency that a metric is converted to.
struct Script {
  struct Series {
    std::uint32_t source = 0;  ///< Index into Config::sources.
    std::uint32_t metric = 0;  ///< Index into SourceConfig::metrics.
    Labels labels;
  };

  struct Arrival {
    Instant at;
    std::uint32_t series = 0;
    Slot slot;
    double value = 0;  ///< NaN: null.
    bool is_withdrawn = false;
  };

  std::vector<Series> series;
  std::vector<Arrival> arrivals;
  /// When the engine steps, ascending; after the last of them, and when there are none, whenever something happens. A
  /// record is rehearsed at the times at which it was made: a cron job that looked once a day never saw what was
  /// missing for an hour.
  std::vector<Instant> steps;

  /// Rules other than those of the record: what they wait for is given up between the steps too, at times at which kpid
  /// was running.
  bool looks_between = false;
  std::vector<DownTimeRow> away{};  ///< Ascending; kpid was started at the end of each.

  /// How a source stood at a step; none: it failed.
  struct Read {
    Instant at;
    std::uint32_t source = 0;
    std::optional<Instant> read;
  };

  /// By `at`. Before the first start, and with none in `away`, every source is read at every step, as if polls took no
  /// time.
  std::vector<Read> reads{};

  /// Another configuration of the same sources, taken up before the first step from `at` on.
  struct Reload {
    Instant at;
    std::shared_ptr<const Config> config;
  };

  std::vector<Reload> reloads{};  ///< Ascending.
};

/// What the history says became known, former values too, when it was looked at and what of; until before `until`,
/// without the sources of the names in `left_out` and without metrics that the configuration does not have any more.
Result<Script> read_script(HistoryReader& reader,
                           const Config& config,
                           const std::set<std::string>& left_out,
                           Instant until);

class Rehearsal {
 public:
  Rehearsal(std::shared_ptr<const Config> config, Script script);
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal(Rehearsal&&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;
  Rehearsal& operator=(Rehearsal&&) = delete;
  ~Rehearsal();

  /// Steps through everything that happens up to `until`, which is a step too.
  Result<void> advance(Instant until);

  [[nodiscard]] const Engine& engine() const { return *engine_; }

  /// The messages since the last call.
  std::vector<Message> take_messages();

  /// Every episode, by its id; as it is now.
  [[nodiscard]] const std::map<std::string, EpisodeRow>& episodes() const;
  /// The line that a row names.
  [[nodiscard]] const LineRow& line(std::uint32_t id) const;

  /// Called with each verdict that is written, again when it is written again.
  std::function<void(const VerdictRow&)> on_verdict;

 private:
  class Ledger;

  Result<void> begin();
  Result<void> reload_until(Instant at);
  Result<void> step(Instant at);
  [[nodiscard]] Instant next_step() const;
  [[nodiscard]] std::optional<Instant> next_deadline(Instant before) const;
  [[nodiscard]] bool was_away(Instant at) const;
  [[nodiscard]] bool is_on_record(Instant at) const;
  void start_until(Instant at);
  void receive(Instant at, PollResult result);
  [[nodiscard]] Instant read_between(std::uint32_t source, Instant at) const;

  /// How a source stands, and what is written of it later.
  struct Reading {
    std::vector<Script::Read> later;  ///< The next one last.
    std::optional<Instant> read;
    bool is_failing = false;
  };

  std::shared_ptr<const Config> config_;
  Script script_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Engine> engine_;
  bool has_begun_ = false;
  std::size_t next_ = 0;   // arrival
  std::size_t steps_ = 0;  // those of the script that were taken
  std::size_t reloads_ = 0;
  bool is_step_ = false;    // of the script: the one at hand
  std::size_t starts_ = 0;  // of the script's away
  std::vector<Reading> readings_;
  Instant last_;  // step
  std::vector<Message> messages_;
};

}  // namespace kpi

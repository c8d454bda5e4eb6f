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
  };

  std::vector<Series> series;
  std::vector<Arrival> arrivals;
  /// When the engine steps, ascending; after the last of them, and when there are none, whenever something happens. A
  /// record is rehearsed at the times at which it was made: a cron job that looked once a day never saw what was
  /// missing for an hour.
  std::vector<Instant> steps;

  /// From before to after: when nobody looked, see Rehearsal::away. Rules other than those of the record give up what
  /// they wait for between the steps too, but not then. None: there are only the steps.
  struct Stretch {
    Instant from;
    Instant to;
  };

  std::optional<std::vector<Stretch>> away = std::nullopt;

  /// Another configuration of the same sources, taken up before the first step from `at` on.
  struct Reload {
    Instant at;
    std::shared_ptr<const Config> config;
  };

  std::vector<Reload> reloads{};  ///< Ascending.

  /// When sources were read of which it counts, since what they did not have then is missing. By source; those that
  /// are not here are read at every step.
  std::map<std::uint32_t, std::set<Instant>> reads{};
};

/// What the history says became known, former values too, and when it was looked at; until before `until`, without the
/// sources of the names in `left_out` and without metrics that the configuration does not have any more.
Result<Script> read_script(HistoryReader& reader,
                           const Config& config,
                           const std::set<std::string>& left_out,
                           Instant until);

/// Leaves the times at which a source was read only where all rules that read it are those of the record: another rule
/// shows no time at which it had what it waits for.
void forget_reads_of_others(Script& script, const RuleSet& rules, const RuleSet& recorded, const Config& config);

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

  /// Between its steps, from where something should have been given up: there kpid was not running.
  [[nodiscard]] const std::vector<Script::Stretch>& away() const { return away_; }

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
  [[nodiscard]] Instant last_read(std::uint32_t source, Instant at) const;

  std::shared_ptr<const Config> config_;
  Script script_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Engine> engine_;
  bool has_begun_ = false;
  std::size_t next_ = 0;   // arrival
  std::size_t steps_ = 0;  // those of the script that were taken
  std::size_t reloads_ = 0;
  Instant last_;  // step
  std::vector<Script::Stretch> away_;
  std::vector<Message> messages_;
};

}  // namespace kpi

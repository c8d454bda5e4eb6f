#pragma once
// What a backtest found, for people and as JSON: the episodes, a timeline, and how those of other rules differ. Pure.

#include "rules/base/calendar.hpp"
#include "rules/model/sample.hpp"
#include "rules/model/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

struct BacktestEpisode {
  std::string kpi;
  std::string rule;
  Labels segment;
  Severity severity = Severity::kNone;
  Instant since;
  std::optional<Instant> pending;
  std::optional<Instant> firing;
  std::optional<Instant> resolved;

  bool operator==(const BacktestEpisode&) const = default;
};

/// What one set of rules makes of the history.
struct Backtest {
  Instant from;
  Instant to;  ///< Not included.
  std::size_t evaluations = 0;
  std::vector<BacktestEpisode> episodes;  ///< By KPI, segment, rule, and the time at which they began.
};

/// How an episode of other rules differs from the one that it overlaps.
struct EpisodeChange {
  enum class Kind : std::uint8_t { kAdded, kRemoved, kLonger, kShorter, kMoved, kMilder, kWorse };

  Kind kind = Kind::kAdded;
  std::optional<BacktestEpisode> before;
  std::optional<BacktestEpisode> after;

  bool operator==(const EpisodeChange&) const = default;
};

/// Episodes of one KPI, segment and rule belong together when their times overlap, the earliest first. What is equal is
/// left out. One is as long as it fires; when that is equal, as what it tells of. One that has not ended is taken to
/// last until the end of the backtest.
std::vector<EpisodeChange> compare_backtests(const Backtest& before, const Backtest& after);

/// One line a KPI and segment, a column for an equal share of the time: the worst severity that fires in it. In
/// `columns` of a terminal; 0: there is none.
std::string timeline_text(const Backtest& backtest, const Zone& zone, std::size_t columns);
std::string episodes_text(const Backtest& backtest, const Zone& zone, std::size_t columns);
std::string changes_text(const std::vector<EpisodeChange>& changes, const Zone& zone, std::size_t columns);

/// One JSON document, as in the interface's contract; with `changes` when other rules were tried.
std::string backtest_json(const Backtest& backtest, const std::vector<EpisodeChange>* changes);

}  // namespace kpi

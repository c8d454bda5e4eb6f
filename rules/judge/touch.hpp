#pragma once
// Which judged periods of a line read data that has changed: those must be judged again. Pure; any thread may call it.

#include "rules/judge/line.hpp"

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace kpi {

/// Half-open.
struct Stretch {
  Slot from;
  Slot to;
  bool is_before = false;  ///< Nothing stands there: the series only begins at `to`, or earlier than it did.

  bool operator==(const Stretch&) const = default;
};

/// Where a series says something else after `slots` (ascending) were put: at these, with `missing: last` up to the next
/// row (all that a new series fills), and between where it begins now and began before (`front`, none when it is new),
/// because windows there are warming up now, or no more.
std::vector<Stretch> changed_stretches(const SampleTable& table,
                                       std::uint32_t series,
                                       const Metric& metric,
                                       std::span<const Slot> slots,
                                       std::optional<Slot> front);

/// Whether the period was judged by rows that were taken out since, because an edit of their source gave them other
/// labels than the line asks for: what was judged by them stays. A total has them under their new labels.
bool rests_on_taken_out(const Line& line, const JudgeContext& context, Slot period);

/// The judged periods with a window on the series (of the value, a limit or an alert) that meets one of the stretches.
std::set<Slot> periods_reading(const Line& line,
                               const JudgeContext& context,
                               std::uint32_t series,
                               std::span<const Stretch> stretches);

/// Whether the period cannot be judged without samples from before `begin_of` their metric (nothing: it has all).
/// Those that take what there is (`anomaly()`, `forecast()`) can.
bool reads_before(const Line& line,
                  const JudgeContext& context,
                  Slot period,
                  const std::function<std::optional<Slot>(std::uint32_t metric)>& begin_of);

/// The judged periods that read one of these periods of another line.
std::set<Slot> periods_reading(const Line& line,
                               const JudgeContext& context,
                               const JudgedSeries& other,
                               std::span<const Slot> slots);

}  // namespace kpi

#pragma once
// What is written down for ever: one verdict per KPI, segment and period, and the episodes of its alerts.

#include "rules/base/calendar.hpp"
#include "rules/model/verdict.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace kpi {

/// One judged period. Written again when its data was restated: the old row is kept as a revision, with the times at
/// which it was judged and replaced (StepCommit::now); the same row again changes nothing.
struct VerdictRow {
  std::uint32_t line = 0;
  Slot slot;
  Period period;
  double value = 0;  ///< NaN: unknown, see reason.
  double limit = 0;  ///< The mildest threshold's limit as it stood; NaN: none.
  Verdict verdict = Verdict::kRecorded;
  Severity severity = Severity::kNone;  ///< Of the worst condition that held in the period.
  KpiState state = KpiState::kOk;       ///< After the period.
  Reason reason = Reason::kNone;
  double goal = 0;      ///< The target's goal as it stood; NaN: no target.
  double expected = 0;  ///< Its path's value; NaN: none.
  TargetStatus target_status = TargetStatus::kNotStarted;
  double probability = std::numeric_limits<double>::quiet_NaN();  ///< Stated of the target; NaN: none was.
  double projected = std::numeric_limits<double>::quiet_NaN();    ///< What it measures, at the deadline.
  std::string episode;  ///< The thresholds' or alert's episode the period belongs to; empty: none.
  std::uint32_t rule_version = 0;
};

/// One episode: from pending to resolved.
struct EpisodeRow {
  std::string id;
  std::uint32_t line = 0;
  std::string rule;
  Severity severity = Severity::kNone;  ///< The worst it reached.
  Instant since;                        ///< The start of the first missed period.
  std::optional<Instant> pending;
  std::optional<Instant> firing;
  std::optional<Instant> resolved;
  Reason reason = Reason::kNone;  ///< Why it ended.
  bool restated = false;          ///< Data it was judged by has been restated since.

  bool operator==(const EpisodeRow&) const = default;
};

}  // namespace kpi

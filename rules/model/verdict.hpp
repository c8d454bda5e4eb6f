#pragma once
// What a period was judged, and the words for it everywhere: states, severities, verdicts, reasons.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

enum class Severity : std::uint8_t { kNone, kInfo, kWarning, kCritical };

/// One KPI, segment and period in the ledger.
enum class Verdict : std::uint8_t {
  kMet,
  kMissed,
  kNoData,
  kRecorded,     ///< There was nothing to meet.
  kProvisional,  ///< Not in the ledger: the period has not ended or settled.
};

/// Where one alert (rule x segment) stands.
enum class AlertPhase : std::uint8_t { kInactive, kPending, kFiring, kResolved };

/// The state of a KPI: the worst over its rules. Ordered from best to worst.
enum class KpiState : std::uint8_t { kOk, kPending, kNoData, kError, kFiring };

enum class TargetStatus : std::uint8_t { kNotStarted, kOnTrack, kAtRisk, kOffTrack, kAchieved, kMissed };

/// Why a value is unknown, or why an alert changed. Rendered as a whole sentence per language.
enum class Reason : std::uint8_t {
  kNone,
  kNoSample,    ///< No sample for the period.
  kNull,        ///< The source delivered a null or a NaN.
  kIncomplete,  ///< Too few samples in the window (`complete`).
  kWarmingUp,   ///< The window reaches back before the first sample.
  kDivisionByZero,
  kNotFinite,     ///< The result is no number, as of a root of -1, or too large for one.
  kNotJudged,     ///< A KPI it depends on has no value there.
  kBeyondLimit,   ///< An alert: the value is beyond its limit.
  kCondition,     ///< An alert: its condition holds.
  kBehindPace,    ///< A target: behind its path.
  kRecovered,     ///< An alert ended because the value is fine again.
  kRestated,      ///< An alert changed because earlier values were restated.
  kRuleRemoved,   ///< An alert ended because its rule was removed.
  kSourceFailed,  ///< The source could not be polled.
  kTooFew,        ///< Fewer were counted in the window than `min_sample` asks for.
  kRetired,       ///< An alert ended because its segment has been silent for too long (`retire`).
  kSourceEdited,  ///< An alert ended because its source, whose settings were edited, has no rows of its segment any
                  ///< more.
  kCameAndWent,   ///< An alert began and ended while kpid was not running.
};

// The words used in JSON, YAML, the database and messages ("no_data", "on_track"); parse_* reads them back.
std::string_view name_of(Severity severity);
std::string_view name_of(Verdict verdict);
std::string_view name_of(AlertPhase phase);
std::string_view name_of(KpiState state);
std::string_view name_of(TargetStatus status);
std::string_view name_of(Reason reason);

std::optional<Severity> parse_severity(std::string_view name);
std::optional<Verdict> parse_verdict(std::string_view name);
std::optional<AlertPhase> parse_alert_phase(std::string_view name);
std::optional<KpiState> parse_kpi_state(std::string_view name);
std::optional<TargetStatus> parse_target_status(std::string_view name);
std::optional<Reason> parse_reason(std::string_view name);

}  // namespace kpi

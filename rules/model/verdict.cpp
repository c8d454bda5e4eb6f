#include "rules/model/verdict.hpp"

#include <cstddef>

namespace kpi {

namespace {

// One table of words per enum, in the order of its enumerators; a word read back is its place in the table.
constexpr std::array<std::string_view, 4> kSeverities = {"none", "info", "warning", "critical"};
constexpr std::array<std::string_view, 5> kVerdicts = {"met", "missed", "no_data", "recorded", "provisional"};
constexpr std::array<std::string_view, 4> kPhases = {"inactive", "pending", "firing", "resolved"};
constexpr std::array<std::string_view, 5> kStates = {"ok", "pending", "no_data", "error", "firing"};
constexpr std::array<std::string_view, 6> kStatuses = {
    "not_started", "on_track", "at_risk", "off_track", "achieved", "missed"};
constexpr std::array<std::string_view, 19> kReasons = {"none",
                                                       "no_sample",
                                                       "null",
                                                       "incomplete",
                                                       "warming_up",
                                                       "division_by_zero",
                                                       "not_finite",
                                                       "not_judged",
                                                       "beyond_limit",
                                                       "condition",
                                                       "behind_pace",
                                                       "recovered",
                                                       "restated",
                                                       "rule_removed",
                                                       "source_failed",
                                                       "too_few_to_tell",
                                                       "retired",
                                                       "source_edited",
                                                       "came_and_went"};
static_assert(kSeverities.size() == static_cast<std::size_t>(Severity::kCritical) + 1);
static_assert(kVerdicts.size() == static_cast<std::size_t>(Verdict::kProvisional) + 1);
static_assert(kPhases.size() == static_cast<std::size_t>(AlertPhase::kResolved) + 1);
static_assert(kStates.size() == static_cast<std::size_t>(KpiState::kFiring) + 1);
static_assert(kStatuses.size() == static_cast<std::size_t>(TargetStatus::kMissed) + 1);
static_assert(kReasons.size() == static_cast<std::size_t>(Reason::kCameAndWent) + 1);

template <class Enum, std::size_t N>
std::string_view word(const std::array<std::string_view, N>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? words.at(index) : std::string_view();
}

template <class Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& words, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words.at(i) == name) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Severity severity) {
  return word(kSeverities, severity);
}

std::string_view name_of(Verdict verdict) {
  return word(kVerdicts, verdict);
}

std::string_view name_of(AlertPhase phase) {
  return word(kPhases, phase);
}

std::string_view name_of(KpiState state) {
  return word(kStates, state);
}

std::string_view name_of(TargetStatus status) {
  return word(kStatuses, status);
}

std::string_view name_of(Reason reason) {
  return word(kReasons, reason);
}

std::optional<Severity> parse_severity(std::string_view name) {
  return parse<Severity>(kSeverities, name);
}

std::optional<Verdict> parse_verdict(std::string_view name) {
  return parse<Verdict>(kVerdicts, name);
}

std::optional<AlertPhase> parse_alert_phase(std::string_view name) {
  return parse<AlertPhase>(kPhases, name);
}

std::optional<KpiState> parse_kpi_state(std::string_view name) {
  return parse<KpiState>(kStates, name);
}

std::optional<TargetStatus> parse_target_status(std::string_view name) {
  return parse<TargetStatus>(kStatuses, name);
}

std::optional<Reason> parse_reason(std::string_view name) {
  return parse<Reason>(kReasons, name);
}

}  // namespace kpi

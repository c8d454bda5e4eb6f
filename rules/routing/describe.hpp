#pragma once
// What a message says about one alert: the number, the limit, the target, since when and why, in the channel's
// language.

#include "rules/base/units.hpp"
#include "rules/judge/line.hpp"
#include "rules/routing/message.hpp"
#include "rules/words/phrases.hpp"

#include <span>
#include <string>

namespace kpi {

/// Which alert of a line.
enum class RuleKind : std::uint8_t { kThresholds, kCondition, kTarget, kNoData };

/// What is told about it.
struct AlertSubject {
  const Kpi* kpi = nullptr;
  const Line* line = nullptr;
  const CalendarRules* calendar = nullptr;  ///< For the names of weeks, quarters and years; null: the usual.
  RuleKind rule = RuleKind::kThresholds;
  std::size_t index = 0;  ///< For kCondition: into Kpi::alerts.
  bool is_firing = true;
  bool is_reminder = false;  ///< Of a target whose deadline comes near.
  std::string episode;
  Severity severity = Severity::kWarning;
  Reason reason = Reason::kNone;  ///< Why it ended: recovered, restated, rule removed.
  bool was_target = false;        ///< The rule that was removed is the target.
  std::optional<Instant> ended;   ///< Of one that came and went while nobody looked.
  bool is_flapping = false;       ///< It comes and goes: no more is said until it is steady.
  bool is_steady_again = false;   ///< It was flapping.
  std::optional<Slot> since;
  std::optional<Instant> now;  ///< When it is told; none: at the end of the judged period.
  PeriodJudgement judgement;   ///< Of the newest judged period.
  Slot slot;                   ///< That period.
  std::vector<Labels> lost{};  ///< Of a total: the segments that should be in it, and have no data in that period.
};

/// In the first of the voices, and the others kept beside it. REQUIRES that there is one.
AlertView describe(const AlertSubject& subject, std::span<const Voice> voices);
AlertView describe(const AlertSubject& subject, Language language);

/// A source that fails, or can be read again.
/// The machine that kpid runs on, where it is told of like a source.
inline constexpr const char* kSelf = "kpid itself";

/// The first period that has not come of a source that is late.
struct OwedPeriod {
  Slot slot;
  Grain grain;
  CalendarRules calendar;
};

struct SourceSubject {
  std::string name;
  std::string episode;
  Severity severity = Severity::kWarning;
  bool is_failing = true;
  std::optional<Instant> since;
  std::string error;                     ///< While it fails; in English, for those who mend it.
  bool is_late = false;                  ///< Nothing fails: what should have come has not.
  std::optional<OwedPeriod> owed{};      ///< Of one that is late.
  bool is_invalid = false;               ///< What it gives cannot be read.
  std::vector<std::string> kpis;         ///< The titles of those that wait for it: the reader's own first.
  Phrase why = Phrase::kSourceReadable;  ///< When it is over.
  Zone zone;                             ///< The daemon's.
};

AlertView describe(const SourceSubject& subject, std::span<const Voice> voices);

/// "country: SE, country: NO", and how many more.
std::string segments_words(const std::vector<Labels>& segments, Language language);

/// The name of the rule as messages and the history have it: "thresholds", "target", "no_data" or its own.
std::string rule_name(const Kpi& kpi, RuleKind rule, std::size_t index);

/// REQUIRES that the line has plans.
/// The days left are those at `now`, or at the end of the judged period.
TargetView describe_target(const Kpi& kpi,
                           const Line& line,
                           Language language,
                           const std::optional<Instant>& now = std::nullopt);

/// "2026-03-30", "2026-03-23 to 2026-03-29", "March 2026", "2026-03-30 14:00 to 15:00": in English, for the terminal.
std::string period_text(Slot slot, const Grain& every, const Zone& zone);

}  // namespace kpi

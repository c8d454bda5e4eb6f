#pragma once
// Why something is told, or not yet, or never: a typed reason for the log, `kpid explain` and tests. In English.

#include "rules/base/calendar.hpp"
#include "rules/model/sample.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace kpi {

/// What keeps news from a channel, the strongest last.
enum class Hold : std::uint8_t {
  kNothing,       ///< It is told.
  kGroup,         ///< Others of its group may follow (`wait`).
  kInterval,      ///< Its group had a message just now (`interval`).
  kWarmUp,        ///< kpid has just started, and not every rule was judged.
  kMilder,        ///< It has become milder than what the route is for, before it could be told.
  kInhibited,     ///< Another alert, or a failing source, speaks for it.
  kOutsideHours,  ///< `only`
  kMuted,         ///< `mute`
  kSilenced,
  kAcknowledged,  ///< It was told; no reminder and no escalation.
  kOver,          ///< Never: it was over before it was told.
  kHushed,        ///< Never: it came and went while it was held back; the next digest has it.
};

/// "waiting", "muted", …: one word for tests and JSON.
std::string_view name_of(Hold hold);

struct Decision {
  std::string channel;
  Labels group;
  std::string subject;  ///< "visits thresholds (country=SE)"
  Hold hold = Hold::kNothing;
  bool is_told = false;          ///< The channel knows of it; what follows (reminders, escalation, a rise) is held.
  std::string by;                ///< The name of the mute or hours, or who silenced or acknowledged.
  std::optional<Instant> until;  ///< When it is looked at again.

  bool operator==(const Decision&) const = default;
};

/// "held: muted by nights until 2026-03-31 08:00", "waiting until 06:00:30 for others of its group".
std::string reason_text(const Decision& decision, const Zone& zone);

}  // namespace kpi

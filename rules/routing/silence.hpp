#pragma once
// What people say to alerts: "not now" to whatever matches (a silence), "I have it" to one episode (an
// acknowledgement). Both end; both act on messages only.

#include "rules/base/time.hpp"
#include "rules/model/verdict.hpp"
#include "rules/routing/route.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// Messages about alerts whose labels match are held back from `start` to before `end`.
struct Silence {
  std::string id;
  std::vector<LabelMatch> match;  ///< All must hold; never empty.
  Instant start;
  Instant end;  ///< Moved to the present when somebody ends it.
  std::string by;
  std::string comment;
  Instant created;

  [[nodiscard]] bool is_active(Instant now) const { return start <= now && now < end; }

  bool operator==(const Silence&) const = default;
};

/// Somebody has an episode in hand: until its end no reminder and no escalation. A higher severity voids it.
struct Acknowledgement {
  enum class End : std::uint8_t { kOpen, kRose, kResolved, kReplaced };

  std::string episode;
  std::string by;
  std::string comment;
  Instant at;
  Instant until;
  Severity severity = Severity::kNone;  ///< Of the alert when it was acknowledged.
  End ended = End::kOpen;               ///< kOpen: by `until`, if nothing else comes first.
  std::optional<Instant> ended_at;

  [[nodiscard]] bool is_active(Instant now) const { return ended == End::kOpen && now < until; }

  bool operator==(const Acknowledgement&) const = default;
};

}  // namespace kpi

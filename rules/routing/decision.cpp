#include "rules/routing/decision.hpp"

#include "rules/base/text.hpp"

#include <array>
#include <cstdio>

namespace kpi {
namespace {

constexpr std::array<std::string_view, 12> kHolds{"told",
                                                  "waiting",
                                                  "interval",
                                                  "warming_up",
                                                  "milder",
                                                  "inhibited",
                                                  "outside_hours",
                                                  "muted",
                                                  "silenced",
                                                  "acknowledged",
                                                  "over",
                                                  "hushed"};
static_assert(kHolds.size() == static_cast<std::size_t>(Hold::kHushed) + 1);

/// "2026-03-31 08:00", with seconds where they are not zero.
std::string time_text(Instant instant, const Zone& zone) {
  const auto local = zone.to_local(instant);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(local - day).count();
  std::array<char, 16> text{};
  if (seconds % 60 == 0) {
    (void)std::snprintf(
        text.data(), text.size(), "%02d:%02d", static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60));
  } else {
    (void)std::snprintf(text.data(),
                        text.size(),
                        "%02d:%02d:%02d",
                        static_cast<int>(seconds / 3600),
                        static_cast<int>(seconds / 60 % 60),
                        static_cast<int>(seconds % 60));
  }
  return date_text(Date{day}) + " " + text.data();
}

std::string until_text(const Decision& decision, const Zone& zone) {
  if (!decision.until) {
    return "";
  }
  return *decision.until == Instant::max() ? " without an end" : " until " + time_text(*decision.until, zone);
}

}  // namespace

std::string_view name_of(Hold hold) {
  return kHolds.at(static_cast<std::size_t>(hold));
}

std::string reason_text(const Decision& decision, const Zone& zone) {
  const std::string until = until_text(decision, zone);
  const std::string held = decision.is_told ? "told; what follows is held: " : "held: ";
  switch (decision.hold) {
    case Hold::kNothing:
      return decision.until ? "told; the next reminder may come at " + time_text(*decision.until, zone) : "told";
    case Hold::kGroup:
      return "waiting" + until + " for others of its group";
    case Hold::kInterval:
      return "waiting" + until + ": its group had a message just now";
    case Hold::kWarmUp:
      return "waiting: kpid has just started, and not every source was read";
    case Hold::kMilder:
      return "held: it became milder than what the route is for before it was told";
    case Hold::kInhibited:
      return held + printable(decision.by, 100) + " speaks for it";
    case Hold::kOutsideHours:
      return held + "outside the hours " + decision.by + until;
    case Hold::kMuted:
      return held + "muted by " + decision.by + until;
    case Hold::kSilenced:
      return held + "silenced by " + printable(decision.by, 100) + until;
    case Hold::kAcknowledged:
      return "told; acknowledged by " + printable(decision.by, 100) + until + ": no reminder, no escalation";
    case Hold::kOver:
      return "not told: it was over before";
    case Hold::kHushed:
      return "not told: it came and went while held by " + printable(decision.by, 100) + "; the next digest has it";
  }
  return "";
}

}  // namespace kpi

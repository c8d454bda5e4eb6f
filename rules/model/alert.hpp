#pragma once
// What must be remembered of one alert (rule x segment). Plain data: rules/judge/alert_state steps it, the store keeps
// it.

#include "rules/base/time.hpp"
#include "rules/model/verdict.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// One severity of an alert: whether it is on, and the run of missed or fine periods that may switch it.
struct Rung {
  /// A run of periods of one sort. A period without data neither counts nor ends it, so its gaps are remembered.
  struct Run {
    Slot first;
    std::int32_t gaps = 0;

    bool operator==(const Run&) const = default;
  };

  bool is_on = false;
  std::optional<Run> missed;
  std::optional<Run> fine;  ///< Only while on.

  bool operator==(const Rung&) const = default;
};

/// An episode whose first missed period is not, or not alone, what its name was made of: data has been restated.
struct NamedEpisode {
  Slot since;
  std::string episode;

  bool operator==(const NamedEpisode&) const = default;
};

struct AlertState {
  std::array<Rung, 3> rungs;  ///< info, warning, critical

  AlertPhase phase = AlertPhase::kInactive;
  Severity severity =
      Severity::kNone;        ///< While firing: the worst rung that is on. While pending: the worst that waits.
  bool is_stale = false;      ///< Firing, and the newest period has no data.
  std::optional<Slot> since;  ///< The first missed period of what is pending or firing.

  std::string episode;                ///< While pending or firing.
  std::optional<Instant> pending_at;  ///< When the episode began to be pending.
  std::optional<Instant> firing_at;
  Severity worst = Severity::kNone;  ///< The worst severity of the episode.

  /// Whether it began or ceased to fire in each of the last periods, the newest in bit 0.
  std::uint32_t changes = 0;
  bool is_flapping = false;

  /// What episodes that data was restated of are called, by their begin: another one from there gets another name.
  std::vector<NamedEpisode> named{};

  bool operator==(const AlertState&) const = default;
};

/// What people were last told about an alert; decides what they are told next.
struct Told {
  std::string episode;  ///< The episode they know to be firing; empty: none.
  Severity severity = Severity::kNone;
  std::string status;         ///< Of a target: the status they know.
  std::optional<Slot> since;  ///< The first missed period, as they were told.
  bool is_flapping = false;   ///< They were told that it comes and goes: no more is said until it is steady.
  std::string reminded{};     ///< Of a target: the last reminder, such as "target 7 days".

  bool operator==(const Told&) const = default;
};

}  // namespace kpi

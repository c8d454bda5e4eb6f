#pragma once
// Which periods a poll asks for: those since the last one, and again those that may have been restated. Pure; any
// thread.

#include "plugins/source.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

struct WindowPlan {
  enum class End : std::uint8_t { kInclusive, kExclusive };
  enum class FanOut : std::uint8_t { kWindow, kPeriod };

  std::int64_t lookback_days = 0;    ///< Read again at each poll.
  std::int64_t end_offset_days = 0;  ///< So many periods before the last whole one are not asked for yet.
  std::int64_t first_days = 0;       ///< What the first poll reads without `since`; 0: 90 days.
  std::int64_t max_span_days = 0;    ///< Of one request; 0: no limit.
  std::chrono::milliseconds mature_after{0};
  std::string format;  ///< Empty: %Y-%m-%d, for grains finer than a day %Y-%m-%dT%H:%M:%S%z.
  End end = End::kInclusive;
  FanOut fan_out = FanOut::kWindow;
  std::optional<Zone> zone;      ///< In which its ends are written; nothing: the source's.
  std::string zone_from_answer;  ///< A path to the zone's name.
};

/// A stretch of periods: [start, end), slots of the source's grain.
struct PollWindow {
  Slot start;
  Slot end;

  bool operator==(const PollWindow&) const = default;
};

/// One poll asks for at most so many; what is left comes at the next one.
inline constexpr std::size_t kMostWindows = 400;

/// How far the polls before have come.
struct PollReach {
  Slot until;             ///< The end of what they have read.
  Slot end;               ///< The end of what there was to read when the last of them that began anew did.
  bool has_more = false;  ///< They have not come to that end: this poll goes on.

  bool operator==(const PollReach&) const = default;
};

/// The end of what may be asked for: the running period, less what is not mature.
Slot window_end(const WindowPlan& plan, const SourceSettings& settings, Instant now);

/// The windows of one poll, oldest first. `reach` is that of the polls before; nothing: it is the first one. What might
/// still be restated when it was read last is read again, however long ago that was.
std::vector<PollWindow> windows_of(const WindowPlan& plan,
                                   const SourceSettings& settings,
                                   const PollRequest& request,
                                   std::optional<PollReach> reach);

/// A window's `start` or (`is_end`) end as it is written in requests; an empty format is the plan's.
std::string window_text(
    const WindowPlan& plan, const SourceSettings& settings, const PollWindow& window, bool is_end, std::string format);

}  // namespace kpi

#pragma once
// How long the other side wants to be left alone, from whatever it says that with. Pure; any thread.

#include "plugins/http/condition.hpp"
#include "rules/base/calendar.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// The longest wait that is believed.
inline constexpr std::chrono::hours kLongestWait{48};

struct WaitRule {
  enum class Form : std::uint8_t {
    kRetryAfter,  ///< Seconds or an HTTP date.
    kSeconds,     ///< Perhaps with a fraction.
    kMilliseconds,
    kMinutes,
    kEpoch,     ///< Seconds since 1970 when it may go on.
    kDuration,  ///< "12s", "1.5s"
    kLocal,     ///< "2026-11-21 14:22:16" in `zone`, against the answer's Date header.
    kCost,      ///< (requested - available) / rate seconds, by three paths.
    kMidnight,  ///< Until the day ends in `zone`.
  };

  Form form = Form::kRetryAfter;
  std::string header;              ///< Empty: the body.
  std::optional<JsonSelect> json;  ///< A path in the body, or in the header, which is then JSON.
  Zone zone;
  JsonSelect requested;
  JsonSelect available;
  JsonSelect rate;
};

/// `wait:`, one rule or a list. A midnight whose zone is not given is that of `own`, the source's.
std::vector<WaitRule> read_wait_rules(const OptionTree& node,
                                      const std::string& where,
                                      const Zone& own,
                                      Diagnostics& diagnostics);

/// What the first rule says that says anything, then Retry-After; nothing: the other side does not say.
std::optional<std::chrono::milliseconds> wait_of(const std::vector<WaitRule>& rules, const Answer& answer, Instant now);

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace kpi

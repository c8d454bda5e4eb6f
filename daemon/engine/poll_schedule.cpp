#include "daemon/engine/poll_schedule.hpp"

#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {

Duration poll_offset(const std::string& source, Duration every) {
  const auto hash = std::stoull(fingerprint(source), nullptr, 16);
  const auto most = static_cast<std::uint64_t>(std::min<Duration>(every, std::chrono::minutes{1}).count());
  return Duration{static_cast<std::int64_t>(most == 0 ? 0 : hash % most)};
}

Duration patience_after(int failures, Duration every) {
  const Duration most = std::max<Duration>(every, std::chrono::hours{1});
  Duration patience = every;
  for (int i = 2; i < failures && patience < most; ++i) {
    patience *= 2;
  }
  return std::min(patience, most);
}

Instant next_poll(Instant now, Duration every, Duration offset) {
  const std::int64_t since = now.time_since_epoch().count() - offset.count();
  std::int64_t slot = since / every.count();
  if (since < 0 && since % every.count() != 0) {
    --slot;
  }
  return Instant{Duration{(slot + 1) * every.count()} + offset};
}

}  // namespace kpi

#include "daemon/os/clock.hpp"

namespace kpi {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

  std::chrono::steady_clock::time_point steady() override { return std::chrono::steady_clock::now(); }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace kpi

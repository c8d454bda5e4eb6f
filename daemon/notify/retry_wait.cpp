#include "daemon/notify/retry_wait.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A number from 0 to 1 that is the same for the same id and attempt.
double spread(const std::string& id, int attempt) {
  const std::string hash = fingerprint(id + "#" + std::to_string(attempt));
  return static_cast<double>(std::stoul(hash.substr(0, 6), nullptr, 16)) / 0xFFFFFF;
}

Duration scaled(Duration wait, const std::string& id, int attempt) {
  const double factor = 0.8 + 0.4 * spread(id, attempt);
  return Duration{std::llround(static_cast<double>(wait.count()) * factor)};
}

}  // namespace

std::span<const seconds> retry_waits() {
  static constexpr std::array<seconds, 14> kWaits{seconds{1},
                                                  seconds{5},
                                                  seconds{30},
                                                  minutes{2},
                                                  minutes{5},
                                                  minutes{10},
                                                  minutes{30},
                                                  hours{1},
                                                  hours{2},
                                                  hours{5},
                                                  hours{10},
                                                  hours{14},
                                                  hours{20},
                                                  hours{24}};
  return kWaits;
}

std::optional<Duration> retry_wait(const std::string& id, int attempt) {
  const auto waits = retry_waits();
  if (attempt < 1 || static_cast<std::size_t>(attempt) > waits.size()) {
    return std::nullopt;
  }
  return scaled(waits[static_cast<std::size_t>(attempt) - 1], id, attempt);
}

Duration rest_after(const std::string& id, int failures) {
  static constexpr std::array<seconds, 6> kRests{
      seconds{1}, seconds{2}, seconds{5}, seconds{10}, seconds{20}, seconds{30}};
  const std::size_t index = std::min(static_cast<std::size_t>(failures), kRests.size()) - 1;
  return scaled(kRests.at(index), id, failures);
}

Duration rest_unreached(const std::string& id, int attempt, Duration failing_for) {
  const Duration rest{failing_for < minutes{5} ? 1500 : failing_for < minutes{30} ? 5'000 : 30'000};
  return scaled(rest, id, attempt);
}

}  // namespace kpi

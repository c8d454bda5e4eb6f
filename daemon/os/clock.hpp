#pragma once
// The clock. Only the edge of the program holds one: everything inside is given `now`.

#include "rules/base/time.hpp"

#include <chrono>

namespace kpi {

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// The wall clock: may step either way.
  virtual Instant now() = 0;
  /// For waiting: never steps.
  virtual std::chrono::steady_clock::time_point steady() = 0;
};

/// The machine's clock.
Clock& system_clock();

}  // namespace kpi

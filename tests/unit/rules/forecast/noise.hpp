#pragma once
// Noise that is the same on every run and repeats at no lag.

#include <cstddef>
#include <cstdint>

namespace kpi::forecast {

/// Between -1 and 1 (SplitMix64 of the time).
inline double noise(std::size_t t) {
  std::uint64_t x = (static_cast<std::uint64_t>(t) + 1) * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  x ^= x >> 31U;
  return static_cast<double>(x >> 11U) / 4503599627370496.0 - 1;
}

}  // namespace kpi::forecast

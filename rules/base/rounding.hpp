#pragma once
// When two numbers are the same though their last bits are not: every comparison that decides something asks here, so
// that a pace of 0.9 is not below 0.9 because binary writes it as 0.8999999999999999.

#include <algorithm>
#include <cmath>

namespace kpi {

/// What summing up to 10^6 doubles may lose, relative to the sum.
inline constexpr double kRounding = 1e-9;

/// The same but for rounding: to nine digits. Zero equals itself alone.
inline bool is_equal(double a, double b) {
  return a == b || (std::isfinite(a - b) && std::abs(a - b) <= kRounding * std::max(std::abs(a), std::abs(b)));
}

// Of a < b, a == b and a > b exactly one holds for two numbers.

inline bool is_less(double a, double b) {
  return a < b && !is_equal(a, b);
}

inline bool is_at_most(double a, double b) {
  return a < b || is_equal(a, b);
}

/// To so many digits of `size`: with two of 5000, 2137 is 2100. What is nothing beside it becomes 0.
inline double rounded_beside(double value, double size, int digits) {
  if (!(size > 0) || !std::isfinite(value) || !std::isfinite(size)) {
    return value;
  }
  const double unit = std::pow(10.0, std::floor(std::log10(size)) + 1 - digits);
  return std::round(value / unit) * unit;
}

}  // namespace kpi

#pragma once
// Holt-Winters with additive seasons on a series that was adjusted for the seasons as they were: the seasonal states
// begin at zero and follow what has changed. On logarithms it is the multiplicative form. Winters 1960. Pure.

#include <cstddef>
#include <span>
#include <vector>

namespace kpi::forecast {

class Winters {
 public:
  explicit Winters(std::size_t period);

  void step(double value, std::size_t t);

  /// No value was given: each member goes on as it expects.
  void pass();

  /// Steps 1, 2, … after `count` values, averaged over the members by how well they explain the series.
  void project(std::size_t count, std::span<double> out) const;

 private:
  struct Member {
    double gain = 0, season_gain = 0;
    double level = 0, trend = 0, squares = 0;
    std::vector<double> season;
  };

  std::vector<Member> members_;
  std::size_t period_;
  std::size_t seen_ = 0;  ///< Values that were given.
};

}  // namespace kpi::forecast

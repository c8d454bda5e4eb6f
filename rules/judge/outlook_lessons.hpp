#pragma once
// What series taught, kept to be used again: learned once a season and found by the very values it was learned from, so
// that a kept lesson and a new one are the same, and a forecast stays a pure function of what was judged. One thread.

#include "rules/forecast/forecast.hpp"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace kpi {

class OutlookLessons {
 public:
  /// Of the question's values, learned now or before.
  const forecast::Lesson& learned(forecast::Forecaster& forecaster, const forecast::Question& question);

  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  /// Beyond so many all are forgotten, and learned again as they are asked for.
  static constexpr std::size_t kMost = 4096;

  struct Kept {
    std::uint64_t check = 0;  ///< A second hash of the question.
    forecast::Lesson lesson;
  };

  std::unordered_map<std::uint64_t, Kept> kept_;
};

}  // namespace kpi

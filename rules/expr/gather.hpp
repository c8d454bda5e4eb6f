#pragma once
// What stands in a window, and how it becomes one number. For read_input.cpp and by_grain.cpp; pure, any thread may
// call it.

#include "rules/expr/evaluate.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kpi {

/// The numbers of one window, combined over its series: one a slot, in slot order, all finite.
class Gathered {
 public:
  Gathered(const SampleTable& table, std::span<const std::uint32_t> series, const Window& window, const Metric& metric);

  [[nodiscard]] std::span<const Sample> values() const { return is_owned_ ? owned_ : borrowed_; }

  /// Something was delivered as null.
  [[nodiscard]] bool saw_null() const { return saw_null_; }

 private:
  void add(const SampleTable& table, std::uint32_t series, const Window& window, const Metric& metric);
  void combine(Across across);

  std::span<const Sample> borrowed_;
  std::vector<Sample> owned_;
  bool is_owned_ = false;
  bool saw_null_ = false;
};

/// REQUIRES values not empty; for kTrend at least two, and slots that are positions.
double aggregate(std::span<const Sample> values, Aggregate how, double quantile);

}  // namespace kpi

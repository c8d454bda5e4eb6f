#pragma once
// Which values of an input of a ratio count: those whose segment has a value of the other inputs for the same period.
// For read_input.cpp, by_grain.cpp and what explains them; pure, used by one thread.

#include "rules/expr/evaluate.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kpi {

class Beside {
 public:
  /// Of input `index` of `program`. Only where segments are combined into a total, or a window may have gaps, there is
  /// something to compare.
  Beside(const Program& program, const Inputs& inputs, std::size_t index, const EvaluationContext& context);

  /// Whether some values may not count.
  [[nodiscard]] bool is_needed() const { return !others_.empty(); }

  /// The metric that lacks the value at `slot` which that of `series` would stand beside; none: it counts.
  [[nodiscard]] std::optional<std::uint32_t> lacking(std::uint32_t series, Slot slot) const;

  /// The same of its own segment, whatever an empty cell of another one leaves unknown.
  [[nodiscard]] std::optional<std::uint32_t> lacking_segment(std::uint32_t series, Slot slot) const;

 private:
  /// Another input: the slots at which each combination of the labels that both have has a value.
  struct Other {
    std::uint32_t metric = 0;
    std::vector<std::string> labels;
    std::vector<std::pair<std::vector<std::string>, std::vector<Slot>>> slots;  // sorted by the values of the labels
    std::vector<Slot> nulls;  // an empty cell leaves the whole of its side unknown there
    // Where no row is zero, or it is the total of what is compared: the slots are those of empty cells, which are
    // neither.
    bool lacks_nulls_only = false;
  };

  void add(std::span<const std::uint32_t> own,
           const MetricInput& input,
           std::span<const std::uint32_t> series,
           bool lacks_nulls_only,
           const EvaluationContext& context);

  const SampleTable& table_;
  std::vector<Other> others_;
};

}  // namespace kpi

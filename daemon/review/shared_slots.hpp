#pragma once
// What of a period a figure of several inputs is made of: the days that all of them know. A day on which one of them is
// missing counts for none, or a ratio would divide the orders of five days by the visits of seven. Pure; one thread.

#include "rules/expr/evaluate.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kpi {

/// One metric that a figure reads, and the series of it that count.
struct FigureInput {
  const MetricInput* input = nullptr;
  std::span<const std::uint32_t> series;
  double complete = 1;  ///< Of the KPI that reads it: which share of a day must be there.
};

/// Of how many of the periods in a window there are numbers.
struct Coverage {
  std::int64_t known = 0;
  std::int64_t all = 0;  ///< 0: what is read has no periods, and lacks none.
  Grain grain{};         ///< Of the periods.

  [[nodiscard]] bool is_whole() const { return known >= all; }

  /// Whether sums over both say something of what is counted: nothing is missing (a weekend is not two weekdays), and
  /// of weeks or months there are as many. February is like March.
  [[nodiscard]] bool is_like(const Coverage& other) const {
    return is_whole() && other.is_whole() && (grain.unit <= Grain::Unit::kDay || all == other.all);
  }

  /// Whether less of it is there.
  [[nodiscard]] bool is_less_than(const Coverage& other) const { return known * other.all < other.known * all; }
};

class SharedSlots {
 public:
  /// Of the period of `frame`. Everything must outlive it; a figure of one input shares all there is.
  SharedSlots(const RuleSet& rules, const SampleTable& table, Frame frame, std::span<const FigureInput> inputs);

  /// Whether nothing has to be left out.
  [[nodiscard]] bool are_all() const { return lacking_.empty(); }

  /// Of the inputs that have periods, in those that are compared. What coalesce() makes up for is not among them,
  /// unless there is nothing else.
  [[nodiscard]] const Coverage& coverage() const { return coverage_; }

  /// Copies the series of an input without what is left out; gives their ids in `to`.
  std::vector<std::uint32_t> copy(const MetricInput& input,
                                  std::span<const std::uint32_t> series,
                                  SampleTable& to) const;

 private:
  [[nodiscard]] bool has_compared_slots(const FigureInput& one) const;
  [[nodiscard]] Frame frame_of(Slot slot) const;
  [[nodiscard]] Slot slot_with(Slot sample, const Grain& grain) const;
  [[nodiscard]] std::vector<Slot> known_to(const FigureInput& one) const;

  const RuleSet& rules_;
  const SampleTable& table_;
  Frame frame_;
  Grain grain_;                // of the slots that are compared
  std::vector<Slot> lacking_;  // that some inputs know, and not all
  Coverage coverage_;
};

}  // namespace kpi

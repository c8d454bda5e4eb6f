// Which inputs of a ratio go together. Of a segment without a value on one side the other side counts nothing either:
// a gap is never zero, and two sides that are of different segments say nothing.

#include "rules/expr/compiler.hpp"
#include "rules/expr/operands.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

namespace kpi {
namespace {

/// Finds which inputs stand on the sides of one division, and of divisions that share an input.
class Ratios {
 public:
  explicit Ratios(const Program& program) : program_(program) {
    for (std::uint32_t i = 0; i < program.metrics.size(); ++i) {
      group_.push_back(i);
    }
    walk(program.code);
    for (const GrainProgram& nested : program.nested) {
      walk(nested.code);
    }
    for (const SegmentProgram& segment : program.segments) {
      walk(segment.code);
    }
  }

  /// Whether something else stands in for it before it is divided: coalesce(orders, 0) / visits.
  [[nodiscard]] bool is_made_up(std::uint32_t input) const { return made_up_.contains(input); }

  [[nodiscard]] bool are_together(std::size_t a, std::size_t b) const { return group_[a] == group_[b]; }

 private:
  using Names = std::set<std::uint32_t>;

  void walk(const std::vector<Instruction>& code) {
    std::vector<Names> stack;
    Names stands_in;  // what a coalesce() so far has something else for
    for (const Instruction& instruction : code) {
      Names names;
      if (instruction.op == OpCode::kMetric) {
        names = {instruction.index};
      } else if (instruction.op == OpCode::kByGrain) {
        const auto& metrics = program_.nested[instruction.index].metrics;
        names = {metrics.begin(), metrics.end()};
      }
      for (std::size_t taken = operands_of(instruction); taken > 0 && !stack.empty(); --taken) {
        names.merge(stack.back());
        stack.pop_back();
      }
      if (instruction.op == OpCode::kDivide) {
        join(names);
        std::ranges::copy_if(
            names, std::inserter(made_up_, made_up_.end()), [&](auto name) { return stands_in.contains(name); });
      } else if (instruction.op == OpCode::kCoalesce) {
        std::ranges::copy_if(names, std::inserter(stands_in, stands_in.end()), [&](auto name) {
          return program_.metrics[name].optional;
        });
      }
      stack.push_back(std::move(names));
    }
  }

  void join(const Names& names) {
    for (const std::uint32_t name : names) {
      const std::uint32_t old = group_[name];
      std::ranges::replace(group_, old, group_[*names.begin()]);
    }
  }

  const Program& program_;
  std::vector<std::uint32_t> group_;  // by input
  Names made_up_;
};

/// Whether values of periods are read: not a history, not an age.
bool reads_periods(const MetricInput& input) {
  return input.how < Aggregate::kAnomaly && !input.is_weight;
}

/// Whether the two read the same segments of the same periods; or `a` a segment and `b` a total, and the segment has
/// nothing where that is unknown.
bool are_alike(const MetricInput& a, const MetricInput& b, const std::vector<Metric>& metrics) {
  const bool is_of_total = !a.all && b.all;
  return reads_periods(a) && reads_periods(b) && a.filters == b.filters && a.window == b.window && a.since == b.since &&
         a.back == b.back && a.of_segments == b.of_segments && (a.all == b.all || is_of_total) &&
         metrics[a.metric].grain == metrics[b.metric].grain;
}

}  // namespace

void Compiler::pair_ratios() {
  if (program_.metrics.size() < 2) {
    return;
  }
  const Ratios ratios(program_);
  const std::vector<Metric>& metrics = *context_.scope->metrics;
  for (std::uint32_t i = 0; i < program_.metrics.size(); ++i) {
    for (std::uint32_t j = 0; j < program_.metrics.size(); ++j) {
      const MetricInput& other = program_.metrics[j];
      // What is made up for when it is not there lacks nothing.
      if (i != j && !ratios.is_made_up(j) && ratios.are_together(i, j) &&
          are_alike(program_.metrics[i], other, metrics)) {
        program_.metrics[i].beside.push_back(j);
      }
    }
  }
}

}  // namespace kpi

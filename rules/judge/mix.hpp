#pragma once
// Why a ratio of sums moved: because the segments' own ratios did, or because they weigh otherwise than before. The
// total can fall although every segment rises (Simpson 1951). Pure; any thread may call it.

#include "rules/expr/program.hpp"
#include "rules/model/sample.hpp"

#include <optional>
#include <span>
#include <utility>

namespace kpi {

/// A segment then and now: its ratio, and what it is divided by.
struct MixPart {
  Labels segment;
  double ratio_before = 0;
  double ratio_now = 0;
  double whole_before = 0;
  double whole_now = 0;
};

struct Mix {
  double before = 0;  ///< The ratio of all of them.
  double now = 0;
  double within = 0;            ///< How much of the change comes from the segments' ratios,
  double between = 0;           ///< and how much from their weights. Together they are the change.
  bool is_against_all = false;  ///< Every segment moved the other way.
};

/// Nothing for fewer than two segments, or where there is nothing to divide by. Weights and ratios each count at the
/// mean of then and now, so that neither comes first (Marshall and Edgeworth).
std::optional<Mix> mix_of(std::span<const MixPart> parts);

/// What the last division of the formula divides by; nothing when it does not end in one.
std::optional<Program> divisor_of(const Program& formula);
/// And what it divides.
std::optional<Program> dividend_of(const Program& formula);

}  // namespace kpi

#pragma once
// What a total of several series is without: those that have no number for a period that others have. And where two
// inputs of a ratio are not of the same series. For explanation.cpp; any thread may call it.

#include "rules/expr/evaluate.hpp"
#include "rules/expr/program.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kpi {

/// One series, and its periods that are not there.
struct SeriesGap {
  Labels labels;
  std::vector<Slot> slots;
  bool is_all = false;   ///< It has no number in the whole window.
  bool is_null = false;  ///< A row stands there, without a number: the total is then unknown.
};

/// Since each series began; those that lack least come first. Nothing where the source says what a period without a row
/// means, and of point readings.
std::vector<SeriesGap> gaps_of(const MetricInput& input,
                               std::span<const std::uint32_t> series,
                               const EvaluationContext& context);

/// "without country=NO on 2026-11-27", few of them.
std::vector<std::string> gap_texts(const std::vector<SeriesGap>& gaps, const Metric& metric, const Window& window);

/// What one input of a ratio has and another one has not, and is left out for; empty: all are of the same series.
std::string uneven_text(const Program& program, const Inputs& inputs, const EvaluationContext& context);

}  // namespace kpi

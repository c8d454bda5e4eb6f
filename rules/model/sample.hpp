#pragma once
// Metrics, labels and samples: what sources deliver.

#include "rules/base/calendar.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// Label names and values, sorted by name, each name once.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// The value of a label, or an empty view.
std::string_view label_value(const Labels& labels, std::string_view name);
/// "country=SE, channel=mail"; "total" when empty.
std::string labels_text(const Labels& labels);

/// How a metric behaves over time. See rules/README.md, "Kinds of metric".
enum class MetricKind : std::uint8_t {
  kFlow,      ///< Adds up: visits, revenue.
  kLevel,     ///< A state: followers, stock. Over time the last.
  kMean,      ///< A score or rate as delivered. Over time the mean.
  kDistinct,  ///< A unique count: adds up over nothing.
};
/// How labels combine into the total.
enum class Across : std::uint8_t { kSum, kMean, kMin, kMax, kNone };
/// What a period without a row means.
enum class Missing : std::uint8_t { kUnknown, kZero, kLast };

std::string_view name_of(MetricKind kind);
std::string_view name_of(Across across);

/// One metric as configured. `name` is "source.metric".
struct Metric {
  std::string name;
  std::string source;
  MetricKind kind = MetricKind::kFlow;
  Across across = Across::kSum;
  std::string unit;
  Grain grain;
  Zone zone;
  Span settle;  ///< How long after its end a period may still be restated.
  Missing missing = Missing::kUnknown;
  std::string weight;               ///< Of a mean: the metric it is weighted by ("source.metric"); empty: none.
  std::vector<std::string> labels;  ///< Names of the labels its samples carry, sorted.

  bool operator==(const Metric&) const = default;
};

/// One value of one series for one period. NaN: the source delivered a null or a NaN (no sample, with a reason).
struct Sample {
  Slot slot;
  double value = 0;
};

}  // namespace kpi

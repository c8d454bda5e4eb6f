#pragma once
// What stands in a window, and how it becomes one number. For read_input.cpp and by_grain.cpp; pure, any thread may
// call it.

#include "rules/expr/evaluate.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kpi {

class Beside;

/// Where the weights of a weighted mean are: the series with the same labels. Null: it has none.
struct Weighing {
  std::uint32_t id = 0;  ///< The metric, as the table knows it.
  const Metric* metric = nullptr;
  Instant read = Instant::max();  ///< See read_until().
};

/// The weighing of `input`.
Weighing weighing_of(const MetricInput& input, const EvaluationContext& context);

/// Until when it is known what the metric's source has not.
Instant read_until(const EvaluationContext& context, std::uint32_t metric);

/// The numbers of one window, combined over its series: one a slot, in slot order, all finite. Of a weighted mean those
/// that have a weight: a period of weight zero is there, with nothing to average. Of a ratio those that `beside` lets
/// count.
class Gathered {
 public:
  Gathered(const SampleTable& table,
           std::span<const std::uint32_t> series,
           const Window& window,
           const Metric& metric,
           Instant read,
           const Weighing& weighing = {},
           const Beside* beside = nullptr);

  [[nodiscard]] std::span<const Sample> values() const { return is_owned_ ? owned_ : borrowed_; }

  /// How many periods are there, those with nothing to average too.
  [[nodiscard]] std::size_t present() const { return values().size() + weightless_.size(); }

  /// The mean of the values, by their weights where they have any. REQUIRES values.
  [[nodiscard]] double mean() const;

  /// Something was delivered as null.
  [[nodiscard]] bool saw_null() const { return saw_null_; }

  /// Whether there is something from `last` on, where the last grain of the window begins.
  [[nodiscard]] bool has_end(Slot last) const;

  /// Whether that was delivered as null, or without its weight.
  [[nodiscard]] bool ends_in_null(Slot last) const;

  /// When: of several series each slot at which one of them was. What all of them are then is not known.
  [[nodiscard]] const std::vector<Slot>& nulls() const { return nulls_; }

 private:
  void add(const SampleTable& table, std::uint32_t series, const Window& window, const Metric& metric, Instant read);
  void combine(Across across);
  void note_nulls(std::span<const Sample> samples);
  void leave_out_nulls();
  void weigh(const SampleTable& table,
             std::span<const std::uint32_t> series,
             const Window& window,
             const Metric& metric,
             Instant read,
             const Weighing& weighing,
             const Beside* beside);
  void combine_weighed(Across across);
  void note_unweighed(const Gathered& values, const Gathered& weights);
  void leave_out_nulls_weighed();

  std::span<const Sample> borrowed_;
  std::vector<Sample> owned_;
  std::vector<double> weights_;  // of the owned values; empty: all weigh the same
  std::vector<Slot> nulls_;
  std::vector<Slot> unweighed_;   // values without a row of their weight
  std::vector<Slot> weightless_;  // with nothing to average, in order
  bool is_owned_ = false;
  bool saw_null_ = false;
};

/// REQUIRES values not empty; for kTrend at least two, and slots that are positions.
double aggregate(std::span<const Sample> values, Aggregate how, double quantile);

}  // namespace kpi

#pragma once
// Runs a program for one period of one KPI and segment. Pure: everything it looks at is handed in.

#include "rules/expr/program.hpp"
#include "rules/model/kpi.hpp"
#include "rules/model/sample_table.hpp"
#include "rules/model/value.hpp"

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kpi {

/// The half-open stretch of slots a metric is read over, on the metric's own axis, and how many periods it holds.
struct Window {
  Slot from;
  Slot to;
  std::int64_t periods = 1;  ///< 0 for instants: as many as there are.
};

/// The period that is judged, in civil terms.
struct Frame {
  Slot slot;
  Grain every;
  Span over;
  Zone zone;
  CalendarRules calendar{};
};

/// The window of `input` for the period of `frame`: the metric's periods that end in it. (A week belongs to the month
/// in which it ends; what prev() shifts to the middle of a month is the month that ended before.)
Window window_of(const Frame& frame, const MetricInput& input, const Metric& metric);
/// The last grain of such a window; of instants what is of the period itself.
Window last_grain_of(const Frame& frame, const Window& window, const Metric& metric);
/// The same for a KPI input with a window: the slots on that KPI's axis.
Window window_of(const Frame& frame, const KpiInput& input, const Grain& grain);

/// The days of the period, the last one not included; `back` shifts it as prev() does. Of a short period its day.
std::pair<Date, Date> days_of(const Frame& frame, std::span<const Span> back);
/// How many units of the calendar a window holds, the last one in part: 4.43 weeks in a month of 31 days.
double units_in(const Frame& frame, const UnitCount& count);
/// How long before the end of the window of `input` its sample `newest` ended, in days.
double days_since(const Frame& frame, const MetricInput& input, const Metric& metric, Slot newest);

/// What a program's inputs are for one segment: found once, when series or lines appear.
struct Inputs {
  std::vector<std::vector<std::uint32_t>> series;  ///< By metric input: the series that count, ascending.
  std::vector<const JudgedSeries*> kpis;           ///< By KPI input; null: that KPI has no such line yet.
  std::vector<std::vector<Inputs>> segments{};     ///< By segment program: what each of its segments reads.
};

/// Whether the series counts for the segment and the input's filters.
bool counts_for(const MetricInput& input, const Labels& series, const Labels& segment);
/// The series of `input` for a segment: an unlabelled row (one that has just the labels asked for) is the total by
/// itself, else all that count are combined as `across` says; with `none` there is then nothing.
/// Of an input inside segments(): all that count, whatever their segments.
std::vector<std::uint32_t> select_series(const MetricInput& input,
                                         const Metric& metric,
                                         const SampleTable& table,
                                         const Labels& segment);

/// The same for all inputs of a program, as one of its segments reads them. KPIs are left to the caller.
Inputs inputs_for_segment(const Program& program,
                          const std::vector<Metric>& metrics,
                          const SampleTable& table,
                          const Labels& segment);
/// Whether `segment` is one that segments() counts for a line: it has all of the line's labels, and more.
bool is_within(const Labels& segment, const Labels& line);

struct EvaluationContext {
  const RuleSet* rules = nullptr;
  const SampleTable* table = nullptr;
  Frame frame;
  double complete = 1;
  bool may_lack_end = false;  ///< Also at the end of a window there may be gaps: of a figure over a time, no judgement.
  /// By metric: until when it is known what its source has not; null: everything was read. What ended later is not
  /// known to be missing, whatever `missing` says.
  const std::vector<std::optional<Instant>>* read_at = nullptr;
  Value own;                                             ///< `value`
  std::span<const std::optional<double>> target_fields;  ///< By TargetField.
};

/// The program's result. A condition is 1, 0 or unknown: `or` of true and unknown is true, `and` of false and unknown
/// is false, every other operation with an unknown is unknown.
Value evaluate(const Program& program, const Inputs& inputs, const EvaluationContext& context);

/// Metric input `index` of a program alone, for `explain` and as evaluate() sees it.
Value evaluate_input(const Program& program, const Inputs& inputs, std::size_t index, const EvaluationContext& context);

/// How many numbers stood in a window of how many periods, summed over the series.
struct WindowCount {
  std::int64_t present = 0;
  std::int64_t expected = 0;
};

WindowCount count_window(const Program& program,
                         const Inputs& inputs,
                         std::size_t index,
                         const EvaluationContext& context);

}  // namespace kpi

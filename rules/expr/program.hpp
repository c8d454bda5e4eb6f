#pragma once
// An expression with its names, types and units checked, compiled to a short program for a stack. Immutable; shared
// between threads freely.

#include "rules/base/units.hpp"
#include "rules/expr/ast.hpp"
#include "rules/model/sample.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// How the samples of a window become one number.
enum class Aggregate : std::uint8_t {
  kByKind,  ///< As the metric's kind says.
  kSum,
  kAverage,
  kMin,
  kMax,
  kFirst,
  kLast,
  kCount,
  kMedian,
  kStddev,
  kQuantile,
  kTrend,     ///< The slope per period.
  kAnomaly,   ///< How unusual the newest value is: 0 to 1. The window is a history.
  kForecast,  ///< What the value of a later day will be, likewise.
  kAge,       ///< Days since the newest sample was due; the window is how far back it is looked for.
};

/// A metric as an expression uses it: which series, over which window, how.
struct MetricInput {
  std::uint32_t metric = 0;  ///< Index into RuleSet::metrics.
  std::vector<LabelFilter> filters;
  Aggregate how = Aggregate::kByKind;
  double quantile = 0;
  std::optional<Span> window;           ///< Its own window; none: the KPI's.
  std::optional<Grain::Unit> since;     ///< to_date(): from the begin of this calendar unit instead.
  std::vector<Span> back;               ///< Shifts by prev(), diff(), change(), outermost first.
  bool all = false;                     ///< all(m): the same number for every segment.
  bool optional = false;                ///< Inside coalesce(): a period can be judged without it.
  bool of_segments = false;             ///< Inside segments(): read for each of them.
  std::optional<std::uint32_t> weight;  ///< Index into RuleSet::metrics of what weighs it, which is an input too.
  bool is_weight = false;               ///< It is read only beside what it weighs.
  std::vector<std::uint32_t> beside;    ///< Of a ratio: the other inputs that must have the same segment's value too.
  TextRange range;

  bool operator==(const MetricInput&) const = default;
};

/// A KPI as an expression uses it: its judged values.
struct KpiInput {
  std::uint32_t kpi = 0;  ///< Index into RuleSet::kpis.
  bool is_self = false;   ///< `value`.
  Aggregate how = Aggregate::kLast;
  double quantile = 0;
  std::optional<Span> window;  ///< None: its last period judged at or before this one.
  std::vector<Span> back;
  bool of_total = false;  ///< share(): the total's, whatever the segment.
  bool optional = false;
  bool of_segments = false;  ///< Inside segments().
  TextRange range;

  bool operator==(const KpiInput&) const = default;
};

/// per(x, day): how many such units the window of x holds.
struct UnitCount {
  Grain unit;
  std::optional<Span> window;
  std::optional<Grain::Unit> since;
  std::vector<Span> back;

  bool operator==(const UnitCount&) const = default;
};

enum class OpCode : std::uint8_t {
  kNumber,    ///< push `number`
  kMetric,    ///< push metric input `index`
  kKpi,       ///< push KPI input `index`
  kValue,     ///< push the KPI's own value of this period
  kTarget,    ///< push field `index` of the KPI's target (TargetField)
  kByGrain,   ///< push nested program `index`
  kUnits,     ///< push the number of units `index`
  kSegments,  ///< push how many segments condition `index` holds for
  kHoliday,   ///< whether a day of the period is one; of moment `index`, as the next three
  kEvent,     ///< whether a day of the period is one of the event
  kWeekday,   ///< 1 (Monday) to 7, of the period's start
  kMonth,     ///< 1 to 12, of the period's start
  kOr,
  kAnd,
  kNot,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kNegate,
  kChange,  ///< pop before, now; push (now - before) / |before|
  kAbs,
  kRound,  ///< pop digits, x
  kClamp,  ///< pop high, low, x
  kMin,    ///< of the `index` values on top
  kMax,
  kIf,        ///< pop else, then, condition
  kCoalesce,  ///< pop b, a: a if known, else b
};

/// The fields of `target.…`.
enum class TargetField : std::uint8_t {
  kExpected,
  kPace,
  kProgress,
  kRequired,
  kDaysLeft,
  kGoal,
  kStatus,  ///< TargetStatus as a number.
  kProjected,
  kProbability,
};

struct Instruction {
  OpCode op = OpCode::kNumber;
  std::uint32_t index = 0;
  double number = 0;

  bool operator==(const Instruction&) const = default;
};

/// weekday(), event("black_friday"): of the period, or of an earlier one.
struct Moment {
  std::vector<Span> back;
  std::string event;

  bool operator==(const Moment&) const = default;
};

/// sum(dk.revenue * fx.dkk): worked out for each grain of its window, then aggregated.
struct GrainProgram {
  std::vector<Instruction> code;       ///< Metrics are read at the grain.
  std::vector<std::uint32_t> metrics;  ///< Which of Program::metrics it reads: all of one grain and window.
  Aggregate how = Aggregate::kSum;
  double quantile = 0;

  bool operator==(const GrainProgram&) const = default;
};

/// segments(conversion_rate < 2%): a condition, worked out for each segment.
struct SegmentProgram {
  std::vector<Instruction> code;
  std::optional<std::uint32_t> of_kpi;  ///< Whose segments; none: those of the KPI itself.

  bool operator==(const SegmentProgram&) const = default;
};

struct Program {
  std::vector<Instruction> code;
  std::vector<MetricInput> metrics;
  std::vector<KpiInput> kpis;
  std::vector<GrainProgram> nested;
  std::vector<UnitCount> units;
  std::vector<Moment> moments;
  std::vector<SegmentProgram> segments;
  bool is_condition = false;  ///< True or false rather than a number.
  Unit unit;
  std::string text;  ///< The expression, printed.

  bool operator==(const Program&) const = default;

  /// A program that is one number.
  [[nodiscard]] bool is_constant() const { return code.size() == 1 && code[0].op == OpCode::kNumber; }
};

}  // namespace kpi

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
};

/// A metric as an expression uses it: which series, over which window, how.
struct MetricInput {
  std::uint32_t metric = 0;  ///< Index into RuleSet::metrics.
  std::vector<LabelFilter> filters;
  Aggregate how = Aggregate::kByKind;
  double quantile = 0;
  std::optional<Span> window;  ///< Its own window; none: the KPI's.
  std::vector<Span> back;      ///< Shifts by prev(), diff(), change(), outermost first.
  bool all = false;            ///< all(m): the same number for every segment.
  bool optional = false;       ///< Inside coalesce(): a period can be judged without it.
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
  bool optional = false;
  TextRange range;

  bool operator==(const KpiInput&) const = default;
};

enum class OpCode : std::uint8_t {
  kNumber,   ///< push `number`
  kMetric,   ///< push metric input `index`
  kKpi,      ///< push KPI input `index`
  kValue,    ///< push the KPI's own value of this period
  kTarget,   ///< push field `index` of the KPI's target (TargetField)
  kWeekday,  ///< 1 (Monday) to 7, of the period's start
  kMonth,    ///< 1 to 12, of the period's start
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
enum class TargetField : std::uint8_t { kExpected, kPace, kProgress, kRequired, kDaysLeft, kGoal };

struct Instruction {
  OpCode op = OpCode::kNumber;
  std::uint32_t index = 0;
  double number = 0;

  bool operator==(const Instruction&) const = default;
};

struct Program {
  std::vector<Instruction> code;
  std::vector<MetricInput> metrics;
  std::vector<KpiInput> kpis;
  bool is_condition = false;  ///< True or false rather than a number.
  Unit unit;
  std::string text;  ///< The expression, printed.

  bool operator==(const Program&) const = default;

  /// A program that is one number.
  [[nodiscard]] bool is_constant() const { return code.size() == 1 && code[0].op == OpCode::kNumber; }
};

}  // namespace kpi

#pragma once
// The compiler of one expression, for the compile*.cpp files. Used once, by one thread, and thrown away.

#include "rules/expr/compile.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

enum class ExprType : std::uint8_t { kNumber, kCondition, kText, kDuration, kDate };

/// What a branch of the tree is.
struct Typed {
  ExprType type = ExprType::kNumber;
  Unit unit;
};

/// "a number", "a condition", …
std::string_view name_of(ExprType type);

/// `sum`, `avg`, …; null for any other name.
const Aggregate* find_aggregate(std::string_view name);
/// The names of all aggregates.
std::vector<std::string> aggregate_names();
/// All that can be called, aggregates included, in alphabetical order.
std::vector<std::string> function_names();

/// Compiles one expression; a branch without a result has failed. The errors are collected, so that one pass finds all.
class Compiler {
 public:
  explicit Compiler(const CompileContext& context) : context_(context) {}

  using Visited = std::optional<Typed>;
  using Handler = Visited (Compiler::*)(const Expr&);

  /// What can be called, besides the aggregates.
  struct Function {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    std::string_view usage;
    Handler handler;
    bool by_grain = false;  ///< It may stand inside an aggregate.
  };

  static std::span<const Function> functions();

  tl::expected<Compiled, std::vector<ExprError>> run(const Expr& expr);

 private:
  /// How a name is to be read: sum(m, 28 days).
  struct Reading {
    Aggregate how = Aggregate::kByKind;
    std::optional<Span> window;
    double quantile = 0;
    std::optional<Grain::Unit> since;
  };

  /// An aggregate whose expression is being compiled: what its metrics have in common.
  struct Grains {
    std::string_view aggregate;
    Reading reading;
    std::vector<std::uint32_t> metrics;
    const Metric* first = nullptr;
  };

  /// The window of something inside per().
  struct Reach {
    std::optional<Span> window;
    std::optional<Grain::Unit> since;
    std::vector<Span> back;
    bool is_judged = false;  ///< A KPI as it was judged: over its own window.

    bool operator==(const Reach&) const = default;
  };

  std::nullopt_t error(TextRange range, std::string message, std::string remedy = "");

  void emit(OpCode op, std::uint32_t index = 0, double number = 0) {
    program_.code.push_back(Instruction{op, index, number});
  }

  Visited visit(const Expr& expr);
  /// Visits a child that must be of this type.
  Visited visit_as(const Expr& expr, ExprType wanted, std::string_view user);

  // compile_operators.cpp
  Visited visit_operator(const Expr& expr);
  Visited visit_logic(const Expr& expr);
  Visited visit_alike(const Expr& expr);
  Visited visit_sides(const Expr& expr);
  std::optional<std::array<Typed, 2>> visit_both(const Expr& expr);
  Visited visit_status(const Expr& expr);
  bool emit_length(const Expr& expr, const Expr& literal, const Unit& unit, std::size_t at);
  Visited visit_scaling(const Expr& expr);
  Visited visit_power(const Expr& expr);

  // compile_calls.cpp
  static std::string count_text(const Function& function);
  Visited visit_call(const Expr& expr);
  std::optional<Span> shift_of(const Expr& expr);
  Visited visit_shifted(const Expr& expr, const Expr& of);
  Visited visit_prev(const Expr& expr);
  Visited visit_difference(const Expr& expr);
  Visited visit_all(const Expr& expr);
  Visited visit_abs(const Expr& expr);
  Visited visit_round(const Expr& expr);
  Visited visit_clamp(const Expr& expr);
  Visited visit_alternatives(const Expr& expr, std::size_t first);
  Visited visit_if(const Expr& expr);
  Visited visit_coalesce(const Expr& expr);
  void emit_moment(OpCode op, std::string event = "");
  Visited visit_clock(const Expr& expr);
  Visited visit_holiday(const Expr& expr);
  Visited visit_event(const Expr& expr);

  // compile_windows.cpp
  std::optional<Grain> unit_of(const Expr& expr, std::initializer_list<std::string_view> known);
  const Metric* metric_of(const Expr& expr);
  bool check_shifts(const Expr& expr, const Grain& unit);
  Visited visit_to_date(const Expr& expr);
  Visited visit_per(const Expr& expr);
  Visited visit_share(const Expr& expr);
  Visited visit_age(const Expr& expr);
  Visited visit_anomaly(const Expr& expr);
  Visited visit_unusual(const Expr& expr);
  Visited visit_usual(const Expr& expr);
  Visited visit_forecast(const Expr& expr);
  Visited visit_history(const Expr& expr, Aggregate how, double day);

  // compile_segments.cpp
  Visited visit_segments(const Expr& expr);
  Visited visit_value_of_segment(const Expr& expr, const Reading& reading);
  std::optional<std::uint32_t> split_kpi_of(const std::vector<std::string>& kpis) const;

  // compile_aggregates.cpp
  static bool is_aggregation(const Expr& expr);
  Visited visit_aggregate(const Expr& expr, Aggregate how);
  bool is_series(const Expr& expr) const;
  Visited visit_by_grain(const Expr& expr, const Reading& reading);
  Visited visit_extreme(const Expr& expr);

  // compile_names.cpp
  Visited visit_name(const Expr& expr, const Reading& reading);
  Visited visit_part(const Expr& expr, const Expr& part);
  Visited visit_own(const Expr& expr, const Reading& reading);
  Visited visit_target(const Expr& expr, const Reading& reading);
  Visited visit_kpi(const Expr& expr, const Reading& reading);
  void weigh(MetricInput& input, const Metric& metric);
  Visited visit_metric(const Expr& expr, const Reading& reading);
  Visited add_kpi(KpiInput input, const Expr& expr, const Reading& reading, Unit unit);
  void note_reach(Reach reach);
  Visited unknown_name(const Expr& expr);
  [[nodiscard]] std::string source_hint(std::string_view name) const;

  // compile_comparisons.cpp
  bool is_never_negative(const Expr& expr, int depth) const;
  void warn_of_comparison(const Expr& expr, const std::array<Typed, 2>& sides);

  // compile_ratios.cpp
  void pair_ratios();

  // compile_checks.cpp
  bool check_labels(const Expr& expr, const Metric& metric);
  bool check_window(const Expr& expr, const Metric& metric, const MetricInput& input);
  bool check_distinct(const Expr& expr, const Metric& metric, const MetricInput& input);
  bool check_length(const Expr& expr, const Grain& grain, const Span& window);
  bool check_trend(const Expr& expr, const Grain& grain, const Span& window);
  bool check_grain(const Expr& expr, const Metric& metric);

  const CompileContext& context_;
  Program program_;
  std::vector<ExprError> errors_;
  std::vector<ExprError> warnings_;
  std::vector<Span> back_;
  bool all_ = false;
  bool total_ = false;  // the whole of a share()
  bool optional_ = false;
  bool in_segments_ = false;
  Grains* grains_ = nullptr;
  std::vector<Reach>* reaches_ = nullptr;
  int part_depth_ = 0;
  int visits_ = 0;
  std::optional<TextRange> outer_range_;  // where the outermost part is named
  std::string outer_part_;
};

}  // namespace kpi

#pragma once
// The compiler of one expression, for the compile*.cpp files. Used once, by one thread, and thrown away.

#include "rules/expr/compile.hpp"

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

/// Compiles one expression; a branch without a result has failed. The errors are collected, so that one pass finds all.
class Compiler {
 public:
  explicit Compiler(const CompileContext& context) : context_(context) {}

  tl::expected<Compiled, std::vector<ExprError>> run(const Expr& expr);

 private:
  /// How a name is to be read: sum(m, 28 days).
  struct Reading {
    Aggregate how = Aggregate::kByKind;
    std::optional<Span> window;
    double quantile = 0;
  };

  using Visited = std::optional<Typed>;
  using Handler = Visited (Compiler::*)(const Expr&);

  struct Function {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    std::string_view usage;
    Handler handler;
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
  Visited visit_scaling(const Expr& expr);
  Visited visit_power(const Expr& expr);

  // compile_calls.cpp
  static std::span<const Function> functions();
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
  Visited visit_clock(const Expr& expr);

  // compile_aggregates.cpp
  static bool is_aggregation(const Expr& expr);
  Visited visit_aggregate(const Expr& expr, Aggregate how);
  Visited visit_extreme(const Expr& expr);

  // compile_names.cpp
  Visited visit_name(const Expr& expr, const Reading& reading);
  Visited visit_part(const Expr& expr, const Expr& part, bool aggregated);
  Visited visit_own(const Expr& expr, const Reading& reading);
  Visited visit_target(const Expr& expr, const Reading& reading);
  Visited visit_kpi(const Expr& expr, const Reading& reading);
  Visited visit_metric(const Expr& expr, const Reading& reading);
  Visited add_kpi(KpiInput input, const Expr& expr, const Reading& reading, Unit unit);
  Visited unknown_name(const Expr& expr);
  [[nodiscard]] std::string source_hint(std::string_view name) const;

  // compile_checks.cpp
  bool check_labels(const Expr& expr, const Metric& metric);
  bool check_window(const Expr& expr, const Metric& metric, const MetricInput& input);
  bool check_length(const Expr& expr, const Grain& grain, const Span& window);

  const CompileContext& context_;
  Program program_;
  std::vector<ExprError> errors_;
  std::vector<ExprError> warnings_;
  std::vector<Span> back_;
  bool all_ = false;
  bool optional_ = false;
  int part_depth_ = 0;
  int visits_ = 0;
  std::optional<TextRange> outer_range_;  // where the outermost part is named
  std::string outer_part_;
};

}  // namespace kpi

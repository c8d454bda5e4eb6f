#pragma once
// The thresholds and alert rules of one KPI, from expressions to programs: part of load_kpis, whose thread they run on.
// What is wrong is reported.

#include "rules/expr/compile.hpp"
#include "rules/load/raw_kpi.hpp"

#include <optional>

namespace kpi {

/// The program, or nothing when something was reported or absent.
std::optional<Program> compile_expression(const RawExpression& expression,
                                          const CompileContext& context,
                                          Diagnostics& diagnostics);

/// Both REQUIRE that the KPI's value, unit and cadence are settled, and a context in which `value` may be used.
void compile_thresholds(RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics);
void compile_alerts(RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics);

/// Adds the metrics of `min_sample` to those that the value reads. REQUIRES that the value is compiled.
void compile_min_sample(RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics);

/// What decides verdicts in the KPI's thresholds and alert rules, one key a line.
std::string canonical_alerts(const RawKpi& raw);

}  // namespace kpi

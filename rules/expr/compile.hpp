#pragma once
// From the tree to a program: names are resolved, types and units are checked, windows are pushed down to the inputs.

#include "rules/expr/lexer.hpp"
#include "rules/expr/program.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// What an expression may refer to.
struct Scope {
  struct KpiName {
    std::uint32_t index = 0;
    Unit unit;
    Grain every;
    bool is_split = false;   ///< It has segments.
    bool is_unique = false;  ///< It is a unique count: its periods do not add up.
  };

  const std::vector<Metric>* metrics = nullptr;
  const CalendarRules* calendar = nullptr;                         ///< For holiday() and event(); null: neither.
  std::map<std::string, std::uint32_t, std::less<>> metric_names;  ///< "source.metric"
  std::map<std::string, KpiName, std::less<>> kpis;                ///< Those compiled before this one.
  std::size_t kpi_count = 1;  ///< Of all there are: for unusual(), with how many false alarms a month are borne.
  double false_alarms = 1;
  std::vector<std::string> later_kpis;  ///< Known names whose KPIs are wrong: nothing more is said about their use.
};

/// What stands around one expression.
struct CompileContext {
  const Scope* scope = nullptr;
  const std::map<std::string, const Expr*, std::less<>>* parts = nullptr;  ///< Named sub-expressions.
  Grain every;
  Span over;                              ///< The KPI's window.
  std::vector<std::string> split_labels;  ///< Labels of `split_by`: every metric must have them, or be in all().
  bool may_use_value = false;             ///< In limits and alerts: `value`, and prev(value, …).
  bool may_use_target = false;            ///< In alerts.
  Unit value_unit;                        ///< Of `value`.
  const Expr* value = nullptr;            ///< What `value` is, where it may be used: for segments().
};

/// The program and what deserves a warning, or all that is wrong; nothing is wrong but the KPIs it uses when that is
/// empty.
struct Compiled {
  Program program;
  std::vector<ExprError> warnings;
};

tl::expected<Compiled, std::vector<ExprError>> compile(const Expr& expr, const CompileContext& context);

/// What is wrong with the name of an event of the calendar (null: there is none); nothing when it is one.
std::optional<ExprError> check_event(const CalendarRules* calendar, const std::string& name, TextRange range);

/// The metric and KPI names an expression uses (not `value`, `target.…`, nor parts), each once.
struct UsedNames {
  std::vector<std::string> metrics;
  std::vector<std::string> kpis;
};

UsedNames used_names(const Expr& expr);

}  // namespace kpi

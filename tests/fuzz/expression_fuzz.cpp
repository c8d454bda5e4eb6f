// Any bytes as an expression: parsed, printed and parsed again, and compiled for a small shop as a value, a limit and
// an alert. What must hold: no crash, the same tree again, errors inside the text, and programs that can be run.

#include "rules/base/text.hpp"
#include "rules/expr/compile.hpp"
#include "rules/expr/evaluate.hpp"
#include "rules/expr/parser.hpp"
#include "rules/model/kpi.hpp"
#include "tests/unit/rules/expr/expression_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace kpi {
namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

Metric metric(const std::string& name, MetricKind kind, const std::string& unit, std::string_view grain) {
  Metric result;
  result.name = name;
  result.source = name.substr(0, name.find('.'));
  result.kind = kind;
  result.unit = unit;
  result.grain = parse_grain(grain).value();
  result.labels = {"country"};
  return result;
}

/// Metrics of all grains with some samples, a KPI, and what is needed to compile and run.
class Shop {
 public:
  Shop() {
    rules_.metrics = {metric("web.visits", MetricKind::kFlow, "visits", "day"),
                      metric("web.users", MetricKind::kDistinct, "users", "day"),
                      metric("shop.revenue", MetricKind::kFlow, "SEK", "day"),
                      metric("fx.dkk", MetricKind::kMean, "", "day"),
                      metric("crm.staff", MetricKind::kLevel, "people", "month"),
                      metric("site.load", MetricKind::kMean, "s", "instant"),
                      metric("site.hits", MetricKind::kFlow, "hits", "hour")};
    const Date friday{std::chrono::year{2026} / 11 / 27};
    rules_.calendar.days = std::make_shared<const NamedDays>(NamedDays{{friday}, {{"black_friday", {friday}}}});
    scope_.metrics = &rules_.metrics;
    scope_.calendar = &rules_.calendar;
    for (std::uint32_t i = 0; i < rules_.metrics.size(); ++i) {
      const Metric& one = rules_.metrics[i];
      scope_.metric_names.emplace(one.name, i);
      const std::uint32_t series = table_.series(i, {{"country", "SE"}});
      Slot slot = slot_at(kBegin, one.grain, one.zone, rules_.calendar);
      for (int day = 0; day < 40; ++day) {
        table_.put(series, slot, day % 7);
        slot = one.grain.unit == Grain::Unit::kInstant ? Slot{slot.ms + 60'000} : next_slot(slot, one.grain, one.zone);
      }
    }
    scope_.kpis.emplace("conversion", Scope::KpiName{0, Unit::parse("%").value(), Grain{}});
    judged_.values = {{slot_at(kBegin, Grain{}, Zone{}, rules_.calendar), 0.5}};
  }

  void compile_and_run(const Expr& tree, std::string_view every) const {
    CompileContext context;
    context.scope = &scope_;
    context.every = parse_grain(every).value();
    context.over = context.every.span();
    context.may_use_value = true;
    context.may_use_target = true;
    context.split_labels = {"country"};
    const auto compiled = compile(tree, context);
    if (!compiled) {
      for (const ExprError& error : compiled.error()) {
        require(error.range.begin <= error.range.end && error.range.end <= tree.range.end + 4096, "an error elsewhere");
        require(is_valid_utf8(error.message) && !error.message.empty(), "an error without a text");
      }
      return;
    }
    run(compiled->program, context);
  }

 private:
  void run(const Program& program, const CompileContext& context) const {
    Inputs inputs;
    for (const MetricInput& input : program.metrics) {
      inputs.series.push_back(select_series(input, rules_.metrics[input.metric], table_, {}));
    }
    inputs.kpis.assign(program.kpis.size(), &judged_);
    Inputs segment = inputs_for_segment(program, rules_.metrics, table_, {{"country", "SE"}});
    segment.kpis = inputs.kpis;
    inputs.segments.assign(program.segments.size(), {segment});
    EvaluationContext evaluation;
    evaluation.rules = &rules_;
    evaluation.table = &table_;
    evaluation.frame.slot = slot_at(kBegin, context.every, Zone{}, rules_.calendar);
    evaluation.frame.every = context.every;
    evaluation.frame.over = context.over;
    evaluation.own = Value::of(0.5);
    const Value value = evaluate(program, inputs, evaluation);
    require(!value.is_known() || std::isfinite(value.number), "a value that is no number");
    require(!program.is_condition || !value.is_known() || value.number == 0 || value.number == 1, "a half truth");
  }

  static constexpr Instant kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}};

  RuleSet rules_;
  Scope scope_;
  SampleTable table_;
  JudgedSeries judged_;
};

/// Windows of a hundred years over hours are slow, not wrong.
bool is_long(const Expr& expr) {
  constexpr std::int64_t most = 800 * kDayMs;
  return (expr.kind == Expr::Kind::kDuration && expr.span.approximate_ms() > most) ||
         std::ranges::any_of(expr.children, [](const auto& child) { return is_long(*child); });
}

}  // namespace
}  // namespace kpi

// The name and the type are libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const kpi::Shop shop;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = kpi::parse_expression(text);
  if (!tree) {
    kpi::require(tree.error().range.end <= std::max<std::size_t>(size, 1), "an error behind the end");
    return 0;
  }
  const std::string printed = kpi::print(**tree);
  if (printed.size() > 4096) {
    return 0;  // longer than an expression may be
  }
  const auto again = kpi::parse_expression(printed);
  kpi::require(again.has_value() && kpi::same_tree(**tree, **again), "printed it is another expression");
  if (kpi::is_long(**tree)) {
    return 0;
  }
  for (const std::string_view every : {"hour", "day", "week", "month"}) {
    shop.compile_and_run(**tree, every);
  }
  return 0;
}

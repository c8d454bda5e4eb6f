#pragma once
// A shop with sources of all sorts, and what the compiler says of expressions over them.

#include "rules/expr/compile.hpp"
#include "tests/unit/rules/expr/expression_text.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

inline Metric metric(
    std::string name, MetricKind kind, std::string unit, std::string_view grain, std::vector<std::string> labels = {}) {
  Metric result;
  result.source = name.substr(0, name.find('.'));
  result.name = std::move(name);
  result.kind = kind;
  result.unit = std::move(unit);
  result.grain = parse_grain(grain).value();
  result.labels = std::move(labels);
  return result;
}

/// A daily KPI of a shop, unless a test says otherwise.
class Shop {
 public:
  Shop() {
    scope_.metrics = &metrics_;
    for (std::uint32_t i = 0; i < metrics_.size(); ++i) {
      scope_.metric_names.emplace(metrics_[i].name, i);
    }
    scope_.kpis.emplace("conversion", Scope::KpiName{0, Unit::parse("%").value(), parse_grain("day").value()});
    scope_.kpis.emplace("survey", Scope::KpiName{1, Unit::parse("points").value(), parse_grain("month").value()});
    scope_.later_kpis = {"broken"};
    calendar_.days =
        std::make_shared<const NamedDays>(NamedDays{{}, {{"black_friday", {Date{std::chrono::year{2026} / 11 / 27}}}}});
    scope_.calendar = &calendar_;
    context.scope = &scope_;
    context.parts = &parts_;
    context.every = parse_grain("day").value();
    context.over = Span{0, 1, 0};
    context.value_unit = Unit::parse("SEK").value();
  }

  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  Shop& judged_every(std::string_view grain, std::string_view over = "") {
    context.every = parse_grain(grain).value();
    context.over = over.empty() ? context.every.span() : parse_span(over).value();
    return *this;
  }

  Shop& part(const std::string& name, std::string_view text) {
    trees_.push_back(std::move(*parse_expression(text)));
    parts_[name] = trees_.back().get();
    return *this;
  }

  Shop& in_alerts() {
    context.may_use_value = true;
    context.may_use_target = true;
    return *this;
  }

  /// The unit of a number, "condition", or each error under the text; with warnings.
  [[nodiscard]] std::string compiled(std::string_view text) const {
    const auto tree = parse_expression(text);
    if (!tree) {
      return "does not parse: " + tree.error().message;
    }
    const auto result = compile(**tree, context);
    std::string said;
    for (const ExprError& error : result ? result->warnings : result.error()) {
      said += (said.empty() ? "" : "\n") + std::string(result ? "warning " : "") + shown(text, error);
    }
    if (!result) {
      return said;
    }
    const Unit& unit = result->program.unit;
    const std::string type = result->program.is_condition ? "condition" : unit.is_none() ? "no unit" : unit.text();
    return said.empty() ? type : type + "\n" + said;
  }

  CompileContext context;

 private:
  std::vector<Metric> metrics_{
      metric("web.visits", MetricKind::kFlow, "visits", "day", {"country", "device"}),
      metric("web.users", MetricKind::kDistinct, "users", "day"),
      metric("web.plain", MetricKind::kFlow, "", "day"),
      metric("web.bounce", MetricKind::kMean, "%", "day"),
      metric("web.seconds", MetricKind::kMean, "s", "day"),
      metric("shop.revenue", MetricKind::kFlow, "SEK", "day", {"country"}),
      metric("shop.abroad", MetricKind::kFlow, "EUR", "day"),
      metric("shop.orders", MetricKind::kFlow, "orders", "day"),
      metric("crm.customers", MetricKind::kLevel, "customers", "month"),
      metric("crm.leads", MetricKind::kFlow, "leads", "week"),
      metric("site.hits", MetricKind::kFlow, "hits", "5m"),
      metric("site.load", MetricKind::kLevel, "", "instant"),
  };
  CalendarRules calendar_;
  Scope scope_;
  std::vector<std::unique_ptr<Expr>> trees_;
  std::map<std::string, const Expr*, std::less<>> parts_;
};

}  // namespace kpi

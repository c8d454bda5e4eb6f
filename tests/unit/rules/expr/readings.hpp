#pragma once
// Metrics with samples, and what expressions over them are worth. For tests of the expression language.

#include "rules/base/text.hpp"
#include "rules/expr/compile.hpp"
#include "rules/expr/evaluate.hpp"
#include "tests/unit/rules/expr/expression_text.hpp"
#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// Metrics with samples, and the expressions that read them.
class Readings {
 public:
  explicit Readings(std::vector<Metric> metrics) {
    rules_.metrics = std::move(metrics);
    every_ = parse_grain("day").value();
    over_ = every_.span();
    zone_ = rules_.metrics.front().zone;
  }

  Readings& given(std::string_view metric, std::string_view from, std::string_view values, const Labels& labels = {}) {
    const auto found = std::ranges::find(rules_.metrics, metric, &Metric::name);
    const auto index = static_cast<std::uint32_t>(found - rules_.metrics.begin());
    Slot slot = slot_at(instant_in(found->zone, from), found->grain, found->zone, rules_.calendar);
    const std::uint32_t series = table_.series(index, labels);
    for (const std::optional<double> value : values_of(values)) {
      if (value) {
        table_.put(series, slot, *value);
      }
      slot = next_slot(slot, found->grain, found->zone);
    }
    return *this;
  }

  Readings& weeks_start(std::chrono::weekday day) {
    rules_.calendar.week_starts = day;
    return *this;
  }

  Readings& every(std::string_view grain) {
    every_ = parse_grain(grain).value();
    over_ = every_.span();
    return *this;
  }

  Readings& over(std::string_view span) {
    over_ = parse_span(span).value();
    return *this;
  }

  Readings& years_start(std::chrono::month_day day) {
    rules_.calendar.year_starts = day;
    return *this;
  }

  Readings& days(NamedDays days) {
    rules_.calendar.days = std::make_shared<const NamedDays>(std::move(days));
    return *this;
  }

  Readings& split_by(std::string label) {
    split_labels_ = {std::move(label)};
    return *this;
  }

  Readings& complete(double share) {
    complete_ = share;
    return *this;
  }

  Readings& segment(Labels labels) {
    segment_ = std::move(labels);
    return *this;
  }

  [[nodiscard]] tl::expected<Compiled, std::vector<ExprError>> compiled(const Expr& tree) const {
    Scope scope;
    scope.metrics = &rules_.metrics;
    scope.calendar = &rules_.calendar;
    for (std::uint32_t i = 0; i < rules_.metrics.size(); ++i) {
      scope.metric_names.emplace(rules_.metrics[i].name, i);
    }
    CompileContext context;
    context.scope = &scope;
    context.every = every_;
    context.split_labels = split_labels_;
    context.over = over_;
    return compile(tree, context);
  }

  /// The value in the period that holds `at`, or why there is none.
  [[nodiscard]] std::string value(std::string_view text, std::string_view at) const {
    const auto tree = parse_expression(text);
    const auto result = compiled(**tree);
    if (!result) {
      return shown(text, result.error().front());
    }
    const Value value = evaluated(result->program, at);
    return value.is_known() ? number_text(value.number) : std::string(name_of(value.reason));
  }

  [[nodiscard]] Value evaluated(const Program& program, std::string_view at) const {
    Inputs inputs;
    for (const MetricInput& input : program.metrics) {
      inputs.series.push_back(select_series(input, rules_.metrics[input.metric], table_, segment_));
    }
    for (std::size_t part = 0; part < program.segments.size(); ++part) {
      inputs.segments.emplace_back();
      for (std::uint32_t series = 0; series < table_.size(); ++series) {
        const Labels& segment = table_[series].labels;
        const bool is_first = table_.of_metric(table_[series].metric)[0] == table_.of_metric(0)[0];
        if (is_first && is_within(segment, segment_)) {
          inputs.segments.back().push_back(inputs_for_segment(program, rules_.metrics, table_, segment));
        }
      }
    }
    EvaluationContext evaluation;
    evaluation.rules = &rules_;
    evaluation.table = &table_;
    evaluation.complete = complete_;
    evaluation.frame = {
        slot_at(instant_in(zone_, at), every_, zone_, rules_.calendar), every_, over_, zone_, rules_.calendar};
    return evaluate(program, inputs, evaluation);
  }

 private:
  RuleSet rules_;
  SampleTable table_;
  Grain every_;
  Span over_;
  Zone zone_;
  double complete_ = 1;
  Labels segment_;
  std::vector<std::string> split_labels_;
};

inline Metric with(Metric metric, MetricKind kind) {
  metric.kind = kind;
  return metric;
}

inline Metric per(Metric metric, std::string_view grain, std::string_view zone = "UTC") {
  metric.grain = parse_grain(grain).value();
  metric.zone = zone_named(zone);
  return metric;
}

}  // namespace kpi

#include "rules/base/text.hpp"
#include "rules/expr/compiler.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

/// What a field of a target is.
enum class FieldUnit : std::uint8_t { kNone, kOfValue, kShare, kText };

struct TargetName {
  std::string_view name;
  TargetField field;
  FieldUnit unit;
};

constexpr std::array<TargetName, 9> kTargetFields{
    {{"target.expected", TargetField::kExpected, FieldUnit::kOfValue},
     {"target.pace", TargetField::kPace, FieldUnit::kNone},
     {"target.progress", TargetField::kProgress, FieldUnit::kNone},
     {"target.required", TargetField::kRequired, FieldUnit::kOfValue},
     {"target.days_left", TargetField::kDaysLeft, FieldUnit::kNone},
     {"target.goal", TargetField::kGoal, FieldUnit::kOfValue},
     {"target.status", TargetField::kStatus, FieldUnit::kText},
     {"target.projected", TargetField::kProjected, FieldUnit::kOfValue},
     {"target.probability", TargetField::kProbability, FieldUnit::kShare}}};

/// The index of an equal input, added when it is new.
template <class Input>
std::uint32_t add(std::vector<Input>& inputs, Input input) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Input same_place = inputs[i];
    same_place.range = input.range;
    if (same_place == input) {
      return static_cast<std::uint32_t>(i);
    }
  }
  inputs.push_back(std::move(input));
  return static_cast<std::uint32_t>(inputs.size() - 1);
}

}  // namespace

Compiler::Visited Compiler::visit_name(const Expr& expr, const Reading& reading) {
  if (expr.text == "value" || expr.text.starts_with("target.")) {
    return visit_own(expr, reading);
  }
  if (context_.parts != nullptr) {
    const auto part = context_.parts->find(expr.text);
    if (part != context_.parts->end() && !expr.filters.empty()) {
      return error(expr.range, "a part takes no label filter", "filter the metrics inside the part");
    }
    if (part != context_.parts->end()) {
      return visit_part(expr, *part->second);
    }
  }
  if (expr.text.find('.') != std::string::npos) {
    return visit_metric(expr, reading);
  }
  return visit_kpi(expr, reading);
}

Compiler::Visited Compiler::visit_part(const Expr& expr, const Expr& part) {
  if (++part_depth_ > 8) {
    --part_depth_;
    return error(expr.range, "the parts use each other in a circle or too deeply");
  }
  const auto outer_range = outer_range_;
  const auto outer_part = outer_part_;
  outer_part_ = outer_range_ ? outer_part_ : expr.text;
  outer_range_ = outer_range_ ? outer_range_ : std::optional(expr.range);
  const Visited result = visit(part);
  outer_range_ = outer_range;
  outer_part_ = outer_part;
  --part_depth_;
  return result;
}

Compiler::Visited Compiler::visit_own(const Expr& expr, const Reading& reading) {
  if (!expr.filters.empty()) {
    return error(expr.range, "\"" + expr.text + "\" takes no label filter");
  }
  if (expr.text != "value") {
    return visit_target(expr, reading);
  }
  if (all_) {
    return error(expr.range, "all() is for metrics: \"value\" is that of the segment");
  }
  if (!context_.may_use_value) {
    return error(expr.range, "\"value\" is the KPI itself and has no meaning here", "name the metrics it is made of");
  }
  if (total_) {
    return error(expr.range,
                 "share() is of metrics and other KPIs: \"value\" is that of the segment",
                 "write share() around what the value is made of");
  }
  if (grains_ != nullptr) {
    return error(expr.range,
                 "inside " + std::string(grains_->aggregate) + "() only metrics can stand",
                 "\"value\" alone can be aggregated: " + std::string(grains_->aggregate) + "(value, 28 days)");
  }
  if (in_segments_) {
    return visit_value_of_segment(expr, reading);
  }
  if (reading.how == Aggregate::kByKind && back_.empty()) {
    emit(OpCode::kValue);
    note_reach(Reach{{}, {}, {}, false});
    return Typed{ExprType::kNumber, context_.value_unit};
  }
  if (reading.how == Aggregate::kTrend && !check_trend(expr, context_.every, reading.window.value_or(context_.over))) {
    return std::nullopt;
  }
  KpiInput input;
  input.is_self = true;
  return add_kpi(std::move(input), expr, reading, context_.value_unit);
}

Compiler::Visited Compiler::visit_target(const Expr& expr, const Reading& reading) {
  if (in_segments_) {
    return error(expr.range, "\"" + expr.text + "\" cannot stand inside segments()", "write it beside segments(…)");
  }
  if (!context_.may_use_target || reading.how != Aggregate::kByKind || !back_.empty() || grains_ != nullptr) {
    return error(
        expr.range,
        "\"" + expr.text + "\" can stand only in the alerts of a KPI that has a target, as it is",
        context_.may_use_target
            ? "write it alone: " + expr.text + " < 0.9"
            : "give the KPI a target, as in target: {from: 400, to: 500, by: 2026-12-31}, and use it in alerts:");
  }
  std::vector<std::string> names;
  for (const TargetName& field : kTargetFields) {
    if (field.name == expr.text) {
      emit(OpCode::kTarget, static_cast<std::uint32_t>(field.field));
      const Unit share = field.unit == FieldUnit::kShare ? Unit::parse("ratio").value() : Unit{};
      return Typed{field.unit == FieldUnit::kText ? ExprType::kText : ExprType::kNumber,
                   field.unit == FieldUnit::kOfValue ? context_.value_unit : share};
    }
    names.emplace_back(field.name);
  }
  return error(expr.range, "a target has no \"" + expr.text.substr(7) + "\"", "known: " + join(names, " "));
}

Compiler::Visited Compiler::visit_kpi(const Expr& expr, const Reading& reading) {
  const Scope& scope = *context_.scope;
  const auto found = scope.kpis.find(expr.text);
  if (found == scope.kpis.end()) {
    return unknown_name(expr);
  }
  if (!expr.filters.empty()) {
    return error(expr.range, "a KPI takes no label filter", "filter the metrics it is made of");
  }
  if (all_) {
    return error(expr.range,
                 "all() is for metrics, " + expr.text + " is a KPI",
                 "leave all() out: a KPI is that of the same segment, else its total");
  }
  if (grains_ != nullptr) {
    return error(expr.range,
                 "inside " + std::string(grains_->aggregate) + "() only metrics can stand, " + expr.text + " is a KPI",
                 "a KPI alone can be aggregated: " + std::string(grains_->aggregate) + "(" + expr.text + ")");
  }
  KpiInput input;
  input.kpi = found->second.index;
  if (reading.how == Aggregate::kTrend &&
      !check_trend(expr, found->second.every, reading.window.value_or(context_.over))) {
    return std::nullopt;
  }
  if (reading.how != Aggregate::kByKind &&
      !check_length(expr, found->second.every, reading.window.value_or(context_.over))) {
    return std::nullopt;
  }
  if (reading.how == Aggregate::kSum && found->second.is_unique &&
      !(reading.window.value_or(context_.over) == found->second.every.span())) {
    return error(expr.range,
                 expr.text + " is a unique count: that of " + reading.window.value_or(context_.over).text() +
                     " is not the sum of its " + found->second.every.text() +
                     "s, because who came twice would count twice",
                 "write avg(" + expr.text + ") for the mean of a " + found->second.every.text() +
                     ", or let the source deliver unique counts per " + reading.window.value_or(context_.over).text());
  }
  if (found->second.every.is_civil() != context_.every.is_civil() && !context_.every.is_civil()) {
    return error(
        expr.range,
        expr.text + " is judged every " + found->second.every.text() + ", this KPI every " + context_.every.text(),
        "judge this one no more often");
  }
  const Unit unit = found->second.unit;
  return add_kpi(std::move(input), expr, reading, unit);
}

Compiler::Visited Compiler::add_kpi(KpiInput input, const Expr& expr, const Reading& reading, Unit unit) {
  input.how = reading.how == Aggregate::kByKind ? Aggregate::kLast : reading.how;
  input.window = reading.window;
  if (!reading.window && reading.how != Aggregate::kByKind) {
    input.window = context_.over;
  }
  input.quantile = reading.quantile;
  input.back = back_;
  input.of_total = total_;
  input.optional = optional_;
  input.of_segments = in_segments_;
  input.range = outer_range_.value_or(expr.range);
  note_reach(
      Reach{input.window == context_.over ? std::nullopt : input.window, {}, back_, !input.window && !input.is_self});
  emit(OpCode::kKpi, add(program_.kpis, std::move(input)));
  return Typed{ExprType::kNumber, std::move(unit)};
}

/// Inside per().
void Compiler::note_reach(Reach reach) {
  if (reaches_ != nullptr) {
    reaches_->push_back(std::move(reach));
  }
}

Compiler::Visited Compiler::visit_metric(const Expr& expr, const Reading& own) {
  const Reading& reading = grains_ != nullptr ? grains_->reading : own;
  const Scope& scope = *context_.scope;
  const auto found = scope.metric_names.find(expr.text);
  if (found == scope.metric_names.end()) {
    return unknown_name(expr);
  }
  const Metric& metric = (*scope.metrics)[found->second];
  MetricInput input;
  input.metric = found->second;
  input.filters = expr.filters;
  input.how = reading.how;
  input.quantile = reading.quantile;
  input.window = reading.window;
  input.since = reading.since;
  input.back = back_;
  input.all = all_ || total_;
  input.optional = optional_;
  input.of_segments = in_segments_;
  input.range = outer_range_.value_or(expr.range);
  const bool is_age = reading.how == Aggregate::kAge;
  if (!check_labels(expr, metric) || (!is_age && !check_window(expr, metric, input))) {
    return std::nullopt;
  }
  if (grains_ != nullptr && !check_grain(expr, metric)) {
    return std::nullopt;
  }
  note_reach(Reach{input.window == context_.over ? std::nullopt : input.window, input.since, back_, is_age});
  weigh(input, metric);
  const std::uint32_t index = add(program_.metrics, std::move(input));
  if (grains_ != nullptr) {
    grains_->metrics.push_back(index);
  }
  emit(OpCode::kMetric, index);
  return Typed{ExprType::kNumber, Unit::parse(metric.unit).value_or(Unit{})};
}

Compiler::Visited Compiler::unknown_name(const Expr& expr) {
  const Scope& scope = *context_.scope;
  if (std::ranges::find(scope.later_kpis, expr.text) != scope.later_kpis.end()) {
    return std::nullopt;  // what is wrong with it is reported where it stands
  }
  std::vector<std::string> names;
  names.reserve(scope.metric_names.size() + scope.kpis.size());
  const bool dotted = expr.text.find('.') != std::string::npos;
  for (const auto& [name, index] : scope.metric_names) {
    names.push_back(name);
  }
  for (const auto& [name, known] : scope.kpis) {
    names.push_back(name);
  }
  std::string remedy = did_you_mean(expr.text, names);
  if (remedy.empty() && dotted) {
    remedy = source_hint(expr.text);
  }
  if (remedy.empty() && !names.empty()) {
    std::ranges::sort(names);
    const bool many = names.size() > 12;
    names.resize(std::min<std::size_t>(names.size(), 12));
    remedy = "known: " + join(names, " ") + (many ? " …" : "");
  }
  return error(expr.range,
               dotted ? "there is no metric \"" + expr.text + "\"" : "there is no KPI or metric \"" + expr.text + "\"",
               remedy);
}

/// What weighs a mean is read wherever the mean is: it is waited for, and a value that is restated counts.
void Compiler::weigh(MetricInput& input, const Metric& metric) {
  const Scope& scope = *context_.scope;
  const auto found = scope.metric_names.find(metric.weight);
  if (found == scope.metric_names.end()) {
    return;
  }
  MetricInput weight = input;
  weight.metric = found->second;
  weight.how = Aggregate::kSum;
  weight.is_weight = true;
  add(program_.metrics, std::move(weight));
  input.weight = found->second;
}

/// The metrics of the source that is named, when only the second half is wrong.
std::string Compiler::source_hint(std::string_view name) const {
  const std::string prefix(name.substr(0, name.find('.') + 1));
  std::vector<std::string> names;
  for (const auto& [known, index] : context_.scope->metric_names) {
    if (known.starts_with(prefix)) {
      names.push_back(known);
    }
  }
  return names.empty() ? "" : "the source has: " + join(names, " ");
}

}  // namespace kpi

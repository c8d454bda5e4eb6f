#include "rules/load/compile_alerts.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/mix.hpp"
#include "rules/judge/thresholds.hpp"
#include "rules/load/limit_order.hpp"
#include "rules/load/raw_reading.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

/// The program of an expression that must be a number in the KPI's unit.
std::optional<Program> compile_limit(const RawExpression& expression,
                                     const CompileContext& context,
                                     const Unit& unit,
                                     Diagnostics& diagnostics) {
  std::optional<Program> program = compile_expression(expression, context, diagnostics);
  if (!program) {
    return std::nullopt;
  }
  if (program->is_condition) {
    diagnostics.error(expression.at(expression.tree->range),
                      "a number was expected here, this is a condition",
                      "write a limit such as 2%, or the condition as `when` of an entry of alerts");
    return std::nullopt;
  }
  const Expr& tree = *expression.tree;
  static const Unit kToOne = Unit::parse(":1").value();
  if (tree.kind == Expr::Kind::kNumber && tree.text.ends_with(":1") && kToOne.fit(unit) == Unit::Fit::kClash) {
    diagnostics.error(expression.at(tree.range),
                      tree.text + " is a ratio, the KPI's unit is " + unit.text(),
                      "write " + number_text(tree.number) + ", in " + unit.text());
    return std::nullopt;
  }
  const auto is_own = [](const Instruction& step) { return step.op == OpCode::kValue; };
  if (program->metrics.empty() && program->kpis.empty() && std::ranges::any_of(program->code, is_own)) {
    diagnostics.warning(expression.at(tree.range),
                        "this limit compares the value with itself",
                        "write a number, or an earlier value such as 0.9 * prev(value, 1 week)");
  }
  if (program->unit.fit(unit) == Unit::Fit::kClash) {
    diagnostics.error(expression.at(expression.tree->range),
                      "this is in " + program->unit.text() + ", the KPI's unit is " + unit.text(),
                      "write it in " + unit.text() + ", the unit of the value");
    return std::nullopt;
  }
  if (program->is_constant()) {
    warn_of_bare_percent(expression.position, expression.text, program->code.front().number, unit, diagnostics);
  }
  return program;
}

/// Periods of a day or longer are counted in whole days.
void check_span(const Kpi& kpi, const Span& span, const std::string& key, Position position, Diagnostics& diagnostics) {
  if (kpi.every.is_civil() && span.ms % kDayMs != 0) {
    diagnostics.error(
        position,
        key + ": " + span.text() + " is no whole number of days, and the KPI is judged every " + kpi.every.text(),
        "write " + key + ": 2 days");
  }
}

void check_patience(const Kpi& kpi, const Patience& patience, const PatiencePlaces& at, Diagnostics& diagnostics) {
  check_span(kpi, patience.hold, "for", at.hold, diagnostics);
  check_span(kpi, patience.recover, "recover_for", at.recover, diagnostics);
}

/// The labels that an entry asks for must be some of a segment's.
void check_match(const RawKpi& raw,
                 const RawVariant& variant,
                 const CompileContext& context,
                 Diagnostics& diagnostics) {
  for (const auto& [label, values] : variant.variant.match.labels) {
    if (!raw.split_labels.contains(label)) {
      const std::string meant = did_you_mean(label, context.split_labels);
      diagnostics.error(variant.match_position,
                        raw.kpi.id + " is not split by \"" + printable(label) + "\": nothing would match",
                        meant.empty() ? "write split_by: [" + printable(label) + "]" : meant);
    }
  }
}

/// Its text is all that a new version of the rule is known by.
std::string variant_text(const LimitVariant& variant) {
  static constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::string text = text_of(variant.match);
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    text += (variant.days & (1U << day)) != 0 ? " " + std::string(kDays.at(day)) : "";
  }
  text += variant.event.empty() ? "" : " event " + variant.event;
  text += ":";
  const auto add = [&](std::string_view name, const std::string& value) {
    text += " " + std::string(name) + " " + value;
  };
  const auto limit = [&](std::string_view name, const std::optional<Program>& program) {
    if (program) {
      add(name, program->text);
    }
  };
  limit("warning", variant.warning);
  limit("critical", variant.critical);
  limit("recover", variant.recover);
  if (variant.hold) {
    add("for", variant.hold->text());
  }
  if (variant.recover_after) {
    add("recover_for", variant.recover_after->text());
  }
  return text;
}

LimitVariant compile_variant(const RawKpi& raw,
                             const RawVariant& entry,
                             const CompileContext& context,
                             Diagnostics& diagnostics) {
  check_match(raw, entry, context, diagnostics);
  if (entry.variant.days != 0 && raw.kpi.every.is_civil() && raw.kpi.every.unit != Grain::Unit::kDay) {
    diagnostics.error(entry.position,
                      raw.kpi.id + " is judged every " + raw.kpi.every.text() + ": such a period is no weekday",
                      "leave the entry out, or write every: day");
  }
  if (entry.event_position.source != nullptr) {
    if (const auto wrong = check_event(context.scope->calendar, entry.variant.event, {})) {
      diagnostics.error(entry.event_position, wrong->message, wrong->remedy);
    }
  }
  LimitVariant variant = entry.variant;
  variant.warning = compile_limit(entry.limits.warning, context, raw.kpi.unit, diagnostics);
  variant.critical = compile_limit(entry.limits.critical, context, raw.kpi.unit, diagnostics);
  variant.recover = compile_limit(entry.limits.recover, context, raw.kpi.unit, diagnostics);
  check_patience(
      raw.kpi, {variant.hold.value_or(Span{}), variant.recover_after.value_or(Span{})}, entry.patience_at, diagnostics);
  variant.text = variant_text(variant);
  return variant;
}

// --- confidence ---

/// The division that an expression is, or null. A part stands for what it is.
const Expr* division_of(const Expr* expr, const CompileContext& context) {
  for (int depth = 0; expr->kind == Expr::Kind::kName && depth < 64; ++depth) {
    const auto part = context.parts->find(expr->text);
    if (part == context.parts->end()) {
      return nullptr;
    }
    expr = part->second;
  }
  const bool divides = expr->kind == Expr::Kind::kOperator && expr->op == Operator::kDivide;
  return divides && expr->children.size() == 2 ? expr : nullptr;
}

/// Numbers of things that happened: what a share of can be uncertain.
bool is_count(const Program& program, const CompileContext& context) {
  const auto& factors = program.unit.factors();
  const bool is_named = factors.size() == 1 && factors[0].dimension == Unit::Dimension::kCount && factors[0].power == 1;
  const auto counts = [&](const MetricInput& input) {
    const bool adds_up = input.how == Aggregate::kByKind || input.how == Aggregate::kSum ||
                         input.how == Aggregate::kCount || input.how == Aggregate::kLast;
    return adds_up && (*context.scope->metrics)[input.metric].kind != MetricKind::kMean;
  };
  return !program.is_condition && (is_named || program.unit.is_none()) && std::ranges::all_of(program.metrics, counts);
}

/// A side of the ratio, counted as the ratio counts it: of segments that have both.
Program within_ratio(std::optional<Program> side, const Program& alone) {
  Program program = side ? *std::move(side) : alone;
  program.text = alone.text;
  program.unit = alone.unit;
  return program;
}

std::optional<RatioGate> compile_gate(const RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics) {
  if (!raw.confidence || raw.kpi.value.code.empty() || !(*raw.confidence > 0 && *raw.confidence < 1)) {
    return std::nullopt;
  }
  const Expr* division = division_of(raw.value.tree.get(), context);
  if (division != nullptr) {
    auto part = compile(*division->children[0], context);
    auto whole = compile(*division->children[1], context);
    if (part && whole && is_count(part->program, context) && is_count(whole->program, context)) {
      return RatioGate{*raw.confidence,
                       deviations_for(*raw.confidence),
                       within_ratio(dividend_of(raw.kpi.value), part->program),
                       within_ratio(divisor_of(raw.kpi.value), whole->program)};
    }
  }
  diagnostics.error(raw.confidence_position,
                    "confidence wants a ratio of two counts, the value of " + raw.kpi.id + " is " + raw.kpi.value.text,
                    "leave confidence out, or write value: shop.orders / web.visits");
  return std::nullopt;
}

// --- a sum that is split ---

/// Whether the total is the sum of its segments: sums of what adds up, times or over numbers.
bool adds_up(const Program& program, const std::vector<Metric>& metrics) {
  enum class Sort : std::uint8_t { kNumber, kSum, kOther };
  std::vector<Sort> stack;
  for (const Instruction& instruction : program.code) {
    if (instruction.op == OpCode::kNumber) {
      stack.push_back(Sort::kNumber);
      continue;
    }
    if (instruction.op == OpCode::kMetric) {
      const MetricInput& input = program.metrics[instruction.index];
      const Metric& metric = metrics[input.metric];
      const bool sums = metric.across == Across::kSum && metric.kind != MetricKind::kMean && !input.all &&
                        (input.how == Aggregate::kByKind || input.how == Aggregate::kSum);
      stack.push_back(sums ? Sort::kSum : Sort::kOther);
      continue;
    }
    const bool is_known = instruction.op == OpCode::kAdd || instruction.op == OpCode::kSubtract ||
                          instruction.op == OpCode::kMultiply || instruction.op == OpCode::kDivide;
    if (!is_known || stack.size() < 2) {
      return false;
    }
    const Sort b = stack.back();
    stack.pop_back();
    Sort& a = stack.back();
    const bool scales = instruction.op == OpCode::kMultiply || instruction.op == OpCode::kDivide;
    const bool by_number = scales && b == Sort::kNumber && a != Sort::kOther;
    const bool of_number = instruction.op == OpCode::kMultiply && a == Sort::kNumber && b == Sort::kSum;
    a = by_number ? a : of_number ? Sort::kSum : !scales && a == b ? a : Sort::kOther;
  }
  return stack.size() == 1 && stack[0] == Sort::kSum;
}

void warn_of_one_limit(const RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics) {
  const Thresholds& thresholds = *raw.kpi.thresholds;
  const bool has_number = constant_limit(thresholds.warning) || constant_limit(thresholds.critical);
  const bool is_split = !raw.kpi.split_by.empty() && thresholds.segments.empty();
  if (!is_split || !has_number || raw.kpi.value.code.empty() || !adds_up(raw.kpi.value, *context.scope->metrics)) {
    return;
  }
  diagnostics.warning(raw.thresholds_position,
                      raw.kpi.id + " adds up over its segments, and has one limit for the total and for each of them",
                      "write segments: [{match: total, warning: …}] in thresholds");
}

}  // namespace

std::optional<Program> compile_expression(const RawExpression& expression,
                                          const CompileContext& context,
                                          Diagnostics& diagnostics) {
  if (!expression.tree) {
    return std::nullopt;
  }
  auto compiled = compile(*expression.tree, context);
  if (!compiled) {
    for (const ExprError& error : compiled.error()) {
      diagnostics.error(expression.at(error.range), error.message, error.remedy);
    }
    return std::nullopt;
  }
  for (const ExprError& warning : compiled->warnings) {
    diagnostics.warning(expression.at(warning.range), warning.message, warning.remedy);
  }
  return std::move(compiled->program);
}

void compile_thresholds(RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics) {
  if (!raw.thresholds) {
    return;
  }
  Thresholds& thresholds = *raw.thresholds;
  const bool within = raw.kpi.better.kind == Better::Kind::kWithin;
  const auto names_one = [](const RawLimits& limits) {
    return limits.warning.position.source != nullptr || limits.critical.position.source != nullptr;
  };
  const auto names_any = [&](const RawVariant& entry) {
    return names_one(entry.limits) || entry.limits.recover.position.source != nullptr;
  };
  const bool any_variant =
      std::ranges::any_of(raw.segment_limits, names_any) || std::ranges::any_of(raw.time_limits, names_any);
  if (within && (raw.limits.warning.tree || raw.limits.critical.tree || raw.limits.recover.tree || any_variant)) {
    diagnostics.error(raw.thresholds_position,
                      "with better: {within: …} the band itself is the limit",
                      "leave out warning, critical and recover; for and recover_for may stay");
    return;
  }
  thresholds.warning = compile_limit(raw.limits.warning, context, raw.kpi.unit, diagnostics);
  thresholds.critical = compile_limit(raw.limits.critical, context, raw.kpi.unit, diagnostics);
  thresholds.recover = compile_limit(raw.limits.recover, context, raw.kpi.unit, diagnostics);
  if (!within && !names_one(raw.limits) && !any_variant && !raw.thresholds_are_wrong) {
    diagnostics.error(raw.thresholds_position, "thresholds without a limit", "write warning: or critical:");
  }
  for (const RawVariant& entry : raw.segment_limits) {
    thresholds.segments.push_back(compile_variant(raw, entry, context, diagnostics));
  }
  for (const RawVariant& entry : raw.time_limits) {
    thresholds.when.push_back(compile_variant(raw, entry, context, diagnostics));
  }
  check_limit_order(raw, thresholds, diagnostics);
  check_patience(raw.kpi, thresholds.patience, raw.patience_at, diagnostics);
  thresholds.gate = compile_gate(raw, context, diagnostics);
  raw.kpi.thresholds = thresholds;
  warn_of_one_limit(raw, context, diagnostics);
}

void compile_alerts(RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics) {
  for (RawAlert& alert : raw.alerts) {
    std::optional<Program> when = compile_expression(alert.when, context, diagnostics);
    if (when && !when->is_condition) {
      diagnostics.error(alert.when.at(alert.when.tree->range),
                        "`when` wants a condition, this is a number",
                        "compare it: change(value, 1 week) < -30%");
    } else if (when) {
      alert.rule.when = std::move(*when);
    }
    check_patience(raw.kpi, alert.rule.patience, alert.patience_at, diagnostics);
    raw.kpi.alerts.push_back(alert.rule);
  }
}

namespace {

/// What of a ratio does not count, for want of its other side, is no sample either.
void add_min_sample(Kpi& kpi, MetricInput input, double least) {
  for (const MetricInput& used : kpi.value.metrics) {
    if (used.metric == input.metric && used.filters == input.filters && used.all == input.all && used.back.empty()) {
      input.beside = used.beside;
    }
  }
  kpi.min_sample.push_back({kpi.value.metrics.size(), least});
  kpi.value.metrics.push_back(std::move(input));
}

}  // namespace

void compile_min_sample(RawKpi& raw, const CompileContext& context, Diagnostics& diagnostics) {
  for (RawMinSample& sample : raw.min_sample) {
    if (!sample.metric.tree) {
      continue;
    }
    // all(m) becomes all(sum(m)).
    const bool is_all = sample.metric.tree->kind == Expr::Kind::kCall;
    std::unique_ptr<Expr>& metric = is_all ? sample.metric.tree->children[0] : sample.metric.tree;
    auto sum = std::make_unique<Expr>();
    sum->kind = Expr::Kind::kCall;
    sum->text = "sum";
    sum->range = metric->range;
    sum->children.push_back(std::move(metric));
    metric = std::move(sum);
    const std::optional<Program> program = compile_expression(sample.metric, context, diagnostics);
    if (program && program->metrics.size() == 1 && !raw.kpi.value.code.empty()) {
      add_min_sample(raw.kpi, program->metrics[0], sample.least);
    }
  }
}

std::string canonical_alerts(const RawKpi& raw) {
  const Kpi& kpi = raw.kpi;
  std::string text;
  for (const RawMinSample& sample : raw.min_sample) {
    text += "min_sample " + sample.metric.text + ": " + number_text(sample.least) + "\n";
  }
  if (kpi.thresholds) {
    const auto limit = [&](std::string_view name, const std::optional<Program>& program) {
      text += program ? std::string(name) + ": " + program->text + "\n" : "";
    };
    limit("warning", kpi.thresholds->warning);
    limit("critical", kpi.thresholds->critical);
    limit("recover", kpi.thresholds->recover);
    text += "for: " + kpi.thresholds->patience.hold.text() +
            "\nrecover_for: " + kpi.thresholds->patience.recover.text() + "\n";
    text += kpi.thresholds->gate ? "confidence: " + number_text(kpi.thresholds->gate->confidence) + "\n" : "";
    for (const LimitVariant& variant : kpi.thresholds->segments) {
      text += "segment " + variant.text + "\n";
    }
    for (const LimitVariant& variant : kpi.thresholds->when) {
      text += "when " + variant.text + "\n";
    }
  }
  for (const AlertRule& alert : kpi.alerts) {
    text += "alert " + alert.name + ": " + alert.when.text + ", " + std::string(name_of(alert.severity)) + ", for " +
            alert.patience.hold.text() + ", recover_for " + alert.patience.recover.text() + "\n";
  }
  return text;
}

}  // namespace kpi

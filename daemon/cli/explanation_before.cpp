#include "daemon/cli/explanation_before.hpp"

#include "daemon/cli/explanation_words.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

Unit unit_of(const MetricInput& input, const Metric& metric) {
  const bool is_score = input.how == Aggregate::kAnomaly && input.quantile == 0;
  return is_score ? Unit() : Unit::parse(input.how == Aggregate::kAge ? "d" : metric.unit).value_or(Unit{});
}

std::vector<InputFinding> inputs_of(const Program& program, const RuleSet& rules, const SampleTable& table) {
  std::vector<InputFinding> found;
  for (const MetricInput& input : program.metrics) {
    const Metric& metric = rules.metrics[input.metric];
    InputFinding& finding = found.emplace_back();
    finding.name = metric.name;
    finding.how = aggregate_name(input.how, metric.kind);
    finding.series = table.of_metric(input.metric).size();
    finding.value = Value::unknown(Reason::kNoSample);
    finding.unit = unit_of(input, metric);
  }
  for (const KpiInput& input : program.kpis) {
    InputFinding& finding = found.emplace_back();
    finding.name = input.is_self ? "value" : rules.kpis[input.kpi].id;
    finding.how = "as judged";
    finding.value = Value::unknown(Reason::kNoSample);
  }
  return found;
}

/// A limit that is one number is known before any sample is.
RuleFinding limit_of(const std::string& name, const Program& program, const RuleSet& rules, const SampleTable& table) {
  RuleFinding rule;
  rule.name = name;
  rule.text = program.text;
  rule.is_number = program.is_constant();
  rule.value = rule.is_number ? Value::of(program.code[0].number) : Value::unknown(Reason::kNoSample);
  rule.inputs = inputs_of(program, rules, table);
  return rule;
}

std::vector<RuleFinding> rules_of(const Kpi& kpi, const RuleSet& rules, const SampleTable& table) {
  std::vector<RuleFinding> found;
  if (kpi.thresholds) {
    const Thresholds& limits = *kpi.thresholds;
    for (const auto& [name, program] : {std::pair("warning", &limits.warning),
                                        std::pair("critical", &limits.critical),
                                        std::pair("recover", &limits.recover)}) {
      if (*program) {
        found.push_back(limit_of(name, **program, rules, table));
      }
    }
  }
  for (const AlertRule& alert : kpi.alerts) {
    RuleFinding& rule = found.emplace_back(limit_of(alert.name, alert.when, rules, table));
    rule.is_condition = true;
    rule.is_number = false;
    rule.value = Value::unknown(Reason::kNoSample);
  }
  return found;
}

}  // namespace

Explanation explain_before_samples(const Engine& engine, const Kpi& kpi, Instant now, Line& line) {
  const JudgeContext context = engine.judge_context(now);
  line.kpi = static_cast<std::uint32_t>(&kpi - engine.config().rules.kpis.data());
  Explanation found;
  found.kpi = &kpi;
  found.line = &line;
  found.judgement.value = Value::unknown(Reason::kNoSample);
  found.inputs = inputs_of(kpi.value, *context.rules, *context.table);
  found.rules = rules_of(kpi, *context.rules, *context.table);
  found.state = KpiState::kNoData;
  const auto is_missing = [](const InputFinding& input) { return input.series == 0 && input.how != "as judged"; };
  const auto missing = std::ranges::find_if(found.inputs, is_missing);
  found.why.push_back(missing == found.inputs.end()
                          ? "nothing to judge yet: no step has been made with this rule"
                          : "nothing to judge yet: no sample of " + missing->name + " has ever arrived");
  if (!found.rules.empty()) {
    found.why.emplace_back("nothing fires before there is a value");
  }
  return found;
}

}  // namespace kpi

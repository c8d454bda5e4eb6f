#include "daemon/review/period_figure.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr Grain kDay{Grain::Unit::kDay, 0};

bool reads_whole_window(const MetricInput& input) {
  return !input.window && !input.since && input.back.empty() && input.how != Aggregate::kTrend &&
         input.how != Aggregate::kAge && input.how != Aggregate::kAnomaly && input.how != Aggregate::kForecast;
}

bool is_distinct(const RuleSet& rules, const MetricInput& input) {
  const bool adds_up = input.how == Aggregate::kByKind || input.how == Aggregate::kSum;
  return adds_up && rules.metrics[input.metric].kind == MetricKind::kDistinct;
}

Date last_day(const ReviewPeriod& period) {
  return Date{std::chrono::sys_days{period.to} - std::chrono::days{1}};
}

}  // namespace

std::string_view name_of(FigureBasis basis) {
  switch (basis) {
    case FigureBasis::kFormula:
      return "formula";
    case FigureBasis::kMean:
      return "mean";
    case FigureBasis::kLast:
      break;
  }
  return "last";
}

FigureBasis basis_of(const RuleSet& rules, const Kpi& kpi) {
  const Program& program = kpi.value;
  FigureBasis basis = program.moments.empty() ? FigureBasis::kFormula : FigureBasis::kLast;
  for (const MetricInput& input : program.metrics) {
    if (!reads_whole_window(input)) {
      basis = FigureBasis::kLast;
    } else if (is_distinct(rules, input)) {
      basis = std::max(basis, FigureBasis::kMean);
    }
  }
  for (const KpiInput& input : program.kpis) {
    basis = std::max(basis,
                     input.window || !input.back.empty() ? FigureBasis::kLast : basis_of(rules, rules.kpis[input.kpi]));
  }
  return basis;
}

const std::vector<std::vector<std::uint32_t>>& PeriodFigures::series_of(std::uint32_t kpi, const Labels& segment) {
  const auto [found, is_new] = series_.try_emplace({kpi, segment});
  if (is_new) {
    for (const MetricInput& input : rules_.kpis[kpi].value.metrics) {
      found->second.push_back(select_series(input, rules_.metrics[input.metric], table_, segment));
    }
  }
  return found->second;
}

/// The same segment where the part has it, else its total.
Labels PeriodFigures::segment_of(const KpiInput& input, const Labels& segment) const {
  const bool has_segment =
      !input.of_total && std::ranges::any_of(rules_.kpis[input.kpi].split_by, [&](const auto& split) {
        return std::ranges::equal(split, segment, {}, {}, &Labels::value_type::first);
      });
  return has_segment ? segment : Labels{};
}

bool PeriodFigures::has_begun(std::uint32_t kpi, const Labels& segment, const ReviewPeriod& period) {
  const Slot from = slot_of(period.from);
  const Slot by{from.ms + (slot_of(period.to).ms - from.ms) / 10};
  const Program& program = rules_.kpis[kpi].value;
  const auto& series = series_of(kpi, segment);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto began = [&](std::uint32_t id) {
      return !table_[id].samples.empty() && table_[id].samples.front().slot <= by;
    };
    if (rules_.metrics[program.metrics[i].metric].kind == MetricKind::kFlow && std::ranges::none_of(series[i], began)) {
      return false;
    }
  }
  return std::ranges::all_of(
      program.kpis, [&](const KpiInput& input) { return has_begun(input.kpi, segment_of(input, segment), period); });
}

Value PeriodFigures::value(std::uint32_t kpi, const Labels& segment, const ReviewPeriod& period) {
  const Kpi& rule = rules_.kpis[kpi];
  const Slot last = slot_of(last_day(period));
  const auto days = std::chrono::sys_days{period.to} - std::chrono::sys_days{period.from};
  // What it is made of has one value in all of the period: as if judged once, on its last day.
  std::vector<JudgedSeries> parts;
  parts.reserve(rule.value.kpis.size());
  Inputs inputs;
  for (const KpiInput& input : rule.value.kpis) {
    const Value of_part = value(input.kpi, segment_of(input, segment), period);
    JudgedSeries& judged = parts.emplace_back(JudgedSeries{kDay, {}});
    if (of_part.is_known()) {
      judged.put(last, of_part.number);
    }
    inputs.kpis.push_back(&judged);
  }
  inputs.series = series_of(kpi, segment);
  EvaluationContext context;
  context.rules = &rules_;
  context.table = &table_;
  context.frame = Frame{last, kDay, Span{0, static_cast<std::int32_t>(days.count()), 0}, rule.zone, rules_.calendar};
  context.complete = 0;
  return evaluate(rule.value, inputs, context);
}

}  // namespace kpi

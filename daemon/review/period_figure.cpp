#include "daemon/review/period_figure.hpp"

#include "rules/expr/operands.hpp"

#include <algorithm>
#include <cstddef>

namespace kpi {
namespace {

constexpr Grain kDay{Grain::Unit::kDay, 0};
constexpr Grain kHourly{Grain::Unit::kInterval, 3'600'000};

bool reads_whole_window(const MetricInput& input) {
  return !input.window && !input.since && input.back.empty() && input.how != Aggregate::kTrend &&
         input.how != Aggregate::kAge && input.how != Aggregate::kAnomaly && input.how != Aggregate::kForecast;
}

bool is_distinct(const RuleSet& rules, const MetricInput& input) {
  const bool adds_up = input.how == Aggregate::kByKind || input.how == Aggregate::kSum;
  return adds_up && rules.metrics[input.metric].kind == MetricKind::kDistinct;
}

/// A question of the time of the period itself; one inside sum(…) is of each grain.
bool asks_for_time(const Instruction& instruction) {
  return instruction.op == OpCode::kHoliday || instruction.op == OpCode::kEvent || instruction.op == OpCode::kWeekday ||
         instruction.op == OpCode::kMonth;
}

/// By which power of the number of days that are added up a value grows: 1 for a sum, 0 for a ratio of sums.
int growth_of(const RuleSet& rules, const Program& program);

int growth_of(const RuleSet& rules, const Program& program, const Instruction& instruction) {
  const auto grows = [](Aggregate how) { return how == Aggregate::kSum || how == Aggregate::kCount ? 1 : 0; };
  switch (instruction.op) {
    case OpCode::kMetric: {
      const MetricInput& input = program.metrics[instruction.index];
      const bool is_flow = rules.metrics[input.metric].kind == MetricKind::kFlow;
      return input.how == Aggregate::kByKind ? static_cast<int>(is_flow) : grows(input.how);
    }
    case OpCode::kByGrain:
      return grows(program.nested[instruction.index].how);
    case OpCode::kKpi: {
      const KpiInput& input = program.kpis[instruction.index];
      return input.window ? grows(input.how) : growth_of(rules, rules.kpis[input.kpi].value);
    }
    default:
      return 0;
  }
}

int growth_of(const RuleSet& rules, const Program& program) {
  std::vector<int> stack;
  for (const Instruction& instruction : program.code) {
    const std::size_t taken = std::min(operands_of(instruction), stack.size());
    const auto first = stack.end() - static_cast<std::ptrdiff_t>(taken);
    int growth = taken == 0 ? growth_of(rules, program, instruction) : *std::max_element(first, stack.end());
    if (instruction.op == OpCode::kMultiply) {
      growth = first[0] + first[1];
    } else if (instruction.op == OpCode::kDivide) {
      growth = first[0] - first[1];
    } else if (instruction.op == OpCode::kChange) {
      growth = 0;
    }
    stack.erase(first, stack.end());
    stack.push_back(growth);
  }
  return stack.empty() ? 0 : stack.back();
}

/// Whether a KPI is read as it is over any time: by its own value, or by the sum of what adds up anyway.
bool is_read_over_all(const RuleSet& rules, const Kpi& kpi, const KpiInput& input) {
  const bool is_summed =
      input.how == Aggregate::kSum && input.window == kpi.over && growth_of(rules, rules.kpis[input.kpi].value) == 1;
  return input.back.empty() && (!input.window || is_summed);
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
  const bool is_counted_at_once = program.segments.empty() && std::ranges::none_of(program.code, asks_for_time);
  FigureBasis basis = is_counted_at_once ? FigureBasis::kFormula : FigureBasis::kLast;
  for (const MetricInput& input : program.metrics) {
    if (!reads_whole_window(input)) {
      basis = FigureBasis::kLast;
    } else if (is_distinct(rules, input)) {
      basis = std::max(basis, FigureBasis::kMean);
    }
  }
  for (const KpiInput& input : program.kpis) {
    basis = std::max(basis,
                     is_read_over_all(rules, kpi, input) ? basis_of(rules, rules.kpis[input.kpi]) : FigureBasis::kLast);
  }
  return basis;
}

bool grows_with_days(const RuleSet& rules, const Kpi& kpi) {
  return growth_of(rules, kpi.value) != 0;
}

bool is_of_days(const RuleSet& rules, const Kpi& kpi) {
  const FigureBasis basis = basis_of(rules, kpi);
  const bool has_several = kpi.value.metrics.size() > 1 || !kpi.value.kpis.empty();
  return grows_with_days(rules, kpi) || basis == FigureBasis::kMean || (has_several && basis == FigureBasis::kFormula);
}

std::string coverage_words(const Coverage& coverage, Language language) {
  const Phrase phrase = coverage.grain == kDay      ? Phrase::kDaysWithData
                        : coverage.grain == kHourly ? Phrase::kHoursWithData
                                                    : Phrase::kPeriodsWithData;
  return say(language, phrase, {{"known", coverage.known}, {"n", coverage.all}});
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

/// All that the KPI reads, by way of the KPIs that it is made of, too.
void PeriodFigures::add_inputs(std::uint32_t kpi, const Labels& segment, std::vector<FigureInput>& inputs) {
  const Kpi& rule = rules_.kpis[kpi];
  const auto& series = series_of(kpi, segment);
  for (std::size_t i = 0; i < series.size(); ++i) {
    inputs.push_back({&rule.value.metrics[i], series[i], rule.complete});
  }
  for (const KpiInput& input : rule.value.kpis) {
    if (!input.optional) {
      add_inputs(input.kpi, segment_of(input, segment), inputs);
    }
  }
}

Frame PeriodFigures::frame_of(std::uint32_t kpi, const ReviewPeriod& period) const {
  const auto days = std::chrono::sys_days{period.to} - std::chrono::sys_days{period.from};
  return {slot_of(last_day(period)),
          kDay,
          Span{0, static_cast<std::int32_t>(days.count()), 0},
          rules_.kpis[kpi].zone,
          rules_.calendar};
}

/// The inputs over the frame's window go to `whole`, to be looked at together; the others are looked at here.
void PeriodFigures::add_parts(
    std::uint32_t kpi, const Labels& segment, const Frame& frame, std::vector<FigureInput>& whole, Coverage& least) {
  const Kpi& rule = rules_.kpis[kpi];
  const auto see = [&](const Coverage& one) { least = one.is_less_than(least) ? one : least; };
  const auto& series = series_of(kpi, segment);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const FigureInput input{&rule.value.metrics[i], series[i], rule.complete};
    if (!input.input->window && !input.input->since && input.input->back.empty()) {
      whole.push_back(input);
    } else if (!input.input->optional && input.input->back.empty()) {
      see(SharedSlots(rules_, table_, frame, std::span(&input, 1)).coverage());
    }
  }
  for (const KpiInput& input : rule.value.kpis) {
    if (input.optional || input.is_self || !input.back.empty()) {
      continue;
    }
    const Labels part = segment_of(input, segment);
    if (input.window) {
      see(coverage(input.kpi, part, {frame.slot, frame.every, *input.window, frame.zone, frame.calendar}));
    } else {
      add_parts(input.kpi, part, frame, whole, least);
    }
  }
}

Coverage PeriodFigures::coverage(std::uint32_t kpi, const Labels& segment, const Frame& frame) {
  std::vector<FigureInput> whole;
  Coverage least{1, 1, kDay};
  add_parts(kpi, segment, frame, whole, least);
  const Coverage shared = SharedSlots(rules_, table_, frame, whole).coverage();
  return shared.all > 0 && !least.is_less_than(shared) ? shared : least;
}

PeriodFigure PeriodFigures::figure(std::uint32_t kpi, const Labels& segment, const ReviewPeriod& period) {
  const Frame frame = frame_of(kpi, period);
  std::vector<FigureInput> inputs;
  add_inputs(kpi, segment, inputs);
  const SharedSlots shared(rules_, table_, frame, inputs);
  return {value(kpi, segment, frame, shared), shared.coverage()};
}

Value PeriodFigures::value(std::uint32_t kpi, const Labels& segment, const Frame& frame, const SharedSlots& shared) {
  const Kpi& rule = rules_.kpis[kpi];
  // What it is made of has one value in all of the period: as if judged once, on its last day.
  std::vector<JudgedSeries> parts;
  parts.reserve(rule.value.kpis.size());
  Inputs inputs;
  for (const KpiInput& input : rule.value.kpis) {
    const Value of_part = value(input.kpi, segment_of(input, segment), frame, shared);
    JudgedSeries& judged = parts.emplace_back(JudgedSeries{kDay, {}});
    if (of_part.is_known()) {
      judged.put(frame.slot, of_part.number);
    }
    inputs.kpis.push_back(&judged);
  }
  inputs.series = series_of(kpi, segment);
  SampleTable table;
  for (std::size_t i = 0; !shared.are_all() && i < inputs.series.size(); ++i) {
    inputs.series[i] = shared.copy(rule.value.metrics[i], inputs.series[i], table);
  }
  EvaluationContext context;
  context.rules = &rules_;
  context.table = shared.are_all() ? &table_ : &table;
  context.frame = frame;
  context.frame.zone = rule.zone;
  context.complete = 0;
  context.may_lack_end = true;
  return evaluate(rule.value, inputs, context);
}

}  // namespace kpi

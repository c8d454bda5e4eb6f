#include "rules/base/text.hpp"
#include "rules/expr/compiler.hpp"

#include <algorithm>

namespace kpi {

bool Compiler::check_labels(const Expr& expr, const Metric& metric) {
  bool fine = true;
  const auto has = [&](const std::string& label) {
    return std::ranges::find(metric.labels, label) != metric.labels.end();
  };
  for (const LabelFilter& filter : expr.filters) {
    if (!has(filter.label)) {
      const std::string near = did_you_mean(filter.label, metric.labels);
      error(expr.range,
            metric.name + " has no label \"" + filter.label + "\"",
            !near.empty()           ? near
            : metric.labels.empty() ? "declare it under `labels` of the source " + metric.source
                                    : "its labels: " + join(metric.labels, " "));
      fine = false;
    }
  }
  const auto is_left_out = [&](const LabelFilter& filter) {
    return filter.negated && std::ranges::find(context_.split_labels, filter.label) == context_.split_labels.end();
  };
  if (const auto filter = std::ranges::find_if(expr.filters, is_left_out);
      fine && metric.across == Across::kNone && filter != expr.filters.end()) {
    error(expr.range,
          "the labels of " + metric.name + " do not combine (across: none): what is left without " + filter->value +
              " is no number",
          "filter by the one " + filter->label + " that is meant, split by " + filter->label +
              ", or write across: on the metric");
    fine = false;
  }
  for (const std::string& label : context_.split_labels) {
    if (!all_ && !total_ && !has(label)) {
      error(expr.range,
            metric.name + " has no label \"" + label + "\", which `split_by` names",
            "write all(" + metric.name + ") if the same number is meant for every segment");
      fine = false;
    }
  }
  return fine;
}

bool Compiler::check_window(const Expr& expr, const Metric& metric, const MetricInput& input) {
  if (context_.every.is_finer_than(metric.grain)) {
    error(expr.range,
          metric.name + " has one value per " + metric.grain.text() + ", but the KPI is judged every " +
              context_.every.text(),
          "write every: " + metric.grain.text() + ", or coarser");
    return false;
  }
  if (!check_distinct(expr, metric, input)) {
    return false;
  }
  if (input.since) {
    return true;
  }
  const Span window = input.window.value_or(context_.over);
  if (input.how == Aggregate::kTrend && !check_trend(expr, metric.grain, window)) {
    return false;
  }
  if (metric.grain.unit != Grain::Unit::kInstant && !check_length(expr, metric.grain, window)) {
    return false;
  }
  return true;
}

/// Who came twice would count twice: unique counts add up to nothing.
bool Compiler::check_distinct(const Expr& expr, const Metric& metric, const MetricInput& input) {
  const bool adds = input.how == Aggregate::kByKind || input.how == Aggregate::kSum;
  const Span window = input.window.value_or(context_.over);
  if (metric.kind != MetricKind::kDistinct || !adds || (!input.since && window == metric.grain.span())) {
    return true;
  }
  const std::string text = input.since ? "a " + Grain{*input.since, 0}.text() + " to date" : window.text();
  error(expr.range,
        metric.name + " is a unique count (kind: distinct): that of " + text + " is not the sum of its " +
            metric.grain.text() + "s, because who came twice would count twice",
        input.since ? "let the source deliver unique counts per " + Grain{*input.since, 0}.text()
                    : "write avg(" + metric.name + ") for the mean of a " + metric.grain.text() +
                          ", or let the source deliver unique counts per " + text);
  return false;
}

/// A window holds whole periods of what it is read over. Weeks may be read over months: a week belongs to the month
/// in which it ends.
bool Compiler::check_length(const Expr& expr, const Grain& grain, const Span& window) {
  const Span one = grain.span();
  if (window.approximate_ms() < one.approximate_ms()) {
    error(expr.range,
          expr.text + " has one value per " + grain.text() + ", longer than the window of " + window.text(),
          "write " + one.text() + ", or longer");
    return false;
  }
  const bool months_fit = one.months == 0 || (window.months != 0 && window.months % one.months == 0);
  const bool days_fit = !grain.is_civil() || window.ms % kDayMs == 0;
  const bool intervals_fit = grain.unit != Grain::Unit::kInterval || window.ms % grain.interval_ms == 0;
  const bool weeks_fit = grain.unit != Grain::Unit::kWeek || (window.days + window.ms / kDayMs) % 7 == 0;
  if (months_fit && days_fit && weeks_fit && intervals_fit) {
    return true;
  }
  error(expr.range,
        expr.text + " has one value per " + grain.text() + ": a window of " + window.text() + " does not hold whole " +
            grain.text() + "s",
        "write " + one.text() + ", or a multiple");
  return false;
}

/// A slope needs two periods; of very many it would take too long, as each is compared with each.
bool Compiler::check_trend(const Expr& expr, const Grain& grain, const Span& window) {
  constexpr std::int64_t most = 400;
  if (grain.unit == Grain::Unit::kInstant) {
    error(expr.range, expr.text + " is read at instants, which are no periods to have a slope over");
    return false;
  }
  const std::int64_t one = grain.span().approximate_ms();
  const std::int64_t all = window.approximate_ms();
  if (all < 2 * one || all / one > most) {
    error(expr.range,
          "trend() looks at 2 to " + std::to_string(most) + " periods: a window of " + window.text() + " holds " +
              std::to_string(all / one) + " of " + expr.text,
          "write trend(" + expr.text + ", " +
              (grain.is_civil() ? grain.unit == Grain::Unit::kDay ? "28 days" : "1 year" : "1 day") + ")");
    return false;
  }
  return true;
}

/// Inside an aggregate all metrics have their values for the same stretches of time.
bool Compiler::check_grain(const Expr& expr, const Metric& metric) {
  if (grains_->first == nullptr) {
    grains_->first = &metric;
    return true;
  }
  const Metric& first = *grains_->first;
  const std::string where = "inside " + std::string(grains_->aggregate) + "() ";
  if (metric.grain != first.grain) {
    error(expr.range,
          where + "all metrics must have one grain: " + first.name + " has one value per " + first.grain.text() + ", " +
              metric.name + " one per " + metric.grain.text(),
          "aggregate them apart");
    return false;
  }
  const bool is_another = &metric != &first;
  if (is_another &&
      (metric.grain.unit == Grain::Unit::kInstant || (!metric.grain.is_civil() && !(metric.zone == first.zone)))) {
    error(expr.range,
          where + first.name + " and " + metric.name + " have no periods in common: " +
              (metric.grain.unit == Grain::Unit::kInstant ? "they are read at instants" : "their zones differ"),
          "aggregate them apart");
    return false;
  }
  return true;
}

}  // namespace kpi

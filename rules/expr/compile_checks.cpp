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
  for (const std::string& label : context_.split_labels) {
    if (!all_ && !has(label)) {
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
  const Span window = input.window.value_or(context_.over);
  if (metric.grain.unit != Grain::Unit::kInstant && !check_length(expr, metric.grain, window)) {
    return false;
  }
  const bool adds = input.how == Aggregate::kByKind || input.how == Aggregate::kSum;
  if (metric.kind == MetricKind::kDistinct && adds && !(window == metric.grain.span())) {
    error(expr.range,
          metric.name + " is a unique count (kind: distinct): that of " + window.text() + " is not the sum of its " +
              metric.grain.text() + "s, because who came twice would count twice",
          "write avg(" + metric.name + ") for the mean of a " + metric.grain.text() +
              ", or let the source deliver unique counts per " + window.text());
    return false;
  }
  return true;
}

/// A window holds whole periods of what it is read over. Weeks may be read over months: a week belongs to the month
/// in which it ends.
bool Compiler::check_length(const Expr& expr, const Grain& grain, const Span& window) {
  const Span one = grain.span();
  if (window.approximate_ms() < one.approximate_ms()) {
    error(expr.range,
          expr.text + " has one value per " + grain.text() + ", longer than the window of " + window.text());
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

}  // namespace kpi

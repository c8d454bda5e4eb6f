#include "daemon/cli/check_totals.hpp"

#include "daemon/cli/check_never.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// Of all that the labels tell apart there is one: each is filtered to one value.
bool is_whole(const Metric& metric, const MetricInput& input) {
  return std::ranges::all_of(metric.labels, [&](const std::string& label) {
    return std::ranges::any_of(input.filters,
                               [&](const LabelFilter& filter) { return filter.label == label && !filter.negated; });
  });
}

}  // namespace

void check_totals(const RuleSet& rules,
                  const std::function<bool(std::uint32_t)>& has_total_rows,
                  Diagnostics& diagnostics) {
  for (const Kpi& kpi : rules.kpis) {
    for (const MetricInput& input : kpi.value.metrics) {
      const Metric& metric = rules.metrics[input.metric];
      if (metric.across == Across::kNone && !input.is_weight && !is_whole(metric, input) &&
          !has_total_rows(input.metric)) {
        diagnostics.warning(
            place_of_rule(kpi, "value"),
            metric.name + " has labels that do not combine (across: none): the total of " + kpi.id +
                " needs rows without labels",
            "let the source deliver them with empty labels, filter by label, or write across: on the metric");
      }
    }
  }
}

}  // namespace kpi

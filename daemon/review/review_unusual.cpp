#include "daemon/review/review_unusual.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kpi {
namespace {

/// The newest so many tell what is usual.
constexpr int kPeriods = 1000;

bool asks(const Kpi& kpi) {
  return std::ranges::any_of(kpi.alerts, [](const AlertRule& rule) { return asks_for_unusual(rule.when); });
}

}  // namespace

Result<void> add_unusual(Review& review, const Config& config, HistoryReader& reader) {
  for (ReviewKpi& kpi : review.kpis) {
    const auto& points = kpi.total.points;
    const auto last =
        std::find_if(points.rbegin(), points.rend(), [](const ReviewPoint& point) { return !std::isnan(point.value); });
    if (!asks(*kpi.kpi) || last == points.rend()) {
      continue;
    }
    const Kpi& rule = *kpi.kpi;
    VerdictFilter filter{kpi.recorded_as, Labels{}, {}, {}};
    filter.from = next_slot(last->slot, rule.every, rule.zone, -kPeriods);
    filter.to = last->end;
    std::vector<Sample> judged;
    KPI_TRY(reader.verdicts(filter, [&](const KpiVerdict& one) { judged.push_back({one.row.slot, one.row.value}); }));
    std::ranges::sort(judged, {}, &Sample::slot);
    if (const auto found = look_back(judged, rule, last->slot, config.rules.calendar)) {
      kpi.unusual = UnusualEnd{last->slot, *found};
    }
  }
  return {};
}

}  // namespace kpi

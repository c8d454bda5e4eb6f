#include "daemon/store/part_of_history.hpp"

namespace kpi {
namespace {

/// Of so many lines one by one is dearer than all of them in the order in which they are stored.
constexpr std::size_t kFewOf = 8;

template <class Use>
void each_program(const Kpi& kpi, const Use& use) {
  use(kpi.value);
  if (kpi.thresholds) {
    each_threshold_program(*kpi.thresholds, use);
  }
  for (const AlertRule& alert : kpi.alerts) {
    use(alert.when);
  }
}

}  // namespace

PartOfHistory::PartOfHistory(const RuleSet& rules, const Kpi& kpi, Store& store) : store_(store) {
  add(rules, kpi);
}

void PartOfHistory::add(const RuleSet& rules, const Kpi& kpi) {
  if (!kpis_.insert(kpi.id).second) {
    return;
  }
  kpis_.insert(kpi.was.begin(), kpi.was.end());
  each_program(kpi, [&](const Program& program) {
    for (const MetricInput& input : program.metrics) {
      metrics_.insert(rules.metrics[input.metric].name);
    }
    for (const KpiInput& input : program.kpis) {
      if (!input.is_self) {
        add(rules, rules.kpis[input.kpi]);
      }
    }
  });
}

Result<StoredState> PartOfHistory::load() {
  StoredState state = KPI_TRY(store_.load());
  all_lines_ = state.lines.size();
  std::erase_if(state.series, [&](const SeriesRow& row) { return !metrics_.contains(row.metric); });
  std::erase_if(state.lines, [&](const LineRow& row) { return !kpis_.contains(row.kpi); });
  for (const SeriesRow& row : state.series) {
    series_.push_back(row.id);
  }
  for (const LineRow& row : state.lines) {
    lines_.insert(row.id);
  }
  std::erase_if(state.alerts, [&](const AlertRow& row) { return row.line != 0 && !lines_.contains(row.line); });
  return state;
}

Result<void> PartOfHistory::samples(Slot from,
                                    Slot to,
                                    const std::vector<std::uint32_t>& series,
                                    const std::function<void(const SampleRow&)>& row) {
  if (series.empty() && series_.empty()) {
    return {};
  }
  return store_.samples(from, to, series.empty() ? series_ : series, row);
}

Result<void> PartOfHistory::verdicts(Slot from,
                                     Slot to,
                                     std::uint32_t line,
                                     const std::function<void(const VerdictRow&)>& row) {
  if (line != 0) {
    return store_.verdicts(from, to, line, row);
  }
  if (lines_.size() * kFewOf > all_lines_) {
    return store_.verdicts(from, to, 0, [&](const VerdictRow& found) {
      if (lines_.contains(found.line)) {
        row(found);
      }
    });
  }
  for (const std::uint32_t one : lines_) {
    KPI_TRY(store_.verdicts(from, to, one, row));
  }
  return {};
}

}  // namespace kpi

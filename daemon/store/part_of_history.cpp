#include "daemon/store/part_of_history.hpp"

#include <algorithm>

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

/// Whether the filters of an input let a series through.
bool lets_through(const MetricInput& input, const Labels& series) {
  return std::ranges::all_of(input.filters, [&](const LabelFilter& filter) {
    return (label_value(series, filter.label) == filter.value) != filter.negated;
  });
}

}  // namespace

PartOfHistory::PartOfHistory(const RuleSet& rules, const Kpi& kpi, Store& store) : store_(store) {
  add(rules, kpi);
  for (const Kpi& other : rules.kpis) {
    if (std::ranges::any_of(other.inhibits, [&](const RuleName& rule) { return rule.kpi == kpi.id; })) {
      add(rules, other);  // whether it speaks for this one
    }
  }
}

void PartOfHistory::add(const RuleSet& rules, const Kpi& kpi) {
  if (!kpis_.insert(kpi.id).second) {
    return;
  }
  kpis_.insert(kpi.was.begin(), kpi.was.end());
  each_program(kpi, [&](const Program& program) {
    for (const MetricInput& input : program.metrics) {
      inputs_.emplace(rules.metrics[input.metric].name, &input);
    }
    for (const KpiInput& input : program.kpis) {
      if (!input.is_self) {
        add(rules, rules.kpis[input.kpi]);
      }
    }
  });
}

/// Those that some input reads; of a metric without any, all: what there is instead is told.
std::set<std::uint32_t> PartOfHistory::series_of(const std::vector<SeriesRow>& rows) const {
  std::set<std::uint32_t> read;
  std::set<std::uint32_t> others;
  std::set<std::string_view> found;
  for (const SeriesRow& row : rows) {
    const auto [begin, end] = inputs_.equal_range(row.metric);
    const bool counts =
        std::any_of(begin, end, [&](const auto& entry) { return lets_through(*entry.second, row.labels); });
    if (counts) {
      read.insert(row.id);
      found.insert(row.metric);
    } else if (begin != end) {
      others.insert(row.id);
    }
  }
  for (const SeriesRow& row : rows) {
    if (others.contains(row.id) && !found.contains(row.metric)) {
      read.insert(row.id);
    }
  }
  return read;
}

Result<StoredState> PartOfHistory::load() {
  StoredState state = KPI_TRY(store_.load());
  all_lines_ = state.lines.size();
  const std::set<std::uint32_t> wanted = series_of(state.series);
  std::erase_if(state.series, [&](const SeriesRow& row) { return !wanted.contains(row.id); });
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

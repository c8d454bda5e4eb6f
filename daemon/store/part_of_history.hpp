#pragma once
// A history of which only what one KPI needs is read: its own verdicts, those of the KPIs its formula and its rules
// use, and the samples that pass the filters of these. Among thousands of KPIs that is little. For verbs that look at
// one KPI and change nothing; one thread, that of the store beneath it.

#include "daemon/store/store.hpp"
#include "rules/model/kpi.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kpi {

class PartOfHistory final : public Store {
 public:
  /// `rules` and `store` must outlive it.
  PartOfHistory(const RuleSet& rules, const Kpi& kpi, Store& store);

  Result<StoredState> load() override;

  Result<void> commit(const StepCommit& step) override { return store_.commit(step); }

  Result<void> samples(Slot from,
                       Slot to,
                       const std::vector<std::uint32_t>& series,
                       const std::function<void(const SampleRow&)>& row) override;
  Result<void> verdicts(Slot from,
                        Slot to,
                        std::uint32_t line,
                        const std::function<void(const VerdictRow&)>& row) override;

  Result<void> past_samples(const std::function<void(const SampleRow&)>& row) override {
    return store_.past_samples(row);
  }

  Result<void> newest_revisions(const std::function<void(std::uint32_t series, Slot slot)>& row) override {
    return store_.newest_revisions(row);
  }

 private:
  void add(const RuleSet& rules, const Kpi& kpi);
  [[nodiscard]] std::set<std::uint32_t> series_of(const std::vector<SeriesRow>& rows) const;

  Store& store_;
  std::set<std::string, std::less<>> kpis_;                             // their former names too
  std::multimap<std::string, const MetricInput*, std::less<>> inputs_;  // by "source.metric"
  std::set<std::uint32_t> lines_;
  std::vector<std::uint32_t> series_;
  std::size_t all_lines_ = 0;
};

}  // namespace kpi

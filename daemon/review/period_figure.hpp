#pragma once
// The value of a KPI over a whole review period: a ratio of sums, never a mean of ratios, and of the same days on both
// of its sides. Pure; one thread.

#include "daemon/review/review_period.hpp"
#include "daemon/review/shared_slots.hpp"
#include "rules/expr/evaluate.hpp"
#include "rules/model/kpi.hpp"
#include "rules/model/sample_table.hpp"
#include "rules/model/value.hpp"
#include "rules/words/say.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// What stands for a KPI over a stretch of time.
enum class FigureBasis : std::uint8_t {
  kFormula,  ///< Its formula over all of the period.
  kMean,     ///< The mean of its judged values: unique counts add up over nothing.
  kLast,     ///< Its last judged value: the formula brings its own windows.
};

std::string_view name_of(FigureBasis basis);

/// "formula" where every input is read over the KPI's window and adds up over any; KPIs that it is made of included.
FigureBasis basis_of(const RuleSet& rules, const Kpi& kpi);

/// Whether the value grows with the days that it is of: a sum does, a ratio of sums, a level and a mean do not.
bool grows_with_days(const RuleSet& rules, const Kpi& kpi);

/// Whether the value is of the days that have data: a sum, a mean of days, a formula of inputs that all must be there.
bool is_of_days(const RuleSet& rules, const Kpi& kpi);

/// A value and what there is of what it is made of.
struct PeriodFigure {
  Value value;
  Coverage coverage;
};

/// "5 of 7 days have data".
std::string coverage_words(const Coverage& coverage, Language language);

class PeriodFigures {
 public:
  /// Both must outlive it. `table` has the samples of every period that is asked for.
  PeriodFigures(const RuleSet& rules, const SampleTable& table) : rules_(rules), table_(table) {}

  /// REQUIRES basis_of() is kFormula. Gaps are left out: what there is counts; of several inputs the days that all of
  /// them know. Unknown where there is nothing.
  PeriodFigure figure(std::uint32_t kpi, const Labels& segment, const ReviewPeriod& period);

  /// What there is of what the KPI reads for a period of it: the period's days, or the windows that inputs bring
  /// themselves; of several the one that lacks most. A KPI that it reads counts with its inputs, but where it is
  /// shifted by prev().
  Coverage coverage(std::uint32_t kpi, const Labels& segment, const Frame& frame);

  /// What coverage() takes for all of a review's period.
  [[nodiscard]] Frame frame_of(std::uint32_t kpi, const ReviewPeriod& period) const;

  /// False where what it adds up began only after the first tenth of the period: a sum of the rest is no value of the
  /// period. REQUIRES what figure() does.
  bool has_begun(std::uint32_t kpi, const Labels& segment, const ReviewPeriod& period);

 private:
  [[nodiscard]] Labels segment_of(const KpiInput& input, const Labels& segment) const;
  const std::vector<std::vector<std::uint32_t>>& series_of(std::uint32_t kpi, const Labels& segment);
  void add_inputs(std::uint32_t kpi, const Labels& segment, std::vector<FigureInput>& inputs);
  void add_parts(
      std::uint32_t kpi, const Labels& segment, const Frame& frame, std::vector<FigureInput>& whole, Coverage& least);
  Value value(std::uint32_t kpi, const Labels& segment, const Frame& frame, const SharedSlots& shared);

  const RuleSet& rules_;
  const SampleTable& table_;
  std::map<std::pair<std::uint32_t, Labels>, std::vector<std::vector<std::uint32_t>>> series_;
};

}  // namespace kpi

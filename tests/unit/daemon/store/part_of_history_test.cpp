#include "daemon/store/part_of_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpi {
namespace {

using testing::ElementsAre;

/// Of every KPI the total, and a series of every metric; remembers what is asked for.
class AskedStore final : public Store {
 public:
  explicit AskedStore(std::size_t kpis) {
    for (std::uint32_t i = 0; i < kpis; ++i) {
      state.series.push_back({i + 1, "web.m" + std::to_string(i), {}});
      state.lines.push_back({i + 1, "k" + std::to_string(i), {}});
    }
  }

  Result<StoredState> load() override { return state; }

  Result<void> commit(const StepCommit& /*step*/) override { return {}; }

  Result<void> samples(Slot /*from*/,
                       Slot /*to*/,
                       const std::vector<std::uint32_t>& series,
                       const std::function<void(const SampleRow&)>& /*row*/) override {
    series_asked = series;
    ++times_asked_for_samples;
    return {};
  }

  Result<void> verdicts(Slot /*from*/,
                        Slot /*to*/,
                        std::uint32_t line,
                        const std::function<void(const VerdictRow&)>& row) override {
    lines_asked.push_back(line);
    for (const LineRow& known : state.lines) {
      if (line == 0 || known.id == line) {
        VerdictRow verdict;
        verdict.line = known.id;
        row(verdict);
      }
    }
    return {};
  }

  StoredState state;
  std::vector<std::uint32_t> series_asked;
  int times_asked_for_samples = 0;
  std::vector<std::uint32_t> lines_asked;
};

/// k0 … each of a metric of its own.
RuleSet rules_of(std::uint32_t kpis) {
  RuleSet rules;
  for (std::uint32_t i = 0; i < kpis; ++i) {
    rules.metrics.emplace_back().name = "web.m" + std::to_string(i);
    Kpi& kpi = rules.kpis.emplace_back();
    kpi.id = "k" + std::to_string(i);
    kpi.value.metrics.emplace_back().metric = i;
  }
  return rules;
}

std::vector<std::uint32_t> lines_read(Store& store) {
  std::vector<std::uint32_t> lines;
  const auto read = store.verdicts({0}, {1}, 0, [&](const VerdictRow& row) { lines.push_back(row.line); });
  EXPECT_TRUE(read.has_value());
  return lines;
}

TEST(PartOfHistory, ReadsTheKpiThoseItUsesAndTheirSamplesAndNothingElse) {
  RuleSet rules = rules_of(100);
  rules.kpis[7].value.kpis.emplace_back().kpi = 5;
  rules.kpis[5].alerts.emplace_back().when.kpis.emplace_back().kpi = 3;
  AskedStore store(100);
  store.state.alerts = {{8, "a", AlertPhase::kFiring, {}, {}, "e1", ""},
                        {50, "a", AlertPhase::kFiring, {}, {}, "e2", ""}};
  PartOfHistory part(rules, rules.kpis[7], store);
  const auto state = part.load();
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->lines.size(), 3);
  EXPECT_EQ(state->alerts.size(), 1);
  EXPECT_THAT(lines_read(part), ElementsAre(4, 6, 8));
  EXPECT_THAT(store.lines_asked, ElementsAre(4, 6, 8));
  ASSERT_TRUE(part.samples({0}, {1}, {}, [](const SampleRow&) {}).has_value());
  EXPECT_THAT(store.series_asked, ElementsAre(4, 6, 8));
}

TEST(PartOfHistory, OfAMetricOnlyTheSeriesThatAFilterLetsThroughAreRead) {
  RuleSet rules = rules_of(2);
  rules.kpis[1].value.metrics[0].filters = {{"k", "b", false}};
  AskedStore store(2);
  store.state.series = {{1, "web.m0", {}}, {2, "web.m1", {{"k", "a"}}}, {3, "web.m1", {{"k", "b"}}}};
  PartOfHistory part(rules, rules.kpis[1], store);
  ASSERT_TRUE(part.load().has_value());
  ASSERT_TRUE(part.samples({0}, {1}, {}, [](const SampleRow&) {}).has_value());
  EXPECT_THAT(store.series_asked, ElementsAre(3));
  // What no row matches is told beside what there is.
  rules.kpis[1].value.metrics[0].filters = {{"k", "c", false}};
  PartOfHistory nothing(rules, rules.kpis[1], store);
  EXPECT_EQ(nothing.load()->series.size(), 2);
}

TEST(PartOfHistory, OfFewKpisAllIsReadInOneGo) {
  const RuleSet rules = rules_of(3);
  AskedStore store(3);
  PartOfHistory part(rules, rules.kpis[1], store);
  ASSERT_TRUE(part.load().has_value());
  EXPECT_THAT(lines_read(part), ElementsAre(2));
  EXPECT_THAT(store.lines_asked, ElementsAre(0));
}

TEST(PartOfHistory, WithoutAnySeriesNoSampleIsAskedFor) {
  const RuleSet rules = rules_of(1);
  AskedStore store(0);
  PartOfHistory part(rules, rules.kpis[0], store);
  ASSERT_TRUE(part.load().has_value());
  ASSERT_TRUE(part.samples({0}, {1}, {}, [](const SampleRow&) {}).has_value());
  EXPECT_EQ(store.times_asked_for_samples, 0);
}

TEST(PartOfHistory, AFormerNameOfTheKpiIsReadToo) {
  RuleSet rules = rules_of(20);
  rules.kpis[2].was = {"k9"};
  AskedStore store(20);
  PartOfHistory part(rules, rules.kpis[2], store);
  ASSERT_TRUE(part.load().has_value());
  EXPECT_THAT(lines_read(part), ElementsAre(3, 10));
}

}  // namespace
}  // namespace kpi

// What does not add up over periods or labels, and how long the periods are that a KPI reads of another.

#include "rules/load/over_time.hpp"

#include "rules/load/rule_file.hpp"
#include "rules/load/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Metric metric_of(std::string name, MetricKind kind, Across across, const std::string& unit) {
  Metric metric;
  metric.source = name.substr(0, name.find('.'));
  metric.name = std::move(name);
  metric.kind = kind;
  metric.across = across;
  metric.unit = unit;
  metric.labels = {"device"};
  return metric;
}

/// "a.yaml:2:5: error: … / help: …" of each, in order; empty: all is fine.
std::vector<std::string> said_of(const std::string& kpis) {
  SourceSet sources;
  Diagnostics diagnostics;
  RuleGround ground;
  ground.metrics = {metric_of("web.users", MetricKind::kDistinct, Across::kNone, "users"),
                    metric_of("web.score", MetricKind::kMean, Across::kNone, "points"),
                    metric_of("web.stock", MetricKind::kLevel, Across::kSum, "items"),
                    metric_of("web.visits", MetricKind::kFlow, Across::kSum, "visits")};
  const auto tree = parse_yaml(sources.add("a.yaml", kpis), diagnostics);
  load_kpis({&*tree}, ground, diagnostics);
  diagnostics.sort();
  std::vector<std::string> said;
  for (const Diagnostic& item : diagnostics.items()) {
    said.push_back((item.severity == Diagnostic::Severity::kError ? "error: " : "warning: ") + item.message + "; " +
                   item.remedy);
  }
  return said;
}

TEST(OverTime, OfUniqueCountsAndLevelsThereIsNoTotal) {
  const std::string target = ", target: {measure: total, to: 3000, by: 2026-12-31}}\n";
  EXPECT_THAT(
      said_of("x: {value: web.users" + target),
      testing::ElementsAre(HasSubstr("error: a total adds up periods, and x is a unique count (kind: distinct): "
                                     "who came in two of them would count twice; write measure: average")));
  EXPECT_THAT(said_of("x: {value: 2 * web.users" + target), testing::SizeIs(1));
  EXPECT_THAT(said_of("x: {value: web.stock" + target),
              testing::ElementsAre(HasSubstr("x is a level (kind: level): what is there in two of them would count")));
  EXPECT_THAT(said_of("x: {value: web.stock}\ny: {value: x + 1" + target), testing::SizeIs(1));
  EXPECT_THAT(said_of("x: {value: web.visits" + target), IsEmpty());
  for (const char* value : {"\"diff(web.stock, 1 day)\"",
                            "\"web.stock - prev(web.stock, 1 day)\"",
                            "\"if(web.stock < 20, 1, 0)\"",
                            "\"if(web.users < 100, 1, 0)\""}) {
    EXPECT_THAT(said_of("x: {value: " + std::string(value) + target), IsEmpty()) << value;
  }
  EXPECT_THAT(said_of("x: {value: sum(web.stock)" + target), IsEmpty()) << "a sum that somebody asks for";
  EXPECT_THAT(said_of("x: {value: web.users, target: {measure: average, from: 1000, to: 3000, by: 2026-12-31}}\n"),
              IsEmpty());
}

TEST(OverTime, AKpiThatIsAUniqueCountIsNotSummedUp) {
  const std::string users = "users: {value: web.users}\n";
  EXPECT_THAT(
      said_of(users + "week: {value: \"sum(users, 7 days)\"}\n"),
      testing::ElementsAre(HasSubstr("error: users is a unique count: that of 1 week is not the sum of its days, "
                                     "because who came twice would count twice; write avg(users)")));
  EXPECT_THAT(said_of(users + "twice: {value: 2 * users}\nweek: {value: \"sum(twice, 7 days)\"}\n"),
              testing::SizeIs(1));
  EXPECT_THAT(said_of(users + "week: {value: \"avg(users, 7 days)\"}\n"), IsEmpty());
  EXPECT_THAT(said_of("rate: {value: web.visits / web.users}\nweek: {value: \"sum(rate, 7 days)\"}\n"), IsEmpty());
}

TEST(OverTime, LabelsThatDoNotCombineLeaveNothingWithoutOneOfThem) {
  EXPECT_THAT(
      said_of("x: {value: 'web.users{device!=\"bot\"}'}\n"),
      testing::ElementsAre(HasSubstr("error: the labels of web.users do not combine (across: none): what is left "
                                     "without bot is no number; filter by the one device that is meant, split")));
  EXPECT_THAT(said_of("x: {value: 'web.score{device!=\"bot\"}'}\n"), testing::SizeIs(1));
  EXPECT_THAT(said_of("x: {value: 'web.users{device!=\"bot\"}', split_by: [device]}\n"), IsEmpty());
  EXPECT_THAT(said_of("x: {value: 'web.visits{device!=\"bot\"}'}\n"), IsEmpty());
}

TEST(OverTime, AKpiByItsNameIsItsLastPeriodAndThatIsSaid) {
  const std::string visits = "visits: {value: web.visits}\n";
  EXPECT_THAT(
      said_of(visits + "x: {value: visits / web.visits, every: week}\n"),
      testing::ElementsAre(HasSubstr("warning: visits is judged every day: of a week this is the last day alone; "
                                     "write sum(visits), avg(visits) or another aggregate of the week")));
  EXPECT_THAT(said_of(visits + "x: {value: last(visits) / web.visits, every: week}\n"), IsEmpty());
  EXPECT_THAT(said_of(visits + "x: {value: sum(visits), every: week}\n"), IsEmpty());
  EXPECT_THAT(
      said_of(visits + "x: {value: visits, over: 7 days}\n"),
      testing::ElementsAre(HasSubstr("warning: over: 1 week says nothing: a KPI by its name is its last period; "
                                     "write sum(visits)")));
  EXPECT_THAT(said_of(visits + "x: {value: sum(visits), over: 7 days}\n"), IsEmpty());
  EXPECT_THAT(said_of(visits + "x: {value: visits / web.visits, over: 7 days}\n"), IsEmpty());
}

TEST(OverTime, AUnitIsATextThatIsNotEmpty) {
  for (const char* unit : {"[EUR]", "{a: b}", "\"\"", "\" \""}) {
    EXPECT_THAT(said_of("x: {value: web.visits, unit: " + std::string(unit) + "}\n"),
                testing::ElementsAre(HasSubstr("error: ")))
        << unit;
  }
}

}  // namespace
}  // namespace kpi

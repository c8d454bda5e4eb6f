// Slips in a rule, each told where it stands and how to mend it, though the rule would load, or did not say how.

#include "rules/load/rule_file.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace kpi {
namespace {

struct Slip {
  std::string name;
  std::string keys;    ///< Of the KPI, below `value` and `unit`.
  std::string at;      ///< The text that the position is that of.
  std::string said;    ///< The message, or a part of it.
  std::string remedy;  ///< Likewise.
};

void PrintTo(const Slip& slip, std::ostream* out) {
  *out << slip.name;
}

const std::vector<Slip>& slips() {
  static const std::vector<Slip> all{
      {"Retire",
       "split_by: [country]\nretire: 0 days",
       "0 days",
       "retire is a length of time",
       "write retire: 90 days"},
      {"FarOffTarget",
       "target:\n  from: 1\n  start: 2026-07-01\n  to: 5\n  by: 2026-01-01",
       "2026-01-01",
       "lies before the start",
       "with a later day"},
      {"RetireOfATotal", "retire: 3 days", "3 days", "retire says nothing without split_by", "write split_by:"},
      {"Goal", "target: {from: 1, to: 5, goal: 5, by: 2026-12-31}", "goal", "unknown key \"goal\"", "write to:"},
      {"Condition",
       "alerts: [{name: a, when: value > 3, condition: value > 3}]",
       "condition",
       "unknown key",
       "write when:"},
      {"BareProbability",
       "target: {from: 1, to: 5, by: 2026-12-31}\nalerts: [{name: a, when: target.probability < 30}]",
       "30",
       "30 is 3000%",
       "write 30%"},
      {"BarePace",
       "target: {from: 1, to: 5, by: 2026-12-31}\nalerts: [{name: a, when: target.pace < 80}]",
       "80",
       "80 is 8000%",
       "write 80%"},
      {"SameGoal", "target:\n  by: 2026-12-31\n  from: 1\n  to: 1", "1\n", "from and to are the same", "another goal"},
      {"AtRisk",
       "target: {from: 1, to: 5, by: 2026-12-31, on_track: 20%, at_risk: 40%}",
       "40%",
       "at_risk is above on_track",
       "the lower"},
      {"ForOfAnAlert",
       "alerts: [{name: a, when: value > 3, for: 3h}]",
       "3h",
       "is no whole number of days",
       "write for: 2 days"},
      {"NoName", "alerts: [{name: \"\", when: value > 3}]", "\"\"", "an alert rule needs a name", "write name:"},
      {"Measure",
       "target: {from: 1, to: 5, by: 2026-12-31, measure: median}",
       "median",
       "measure wants one of",
       "write measure: level, total, average or share_met"},
      {"Judge",
       "target: {from: 1, to: 5, by: 2026-12-31, judge: median}",
       "median",
       "judge wants one of",
       "write judge: forecast or pace"},
      {"Path",
       "target: {from: 1, to: 5, by: 2026-12-31, path: sqrt}",
       "sqrt",
       "path wants one of",
       "write path: linear, compound, s-curve, steps or seasonal"},
      {"Measured", "target: {from: mesured, to: 5, by: 2026-12-31}", "mesured", "from wants", "mean \"measured\"?"},
      {"EndOfYear",
       "target: {from: 1, to: 5, by: end of year}",
       "end of year",
       "by wants the last day",
       "write the day, such as by: 2026-12-31"},
      {"ThirteenthMonth",
       "target: {from: 1, to: 5, by: 2026-13-01}",
       "2026-13-01",
       "by wants a date",
       "a year has 12 months"},
      {"ShareAboveAll",
       "thresholds: {warning: 5}\ntarget: {measure: share_met, to: 120%, by: 2026-12-31}",
       "120%",
       "share_met goes to a share",
       "write to: 95%"},
      {"ShareWithoutPercent",
       "thresholds: {warning: 5}\ntarget: {measure: share_met, to: 90, by: 2026-12-31}",
       "90",
       "share_met goes to a share",
       "write to: 90%"},
      {"OverHours", "over: 3h", "shop.orders", "longer than the window of 3h", "write 1 day, or longer"},
      {"LimitOfTime", "thresholds: {warning: 3h}", "3h", "is a duration, not a number", "3h is 180"},
      {"LimitOfDollars", "thresholds: {warning: $5}", "$5", "\"$\" is not part", "numbers have no unit"},
      {"LimitOfCrowns", "thresholds: {warning: 5 kr}", "kr", "expected an operator", "write 5: numbers have no unit"},
      {"LimitOfARatio", "thresholds: {warning: 10:1}", "10:1", "10:1 is a ratio", "write 10, in orders"},
      {"LimitOfItself",
       "thresholds: {warning: value}",
       "value}",
       "compares the value with itself",
       "prev(value, 1 week)"},
      {"LimitOfItsOwnPart", "thresholds: {warning: 0.9 * value}", "0.9 *", "with itself", "prev(value, 1 week)"},
      {"Negative", "min_sample: {shop.orders: -3}", "-3", "a count cannot be negative", "{shop.orders: 200}"},
      {"ShareAsSample", "min_sample: {shop.orders: 20%}", "20%", "a count, not a share", "{shop.orders: 200}"},
      {"Text",
       "alerts: [{name: a, when: 'value + \"text\" > 3'}]",
       "\"text\"",
       "+ wants a number, got a text",
       "names and numbers have no quotes"},
      {"CompleteDays", "complete: 2 days", "2 days", "no length of time", "write complete: 80%"},
      {"CompleteAbove", "complete: 110%", "110%", "up to 100%", "write complete: 80%"},
      {"MaxSegments", "max_segments: 20", "20", "says nothing without split_by", "leave max_segments out"},
      {"Severity",
       "no_data: {then: ok, severity: critical}",
       "critical",
       "severity says nothing with then: ok",
       "leave severity out"},
      {"OwnLabel", "labels: {owner: me}", "owner", "has a label \"owner\"", "own_owner"},
      {"OwnLabelOfAlert",
       "alerts: [{name: a, when: value > 3, labels: {severity: high}}]",
       "severity: high",
       "has a label \"severity\"",
       "own_severity"},
      {"CommentInMessage",
       "alerts:\n  - name: a\n    when: value > 3\n    message: Case # 1",
       "# 1",
       "takes what follows this # for a comment",
       "write: message: \"Case # 1\""},
      {"CommentInTitle", "title: Orders # all", "# all", "for a comment", "write: title: \"Orders # all\""},
  };
  return all;
}

class Slips : public testing::TestWithParam<Slip> {};

TEST_P(Slips, AreToldWhereTheyStandAndHowToMendThem) {
  const Slip& slip = GetParam();
  std::string text = "x:\n  value: shop.orders\n  unit: orders\n  ";
  for (const char c : slip.keys + "\n") {
    text += c;
    text += c == '\n' ? "  " : "";
  }
  SourceSet sources;
  Diagnostics diagnostics;
  const SourceText& source = sources.add("a.yaml", text);
  const YamlNode tree = parse_yaml(source, diagnostics).value_or(YamlNode());
  Metric orders;
  orders.name = "shop.orders";
  orders.source = "shop";
  orders.unit = "orders";
  orders.labels = {"country"};
  RuleGround ground;
  ground.metrics = {orders};
  load_kpis({&tree}, ground, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U) << diagnostics.text();
  const Diagnostic& told = diagnostics.items().front();
  const std::string_view line = source.line(told.position.line);
  const std::string from =
      std::string(line.substr(std::min<std::size_t>(told.position.column - 1, line.size()))) + "\n";
  EXPECT_TRUE(from.starts_with(slip.at)) << diagnostics.text();
  EXPECT_NE(told.message.find(slip.said), std::string::npos) << diagnostics.text();
  EXPECT_NE(told.remedy.find(slip.remedy), std::string::npos) << diagnostics.text();
}

INSTANTIATE_TEST_SUITE_P(RuleFile, Slips, testing::ValuesIn(slips()), [](const auto& test) { return test.param.name; });

TEST(RuleFile, ACommentOnALineOfItsOwnOrInQuotesIsNoSlip) {
  SourceSet sources;
  Diagnostics diagnostics;
  const SourceText& source = sources.add("a.yaml",
                                         "x:\n  # all\n  title: \"Orders # all\"\n  description: All of them  # in "
                                         "words\n  value: shop.orders  # each\n  unit: orders  # one\n");
  const YamlNode tree = parse_yaml(source, diagnostics).value_or(YamlNode());
  RuleGround ground;
  ground.metrics.emplace_back();
  ground.metrics.back().name = "shop.orders";
  ground.metrics.back().source = "shop";
  load_kpis({&tree}, ground, diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
}

}  // namespace
}  // namespace kpi

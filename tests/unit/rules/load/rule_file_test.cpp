// From the `kpis:` of rule files to a rule set, or everything that is wrong with them.

#include "rules/load/rule_file.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

Metric metric(std::string name,
              std::string unit,
              std::string_view grain = "day",
              std::vector<std::string> labels = {}) {
  Metric result;
  result.source = name.substr(0, name.find('.'));
  result.name = std::move(name);
  result.unit = std::move(unit);
  result.grain = parse_grain(grain).value();
  result.labels = std::move(labels);
  return result;
}

/// Files with KPIs over the metrics of a shop.
class Rules {
 public:
  explicit Rules(const std::vector<std::string>& files) {
    ground.metrics = {metric("web.visits", "visits", "day", {"country"}),
                      metric("shop.revenue", "SEK", "day", {"country"}),
                      metric("shop.orders", "orders"),
                      metric("crm.customers", "customers", "month"),
                      metric("site.load", "", "instant"),
                      metric("site.hits", "hits", "5m")};
    ground.metrics.push_back(metric("web.users", "users", "day", {"country"}));
    ground.metrics.back().kind = MetricKind::kDistinct;
    ground.metrics.back().across = Across::kNone;
    ground.zone = Zone::find("Europe/Stockholm").value();
    for (const std::string& text : files) {
      const SourceText& source = sources_.add(sources_.texts().empty() ? "a.yaml" : "b.yaml", text);
      trees_.push_back(parse_yaml(source, diagnostics).value_or(YamlNode()));
    }
  }

  const Rules& load() {
    std::vector<const YamlNode*> maps;
    for (const YamlNode& tree : trees_) {
      maps.push_back(&tree);
    }
    set = load_kpis(maps, ground, diagnostics);
    diagnostics.sort();
    return *this;
  }

  RuleGround ground;
  Diagnostics diagnostics;
  std::optional<RuleSet> set;

 private:
  SourceSet sources_;
  std::deque<YamlNode> trees_;
};

/// All that is wrong, as a person sees it; empty when the rules are loaded.
std::string complaints(const std::string& kpis) {
  Rules rules({kpis});
  rules.load();
  EXPECT_EQ(rules.set.has_value(), !rules.diagnostics.has_errors());
  return rules.diagnostics.text();
}

/// The one KPI of a file without complaints.
Kpi loaded(const std::string& kpi) {
  Rules rules({kpi});
  rules.load();
  EXPECT_EQ(rules.diagnostics.text(), "");
  return rules.set && !rules.set->kpis.empty() ? rules.set->kpis.back() : Kpi{};
}

// --- what is loaded ---

TEST(RuleFile, ReadsAKpiOfTenLines) {
  const Kpi kpi = loaded(R"~(
conversion_rate:
  title: Conversion rate
  description: Visitors who buy
  owner: growth
  objective: More customers from the same traffic
  unit: "%"
  value: shop.orders / web.visits
  over: 7 days
  thresholds: {warning: 2.2%, critical: 1.8%, for: 2 days, recover: 2.4%, recover_for: 1 day}
  no_data: {after: 2 days, severity: critical}
  labels: {team: nordic}
)~");
  EXPECT_EQ(kpi.id, "conversion_rate");
  EXPECT_EQ(kpi.title, "Conversion rate");
  EXPECT_EQ(kpi.owner, "growth");
  EXPECT_EQ(kpi.unit.text(), "%");
  EXPECT_EQ(kpi.value.text, "shop.orders / web.visits");
  EXPECT_EQ(kpi.every, parse_grain("day").value());
  EXPECT_EQ(kpi.over, (Span{0, 7, 0}));
  ASSERT_TRUE(kpi.thresholds.has_value());
  EXPECT_EQ(kpi.thresholds->warning->text, "2.2%");
  EXPECT_EQ(kpi.thresholds->critical->text, "1.8%");
  EXPECT_EQ(kpi.thresholds->recover->text, "2.4%");
  EXPECT_EQ(kpi.thresholds->patience, (Patience{{0, 2, 0}, {0, 1, 0}}));
  EXPECT_EQ(kpi.no_data.after, (Span{0, 2, 0}));
  EXPECT_EQ(kpi.no_data.severity, Severity::kCritical);
  EXPECT_EQ(kpi.labels, (Labels{{"team", "nordic"}}));
}

TEST(RuleFile, JudgesEveryPeriodOfTheCoarsestInput) {
  EXPECT_EQ(loaded("x: {value: web.visits / crm.customers}").every, parse_grain("month").value());
  EXPECT_EQ(loaded("x: {value: site.hits}").every, parse_grain("5m").value());
  EXPECT_EQ(loaded("x: {value: web.visits, every: week}").over, (Span{0, 7, 0}));
  EXPECT_EQ(loaded("a: {value: crm.customers}\nx: {value: web.visits / a}").every, parse_grain("month").value());
}

TEST(RuleFile, TakesTheZoneOfTheInputsWhenTheyAgree) {
  const auto zone_of = [](const std::string& a, const std::string& b, const std::string& more) {
    Rules rules({"x: {value: web.visits / shop.orders" + more + "}"});
    rules.ground.metrics[0].zone = Zone::find(a).value();
    rules.ground.metrics[2].zone = Zone::find(b).value();
    return rules.load().set->kpis[0].zone.name();
  };
  EXPECT_EQ(zone_of("Asia/Tokyo", "Asia/Tokyo", ""), "Asia/Tokyo");
  EXPECT_EQ(zone_of("Asia/Tokyo", "America/New_York", ""), "Europe/Stockholm");
  EXPECT_EQ(zone_of("Asia/Tokyo", "Asia/Tokyo", ", timezone: Europe/London"), "Europe/London");
}

TEST(RuleFile, WarnsOfAPercentageMadeByHand) {
  for (const char* value : {"100 * shop.orders / web.visits",
                            "shop.orders / web.visits * 100",
                            "'round(100 * shop.orders / web.visits, 1)'"}) {
    const std::string text = complaints(std::string("x: {unit: '%', value: ") + value + "}");
    EXPECT_NE(text.find("is in %, and its formula is multiplied by 100 besides"), std::string::npos) << text;
    EXPECT_NE(text.find("help: leave 100 out"), std::string::npos) << text;
  }
  for (const char* value : {"shop.orders / web.visits + 5", "5 + shop.orders / web.visits"}) {
    const std::string text = complaints(std::string("x: {unit: '%', value: ") + value + "}");
    EXPECT_NE(text.find("is in %, where 5 is 500 %"), std::string::npos) << text;
    EXPECT_NE(text.find("help: write 5%"), std::string::npos) << text;
  }
  EXPECT_EQ(complaints("x: {unit: '%', value: shop.orders / web.visits + 5%}"), "");
  EXPECT_EQ(complaints("x: {unit: '%', value: 1 - shop.orders / web.visits}"), "");
  EXPECT_EQ(complaints("x: {unit: '%', value: shop.orders / web.visits}"), "");
  EXPECT_EQ(complaints("x: {unit: points, value: 100 * shop.orders / web.visits}"), "");
}

TEST(RuleFile, TakesTheUnitOfTheFormulaWhenThereIsNone) {
  EXPECT_EQ(loaded("x: {value: shop.revenue / shop.orders}").unit.text(), "SEK/orders");
}

TEST(RuleFile, ReadsLimitsAsExpressions) {
  const Kpi kpi = loaded("x: {value: shop.orders, thresholds: {warning: \"0.8 * prev(value, 52 weeks)\"}}");
  EXPECT_EQ(kpi.thresholds->warning->text, "0.8 * prev(value, 52 weeks)");
  EXPECT_TRUE(kpi.thresholds->warning->kpis.at(0).is_self);
  EXPECT_EQ(loaded("x: {value: shop.orders, thresholds: {warning: 100 - 5}}").thresholds->warning->text, "100 - 5");
}

TEST(RuleFile, TakesABandForALimit) {
  EXPECT_TRUE(loaded("x: {value: shop.orders, better: {within: [3, 4]}}").thresholds.has_value());
  EXPECT_EQ(
      loaded("x: {value: shop.orders, better: {within: [3, 4]}, thresholds: {for: 2 days}}").thresholds->patience.hold,
      (Span{0, 2, 0}));
}

TEST(RuleFile, ReadsSplits) {
  const Kpi kpi = loaded("x: {value: web.visits, split_by: [country]}");
  EXPECT_EQ(kpi.split_by, (std::vector<std::vector<std::string>>{{"country"}}));
}

TEST(RuleFile, ReadsATarget) {
  const Kpi kpi =
      loaded("x: {value: shop.orders, target: {from: 100, to: 1k, start: 2026-07-01, by: 6 months, path: compound}}");
  ASSERT_EQ(kpi.targets.size(), 1);
  const Target& target = kpi.targets.front();
  EXPECT_EQ(target.baseline, 100);
  EXPECT_EQ(target.goal, 1000);
  EXPECT_EQ(target.within, (Span{6, 0, 0}));
  EXPECT_EQ(target.path, Target::Path::kCompound);
  EXPECT_EQ(target.severity[static_cast<std::size_t>(TargetStatus::kMissed)], Severity::kCritical);
  const Kpi measured = loaded("x: {value: shop.orders, target: {from: measured, to: 1k, by: 2026-12-31}}");
  EXPECT_EQ(measured.targets.front().baseline, std::nullopt);
}

TEST(RuleFile, PutsEachKpiAfterThoseItUses) {
  Rules rules({"a: {value: b + c}\nb: {value: c * 2}",
               "c: {value: shop.orders}\nd: {value: shop.orders, thresholds: {warning: a}}"});
  rules.load();
  EXPECT_EQ(rules.diagnostics.text(), "");
  std::string order;
  for (const Kpi& kpi : rules.set->kpis) {
    order += kpi.id;
  }
  EXPECT_EQ(order, "cbad");
  EXPECT_EQ(rules.set->find("a"), &rules.set->kpis[2]);
  EXPECT_EQ(rules.set->find("e"), nullptr);
}

TEST(RuleFile, ResolvesChainsOfThousandsOfKpis) {
  std::string text = "k0: {value: shop.orders}\n";
  for (int i = 1; i < 3000; ++i) {
    text += "k" + std::to_string(i) + ": {value: k" + std::to_string(i - 1) + " + 1}\n";
  }
  EXPECT_EQ(complaints(text), "");
}

TEST(RuleFile, NamesAVersionByWhatDecidesVerdicts) {
  const Kpi kpi = loaded("x: {title: A, value: shop.orders, thresholds: {warning: 5}}");
  EXPECT_EQ(kpi.fingerprint,
            loaded("x: {title: B, owner: me, value: \"( shop.orders )\", thresholds: {warning: 5}}").fingerprint);
  for (const char* other :
       {"x: {value: shop.orders, thresholds: {warning: 6}}",
        "x: {value: shop.orders * 1, thresholds: {warning: 5}}",
        "x: {value: shop.orders, thresholds: {warning: 5, for: 2 days}}",
        "x: {value: shop.orders, over: 2 days, thresholds: {warning: 5}}",
        "x: {value: shop.orders, better: lower, thresholds: {warning: 5}}",
        "x: {value: shop.orders, thresholds: {warning: 5}, alerts: [{name: n, when: value < 1}]}"}) {
    EXPECT_NE(kpi.fingerprint, loaded(other).fingerprint) << other;
  }
}

// --- what is wrong ---

struct Complaint {
  std::string name;
  std::string kpis;
  std::string text;
};

void PrintTo(const Complaint& test, std::ostream* out) {
  *out << test.kpis;
}

class Complaints : public testing::TestWithParam<Complaint> {};

TEST_P(Complaints, NameThePlaceAndTheRemedy) {
  EXPECT_EQ(complaints(GetParam().kpis), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    RuleFile,
    Complaints,
    testing::Values(
        Complaint{"ASlipInAKey",
                  "x: {value: shop.orders, thresholds: {waring: 5}}",
                  R"~(a.yaml:1:38: error: unknown key "waring" in kpis.x.thresholds
  1 | x: {value: shop.orders, thresholds: {waring: 5}}
    |                                      ^~~~~~
  help: did you mean "warning"?
)~"},
        Complaint{"AMetricThatIsNot",
                  "x: {value: \"1 + shop.order\"}",
                  R"~(a.yaml:1:17: error: there is no metric "shop.order"
  1 | x: {value: "1 + shop.order"}
    |                 ^~~~~~~~~~
  help: did you mean "shop.orders"?
)~"},
        Complaint{"AMetricInAFoldedFormula",
                  "x:\n  value: >-\n    1 +\n    shop.order\n",
                  R"~(a.yaml:2:10: error: there is no metric "shop.order"
  2 |   value: >-
    |          ^~
  help: did you mean "shop.orders"?
)~"},
        Complaint{"AMetricInAFormulaOverTwoLines",
                  "x:\n  value: 1 +\n    shop.order\n",
                  R"~(a.yaml:2:10: error: there is no metric "shop.order"
  2 |   value: 1 +
    |          ^~~
  help: did you mean "shop.orders"?
)~"},
        Complaint{"AFormulaWithEscapes",
                  "x: {value: \"1 +\\tshop.order\"}",
                  R"~(a.yaml:1:12: error: there is no metric "shop.order"
  1 | x: {value: "1 +\tshop.order"}
    |            ^~~~~~~~~~~~~~~~~
  help: did you mean "shop.orders"?
)~"},
        Complaint{"AFormulaThatDoesNotParse",
                  "x: {value: \"shop.orders +\"}",
                  R"~(a.yaml:1:26: error: expected a value, got the end
  1 | x: {value: "shop.orders +"}
    |                          ^
  help: the expression is not complete
)~"},
        Complaint{"ANumberWithAComma",
                  "x: {value: shop.orders, thresholds: {warning: \"12,5\"}}",
                  R"~(a.yaml:1:47: error: this wants a number such as 12.5, 1.5k, 2M or 2%, got "12,5"
  1 | x: {value: shop.orders, thresholds: {warning: "12,5"}}
    |                                               ^~~~~~
  help: write 12.5
)~"},
        Complaint{"ANumberWithSpaces",
                  "x: {value: shop.orders, thresholds: {warning: 1 200 000}}",
                  R"~(a.yaml:1:47: error: this wants a number such as 12.5, 1.5k, 2M or 2%, got "1 200 000"
  1 | x: {value: shop.orders, thresholds: {warning: 1 200 000}}
    |                                               ^~~~~~~~~
  help: write 1200000 or 1.2M
)~"},
        Complaint{"ANumberWithAPlus",
                  "x: {value: shop.orders, thresholds: {warning: +5}}",
                  R"~(a.yaml:1:47: error: this wants a number such as 12.5, 1.5k, 2M or 2%, got "+5"
  1 | x: {value: shop.orders, thresholds: {warning: +5}}
    |                                               ^~
  help: write 5; the unit is given by the key unit
)~"},
        Complaint{"NoValue", "x: {title: X}", R"~(a.yaml:1:4: error: kpis.x lacks "value"
  1 | x: {title: X}
    |    ^
  help: the formula, such as shop.orders / web.visits
)~"},
        Complaint{"AValueThatIsACondition",
                  "x: {value: shop.orders > 5}",
                  R"~(a.yaml:1:12: error: the value of a KPI is a number, this is a condition
  1 | x: {value: shop.orders > 5}
    |            ^~~~~~~~~~~~~~~
  help: write if(…, 1, 0)
)~"},
        Complaint{"AValueThatIsANumber", "x: {value: 5}", R"~(a.yaml:1:12: error: the value uses no metric and no KPI
  1 | x: {value: 5}
    |            ^
  help: name a metric such as web.visitors
)~"},
        Complaint{"AUnitThatDoesNotFit",
                  "x: {value: shop.revenue, unit: EUR}",
                  R"~(a.yaml:1:32: error: the unit EUR does not fit the value, which is in SEK
  1 | x: {value: shop.revenue, unit: EUR}
    |                                ^~~
  help: write unit: SEK, or multiply by a rate whose unit is EUR/SEK
)~"},
        Complaint{"ALimitInAnotherUnit",
                  "x: {value: shop.revenue, thresholds: {warning: 5%}}",
                  R"~(a.yaml:1:48: error: this is in %, the KPI's unit is SEK
  1 | x: {value: shop.revenue, thresholds: {warning: 5%}}
    |                                                ^~
  help: write it in SEK, the unit of the value
)~"},
        Complaint{"ALimitThatIsACondition",
                  "x: {value: shop.orders, thresholds: {warning: value > 5}}",
                  R"~(a.yaml:1:47: error: a number was expected here, this is a condition
  1 | x: {value: shop.orders, thresholds: {warning: value > 5}}
    |                                               ^~~~~~~~~
  help: write a limit such as 2%, or the condition as `when` of an entry of alerts
)~"},
        Complaint{
            "LimitsInTheWrongOrder",
            "x: {value: shop.orders, thresholds: {warning: 5, critical: 9}}",
            R"~(a.yaml:1:60: error: critical 9 is reached before warning 5: with better: higher a value below is a miss
  1 | x: {value: shop.orders, thresholds: {warning: 5, critical: 9}}
    |                                                            ^
  help: swap the limits, or write better: lower
)~"},
        Complaint{
            "LimitsInTheWrongOrderForLower",
            "x: {value: shop.orders, better: lower, thresholds: {warning: 9, critical: 5}}",
            R"~(a.yaml:1:75: error: critical 5 is reached before warning 9: with better: lower a value above is a miss
  1 | x: {value: shop.orders, better: lower, thresholds: {warning: 9, critical: 5}}
    |                                                                           ^
  help: swap the limits, or write better: higher
)~"},
        Complaint{
            "NegativeLimitsInTheWrongOrder",
            "x: {value: shop.orders, thresholds: {warning: -10, critical: -5}}",
            R"~(a.yaml:1:62: error: critical -5 is reached before warning -10: with better: higher a value below is a miss
  1 | x: {value: shop.orders, thresholds: {warning: -10, critical: -5}}
    |                                                              ^~
  help: swap the limits, or write better: lower
)~"},
        Complaint{
            "ComputedLimitsInTheWrongOrder",
            "x: {value: shop.orders, thresholds: {warning: 2 * 5, critical: 10 + 1}}",
            R"~(a.yaml:1:64: error: critical 10 + 1 is reached before warning 2 * 5: with better: higher a value below is a miss
  1 | x: {value: shop.orders, thresholds: {warning: 2 * 5, critical: 10 + 1}}
    |                                                                ^~~~~~
  help: swap the limits, or write better: lower
)~"},
        Complaint{"RecoveryOnTheBadSide",
                  "x: {value: shop.orders, thresholds: {warning: 5, recover: 4}}",
                  R"~(a.yaml:1:59: error: recover 4 lies on the bad side of the limit
  1 | x: {value: shop.orders, thresholds: {warning: 5, recover: 4}}
    |                                                           ^
  help: with better: higher it is at or above the limit
)~"},
        Complaint{"ThresholdsWithoutALimit",
                  "x: {value: shop.orders, thresholds: {for: 2 days}}",
                  R"~(a.yaml:1:37: error: thresholds without a limit
  1 | x: {value: shop.orders, thresholds: {for: 2 days}}
    |                                     ^
  help: write warning: or critical:
)~"},
        Complaint{"LimitsBesideABand",
                  "x: {value: shop.orders, better: {within: [1, 2]}, thresholds: {warning: 5}}",
                  R"~(a.yaml:1:63: error: with better: {within: …} the band itself is the limit
  1 | x: {value: shop.orders, better: {within: [1, 2]}, thresholds: {warning: 5}}
    |                                                               ^
  help: leave out warning, critical and recover; for and recover_for may stay
)~"},
        Complaint{"ABandTheWrongWayRound",
                  "x: {value: shop.orders, better: {within: [2, 1]}}",
                  R"~(a.yaml:1:42: error: within wants two numbers, the lower one first
  1 | x: {value: shop.orders, better: {within: [2, 1]}}
    |                                          ^
  help: write within: [3.5, 4.5]
)~"},
        Complaint{"HoursOfPatienceForADailyKpi",
                  "x: {value: shop.orders, thresholds: {warning: 5, for: 36h}}",
                  R"~(a.yaml:1:55: error: for: 36h is no whole number of days, and the KPI is judged every day
  1 | x: {value: shop.orders, thresholds: {warning: 5, for: 36h}}
    |                                                       ^~~
  help: write for: 2 days
)~"},
        Complaint{"AnAlertThatIsANumber",
                  "x: {value: shop.orders, alerts: [{name: a, when: value * 2}]}",
                  R"~(a.yaml:1:50: error: `when` wants a condition, this is a number
  1 | x: {value: shop.orders, alerts: [{name: a, when: value * 2}]}
    |                                                  ^~~~~~~~~
  help: compare it: change(value, 1 week) < -30%
)~"},
        Complaint{"TwoAlertsOfOneName",
                  "x: {value: shop.orders, alerts: [{name: a, when: value > 2}, {name: a, when: value > 3}]}",
                  R"~(a.yaml:1:69: error: the name "a" is taken
  1 | x: {value: shop.orders, alerts: [{name: a, when: value > 2}, {name: a, when: value > 3}]}
    |                                                                     ^
  help: every alert rule of a KPI has a name of its own
)~"},
        Complaint{"AnAlertWithATakenName",
                  "x: {value: shop.orders, alerts: [{name: target, when: value > 2}]}",
                  R"~(a.yaml:1:41: error: the name "target" is taken
  1 | x: {value: shop.orders, alerts: [{name: target, when: value > 2}]}
    |                                         ^~~~~~
  help: thresholds, target and no_data are kpid's own rules; give this one another name
)~"},
        Complaint{
            "ATargetOfAnAlertWithoutATarget",
            "x: {value: shop.orders, alerts: [{name: a, when: target.pace < 1}]}",
            R"~(a.yaml:1:50: error: "target.pace" can stand only in the alerts of a KPI that has a target, as it is
  1 | x: {value: shop.orders, alerts: [{name: a, when: target.pace < 1}]}
    |                                                  ^~~~~~~~~~~
  help: give the KPI a target, as in target: {from: 400, to: 500, by: 2026-12-31}, and use it in alerts:
)~"},
        Complaint{"AReadingWithoutEvery",
                  "x: {value: site.load}",
                  R"~(a.yaml:1:1: error: x is made of readings at instants, so it must say how often it is judged
  1 | x: {value: site.load}
    | ^
  help: write every: 5m
)~"},
        Complaint{"JudgedAtInstants",
                  "x: {value: site.load, every: instant}",
                  R"~(a.yaml:1:30: error: a KPI is judged over periods, not at instants
  1 | x: {value: site.load, every: instant}
    |                              ^~~~~~~
  help: write every: 5m
)~"},
        Complaint{"JudgedMoreOftenThanMeasured",
                  "x: {value: crm.customers, every: day}",
                  R"~(a.yaml:1:12: error: crm.customers has one value per month, but the KPI is judged every day
  1 | x: {value: crm.customers, every: day}
    |            ^~~~~~~~~~~~~
  help: write every: month, or coarser
)~"},
        Complaint{"ASplitByALabelThatIsNot",
                  "x: {value: shop.orders, split_by: [country]}",
                  R"~(a.yaml:1:12: error: shop.orders has no label "country", which `split_by` names
  1 | x: {value: shop.orders, split_by: [country]}
    |            ^~~~~~~~~~~
  help: write all(shop.orders) if the same number is meant for every segment
)~"},
        Complaint{"CompleteWithoutPercent",
                  "x: {value: web.visits, complete: 80}",
                  R"~(a.yaml:1:34: error: complete is a share above 0%, up to 100%
  1 | x: {value: web.visits, complete: 80}
    |                                  ^~
  help: write complete: 80%
)~"},
        Complaint{"BetterUp",
                  "x: {value: web.visits, better: up}",
                  R"~(a.yaml:1:32: error: better wants one of higher, lower, got "up"
  1 | x: {value: web.visits, better: up}
    |                                ^~
  help: write better: higher
)~"},
        Complaint{"ASplitByAMisspeltLabel",
                  "x: {value: web.visits, split_by: [contry], thresholds: {warning: 10, segments: [{match: {contry: "
                  "SE}, warning: 20}]}}",
                  R"~(a.yaml:1:35: error: nothing that x reads has the label "contry"
  1 | x: {value: web.visits, split_by: [contry], thresholds: {warning: 10, segments: [{match: {contry: SE}, warning: 20}]}}
    |                                   ^~~~~~
  help: did you mean "country"?
)~"},
        Complaint{"TheSameSplitTwice",
                  "x: {value: web.visits, split_by: [country, country]}",
                  R"~(a.yaml:1:44: error: the same split stands here twice
  1 | x: {value: web.visits, split_by: [country, country]}
    |                                            ^~~~~~~
  help: leave one of them out
)~"},
        Complaint{"APartThatNobodyUses",
                  "x: {value: shop.orders, parts: {a: web.visits}}",
                  R"~(a.yaml:1:36: error: nothing uses the part "a"
  1 | x: {value: shop.orders, parts: {a: web.visits}}
    |                                    ^~~~~~~~~~
  help: name it in `value`, or leave it out
)~"},
        Complaint{"APartThatOnlyItselfUses",
                  "x: {value: shop.orders, parts: {a: a + 1}}",
                  R"~(a.yaml:1:36: error: nothing uses the part "a"
  1 | x: {value: shop.orders, parts: {a: a + 1}}
    |                                    ^~~~~
  help: name it in `value`, or leave it out
)~"},
        Complaint{"APartNamedAsAKpi",
                  "y: {value: web.visits}\nx: {value: y, parts: {y: shop.orders}}",
                  R"~(a.yaml:2:26: error: "y" is the name of a KPI
  2 | x: {value: y, parts: {y: shop.orders}}
    |                          ^~~~~~~~~~~
  help: give the part another name
)~"},
        Complaint{"ATargetThatGoesNowhere",
                  "x: {value: shop.orders, target: {from: 5, to: 5, by: 2026-12-31}}",
                  R"~(a.yaml:1:47: error: from and to are the same: there is no way to go
  1 | x: {value: shop.orders, target: {from: 5, to: 5, by: 2026-12-31}}
    |                                               ^
  help: write to: with another goal; what is only to be held is a threshold, or measure: share_met
)~"},
        Complaint{"ATargetThatEndsBeforeItBegins",
                  "x: {value: shop.orders, target: {from: 5, to: 9, start: 2026-12-31, by: 2026-01-01}}",
                  R"~(a.yaml:1:73: error: the deadline 2026-01-01 lies before the start 2026-12-31
  1 | x: {value: shop.orders, target: {from: 5, to: 9, start: 2026-12-31, by: 2026-01-01}}
    |                                                                         ^~~~~~~~~~
  help: write by: with a later day, or as a span from the start: 6 months
)~"},
        Complaint{"ACompoundPathThroughZero",
                  "x: {value: shop.orders, target: {from: 0, to: 9, by: 2026-12-31, path: compound}}",
                  R"~(a.yaml:1:72: error: a compound path cannot go from 0 to 9
  1 | x: {value: shop.orders, target: {from: 0, to: 9, by: 2026-12-31, path: compound}}
    |                                                                        ^~~~~~~~
  help: growth rates need two numbers of the same sign, neither zero; write path: linear
)~"},
        Complaint{"ATargetAgainstBetter",
                  "x: {value: shop.orders, better: lower, target: {from: 5, to: 9, by: 2026-12-31}}",
                  R"~(a.yaml:1:62: warning: the target of x goes from 5 to 9, against `better`
  1 | x: {value: shop.orders, better: lower, target: {from: 5, to: 9, by: 2026-12-31}}
    |                                                              ^
  help: write better: higher if more is better
)~"},
        Complaint{"ATargetOfTwoSegments",
                  "x: {value: shop.orders, target: {from: 5, to: 9, by: 2026-12-31, segments: [{match: {country: [SE, "
                  "DK]}, to: 9}]}}",
                  R"~(a.yaml:1:95: error: a target is of one segment: country has one value
  1 | …p.orders, target: {from: 5, to: 9, by: 2026-12-31, segments: [{match: {country: [SE, DK]}, to: 9}]}}
    |                                                                                  ^
  help: write an entry for each value
)~"},
        Complaint{
            "ASegmentThatIsTheTotal",
            "x: {value: shop.orders, target: {from: 5, to: 9, by: 2026-12-31, segments: [{match: total, to: 9}]}}",
            R"~(a.yaml:1:85: error: match wants the labels of one segment
  1 | …value: shop.orders, target: {from: 5, to: 9, by: 2026-12-31, segments: [{match: total, to: 9}]}}
    |                                                                                  ^~~~~
  help: leave the entry out: the total has the target itself
)~"},
        Complaint{
            "AGoalThatIsAMiss",
            "x: {value: shop.orders, better: {within: [2, 8]}, target: {from: 5, to: 9, by: 2026-12-31}}",
            R"~(a.yaml:1:73: warning: the goal of x, 9, lies outside of better: {within: …}: who reaches it is warned
  1 | x: {value: shop.orders, better: {within: [2, 8]}, target: {from: 5, to: 9, by: 2026-12-31}}
    |                                                                         ^
  help: choose a goal within, or other bounds
)~"},
        Complaint{"SharesTheWrongWayRound",
                  "x: {value: shop.orders, target: {from: 5, to: 9, by: 2026-12-31, at_risk: 99%}}",
                  R"~(a.yaml:1:75: error: at_risk is above on_track
  1 | x: {value: shop.orders, target: {from: 5, to: 9, by: 2026-12-31, at_risk: 99%}}
    |                                                                           ^~~
  help: at_risk is the lower of the two shares
)~"},
        Complaint{"ANameThatIsAWordOfTheLanguage",
                  "value: {value: shop.orders}",
                  R"~(a.yaml:1:1: error: "value" cannot be the name of a KPI
  1 | value: {value: shop.orders}
    | ^~~~~
  help: it means something in expressions; choose another
)~"},
        Complaint{"ANameWithASpace",
                  "my kpi: {value: shop.orders}",
                  R"~(a.yaml:1:1: error: "my kpi" cannot be the name of a KPI
  1 | my kpi: {value: shop.orders}
    | ^~~~~~
  help: use letters, digits and _, starting with a letter
)~"},
        Complaint{"NoMapOfKpis", "[shop.orders]", R"~(a.yaml:1:1: error: kpis wants names and rules
  1 | [shop.orders]
    | ^
  help: write kpis: {visitors: {value: web.visitors}}
)~"},
        Complaint{"ACircle",
                  "a: {value: b}\nb: {value: c + 1}\nc: {value: a}",
                  R"~(a.yaml:1:1: error: the KPIs use each other in a circle: a -> b -> c -> a
  1 | a: {value: b}
    | ^
  help: one of them must be written over metrics alone
)~"},
        Complaint{
            "ACircleOfOne", "a: {value: a + 1}", R"~(a.yaml:1:1: error: the KPIs use each other in a circle: a -> a
  1 | a: {value: a + 1}
    | ^
  help: one of them must be written over metrics alone
)~"},
        Complaint{"AKpiOfABrokenKpi",
                  "a: {value: shop.ordres}\nb: {value: a * 2}",
                  R"~(a.yaml:1:12: error: there is no metric "shop.ordres"
  1 | a: {value: shop.ordres}
    |            ^~~~~~~~~~~
  help: did you mean "shop.orders"?
)~"},
        Complaint{"APercentageWithoutItsSign",
                  "x: {unit: \"%\", value: shop.orders / web.visits, thresholds: {warning: 2.2}}",
                  R"~(a.yaml:1:71: warning: 2.2 is 220%, since the unit is %
  1 | x: {unit: "%", value: shop.orders / web.visits, thresholds: {warning: 2.2}}
    |                                                                       ^~~
  help: write 2.2%, or 220% if that is meant
)~"},
        Complaint{"CountsThatAreMixed",
                  "x: {value: web.visits + shop.orders}",
                  R"~(a.yaml:1:12: warning: adds visits and orders
  1 | x: {value: web.visits + shop.orders}
    |            ^~~~~~~~~~~~~~~~~~~~~~~~
  help: is that meant?
)~"}),
    [](const auto& test) { return test.param.name; });

TEST(RuleFile, PointsAtBothPlacesOfAKpiThatIsDefinedTwice) {
  Rules rules({"x: {value: shop.orders}", "y: {value: web.visits}\nx: {value: web.visits}"});
  rules.load();
  EXPECT_EQ(rules.diagnostics.text(), R"~(b.yaml:2:1: error: the KPI "x" is defined twice
  2 | x: {value: web.visits}
    | ^
  help: give one of them another name
a.yaml:1:1: note: first defined here
  1 | x: {value: shop.orders}
    | ^
)~");
}

TEST(RuleFile, LoadsNothingFromAnEmptyFile) {
  Rules rules({""});
  rules.load();
  EXPECT_EQ(rules.diagnostics.text(), "");
  ASSERT_TRUE(rules.set.has_value());
  EXPECT_TRUE(rules.set->kpis.empty());
}

}  // namespace
}  // namespace kpi

// Limits for some segments and days, samples that are large enough, and what KPIs say of each other: what is loaded,
// and what is wrong with it.

#include "rules/load/rule_file.hpp"
#include "rules/model/message_template.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

Metric metric(std::string name, std::string unit, MetricKind kind = MetricKind::kFlow) {
  Metric result;
  result.source = name.substr(0, name.find('.'));
  result.name = std::move(name);
  result.unit = std::move(unit);
  result.kind = kind;
  result.across = kind == MetricKind::kMean ? Across::kNone : Across::kSum;
  result.grain = parse_grain("day").value();
  result.labels = {"channel", "country"};
  return result;
}

struct Loaded {
  std::string complaints;
  std::optional<RuleSet> set;
};

Loaded load(const std::string& kpis) {
  const SourceText source{"a.yaml", kpis};
  Diagnostics diagnostics;
  const auto tree = parse_yaml(source, diagnostics);
  Loaded loaded;
  if (tree) {
    RuleGround ground;
    ground.metrics = {metric("web.visits", "visits"),
                      metric("shop.orders", "orders"),
                      metric("shop.revenue", "SEK"),
                      metric("survey.score", "points", MetricKind::kMean)};
    loaded.set = load_kpis({&*tree}, ground, diagnostics);
  }
  diagnostics.sort();
  loaded.complaints = diagnostics.text();
  return loaded;
}

/// The last KPI of a file without complaints.
Kpi loaded_kpi(const std::string& kpis) {
  Loaded loaded = load(kpis);
  EXPECT_EQ(loaded.complaints, "");
  return loaded.set ? loaded.set->kpis.back() : Kpi{};
}

/// The first line of each complaint, without the place.
std::string first_words(const std::string& kpis) {
  const std::string text = load(kpis).complaints;
  std::string words;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    const std::size_t found = std::min(line.find("error: "), line.find("warning: "));
    words += line.starts_with("a.yaml:") && found != std::string::npos
                 ? (words.empty() ? "" : "\n") + line.substr(found)
                 : "";
  }
  return words;
}

TEST(LimitVariants, AreReadInTheirOrder) {
  const Kpi kpi = loaded_kpi(R"~(
x:
  value: shop.orders / web.visits
  split_by: [country, [channel, country]]
  thresholds:
    warning: 2%
    confidence: 95%
    segments:
      - {match: {country: [SE, "NO"]}, critical: 1%, for: 2 days, recover_for: 3 days}
      - {match: {channel: mail, country: DK}, recover: "0.8 * prev(value, 1 week)"}
      - {match: total, warning: 3%}
    when:
      - {days: [saturday-sunday], warning: 1.5%}
      - {match: {country: SE}, days: friday-monday, warning: 1.2%}
)~");
  const Thresholds& thresholds = *kpi.thresholds;
  ASSERT_EQ(thresholds.segments.size(), 3U);
  EXPECT_EQ(thresholds.segments[0].text, "country SE or NO: critical 1% for 2 days recover_for 3 days");
  EXPECT_EQ(thresholds.segments[1].text, "channel mail, country DK: recover 0.8 * prev(value, 1 week)");
  EXPECT_EQ(thresholds.segments[2].text, "total: warning 3%");
  ASSERT_EQ(thresholds.when.size(), 2U);
  EXPECT_EQ(thresholds.when[0].text, "all sat sun: warning 1.5%");
  EXPECT_EQ(thresholds.when[1].text, "country SE mon fri sat sun: warning 1.2%");
  EXPECT_NEAR(thresholds.gate->deviations, 1.96, 0.001);
  EXPECT_EQ(thresholds.gate->part.text, "shop.orders");
  EXPECT_EQ(thresholds.gate->whole.text, "web.visits");
}

TEST(LimitVariants, ApplyToTheLinesThatTheyMatch) {
  const SegmentMatch sweden{false, {{"country", {"SE", "NO"}}}};
  const SegmentMatch total{true, {}};
  const SegmentMatch all;
  const Labels mail_in_sweden{{"channel", "mail"}, {"country", "SE"}};
  EXPECT_TRUE(matches(sweden, {{"country", "NO"}}));
  EXPECT_TRUE(matches(sweden, mail_in_sweden));
  EXPECT_FALSE(matches(sweden, {{"country", "DK"}}));
  EXPECT_FALSE(matches(sweden, {}));
  EXPECT_TRUE(matches(total, {}));
  EXPECT_FALSE(matches(total, mail_in_sweden));
  EXPECT_TRUE(matches(all, {}) && matches(all, mail_in_sweden));
}

TEST(LimitVariants, MakeAnotherVersionOfTheRule) {
  const std::string begin = "x: {value: shop.orders / web.visits, split_by: [country], thresholds: {warning: 2%";
  const std::string plain = loaded_kpi(begin + "}}").fingerprint;
  for (const char* other : {", segments: [{match: total, warning: 3%}]}}",
                            ", segments: [{match: total, for: 2 days}]}}",
                            ", when: [{days: sunday, warning: 1%}]}}",
                            ", confidence: 95%}}",
                            "}, min_sample: {web.visits: 200}}"}) {
    EXPECT_NE(plain, loaded_kpi(begin + other).fingerprint) << other;
  }
}

TEST(Expect, ListsTheSegmentsOfEverySplitThatItNamesWhole) {
  const Kpi kpi = loaded_kpi(R"(
x:
  value: shop.orders
  split_by: [country, [channel, country], channel]
  expect: {country: [SE, "NO"], channel: mail}
  max_segments: 5
  retire: 90 days
)");
  const std::vector<Labels> expected{{{"channel", "mail"}},
                                     {{"channel", "mail"}, {"country", "NO"}},
                                     {{"channel", "mail"}, {"country", "SE"}},
                                     {{"country", "NO"}},
                                     {{"country", "SE"}}};
  EXPECT_EQ(kpi.expect, expected);
  EXPECT_TRUE(is_expected(kpi, {{"country", "NO"}}));
  EXPECT_FALSE(is_expected(kpi, {{"country", "DK"}}));
  EXPECT_FALSE(is_expected(kpi, {}));
  EXPECT_EQ(kpi.retire->text(), "90 days");
}

TEST(MinSample, AddsItsMetricToThoseThatTheValueWaitsFor) {
  const Kpi kpi = loaded_kpi("x: {value: shop.revenue, min_sample: {web.visits: 200, all(shop.orders): 3}}");
  ASSERT_EQ(kpi.min_sample.size(), 2U);
  EXPECT_EQ(kpi.min_sample[0], (MinSample{1, 200}));
  EXPECT_EQ(kpi.value.metrics.size(), 3U);
  EXPECT_EQ(kpi.value.metrics[1].how, Aggregate::kSum);
  EXPECT_TRUE(kpi.value.metrics[2].all);
}

TEST(Message, HasItsPlaceholdersFilledOnce) {
  const auto braces = [](std::string_view name) { return "{" + std::string(name) + "}!"; };
  EXPECT_EQ(fill_message("{value} of {title}, ask {owner}", braces), "{value}! of {title}!, ask {owner}!");
  EXPECT_EQ(fill_message("nothing to fill", braces), "nothing to fill");
  EXPECT_FALSE(
      check_message("{title} {segment} {value} {limit} {change} {previous} {since} {target} {owner} {reason}"));
}

struct Complaint {
  std::string name;
  std::string kpis;
  std::string text;
};

void PrintTo(const Complaint& test, std::ostream* out) {
  *out << test.kpis;
}

class LimitComplaints : public testing::TestWithParam<Complaint> {};

TEST_P(LimitComplaints, NameThePlaceAndTheRemedy) {
  EXPECT_EQ(load(GetParam().kpis).complaints, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Limits,
    LimitComplaints,
    testing::Values(
        Complaint{
            "TheWrongOrderInASegment",
            "x:\n  value: shop.orders / web.visits\n  split_by: [country]\n  thresholds:\n    warning: 2%\n"
            "    segments:\n      - {match: {country: SE}, critical: 3%}\n",
            R"~(a.yaml:7:42: error: critical 3% is reached before warning 2%: with better: higher a value below is a miss
  7 |       - {match: {country: SE}, critical: 3%}
    |                                          ^~
  help: swap the limits, or write better: lower
)~"},
        Complaint{
            "TheWrongOrderOnADay",
            "x:\n  value: shop.orders / web.visits\n  thresholds:\n    critical: 1%\n"
            "    when:\n      - {days: [sunday], warning: 2%, critical: 3%}\n",
            R"~(a.yaml:6:49: error: critical 3% is reached before warning 2%: with better: higher a value below is a miss
  6 |       - {days: [sunday], warning: 2%, critical: 3%}
    |                                                 ^~
  help: swap the limits, or write better: lower
)~"},
        Complaint{"ALabelThatIsNoSplit",
                  "x:\n  value: shop.orders / web.visits\n  split_by: [country]\n  thresholds:\n"
                  "    segments: [{match: {contry: SE}, critical: 3%}]\n",
                  R"~(a.yaml:5:24: error: x is not split by "contry": nothing would match
  5 |     segments: [{match: {contry: SE}, critical: 3%}]
    |                        ^
  help: did you mean "country"?
)~"},
        Complaint{"ADayThatIsNone",
                  "x:\n  value: shop.orders\n  thresholds:\n    warning: 5\n    when: [{days: [saturday-sundy], "
                  "warning: 2}]\n",
                  R"~(a.yaml:5:20: error: days wants weekdays, got "saturday-sundy"
  5 |     when: [{days: [saturday-sundy], warning: 2}]
    |                    ^~~~~~~~~~~~~~
  help: did you mean "sunday"?
)~"},
        Complaint{"AnEventThatIsNone",
                  "x:\n  value: shop.orders\n  thresholds:\n    warning: 5\n"
                  "    when: [{event: black_friday, warning: 2}]\n",
                  R"~(a.yaml:5:20: error: the calendar has no event "black_friday"
  5 |     when: [{event: black_friday, warning: 2}]
    |                    ^~~~~~~~~~~~
  help: write calendar: {events: {black_friday: [2026-11-27]}} in kpid.yaml
)~"},
        Complaint{"AnEntryForNoDay",
                  "x:\n  value: shop.orders\n  thresholds:\n    warning: 5\n    when: [{warning: 2}]\n",
                  R"~(a.yaml:5:12: error: this entry does not say when it counts
  5 |     when: [{warning: 2}]
    |            ^
  help: write days: [saturday-sunday], or event: black_friday
)~"},
        Complaint{"AWeekThatIsNoWeekday",
                  "x:\n  value: shop.orders\n  every: week\n  thresholds:\n    warning: 5\n"
                  "    when: [{days: sunday, warning: 2}]\n",
                  R"~(a.yaml:6:12: error: x is judged every week: such a period is no weekday
  6 |     when: [{days: sunday, warning: 2}]
    |            ^
  help: leave the entry out, or write every: day
)~"},
        Complaint{"AnEntryThatChangesNothing",
                  "x:\n  value: shop.orders\n  thresholds:\n    warning: 5\n    segments: [{match: total}]\n",
                  R"~(a.yaml:5:16: error: this entry changes nothing
  5 |     segments: [{match: total}]
    |                ^
  help: write warning:, critical: or recover:
)~"},
        Complaint{"AnEntryForNobody",
                  "x:\n  value: shop.orders\n  thresholds:\n    warning: 5\n    segments: [{warning: 3}]\n",
                  R"~(a.yaml:5:16: error: kpis.x.thresholds.segments lacks "match"
  5 |     segments: [{warning: 3}]
    |                ^
  help: write match: {country: SE}
)~"},
        Complaint{
            "OneLimitForASumAndItsParts",
            "x:\n  value: 2 * shop.orders\n  split_by: [country]\n  thresholds: {warning: 5}\n",
            R"~(a.yaml:4:15: warning: x adds up over its segments, and has one limit for the total and for each of them
  4 |   thresholds: {warning: 5}
    |               ^
  help: write segments: [{match: total, warning: …}] in thresholds
)~"},
        Complaint{
            "ConfidenceInAnAmount",
            "x:\n  value: shop.revenue / shop.orders\n  thresholds: {warning: 5, confidence: 95%}\n",
            R"~(a.yaml:3:40: error: confidence wants a ratio of two counts, the value of x is shop.revenue / shop.orders
  3 |   thresholds: {warning: 5, confidence: 95%}
    |                                        ^~~
  help: leave confidence out, or write value: shop.orders / web.visits
)~"},
        Complaint{"ConfidenceOfAHundredPercent",
                  "x:\n  value: shop.orders / web.visits\n  thresholds: {warning: 5%, confidence: 100%}\n",
                  R"~(a.yaml:3:41: error: confidence is a share between 0% and 100%
  3 |   thresholds: {warning: 5%, confidence: 100%}
    |                                         ^~~~
  help: write confidence: 95%
)~"},
        Complaint{"AnExpectedLabelThatIsNoSplit",
                  "x:\n  value: shop.orders\n  split_by: [[channel, country]]\n  expect: {country: [SE]}\n",
                  R"~(a.yaml:4:12: error: no split of x is listed whole by "country"
  4 |   expect: {country: [SE]}
    |            ^~~~~~~
  help: expect lists values of every label of a split: write split_by: [country], or list its other labels too
)~"},
        Complaint{"AnExpectedLabelThatNothingIsSplitBy",
                  "x:\n  value: shop.orders\n  split_by: [country]\n  expect: {land: [SE]}\n",
                  R"~(a.yaml:4:12: error: x is not split by "land" but by country
  4 |   expect: {land: [SE]}
    |            ^~~~
  help: write expect: {country: […]}, or add land to split_by
)~"},
        Complaint{
            "SplitsThatNoKpiHas",
            "x: {value: shop.orders, split_by: [country]}\ny: {value: x * 2, split_by: [[country, channel]]}",
            R"~(a.yaml:2:40: error: nothing that y reads is split by channel and country: no such segment would ever be judged
  2 | y: {value: x * 2, split_by: [[country, channel]]}
    |                                        ^~~~~~~
  help: split x so, or write split_by: [country]
)~"},
        Complaint{"MoreExpectedThanThereMayBe",
                  "x:\n  value: shop.orders\n  split_by: [country]\n  expect: {country: [SE, DK]}\n  max_segments: 1\n",
                  R"~(a.yaml:4:11: error: expect lists 2 segments, max_segments is 1
  4 |   expect: {country: [SE, DK]}
    |           ^
  help: write a higher max_segments:
)~"},
        Complaint{"ASampleThatIsNoMetric",
                  "x:\n  value: shop.orders\n  min_sample: {orders: 3}\n",
                  R"~(a.yaml:3:16: error: min_sample wants the name of a metric
  3 |   min_sample: {orders: 3}
    |                ^~~~~~
  help: write min_sample: {web.visits: 200}
)~"},
        Complaint{"ASlipInASample",
                  "x:\n  value: shop.orders\n  min_sample: {web.visit: 3}\n",
                  R"~(a.yaml:3:16: error: there is no metric "web.visit"
  3 |   min_sample: {web.visit: 3}
    |                ^~~~~~~~~
  help: did you mean "web.visits"?
)~"},
        Complaint{
            "ASlipInAMessage",
            "x:\n  value: shop.orders\n  alerts: [{name: low, when: value < 1, message: \"{valeu} of {title}\"}]\n",
            R"~(a.yaml:3:50: error: there is no placeholder {valeu}
  3 |   alerts: [{name: low, when: value < 1, message: "{valeu} of {title}"}]
    |                                                  ^~~~~~~~~~~~~~~~~~~~
  help: did you mean "value"?
)~"},
        Complaint{"ABraceThatStaysOpen",
                  "x:\n  value: shop.orders\n  alerts: [{name: low, when: value < 1, message: \"only {value\"}]\n",
                  R"~(a.yaml:3:50: error: a brace is opened and not closed
  3 |   alerts: [{name: low, when: value < 1, message: "only {value"}]
    |                                                  ^~~~~~~~~~~~~
  help: write {value}
)~"},
        Complaint{"AnEarlierNameThatLives",
                  "x: {value: shop.orders, was: [y]}\ny: {value: web.visits}\n",
                  R"~(a.yaml:1:31: error: x was "y", which is still a KPI
  1 | x: {value: shop.orders, was: [y]}
    |                               ^
  help: take the old KPI out, or leave the name out of `was`
a.yaml:2:1: note: defined here
  2 | y: {value: web.visits}
    | ^
)~"},
        Complaint{"AnEarlierNameOfTwo",
                  "x: {value: shop.orders, was: [z]}\ny: {value: web.visits, was: z}\n",
                  R"~(a.yaml:2:29: error: "z" is an earlier name of x already
  2 | y: {value: web.visits, was: z}
    |                             ^
  help: one KPI alone takes over the history of another
)~"},
        Complaint{"HoldingBackAKpiThatIsNot",
                  "x: {value: shop.orders, inhibits: [orderz.thresholds]}\norders: {value: shop.orders}\n",
                  R"~(a.yaml:1:36: error: inhibits names "orderz.thresholds", and there is no such KPI
  1 | x: {value: shop.orders, inhibits: [orderz.thresholds]}
    |                                    ^~~~~~~~~~~~~~~~~
  help: did you mean "orders"?
)~"},
        Complaint{"HoldingBackARuleThatIsNot",
                  "x: {value: shop.orders, inhibits: [y.thresholds]}\n"
                  "y: {value: shop.orders, alerts: [{name: low, when: value < 1}]}\n",
                  R"~(a.yaml:1:36: error: inhibits names "y.thresholds", and y has no such alert rule
  1 | x: {value: shop.orders, inhibits: [y.thresholds]}
    |                                    ^~~~~~~~~~~~
  help: it has no_data, low: write y.low
)~"},
        Complaint{
            "HoldingBackEachOtherInARing",
            "x: {value: shop.orders, thresholds: {warning: 1}, inhibits: [y.thresholds]}\n"
            "y: {value: shop.orders, thresholds: {warning: 1}, inhibits: [z.thresholds]}\n"
            "z: {value: shop.orders, thresholds: {warning: 1}, inhibits: [x.thresholds]}\n",
            R"~(a.yaml:3:62: error: z and what it holds back hold each other back in a ring: of all of them nobody would be told
  3 | z: {value: shop.orders, thresholds: {warning: 1}, inhibits: [x.thresholds]}
    |                                                              ^~~~~~~~~~~~
  help: leave one of them out
)~"},
        Complaint{
            "HoldingBackItself",
            "x: {value: shop.orders, thresholds: {warning: 1}, alerts: [{name: low, when: value < 1}], inhibits: "
            "[x.thresholds, x.low]}\n",
            R"~(a.yaml:1:102: error: of the rules of x that its inhibits names each holds the others back: nobody would be told
  1 | …s, thresholds: {warning: 1}, alerts: [{name: low, when: value < 1}], inhibits: [x.thresholds, x.low]}
    |                                                                                  ^~~~~~~~~~~~
  help: name at most one of its own
)~"},
        Complaint{"HoldingBackEachOther",
                  "x: {value: shop.orders, thresholds: {warning: 1}, inhibits: [y.thresholds]}\n"
                  "y: {value: shop.orders, thresholds: {warning: 1}, inhibits: [x.thresholds]}\n",
                  R"~(a.yaml:2:62: error: y and x hold each other back: of both nobody would be told
  2 | y: {value: shop.orders, thresholds: {warning: 1}, inhibits: [x.thresholds]}
    |                                                              ^~~~~~~~~~~~
  help: leave one of them out
)~"}),
    [](const auto& test) { return test.param.name; });

TEST(Limits, ThatNoNumbersStandInTheWayOfAreNotCompared) {
  EXPECT_EQ(
      first_words("x:\n  value: shop.orders\n  split_by: [country]\n  thresholds:\n    warning: 5\n    segments:\n"
                  "      - {match: total, warning: 50, critical: 20}\n"
                  "      - {match: {country: SE}, warning: \"prev(value, 1 week)\", critical: 90}\n"
                  "    when:\n      - {match: {country: DK}, days: sunday, critical: 4}\n"),
      "");
}

TEST(LimitVariants, ThatAnEarlierOneCoversAreNamed) {
  const std::string head =
      "x:\n  value: shop.orders\n  split_by: [country]\n  thresholds:\n    warning: \"prev(value, 1 week)\"\n";
  const auto words = [&](const std::string& entries) { return first_words(head + entries); };
  for (const char* covered :
       {"    segments:\n      - {match: {country: [SE, DK]}, critical: 3}\n      - {match: {country: SE}, critical: "
        "2}\n",
        "    segments:\n      - {match: total, critical: 3}\n      - {match: total, critical: 2}\n",
        "    when:\n      - {days: saturday-sunday, critical: 3}\n      - {days: sunday, critical: 2}\n",
        "    when:\n      - {days: sunday, critical: 3}\n      - {match: {country: SE}, days: sunday, critical: "
        "2}\n"}) {
    EXPECT_EQ(words(covered),
              "warning: this entry never counts: the first that matches does, and the one on line 7 is for all that it "
              "is for")
        << covered;
  }
  for (const char* fine :
       {"    segments:\n      - {match: {country: SE}, critical: 3}\n      - {match: {country: [SE, DK]}, critical: "
        "2}\n",
        "    segments:\n      - {match: total, critical: 3}\n      - {match: {country: SE}, critical: 2}\n",
        "    when:\n      - {days: sunday, critical: 3}\n      - {days: saturday-sunday, critical: 2}\n",
        "    when:\n      - {match: {country: SE}, days: sunday, critical: 3}\n      - {days: sunday, critical: "
        "2}\n"}) {
    EXPECT_EQ(words(fine), "") << fine;
  }
}

TEST(Limits, OfSumsAreTheirOwnForTheTotalWhenTheRuleSaysSo) {
  for (const char* fine :
       {"x: {value: shop.orders, thresholds: {warning: 5}}",
        "x: {value: shop.orders / web.visits, split_by: [country], thresholds: {warning: 5%}}",
        "x: {value: shop.orders, split_by: [country], thresholds: {warning: \"0.8 * prev(value, 1 week)\"}}",
        "x: {value: shop.orders, split_by: [country], thresholds: {warning: 5, segments: [{match: "
        "total, warning: 9}]}}"}) {
    EXPECT_EQ(first_words(fine), "") << fine;
  }
}

}  // namespace
}  // namespace kpi

// The README's own KPI, broken in many ways: each is told with the place and the remedy, whatever was meant.

#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace kpi::test {
namespace {

struct Breakage {
  const char* name;
  const char* file;
  const char* from;
  const char* to;
  int code = 1;
};

constexpr const char* kConfig = "kpid.yaml";
constexpr const char* kShop = "rules/shop.yaml";

const std::vector<Breakage>& breakages() {
  static const std::vector<Breakage> kAll{
      {"a zone that is none", kConfig, "Europe/Stockholm", "Europe/Stokholm"},
      {"a channel of no type", kConfig, "type: slack", "type: slak"},
      {"no route for the rest", kConfig, "  - {match: {}, to: [screen]}\n", ""},
      {"a file that is not there", kConfig, "data/web.csv", "data/wbe.csv", 0},
      {"a column that is not there", kConfig, "column: Visits", "column: Vists", 0},
      {"a kind that is none", kConfig, "visits: {column: Visits, kind: flow", "visits: {column: Visits, kind: flwo"},
      {"a label without a column", kConfig, "labels: {country: Country}", "labels: {country: Land}", 0},
      {"rules that are nowhere", kConfig, "rules/*.yaml", "rule/*.yaml"},
      {"a metric twice", kConfig, "      orders: {", "      visits: {"},
      {"a history that is a path", kConfig, "sqlite:history.db", "history.db"},
      {"a date format of its own", kConfig, "date: {column: Date} ", "date: {column: Date, format: \"%Y/%d\"} "},
      {"a metric that is none", kShop, "web.orders /", "web.order /"},
      {"no unit of money", kShop, "unit: \"%\"", "unit: kr"},
      {"a unit that does not fit", kShop, "unit: \"%\"", "unit: SEK"},
      {"a percent sign without quotes", kShop, "unit: \"%\"", "unit: %"},
      {"days in Swedish", kShop, "over: 7 days", "over: 7 dagar"},
      {"a length without a unit", kShop, "over: 7 days", "over: 7"},
      {"a label that is none", kShop, "[country]", "[contry]"},
      {"limits in the wrong order", kShop, "critical: 1.8%", "critical: 2.6%"},
      {"a comma in a number", kShop, "2.2%", "2,2%"},
      {"a percent sign forgotten", kShop, "warning: 2.2%", "warning: 2.2"},
      {"a recovery within the miss", kShop, "recover: 2.4%", "recover: 2%"},
      {"a patience without a unit", kShop, "for: 2 days", "for: 2"},
      {"a key misspelt", kShop, "thresholds:", "tresholds:"},
      {"a target without a baseline", kShop, "from: 2%, ", ""},
      {"a deadline in the American way", kShop, "by: 6 months", "by: 12/31/2026"},
      {"a deadline before the start", kShop, "by: 6 months", "by: 2026-06-01"},
      {"a goal that is the baseline", kShop, "to: 3%", "to: 2%"},
      {"a goal against better", kShop, "to: 3%", "to: 1%", 0},
      {"a sum of percentages", kShop, "from: 2%, to: 3%", "measure: total, to: 3%"},
      {"a path in other words", kShop, "by: 6 months", "by: 6 months, path: exponential"},
      {"a reminder before the start", kShop, "by: 6 months", "by: 6 months, remind: [1 year]"},
      {"a tab", kShop, "    title: Conv", "\ttitle: Conv"},
      {"no colon", kShop, "    title: Conv", "    title Conv"},
      {"a key twice", kShop, "    owner: growth\n", "    owner: growth\n    owner: sales\n"},
      {"nothing need be there", kShop, "by: 6 months}", "by: 6 months}\n    complete: 0%"},
      {"a smallest sample of no source", kShop, "by: 6 months}", "by: 6 months}\n    min_sample: {visits: 200}"},
      {"better in other words", kShop, "by: 6 months}", "by: 6 months}\n    better: up"},
      {"a severity in other words",
       kShop,
       "by: 6 months}",
       "by: 6 months}\n    alerts: [{name: low, when: value < 2%, severity: fatal}]"},
      {"a change that cannot be",
       kShop,
       "by: 6 months}",
       "by: 6 months}\n    alerts: [{name: drop, when: \"change(value, 1 week) < -30\"}]",
       0},
      {"an alert on a number",
       kShop,
       "by: 6 months}",
       "by: 6 months}\n    alerts: [{name: drop, when: \"change(value, 1 week)\"}]"},
      {"a division by nothing", kShop, "web.orders / web.visits", "web.orders / 0"},
      {"a parenthesis without its end", kShop, "value: web.orders", "value: (web.orders"},
      {"a limit for thresholds", kShop, "{warning: 2.2%, critical: 1.8%, for: 2 days, recover: 2.4%}", "2.2%"},
      {"a sentence for a target", kShop, "{from: 2%, to: 3%, start: 2026-07-01, by: 6 months}", "3% by 2026-12-31"},
      {"a word for no_data", kShop, "by: 6 months}", "by: 6 months}\n    no_data: alert"},
      {"a condition for an alert", kShop, "by: 6 months}", "by: 6 months}\n    alerts: [value < 2%]"},
      {"a name for a pack", kConfig, "rules: [", "packs: [acquisition]\nrules: ["},
      {"a pack without what it reads", kConfig, "rules: [", "packs: [{use: customer, only: [ltv_to_cac]}]\nrules: ["},
      {"a pack twice",
       kConfig,
       "rules: [",
       "packs:\n"
       "  - {use: conversion, metrics: {shop.orders: web.orders, web.sessions: web.visits}, only: "
       "[purchase_conversion_rate]}\n"
       "  - {use: conversion, metrics: {shop.orders: web.orders, web.sessions: web.visits}, only: "
       "[purchase_conversion_rate]}\nrules: ["},
      {"a pack bound to what is not there",
       kConfig,
       "rules: [",
       "packs:\n"
       "  - use: conversion\n"
       "    sources: {shop: wbe}\n"
       "    metrics: {web.sessions: web.visit}\n"
       "    only: [purchase_conversion_rate]\nrules: ["},
      {"a KPI of a pack that is one's own",
       kConfig,
       "rules: [",
       "packs: [{use: acquisition, metrics: {web.sign_ups: web.orders, web.visitors: web.visits}, only: "
       "[conversion_rate]}]\nrules: ["},
      {"a deadline in the past of a pack",
       kConfig,
       "rules: [",
       "packs:\n"
       "  - use: conversion\n"
       "    metrics: {shop.orders: web.orders, web.sessions: web.visits}\n"
       "    only: [purchase_conversion_rate]\n"
       "    change: {purchase_conversion_rate: {target: {from: 2%, to: 3%, start: 2026-01-01, by: 2026-06-30}}}\n"
       "rules: [",
       0},
      {"a sign of division", kShop, "web.orders /", "web.orders ÷"},
      {"a space that does not break", kShop, "web.orders / web", "web.orders\u00a0/ web"},
      {"quotes of a word processor", kShop, "web.orders /", "web.orders{country=“SE”} /"},
      {"a comparison for a limit", kShop, "warning: 2.2%", "warning: \"< 2.2%\""},
      {"a space before a percent sign", kShop, "value: web.orders", "value: 100 % * web.orders"},
      {"a window of nothing", kShop, "over: 7 days", "over: 0 days"},
      {"a percent sign forgotten of a share", kShop, "by: 6 months", "by: 6 months, on_track: 95"},
      {"a span for a date", kShop, "by: 6 months", "by: 6 months, changes: [{date: 2026-09-01, by: 1 year, why: x}]"},
      {"a path for a mean", kShop, "by: 6 months", "by: 6 months, measure: average, path: linear"},
      {"a step beyond the goal", kShop, "by: 6 months", "by: 6 months, path: {steps: {2026-09-30: 24%}}", 0},
      {"a decimal comma in a formula", kShop, "value: web.orders", "value: 2,5 * web.orders"},
      {"a power of another language", kShop, "web.orders / web.visits", "web.orders ** 2"},
      {"a choice of another language", kShop, "web.orders / web.visits", "\"web.visits > 9 ? web.orders : 0\""},
      {"a kind in other words", kConfig, "visits: {column: Visits, kind: flow", "visits: {column: Visits, kind: sum"},
      {"a language that is not spoken", kConfig, "rules: [", "language: de\nrules: ["},
      {"no segments at all", kShop, "by: 6 months}", "by: 6 months}\n    max_segments: 0"},
      {"a forecast of a day that is over",
       kShop,
       "by: 6 months}",
       "by: 6 months}\n    alerts: [{name: low, when: \"forecast(value, 2020-01-01) < 2%\"}]",
       0},
      {"half a decimal", kShop, "web.orders / web.visits", "round(web.orders / web.visits, 1.5)"},
      {"growth from nothing", kShop, "from: 2%, to: 3%", "from: 0%, to: 3%, path: compound"},
      {"a severity that no alert has", kConfig, "{severity: critical}", "{severity: crit}"},
      {"groups by a label that is none",
       kConfig,
       "{match: {}, to: [screen]}",
       "{match: {}, to: [screen], group_by: [contry]}"},
      {"a channel that is none", kConfig, "to: [team, screen]", "to: [teem, screen]"},
      {"a secret that is not there", kConfig, "SLACK_WEBHOOK_URL", "SLACK_WEBHOOK"},
  };
  return kAll;
}

/// The blocks between ```yaml and ``` of a README, in their order.
std::vector<std::string> readme_blocks(const std::string& path = "/README.md") {
  std::ifstream file(std::string(KPI_SOURCE_DIR) + path);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<std::string> blocks;
  const std::string whole = text.str();
  for (std::size_t at = whole.find("```yaml\n"); at != std::string::npos; at = whole.find("```yaml\n", at)) {
    const std::size_t end = whole.find("```\n", at + 8);
    blocks.push_back(whole.substr(at + 8, end - at - 8));
    at = end;
  }
  return blocks;
}

TEST(Breakages, AreNoneInTheRuleTestThatIsCopiedBesideTheKpiOfTheReadme) {
  const std::vector<std::string> blocks = readme_blocks();
  const std::vector<std::string> of_rules = readme_blocks("/rules/README.md");
  const auto example =
      std::ranges::find_if(of_rules, [](const std::string& block) { return block.starts_with("rules: [shop.yaml]"); });
  ASSERT_NE(example, of_rules.end());
  const ScopedVariable hook("SLACK_WEBHOOK_URL", "https://hooks.example.com/x");
  Program program("2026-08-01T06:00:00Z");
  program.write(kConfig, blocks.at(0));
  program.write(kShop, blocks.at(1));
  program.write("rules/shop.test.yaml", *example);
  const Ended ended = program.on_folder({"test", program.path("rules/shop.test.yaml")});
  EXPECT_EQ(ended.out, "2 passed, 0 failed\n") << ended.err;
}

TEST(Breakages, OfTheWordsThatARuleTestExpectsAreTold) {
  Program program("2026-08-01T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [shop.yaml]\n"
                "sources: {web: {plugin: csv, path: web.csv, metrics: {visits: {column: Visits, kind: flow}}}}\n");
  program.write("shop.yaml", "kpis: {visits: {value: web.visits}}\n");
  program.write("shop.test.yaml",
                "rules: [shop.yaml]\n"
                "data: {web.visits: {from: 2026-03-01, every: day, values: \"1 2\"}}\n"
                "expect:\n  - {at: \"2026-03-03 06:00\", kpi: visits, state: warning, verdict: ok}\n");
  const Ended ended = program.on_folder({"test", program.path("shop.test.yaml")});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::HasSubstr("state wants one of ok, pending, no_data, error, firing, got \"warning\""));
  EXPECT_THAT(ended.err,
              testing::HasSubstr("verdict wants one of met, missed, no_data, recorded, provisional, got \"ok\""));
  EXPECT_THAT(ended.err, testing::Not(testing::HasSubstr("this expects nothing")));
}

TEST(Breakages, OfTheKpiInTheReadmeAreEachToldWithPlaceAndRemedy) {
  const ScopedVariable hook("SLACK_WEBHOOK_URL", "https://hooks.example.com/x");
  const std::vector<std::string> blocks = readme_blocks();
  ASSERT_GE(blocks.size(), 2U);
  Program program("2026-08-01T06:00:00Z");
  program.write("data/web.csv", "Date,Country,Visits,Orders\n2026-07-30,SE,1000,25\n2026-07-30,DK,400,10\n");
  const auto write = [&](const Breakage* broken) {
    for (const auto& [name, block] : {std::pair(kConfig, blocks[0]), std::pair(kShop, blocks[1])}) {
      std::string text = block;
      if (broken != nullptr && std::string_view(broken->file) == name) {
        const std::size_t at = text.find(broken->from);
        ASSERT_NE(at, std::string::npos) << broken->name;
        text.replace(at, std::string_view(broken->from).size(), broken->to);
      }
      program.write(name, text);
    }
  };
  write(nullptr);
  const Ended whole = program.on_folder({"check"});
  EXPECT_EQ(whole.code, 0) << whole.err;
  std::string said;
  for (const Breakage& broken : breakages()) {
    write(&broken);
    const Ended ended = program.on_folder({"check"});
    EXPECT_EQ(ended.code, broken.code) << broken.name << "\n" << ended.err;
    EXPECT_THAT(ended.err, testing::AnyOf(testing::HasSubstr("help: "), testing::HasSubstr(": write "))) << broken.name;
    std::string own = ended.err;
    if (const std::size_t at = own.find("warning: conversion_rate has no review");
        at != std::string::npos) {  // it is said of the whole one too
      const std::size_t begin = own.rfind('\n', at) + 1;
      own.erase(begin, own.find('\n', own.find("help: ", at)) + 1 - begin);
    }
    said += std::string("== ") + broken.name + "\n" + own;
  }
  EXPECT_TRUE(matches_golden("cli/breakages.txt", said));
}

}  // namespace
}  // namespace kpi::test

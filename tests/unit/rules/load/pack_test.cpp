// A pack in the user's words: his sources, his choice, his changes.

#include "rules/load/pack.hpp"

#include "rules/load/rule_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kpi {
namespace {

constexpr const char* kPack = R"~(
kpis:
  visitors: {title: Visitors, value: web.visitors, thresholds: {warning: "0.8 * prev(value, 4 weeks)"}}
  conversion_rate:
    value: crm.leads / part
    parts: {part: "web.visitors{device=\"web.visitors\"} + all(web.visitors)"}
    thresholds: {warning: 2%, for: 2 days}
    alerts: [{name: fall, when: "change(web.visitors, 1 week) < -30%"}]
)~";

/// What one entry of `packs:` makes of the pack.
class Used {
 public:
  explicit Used(const std::string& use) {
    const auto pack = parse_yaml(texts_.add("library/web.yaml", kPack), diagnostics);
    const auto entry = parse_yaml(texts_.add("kpid.yaml", use), diagnostics);
    MapReader map(*entry, "packs", diagnostics);
    used = use_pack(map, "web", *pack);
    map.finish();
  }

  /// The scalar under a path of keys; "-" where there is none.
  [[nodiscard]] std::string at(std::initializer_list<const char*> path) const {
    const YamlNode* node = &used.kpis;
    for (const char* key : path) {
      node = node == nullptr ? nullptr : node->find(key);
    }
    return node == nullptr ? "-" : node->scalar;
  }

  Diagnostics diagnostics;
  UsedPack used;

 private:
  SourceSet texts_;
};

TEST(Pack, IsItselfWithoutABinding) {
  const Used used("{}");
  EXPECT_EQ(used.diagnostics.text(), "");
  EXPECT_EQ(used.at({"visitors", "value"}), "web.visitors");
  EXPECT_EQ(used.used.metrics,
            (std::map<std::string, std::set<std::string>>{{"crm.leads", {"conversion_rate"}},
                                                          {"web.visitors", {"conversion_rate", "visitors"}}}));
}

TEST(Pack, ReadsTheUsersSources) {
  const Used used("sources: {web: ga4}");
  EXPECT_EQ(used.diagnostics.text(), "");
  EXPECT_EQ(used.at({"visitors", "value"}), "ga4.visitors");
  EXPECT_EQ(used.at({"visitors", "title"}), "Visitors");
  EXPECT_EQ(used.at({"visitors", "thresholds", "warning"}), "0.8 * prev(value, 4 weeks)");
  EXPECT_EQ(used.at({"conversion_rate", "value"}), "crm.leads / part");
  EXPECT_EQ(used.at({"conversion_rate", "parts", "part"}),
            "ga4.visitors{device=\"web.visitors\"} + all(ga4.visitors)");  // a text is no name
  EXPECT_EQ(used.used.kpis.find("conversion_rate")->find("alerts")->items[0].find("when")->scalar,
            "change(ga4.visitors, 1 week) < -30%");
}

TEST(Pack, ReadsTheUsersMetrics) {
  const Used used("{sources: {web: ga4, crm: hubspot}, metrics: {web.visitors: plausible.people}}");
  EXPECT_EQ(used.at({"visitors", "value"}), "plausible.people");
  EXPECT_EQ(used.at({"conversion_rate", "value"}), "hubspot.leads / part");
}

TEST(Pack, KeepsWhatIsPicked) {
  const Used used("only: [visitors]");
  EXPECT_EQ(used.used.kpis.entries.size(), 1U);
  EXPECT_EQ(used.used.metrics.count("crm.leads"), 0U);
}

TEST(Pack, IsChangedKeyByKey) {
  const Used used(
      "{sources: {web: ga4}, change: {conversion_rate: {owner: growth, thresholds: {warning: web.limit}}}}");
  EXPECT_EQ(used.diagnostics.text(), "");
  EXPECT_EQ(used.at({"conversion_rate", "owner"}), "growth");
  EXPECT_EQ(used.at({"conversion_rate", "thresholds", "for"}), "2 days");
  EXPECT_EQ(used.at({"conversion_rate", "thresholds", "warning"}), "web.limit");  // the user's own words
}

TEST(Pack, KeepsTheOriginOfWhatIsNotChangedOnly) {
  const Used used("{change: {conversion_rate: {parts: {part: web.x}, thresholds: {warning: 3%}, owner: growth}}}");
  const YamlNode& rate = *used.used.kpis.find("conversion_rate");
  const auto origin = [](const YamlNode& map, std::string_view key) {
    const auto entry = std::ranges::find_if(map.entries, [&](const auto& item) { return item.first.scalar == key; });
    return entry->first.position.source->name;
  };
  EXPECT_EQ(origin(rate, "value"), "library/web.yaml");
  EXPECT_EQ(origin(rate, "owner"), "kpid.yaml");
  EXPECT_EQ(origin(rate, "thresholds"), "library/web.yaml");
  EXPECT_EQ(origin(*rate.find("thresholds"), "for"), "library/web.yaml");
  EXPECT_EQ(origin(*rate.find("thresholds"), "warning"), "kpid.yaml");
  EXPECT_EQ(origin(*rate.find("parts"), "part"), "kpid.yaml");
}

TEST(Pack, SaysWhatItCallsTheUsersMetrics) {
  const Used used("{sources: {web: ga4}}");
  EXPECT_EQ(used.used.own_names.at("ga4.visitors"), "web.visitors");
  EXPECT_EQ(used.used.own_names.at("crm.leads"), "crm.leads");
}

struct Wrong {
  const char* name;
  const char* use;
  const char* complaint;
};

class WrongPack : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPack, IsToldWithThePlaceAndTheRemedy) {
  EXPECT_EQ(Used(GetParam().use).diagnostics.text(), GetParam().complaint);
}

INSTANTIATE_TEST_SUITE_P(
    Pack,
    WrongPack,
    testing::Values(Wrong{"OnlyUnknown",
                          "only: [vistors]",
                          R"(kpid.yaml:1:8: error: the pack "web" has no KPI "vistors"
  1 | only: [vistors]
    |        ^~~~~~~
  help: did you mean "visitors"?
)"},
                    Wrong{"ChangeUnknown",
                          "change: {orders: {owner: x}}",
                          R"(kpid.yaml:1:10: error: the pack "web" has no KPI "orders"
  1 | change: {orders: {owner: x}}
    |          ^~~~~~
  help: it has: visitors conversion_rate
)"},
                    Wrong{"ChangeOfWhatOnlyLeavesOut",
                          "{only: [visitors], change: {conversion_rate: {owner: x}}}",
                          R"(kpid.yaml:1:29: error: only leaves out "conversion_rate" of the pack "web"
  1 | {only: [visitors], change: {conversion_rate: {owner: x}}}
    |                             ^~~~~~~~~~~~~~~
  help: add it to only, or leave this change out
)"},
                    Wrong{"SourceOfTheUserFirst",
                          "sources: {ga4: web}",
                          R"(kpid.yaml:1:11: error: the pack "web" reads no "ga4"
  1 | sources: {ga4: web}
    |           ^~~
  help: first its name, then yours; it reads: crm web
)"},
                    Wrong{"MetricByTheUsersName",
                          "{sources: {web: ga4}, metrics: {ga4.visitors: ga4.users}}",
                          R"(kpid.yaml:1:33: error: the pack "web" reads no "ga4.visitors"
  1 | {sources: {web: ga4}, metrics: {ga4.visitors: ga4.users}}
    |                                 ^~~~~~~~~~~~
  help: did you mean "web.visitors"?
)"},
                    Wrong{"SourceWithADot",
                          "sources: {web: ga4.visitors}",
                          R"(kpid.yaml:1:16: error: a source is named without a dot
  1 | sources: {web: ga4.visitors}
    |                ^~~~~~~~~~~~
  help: write sources: {web: ga4}
)"},
                    Wrong{"MetricWithoutADot",
                          "metrics: {web.visitors: users}",
                          R"(kpid.yaml:1:25: error: a metric is named by its source and its own name, with a dot
  1 | metrics: {web.visitors: users}
    |                         ^~~~~
  help: write metrics: {web.visitors: ga4.users}
)"},
                    Wrong{"UnknownKey",
                          "source: {web: ga4}",
                          R"(kpid.yaml:1:1: error: unknown key "source" in packs
  1 | source: {web: ga4}
    | ^~~~~~
  help: did you mean "sources"?
)"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace kpi

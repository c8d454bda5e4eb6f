#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

constexpr const char* kMorning = "2026-03-15T06:00:00Z";

class Alerts : public testing::Test {
 protected:
  void SetUp() override {
    write_site(program_);
    ASSERT_EQ(program_.once(kMorning), 0);
  }

  /// Another day, on which everything is well in Åland and the newsletter reports again.
  void mend() {
    program_.write(
        "web.csv",
        program_.read("web.csv") + "2026-03-15,SE,660,40\n2026-03-15,Åland,160,10\n" + "2026-03-15,=NO,460,30\n");
    std::string mail = program_.read("mail.csv");
    for (int day = 10; day <= 15; ++day) {
      mail += "2026-03-" + std::to_string(day) + ",30\n";
    }
    program_.write("mail.csv", mail);
    ASSERT_EQ(program_.once("2026-03-16T06:00:00Z"), 0);
  }

  Program program_{kMorning};
};

TEST_F(Alerts, ListsWhatFiresWithTheNumber) {
  const Ended ended = program_.on_folder({"alerts"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/alerts.txt", ended.out));
}

TEST_F(Alerts, AreOneJsonDocument) {
  const Ended ended = program_.on_folder({"alerts", "--json"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(json::accept(ended.out));
  EXPECT_TRUE(matches_golden("cli/alerts.json", ended.out));
}

TEST_F(Alerts, SayHowManyLinesHaveTheirLabels) {
  Program program{kMorning};
  write_site(program);
  program.write(
      "rules.yaml",
      "kpis:\n  visits:\n    value: web.visits\n    split_by: [country]\n    thresholds: {warning: 100000}\n");
  ASSERT_EQ(program.once(kMorning), 0);
  std::map<std::string, int> lines;
  const json document = json::parse(program.on_folder({"alerts", "--json"}).out);
  for (const json& alert : document["alerts"]) {
    lines[alert["segment"].dump()] = alert["lines"];
  }
  EXPECT_EQ(lines[R"({})"], 4);  // itself and three countries
  EXPECT_EQ(lines[R"({"country":"SE"})"], 1);
}

TEST_F(Alerts, ThatAreOverAreListedOnRequest) {
  mend();
  EXPECT_EQ(program_.on_folder({"alerts"}), (Ended{0, "no alert is firing\n", ""}));
  EXPECT_TRUE(matches_golden("cli/alerts_all.txt", program_.on_folder({"alerts", "--all"}).out));
}

TEST_F(Alerts, AreListedOfOneKpi) {
  const auto of = [&](const std::string& kpi) {
    const json document = json::parse(program_.on_folder({"alerts", "--all", "--json", kpi}).out);
    std::set<std::string> kpis;
    for (const json& alert : document["alerts"]) {
      kpis.insert(alert["kpi"]);
    }
    return kpis;
  };
  EXPECT_EQ(of("conversion_rate"), (std::set<std::string>{"conversion_rate"}));
  EXPECT_FALSE(of("visits").contains("conversion_rate"));
  EXPECT_EQ(program_.on_folder({"alerts", "visist"}),
            (Ended{2, "", "kpid: there is no KPI \"visist\"; did you mean \"visits\"?\n"}));
}

TEST_F(Alerts, NameTheFailingSourceAndItsError) {
  mend();
  program_.remove("web.csv");
  EXPECT_EQ(program_.once("2026-03-16T07:00:00Z"), 3);
  EXPECT_TRUE(matches_golden("cli/alerts_source.txt", program_.on_folder({"alerts"}).out));
  const json document = json::parse(program_.on_folder({"alerts", "--json"}).out);
  ASSERT_EQ(document["alerts"].size(), 1U);
  EXPECT_EQ(document["alerts"][0]["source"], "web");
  EXPECT_EQ(document["alerts"][0]["kpi"], nullptr);
}

TEST_F(Alerts, OfAKpiThatIsGoneKeepTheirPlace) {
  program_.write("rules.yaml", "kpis:\n  visits: {value: web.visits}\n");
  ASSERT_EQ(program_.once("2026-03-15T07:00:00Z"), 0);
  EXPECT_EQ(program_.on_folder({"alerts"}), (Ended{0, "no alert is firing\n", ""}));
  const std::string all = program_.on_folder({"alerts", "--all"}).out;
  EXPECT_NE(all.find("conversion_rate country=Åland"), std::string::npos) << all;
  EXPECT_NE(all.find("rule removed"), std::string::npos) << all;
}

TEST(AlertsThatFell, AreAsBadAsTheyAreNow) {
  Program program(kMorning);
  program.write("kpid.yaml",
                "timezone: UTC\n"
                "history: sqlite:history.db\n"
                "rules: [rules.yaml]\n"
                "sources: {web: {plugin: csv, path: web.csv, date: {column: day}, metrics: {visits: {column: v}}}}\n"
                "channels: {screen: {type: console}}\n"
                "routes: [{match: {}, to: [screen]}]\n");
  program.write("rules.yaml", "kpis:\n  visits: {value: web.visits, thresholds: {warning: 100, critical: 50}}\n");
  program.write("web.csv", "day,v\n2026-03-12,20\n");
  ASSERT_EQ(program.once("2026-03-13T06:00:00Z"), 0);
  program.write("web.csv", "day,v\n2026-03-12,20\n2026-03-13,60\n");
  ASSERT_EQ(program.once("2026-03-14T06:00:00Z"), 0);
  EXPECT_TRUE(program.on_folder({"alerts"}).out.starts_with("warning")) << program.on_folder({"alerts"}).out;
  program.write("web.csv", "day,v\n2026-03-12,20\n2026-03-13,60\n2026-03-14,120\n");
  ASSERT_EQ(program.once(kMorning), 0);
  const json document = json::parse(program.on_folder({"alerts", "--all", "--json"}).out);
  EXPECT_EQ(document["alerts"].at(0)["severity"], "critical") << "what it was at its worst";
}

TEST(AlertsWithoutAny, SayThatNothingHasFired) {
  Program program(kMorning);
  write_site(program);
  program.write("rules.yaml", "kpis:\n  visits: {value: web.visits}\n");
  ASSERT_EQ(program.once(kMorning), 0);
  EXPECT_EQ(program.on_folder({"alerts", "--all"}), (Ended{0, "no alert has fired yet\n", ""}));
  EXPECT_EQ(json::parse(program.on_folder({"alerts", "--json"}).out),
            json::parse(R"({"now": "2026-03-15T06:00:00Z", "alerts": []})"));
}

TEST(AlertsWithoutHistory, SayHowToBegin) {
  Program program(kMorning);
  write_site(program);
  EXPECT_EQ(program.on_folder({"alerts"}),
            (Ended{3, "", "kpid: no history yet at \"DIR/history.db\": run \"kpid run --once\" first\n"}));
}

}  // namespace
}  // namespace kpi::test

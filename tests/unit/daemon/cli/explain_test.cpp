// `kpid explain`: every input with its window and value, the limits and what they read, what was restated, why.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kConfig = R"yaml(rules: [rules.yaml]
sources:
  web:
    plugin: csv
    path: web.csv
    metrics: {visits: {unit: visits}, orders: {unit: orders}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team], mute: [nights]}]
mutes: {nights: {start: "00:00", end: "24:00"}}
)yaml";

constexpr const char* kRules = R"yaml(kpis:
  conversion:
    title: Conversion
    unit: "%"
    value: web.orders / web.visits
    thresholds: {warning: "0.5 * prev(value, 1 week)"}
    alerts: [{name: busy, when: "web.visits > 2 * prev(web.visits, 1 week)", severity: info}]
)yaml";

std::string rows(int last, const std::string& third) {
  std::string text = "Date,visits,orders\n";
  for (int day = 1; day <= last; ++day) {
    text += "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "," +
            (day == 3    ? third
             : day == 10 ? "100,2"
                         : "100,10") +
            "\n";
  }
  return text;
}

/// Three countries: Norway falls silent after the third, Finland comes when there is no more room.
TEST(ExplainSegments, SaysWhatRetiredAndWhatWasRefused) {
  Program program("2026-03-11T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\n"
                "sources: {web: {plugin: csv, path: web.csv, labels: {country: Country}, "
                "metrics: {visits: {unit: visits}}}}\n");
  program.write("rules.yaml",
                "kpis: {visits: {value: web.visits, split_by: [country], max_segments: 1, retire: 2 days, "
                "thresholds: {warning: 1}}}\n");
  std::string csv = "Date,Country,visits\n";
  for (int day = 1; day < 10; ++day) {
    const std::string date = "2026-03-0" + std::to_string(day);
    csv += day <= 3 ? date + ",NO,7\n" : day >= 9 ? date + ",SE,9\n" + date + ",FI,1\n" : "";
  }
  program.write("web.csv", csv);
  ASSERT_EQ(program.once("2026-03-09T06:00:00Z"), 0);
  const std::string retired = program.on_folder({"explain", "visits", "--segment", "country=NO"}).out;
  EXPECT_THAT(retired, HasSubstr("retired: there was no data for 2 days, and it is not judged until there is some"));
  EXPECT_THAT(retired, Not(HasSubstr("not firing")));
  EXPECT_THAT(program.on_folder({"status"}).out, HasSubstr("retired"));
  ASSERT_EQ(program.once("2026-03-10T06:00:00Z"), 0);
  const std::string early = program.on_folder({"explain", "visits", "--at", "2025-01-01 06:00"}).out;
  EXPECT_THAT(early, HasSubstr("nothing was judged before the first sample, 2026-03-01"));
  const std::string refused = program.on_folder({"explain", "visits", "--segment", "country=FI"}).err +
                              program.on_folder({"explain", "visits", "--segment", "country=SE"}).err;
  EXPECT_THAT(refused, HasSubstr("visits has no segment country="));
  EXPECT_THAT(refused, HasSubstr(": max_segments is 1, and so many are known"));
}

TEST(ExplainSegments, TakesAValueWithACommaAndAnEqualsSign) {
  Program program("2026-03-11T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\n"
                "sources: {web: {plugin: csv, path: web.csv, labels: {country: Country, device: Device}, "
                "metrics: {visits: {unit: visits}}}}\n");
  program.write("rules.yaml",
                "kpis: {visits: {value: web.visits, split_by: [country]}, both: {value: web.visits, "
                "split_by: [[country, device]]}}\n");
  program.write("web.csv",
                "Date,Country,Device,visits\n2026-03-08,\"Korea, Republic of\",m,7\n"
                "2026-03-08,\"a, b=c\",m,8\n");
  ASSERT_EQ(program.once("2026-03-10T06:00:00Z"), 0);
  const auto value_of = [&](const std::string& kpi, const std::string& segment) {
    const Ended said = program.on_folder({"explain", kpi, "--segment", segment, "--at", "2026-03-09 12:00"});
    const std::size_t begin = said.out.find("value     ");
    return begin == std::string::npos ? said.err : said.out.substr(begin + 10, said.out.find('\n', begin) - begin - 10);
  };
  EXPECT_EQ(value_of("visits", "country=Korea, Republic of"), "7 visits");
  EXPECT_EQ(value_of("visits", "Korea, Republic of"), "7 visits");
  EXPECT_EQ(value_of("visits", "country=a, b=c"), "8 visits");
  EXPECT_EQ(value_of("both", "device=m, country=Korea, Republic of"), "7 visits");
  EXPECT_EQ(value_of("both", "country=a, b=c, device=m"), "8 visits");
}

TEST(ExplainBefore, SaysWhatAKpiWithoutASampleWaitsFor) {
  Program program("2026-03-11T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\n"
                "sources: {survey: {plugin: manual, grain: month, metrics: {nps: {kind: mean, unit: points}}}}\n");
  program.write("rules.yaml",
                "kpis: {nps: {title: NPS, value: survey.nps, unit: points, every: month, "
                "thresholds: {warning: 10}}}\n");
  ASSERT_EQ(program.once("2026-03-11T06:00:00Z"), 0);
  const Ended said = program.on_folder({"explain", "nps"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("NPS: no_data\n  period    none yet\n  formula   survey.nps\n"));
  EXPECT_THAT(said.out, HasSubstr("warning   below 10 points: unknown"));
  EXPECT_THAT(said.out, HasSubstr("why       nothing to judge yet: no sample of survey.nps has ever arrived"));
  const auto json = nlohmann::json::parse(program.on_folder({"explain", "nps", "--json"}).out);
  EXPECT_EQ(json["state"], "no_data");
  EXPECT_EQ(json["value"], nullptr);
  EXPECT_EQ(json["period"], nullptr);
  EXPECT_EQ(json["rules"][0]["value"], 10);
  EXPECT_EQ(json["inputs"][0]["series"], 0);
  const Ended exported = program.on_folder({"history", "export", "nps"});
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_THAT(exported.out, testing::StartsWith("period_start,period_end,date,value,"));
  EXPECT_THAT(exported.out, testing::EndsWith("judged_at\r\n"));
  const Ended rows = program.on_folder({"history", "export", "nps", "--format", "json"});
  EXPECT_TRUE(nlohmann::json::parse(rows.out)["rows"].empty());
  EXPECT_EQ(program.on_folder({"history", "export", "nsp"}).code, 2);
}

class Explain : public testing::Test {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml", kConfig);
    program_.write("rules.yaml", kRules);
    program_.write("web.csv", rows(3, "50,10"));
    ASSERT_EQ(program_.once("2026-03-04T06:00:00Z"), 0);
    program_.write("web.csv", rows(10, "100,10"));
    ASSERT_EQ(program_.once("2026-03-11T06:00:00Z"), 0);
  }

  Program program_{"2026-03-11T06:00:00Z"};
};

TEST_F(Explain, ShowsWhatTheLimitsRead) {
  const Ended ended = program_.on_folder({"explain", "conversion"});
  EXPECT_EQ(ended.err, "");
  EXPECT_EQ(ended.out, R"~(Conversion: firing
  period    2026-03-10, the newest judged
  formula   web.orders / web.visits
    web.orders = 2 orders
      sum, 2026-03-10, 1 of 1 there
    web.visits = 100 visits
      sum, 2026-03-10, 1 of 1 there
  value     2%
  warning   below 5% = 0.5 * prev(value, 1 week): crossed
    value = 10%
      as judged, 2026-03-03, 1 week earlier
      2026-03-03 was 20%, recorded, until 2026-03-11 06:00
  busy      web.visits > 2 * prev(web.visits, 1 week): does not hold
    web.visits = 100 visits
      sum, 2026-03-10, 1 of 1 there
    web.visits = 100 visits
      sum, 2026-03-03, 1 week earlier, 1 of 1 there
      2026-03-03 was 50 visits until 2026-03-11 06:00
  why       thresholds: firing (warning) since 2026-03-10
  why       thresholds for team: held: muted by nights without an end
  why       busy: not firing
)~");
}

TEST_F(Explain, MarksWhatWasRestated) {
  const Ended ended = program_.on_folder({"explain", "conversion", "--at", "2026-03-04"});
  EXPECT_THAT(ended.out, HasSubstr("      2026-03-03 was 50 visits until 2026-03-11 06:00\n"));
  EXPECT_THAT(ended.out,
              HasSubstr("  value     10%\n            2026-03-03 was 20%, recorded, until 2026-03-11 06:00\n"));
  EXPECT_THAT(ended.out, HasSubstr("  warning   below unknown (not judged) = 0.5 * prev(value, 1 week): unknown\n"));
  const auto document =
      nlohmann::json::parse(program_.on_folder({"explain", "conversion", "--at", "2026-03-04", "--json"}).out);
  EXPECT_EQ(document["restated"].size(), 1U);
  EXPECT_EQ(document["inputs"][1]["restated"][0], "2026-03-03 was 50 visits until 2026-03-11 06:00");
}

TEST_F(Explain, SaysThatAChangedLimitCountsFromTheNextPeriod) {
  std::string rules = kRules;
  program_.write("rules.yaml", rules.replace(rules.find("0.5 *"), 3, "0.1"));
  const Ended ended = program_.on_folder({"run", "--once", "--now", "2026-03-11T07:00:00Z"});
  EXPECT_THAT(
      ended.out,
      HasSubstr("  conversion has another rule than before: it counts from the next period on;\n  `kpid backtest"));
  EXPECT_THAT(program_.on_folder({"run", "--once", "--now", "2026-03-11T08:00:00Z"}).out,
              Not(HasSubstr("another rule")));
  EXPECT_THAT(program_.on_folder({"explain", "conversion"}).out,
              HasSubstr("judged by an earlier rule, whose limit was 5%: a change counts from the next period on\n"));
}

/// Nobody listens there.
TEST(ExplainTold, SaysWhatAMessageWaitsForAndThatItWasGivenUp) {
  Program program("2026-03-11T06:00:00Z");
  std::string config = kConfig;
  config.replace(config.find("{type: console}"),
                 15,
                 "{type: webhook, url: \"http://127.0.0.1:1/\", secret: a-secret-of-24-bytes-and-more, "
                 "allow_private: [127.0.0.0/8]}");
  config.replace(config.find(", mute: [nights]"), 16, ", repeat: 0");
  program.write("kpid.yaml", config);
  program.write("rules.yaml", kRules);
  program.write("web.csv", rows(10, "100,10"));
  ASSERT_EQ(program.once("2026-03-11T06:00:00Z"), 3);
  EXPECT_THAT(
      program.on_folder({"explain", "conversion"}).out,
      HasSubstr("  why       thresholds for team: not there yet after 1 attempt (http://127.0.0.1:1: no connection:"));
  ASSERT_EQ(program.once("2026-03-15T06:00:00Z"), 3);
  const std::string out = program.on_folder({"explain", "conversion"}).out;
  EXPECT_THAT(out, HasSubstr("thresholds for team: not told: the message was given up after 1 attempt ("));
  EXPECT_THAT(out, HasSubstr("kpid deadletter resend msg_"));
}

TEST(ExplainTold, NamesWhatSpeaksForAnAlert) {
  Program program("2026-03-15T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources: {web: {plugin: csv, path: web.csv, metrics: {visits: {}, orders: {}}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml",
                "kpis:\n"
                "  traffic: {value: web.visits, thresholds: {warning: 50}, inhibits: [sales.thresholds]}\n"
                "  sales: {value: web.orders, thresholds: {warning: 5}}\n");
  program.write("web.csv", "Date,visits,orders\n2026-03-13,100,10\n2026-03-14,10,1\n");
  ASSERT_EQ(program.on_folder({"run", "--once"}).code, 0);
  EXPECT_THAT(program.on_folder({"explain", "sales"}).out, HasSubstr("held: traffic.thresholds speaks for it"));
  EXPECT_THAT(program.on_folder({"explain", "traffic"}).out, Not(HasSubstr("speaks for it")));
}

TEST(ExplainMix, SaysThatATotalFellAlthoughEverySegmentRose) {
  Program program("2026-03-09T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n  web:\n    plugin: csv\n    path: web.csv\n"
                "    labels: {country: country}\n    metrics: {visits: {unit: visits}, orders: {unit: orders}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml",
                "kpis:\n  conversion:\n    title: Conversion\n    unit: \"%\"\n    value: web.orders / web.visits\n"
                "    split_by: [country]\n");
  std::string text = "Date,country,visits,orders\n";
  for (int day = 1; day <= 8; ++day) {
    const std::string date = "2026-03-0" + std::to_string(day);
    text += date + (day < 8 ? ",SE,100,2\n" : ",SE,1000,21\n") + date + (day < 8 ? ",DK,1000,50\n" : ",DK,100,6\n");
  }
  program.write("web.csv", text);
  ASSERT_EQ(program.once("2026-03-09T06:00:00Z"), 0);
  EXPECT_THAT(
      program.on_folder({"explain", "conversion"}).out,
      HasSubstr("  segments  since 2026-03-01: 4.73% -> 2.45%\n"
                "            country=SE: 2% -> 2.1%, weighs 9.1% -> 90.9%\n"
                "            country=DK: 5% -> 6%, weighs 90.9% -> 9.1%\n"
                "            down although every country is up: those with low values weigh more than before\n"));
  EXPECT_THAT(program.on_folder({"explain", "conversion", "--segment", "SE"}).out, Not(HasSubstr("segments")));
}

TEST(ExplainHistory, SaysWhatIsUsualAndGivesAScoreNoUnit) {
  Program program("2026-03-02T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n  web:\n    plugin: csv\n    path: web.csv\n"
                "    metrics: {visits: {unit: visits}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml",
                "kpis:\n  visits:\n    title: Visits\n    unit: visits\n    value: web.visits\n"
                "    alerts: [{name: odd, when: \"anomaly(value) > 99% and value < usual(value)\", severity: info}]\n");
  std::string text = "Date,visits\n";
  for (int day = 0; day < 60; ++day) {
    const Date date{std::chrono::sys_days{std::chrono::year(2026) / 1 / 1} + std::chrono::days{day}};
    text += date_text(date) + "," + std::to_string(day < 59 ? 1000 + day * 37 % 29 : 200) + "\n";
  }
  program.write("web.csv", text);
  ASSERT_EQ(program.once("2026-03-02T06:00:00Z"), 0);
  const std::string out = program.on_folder({"explain", "visits"}).out;
  EXPECT_THAT(out, HasSubstr("  history   lowest in 60 days; usual "));
  EXPECT_THAT(out, HasSubstr(" visits\n      usual, "));
  EXPECT_THAT(out, Not(HasSubstr(" visits\n      anomaly, ")));
  EXPECT_THAT(out, HasSubstr("\n      anomaly, "));
}

TEST(Remarks, AreAboutRowsThatAreGoneAndRowsOfTheFuture) {
  Program program("2026-03-05T06:00:00Z");
  program.write("kpid.yaml", kConfig);
  program.write("rules.yaml", "kpis:\n  visits: {value: web.visits}\n");
  program.write("web.csv", rows(5, "50,10"));  // the fifth has not ended
  const Ended fine = program.on_folder({"run", "--once", "--now", "2026-03-05T06:00:00Z"});
  EXPECT_THAT(fine.out, Not(HasSubstr("source web")));
  std::string text = rows(8, "");
  text.erase(text.find("2026-03-03"), 12);
  program.write("web.csv", text);
  const Ended ended = program.on_folder({"run", "--once", "--now", "2026-03-05T07:00:00Z"});
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out,
              HasSubstr("  source web: 6 values are of the future, the first of 2026-03-06: each counts\n"
                        "  once its period has ended\n"));
  EXPECT_THAT(ended.out,
              HasSubstr("  source web: 2 values that were read before are gone from it, the first of\n"
                        "  2026-03-03: they stand as they were read; a row with an empty cell takes a\n"
                        "  value back\n"));
  program.write("web.csv", text.substr(0, text.find('\n') + 1));
  EXPECT_THAT(program.on_folder({"run", "--once", "--now", "2026-03-05T08:00:00Z"}).out,
              HasSubstr(" values that were read before are gone from it, the first of\n"
                        "  2026-03-01: they stand as they were read; a row with an empty cell takes a\n"
                        "  value back\n"));
}

}  // namespace
}  // namespace kpi::test

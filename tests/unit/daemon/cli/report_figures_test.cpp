// What stands for a KPI in a review, and what it is compared with: over gaps, and of formulas that ask for the time.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kConfig =
    "timezone: UTC\n"
    "history: sqlite:history.db\n"
    "rules: [rules.yaml]\n"
    "sources:\n"
    "  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow, unit: visits}, orders: {kind: flow}}}\n"
    "  crm: {plugin: csv, path: crm.csv, grain: month, every: 1h, metrics: {signups: {kind: flow}}}\n"
    "channels: {terminal: {type: console}}\n"
    "routes: [{match: {}, to: [terminal]}]\n";

class ReportFigures : public testing::Test {
 protected:
  /// From 1 June to 19 July 2026, 100 visits and 2 orders a day but on days that have no row; 100 sign-ups a month.
  void write(const std::string& rules, const std::set<std::string>& without) {
    program_.write("kpid.yaml", kConfig);
    program_.write("rules.yaml", rules);
    std::string csv = "Date,visits,orders\n";
    for (int i = 0; i < 49; ++i) {
      const std::string date =
          date_text(Date{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1} + std::chrono::days{i}});
      csv += without.contains(date) ? "" : date + ",100,2\n";
    }
    program_.write("web.csv", csv);
    program_.write("crm.csv", "Date,signups\n2026-03-01,100\n2026-04-01,100\n2026-05-01,100\n2026-06-01,100\n");
    ASSERT_EQ(program_.once("2026-07-20T08:00:00Z"), 0);
  }

  std::string report(const std::string& from, const std::string& to, const std::string& format) {
    const Ended ended = program_.on_folder({"report", "--from", from, "--to", to, "--format", format});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  }

  json line(const std::string& id, const std::string& from, const std::string& to) {
    const json document = json::parse(report(from, to, "json"));
    for (const json& kpi : document["kpis"]) {
      if (kpi["id"] == id) {
        return kpi;
      }
    }
    return nullptr;
  }

  Program program_{"2026-07-20T08:00:00Z"};
};

TEST_F(ReportFigures, TellsNoChangeOfASumThatLacksDays) {
  write("kpis: {visits: {title: Visits, value: web.visits, unit: visits}}\n",
        {"2026-07-10", "2026-07-11", "2026-07-12"});
  const json after = line("visits", "2026-07-13", "2026-07-20");
  EXPECT_EQ(after["value"], 700);
  EXPECT_EQ(after["previous"], 400);
  EXPECT_EQ(after["comparable"]["previous"], false) << "not +75%";
  EXPECT_EQ(after["coverage"], nullptr);
  EXPECT_THAT(report("2026-07-13", "2026-07-20", "md"), HasSubstr("| 700 visits | 400 visits | – |"));
  const json gap = line("visits", "2026-07-06", "2026-07-13");
  EXPECT_EQ(gap["coverage"], (json{{"known", 4}, {"of", 7}, {"grain", "day"}}));
  EXPECT_THAT(report("2026-07-06", "2026-07-13", "md"),
              HasSubstr("| 400 visits (4 of 7 days have data) | 700 visits | – |"));
  const std::string html = report("2026-07-06", "2026-07-13", "html");
  EXPECT_THAT(html, HasSubstr("4 of 7 days have data"));
  EXPECT_THAT(html, Not(HasSubstr("43%")));
}

TEST_F(ReportFigures, ComparesNoTwoMonthsWithOne) {
  write("kpis: {signups: {value: crm.signups, every: month}}\n", {});
  const json line = this->line("signups", "2026-04-20", "2026-06-05");
  EXPECT_EQ(line["value"], 200) << "April and May ended in it";
  EXPECT_EQ(line["previous"], 100);
  EXPECT_EQ(line["comparable"]["previous"], false);
}

TEST_F(ReportFigures, OfASumOverChosenDaysIsThatOfThePeriod) {
  write(
      "kpis:\n"
      "  weekend: {value: \"sum(if(weekday() > 5, web.visits, 0))\"}\n"
      "  july: {value: \"if(month() == 7, web.visits, 0)\"}\n"
      "  base: {value: web.visits}\n"
      "  summed: {value: sum(base)}\n"
      "  ords: {value: web.orders}\n"
      "  share: {value: sum(ords) / sum(base)}\n",
      {});
  const json weekend = line("weekend", "2026-06-01", "2026-07-01");
  EXPECT_EQ(weekend["value"], 800) << "eight days of June; the last one is a Tuesday";
  EXPECT_EQ(weekend["basis"], "formula");
  EXPECT_EQ(line("summed", "2026-06-01", "2026-07-01")["value"], 3000);
  EXPECT_DOUBLE_EQ(line("share", "2026-06-01", "2026-07-01")["value"], 0.02);
  EXPECT_EQ(line("july", "2026-06-20", "2026-07-10")["basis"], "last") << "it is no sum over days";
  EXPECT_THAT(report("2026-06-20", "2026-07-10", "md"), HasSubstr("| 100 visits (last value) |"));
}

TEST_F(ReportFigures, OfAWindowThatTheFormulaBringsComparesTheSameDay) {
  write("kpis: {so_far: {value: \"to_date(web.visits, month)\", unit: visits}}\n", {"2026-06-29", "2026-06-30"});
  const json june = line("so_far", "2026-06-01", "2026-07-01");
  EXPECT_EQ(june["value"], 2800);
  EXPECT_EQ(june["until"], "2026-06-29T00:00:00Z");
  const json july = line("so_far", "2026-07-01", "2026-07-15");
  EXPECT_EQ(july["value"], 1400);
  const json week = line("so_far", "2026-07-01", "2026-07-03");
  EXPECT_EQ(week["value"], 200);
  EXPECT_EQ(week["comparable"]["previous"], false) << "of 28 June, two days before the end of its time";
}

TEST_F(ReportFigures, TellsNoChangeOfATotalThatLackedAnExpectedSegment) {
  program_.write("kpid.yaml",
                 "timezone: UTC\nhistory: sqlite:history.db\nrules: [rules.yaml]\nsources:\n"
                 "  shop: {plugin: csv, path: shop.csv, labels: {land: Land}, metrics: {sales: {kind: flow}}}\n"
                 "channels: {terminal: {type: console}}\nroutes: [{match: {}, to: [terminal]}]\n");
  program_.write("rules.yaml",
                 "kpis: {sales: {value: shop.sales, split_by: [land], expect: {land: [SE, NO]}, unit: orders}}\n");
  std::string csv = "Date,Land,sales\n";
  for (int day = 6; day < 20; ++day) {
    const std::string date = "2026-07-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    csv += date + ",SE,100\n" + (day == 8 || day == 9 ? "" : date + ",NO,50\n");
  }
  program_.write("shop.csv", csv);
  ASSERT_EQ(program_.once("2026-07-20T08:00:00Z"), 0);
  const json total = line("sales", "2026-07-13", "2026-07-20");
  EXPECT_EQ(total["value"], 1050);
  EXPECT_EQ(total["previous"], 950);
  EXPECT_EQ(total["comparable"]["previous"], false) << "not +11%";
}

TEST_F(ReportFigures, AsksForNoDataWhereThereWasNothingToDivideBy) {
  program_.write("kpid.yaml", kConfig);
  program_.write("rules.yaml", "kpis: {rate: {value: web.orders / web.visits, thresholds: {warning: 0.01}}}\n");
  program_.write("crm.csv", "Date,signups\n2026-05-01,100\n");
  program_.write("web.csv",
                 "Date,visits,orders\n2026-07-06,100,2\n2026-07-07,100,2\n2026-07-08,0,0\n2026-07-09,100,2\n");
  ASSERT_EQ(program_.once("2026-07-10T08:00:00Z"), 0);
  EXPECT_THAT(report("2026-07-06", "2026-07-10", "md"), Not(HasSubstr("have no data")));
}

TEST_F(ReportFigures, OfDaysWhoseHoursAreGoneAreThoseThatWereJudged) {
  const std::string config =
      "timezone: UTC\nhistory: sqlite:history.db\nrules: [rules.yaml]\nsources:\n"
      "  s: {plugin: csv, path: s.csv, grain: hour, metrics: {score: {kind: mean, weight: n}, n: {kind: flow}}}\n"
      "channels: {terminal: {type: console}}\nroutes: [{match: {}, to: [terminal]}]\n";
  program_.write("rules.yaml",
                 "kpis:\n  score: {value: s.score, every: day}\n  answers: {value: s.n, every: day}\n"
                 "  busy: {value: \"sum(if(s.n >= 40, 1, 0))\", every: day}\n");
  const auto hours_of = [](const std::string& begin, int days) {
    std::string rows;
    for (int hour = 0; hour < days * 24; ++hour) {
      const Instant at = *parse_rfc3339(begin + "T00:00:00Z") + std::chrono::hours{hour};
      rows += rfc3339(at) + (hour % 2 == 0 ? ",2,90\n" : ",4,10\n");
    }
    return rows;
  };
  program_.write("s.csv", "Date,score,n\n" + hours_of("2026-06-01", 14));
  program_.write("kpid.yaml", config);
  ASSERT_EQ(program_.once("2026-06-15T08:00:00Z"), 0);
  EXPECT_DOUBLE_EQ(line("score", "2026-06-01", "2026-06-15")["value"], 2.2);
  EXPECT_EQ(line("busy", "2026-06-01", "2026-06-15")["value"], 168);
  program_.write("kpid.yaml", config + "retention: {samples: 10 days}\n");
  program_.write("s.csv", "Date,score,n\n" + hours_of("2026-06-01", 14) + hours_of("2026-07-12", 7));
  ASSERT_EQ(program_.once("2026-07-19T08:00:00Z"), 0);
  EXPECT_DOUBLE_EQ(line("score", "2026-06-01", "2026-06-15")["value"], 2.2);
  EXPECT_EQ(line("score", "2026-06-01", "2026-06-15")["basis"], "mean");
  EXPECT_EQ(line("busy", "2026-06-01", "2026-06-15")["value"], 12) << "hours a day";
  EXPECT_EQ(line("answers", "2026-06-01", "2026-06-15")["value"], 168 * 100);
  EXPECT_EQ(line("answers", "2026-06-01", "2026-06-15")["basis"], "formula");
  const json kept = line("busy", "2026-07-12", "2026-07-19");
  EXPECT_EQ(kept["basis"], "formula") << "its samples are there";
  EXPECT_EQ(kept["value"], 7 * 12);
}

}  // namespace
}  // namespace kpi::test

#include "daemon/store/history_reader.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kConfig = R"yaml(timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
sources:
  web:
    plugin: csv
    path: web.csv
    labels: {country: country}
    metrics:
      visits: {kind: flow, unit: visits}
      orders: {kind: flow, unit: orders}
channels: {terminal: {type: console}}
routes: [{match: {}, to: [terminal]}]
)yaml";

constexpr const char* kRules = R"yaml(kpis:
  visits:
    title: Visits
    owner: growth
    unit: visits
    value: web.visits
    split_by: [country]
    thresholds: {warning: 150}
  conversion:
    title: Conversion
    unit: "%"
    value: web.orders / web.visits
  doubled:
    title: Doubled
    value: 2 * conversion
  smooth:
    title: Smooth
    value: avg(web.visits, 7 days)
)yaml";

/// Days from 1 April to 30 September 2026 in two countries; some of the last quarter miss the limit, three are absent.
std::string web_csv(double corrected) {
  std::string text = "Date,country,visits,orders\n";
  const std::chrono::sys_days first{std::chrono::year(2026) / 4 / 1};
  for (int i = 0; i < 183; ++i) {
    const Date day{first + std::chrono::days{i}};
    const int of_quarter = i - 91;  // 0 is 1 July
    if (of_quarter >= 40 && of_quarter < 43) {
      continue;
    }
    const bool is_low = of_quarter >= 60 && of_quarter < 69;
    const double se = of_quarter == 10 ? corrected : is_low ? 40 : 100;
    text += date_text(day) + ",SE," + std::to_string(static_cast<int>(se)) + ",3\n";
    text += date_text(day) + ",NO,100," + (of_quarter >= 0 ? "2" : "1") + "\n";
  }
  return text;
}

class Report : public testing::Test {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml", kConfig);
    program_.write("rules.yaml", kRules);
    program_.write("web.csv", web_csv(100));
    ASSERT_EQ(program_.once("2026-10-01T08:00:00Z"), 0);
    program_.write("web.csv", web_csv(120));
    ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  }

  Ended run(std::vector<std::string> words) {
    words.insert(words.begin(), "report");
    return program_.on_folder(std::move(words));
  }

  json document(std::vector<std::string> words) {
    words.insert(words.end(), {"--format", "json"});
    const Ended ended = run(std::move(words));
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out, nullptr, false);
  }

  static json line(const json& document, const std::string& id, const json& segment = json::object()) {
    for (const json& kpi : document["kpis"]) {
      if (kpi["id"] == id && kpi["segment"] == segment) {
        return kpi;
      }
    }
    return nullptr;
  }

  Program program_{"2026-10-04T08:00:00Z"};
};

TEST_F(Report, AddsUpWithGapsMissesAndACorrectedValue) {
  const json visits = line(document({"--quarter", "2026-Q3"}), "visits");
  EXPECT_EQ(visits["periods"], 92);
  EXPECT_EQ(visits["met"], 80);
  EXPECT_EQ(visits["missed"], 9);
  EXPECT_EQ(visits["no_data"], 3);
  EXPECT_EQ(visits["recorded"], 0);
  EXPECT_DOUBLE_EQ(visits["attainment"], 80.0 / 89);
  EXPECT_DOUBLE_EQ(visits["attainment_with_gaps"], 80.0 / 92);
  ASSERT_EQ(visits["restated"].size(), 1U);
  EXPECT_EQ(visits["restated"][0]["date"], "2026-07-11");
  EXPECT_EQ(visits["restated"][0]["was"], 200);
  EXPECT_EQ(visits["restated"][0]["is"], 220);
  ASSERT_EQ(visits["episodes"].size(), 2U);  // the gap, and the nine low days
  EXPECT_EQ(visits["episodes"][1]["rule"], "thresholds");
  EXPECT_EQ(visits["episodes"][1]["since"], "2026-08-29T22:00:00Z");
}

TEST_F(Report, IsARatioOfSumsAndTheSumOfItsSegments) {
  const json document = this->document({"--quarter", "2026-Q3"});
  const double se = 79 * 100 + 9 * 40 + 120;
  const double no = 89 * 100;
  EXPECT_EQ(line(document, "visits")["value"], se + no);
  EXPECT_EQ(line(document, "visits", {{"country", "SE"}})["value"], se);
  EXPECT_EQ(line(document, "visits", {{"country", "NO"}})["value"], no);
  EXPECT_EQ(line(document, "visits")["previous"], 91 * 200);
  EXPECT_EQ(line(document, "visits")["year_ago"], nullptr);
  EXPECT_DOUBLE_EQ(line(document, "conversion")["value"], 89 * 5 / (se + no));
  EXPECT_DOUBLE_EQ(line(document, "conversion")["previous"], 4.0 / 200);
  EXPECT_DOUBLE_EQ(line(document, "doubled")["value"], 2 * 89 * 5 / (se + no));
  EXPECT_EQ(line(document, "smooth")["basis"], "last");
  EXPECT_DOUBLE_EQ(line(document, "smooth")["value"], 200);
}

TEST_F(Report, OfARatioLeavesOutADayThatLacksOneSide) {
  Program gap("2026-09-14T08:00:00Z");
  gap.write("kpid.yaml", kConfig);
  gap.write("rules.yaml", kRules);
  std::string text = "Date,country,visits,orders\n";
  for (int day = 7; day <= 13; ++day) {
    const std::string date = "2026-09-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    text += date + ",SE,100," + (day == 9 || day == 10 ? "" : "2") + "\n";
  }
  gap.write("web.csv", text);
  ASSERT_EQ(gap.once("2026-09-14T08:00:00Z"), 0);
  const Ended ended = gap.on_folder({"report", "--from", "2026-09-07", "--to", "2026-09-14", "--format", "json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json week = json::parse(ended.out);
  EXPECT_EQ(line(week, "visits")["value"], 700);
  EXPECT_DOUBLE_EQ(line(week, "conversion")["value"], 0.02) << "as on each of its days, not 10 of 700";
  EXPECT_DOUBLE_EQ(line(week, "doubled")["value"], 0.04);
  EXPECT_EQ(line(week, "conversion")["no_data"], 2);
}

TEST_F(Report, ComparesAnOpenPeriodWithAsManyDays) {
  const json document = this->document({"--quarter", "2026-Q4"});
  EXPECT_EQ(document["open"], true);
  const json visits = line(document, "visits");
  EXPECT_EQ(visits["until"], "2026-10-02T22:00:00Z");
  EXPECT_EQ(visits["previous"], 2 * 200);  // 1 and 2 July: the day that waits for its data is not judged yet
}

TEST_F(Report, ComparesASumOnlyWithAPeriodInWhichItHadBegun) {
  const json late = line(document({"--from", "2026-04-21", "--to", "2026-05-31"}), "visits");
  EXPECT_EQ(late["value"], 40 * 200);
  EXPECT_EQ(late["previous"], nullptr);  // 20 of its 40 days lie before the first one with data
  const json nearly = line(document({"--from", "2026-05-11", "--to", "2026-06-21"}), "visits");
  EXPECT_EQ(nearly["previous"], 40 * 200);  // of 41
}

TEST_F(Report, SaysTheSameInEveryFormat) {
  const json visits = line(document({"--quarter", "2026-Q3"}), "visits");
  const std::string total = "visits,Visits,growth,,,visits,17280,18200,,2026-09-30T22:00:00Z,formula,92,80,9,3,0,";
  EXPECT_EQ(visits["value"], 17280);
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "csv"}).out, HasSubstr(total));
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out,
              HasSubstr("| Visits | growth | 17,280 visits (89 of 92 days have data) | 18,200 visits | – | 80 / 89 |"));
  const std::string html = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(html, HasSubstr("<b>17,280 visits</b>"));
  EXPECT_THAT(html, HasSubstr("80 met + 9 missed + 3 without data + 0 with nothing to meet = 92 periods"));
}

TEST_F(Report, SaysWhatIsUnusualOfTheLastPeriodWhereAnAlertAsksForIt) {
  std::string csv = "Date,country,visits,orders\n";
  for (int i = 0; i < 183; ++i) {
    const Date day{std::chrono::sys_days{std::chrono::year(2026) / 4 / 1} + std::chrono::days{i}};
    csv += date_text(day) + ",SE," + std::to_string(i == 182 ? 40 : 100 + (i * 37) % 23) + ",3\n";
  }
  program_.write("web.csv", csv);
  program_.write("rules.yaml",
                 kRules + std::string("  watched:\n    title: Watched\n    unit: visits\n    value: web.visits\n"
                                      "    alerts: [{name: odd, when: unusual(value)}]\n"));
  program_.write("kpid.yaml", std::string(kConfig).replace(std::string(kConfig).find("history.db"), 10, "odd.db"));
  ASSERT_EQ(program_.once("2026-10-01T08:00:00Z"), 0);
  const json document = this->document({"--quarter", "2026-Q3"});
  const json history = line(document, "watched")["history"];
  EXPECT_EQ(history["date"], "2026-09-30");
  EXPECT_THAT(history["text"].get<std::string>(), HasSubstr("30 September 2026: lowest in 183 days; usual "));
  EXPECT_GT(history["usual_low"], 80);
  EXPECT_LT(history["usual_high"], 140);
  EXPECT_EQ(line(document, "visits")["history"], nullptr);
  EXPECT_THAT(run({"--quarter", "2026-Q3"}).out, HasSubstr("<p>30 September 2026: lowest in 183 days; usual "));
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out,
              HasSubstr("- **Watched**: 30 September 2026: lowest in 183 days; usual "));
}

TEST_F(Report, HoldsEveryStatedProbabilityAgainstWhatHappened) {
  const std::string target = "    target: {from: 190, start: 2026-05-01, to: 210, by: 2026-07-11}\n";
  program_.write("rules.yaml", kRules + ("  aimed:\n    title: Aimed\n    value: web.visits\n" + target));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);

  const auto reader = open_history_reader(program_.path("history.db")).value();
  const Slot from = slot_of(Date{std::chrono::year(2026) / 7 / 1});
  const Slot to = slot_of(Date{std::chrono::year(2026) / 10 / 1});
  double squares = 0;
  std::size_t count = 0;
  const auto settled = reader->forecasts(from, to).value();
  for (const SettledForecast& stated : settled) {
    EXPECT_TRUE(stated.was_reached) << stated.slot.ms;  // 11 July was restated to 220
    squares += (1 - stated.probability) * (1 - stated.probability);
    ++count;
  }
  ASSERT_EQ(count, 71U);  // each day from 1 May to the last but one

  const json forecasts = document({"--quarter", "2026-Q3"})["forecasts"];
  EXPECT_EQ(forecasts["count"], count);
  EXPECT_NEAR(forecasts["brier"].get<double>(), squares / static_cast<double>(count), 1e-12);
  std::size_t told = 0;
  for (const json& tenth : forecasts["reliability"]) {
    EXPECT_EQ(tenth["happened"], 1);
    told += tenth["count"].get<std::size_t>();
  }
  EXPECT_EQ(told, count);
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out,
              HasSubstr("of 71 stated probabilities whose outcome is now known"));
  EXPECT_THAT(run({"--quarter", "2026-Q3"}).out, HasSubstr("<th scope=\"col\" class=\"number\">Happened</th>"));
  EXPECT_THAT(run({"--quarter", "2026-Q2"}).out,
              HasSubstr("<p>No target with a stated probability was decided in this period.</p>"));
}

TEST_F(Report, HoldsNoStatementAgainstAnotherGoalThanItsOwn) {
  const auto target = [](const std::string& changes) {
    return "    target: {measure: average, from: 190, start: 2026-05-01, to: 900, by: 2026-07-31" + changes + "}\n";
  };
  const std::string change = ", changes: [{date: 2026-06-15, to: 150, why: too much}]";
  program_.write("rules.yaml", kRules + ("  aimed:\n    title: Aimed\n    value: web.visits\n" + target(change)));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);

  const json forecasts = document({"--quarter", "2026-Q3"})["forecasts"];
  EXPECT_EQ(forecasts["count"], 46);
  EXPECT_EQ(forecasts["of_changed_goals"], 45);
  EXPECT_LT(forecasts["brier"], 0.1);
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out,
              HasSubstr("45 statements about goals that were changed before the deadline are left out."));
}

TEST_F(Report, OfAClosedQuarterShowsNoForecastOfToday) {
  const std::string target = "    target: {from: 190, start: 2026-05-01, to: 900, by: 2026-12-31}\n";
  program_.write("rules.yaml", kRules + ("  aimed:\n    title: Aimed\n    value: web.visits\n" + target));
  program_.write("web.csv", web_csv(120) + "2026-10-01,SE,100,3\n2026-10-02,SE,100,3\n2026-10-03,SE,100,3\n");
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  EXPECT_THAT(run({"--quarter", "2026-Q4"}).out, HasSubstr("<b>Forecast</b>"));
  const std::string closed = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(closed, Not(HasSubstr("four times in five")));
  EXPECT_THAT(closed, HasSubstr("<b>Forecast</b>: as stated after 30 September 2026"));
  const json found = line(document({"--quarter", "2026-Q3"}), "aimed")["target"];
  EXPECT_EQ(found["deadline"], "2026-12-31");
  EXPECT_EQ(found["stated"]["date"], "2026-09-30");
  const double due = found["expected"];
  EXPECT_DOUBLE_EQ(found["pace"], (200 - 190) / (due - 190));
  EXPECT_THAT(closed, HasSubstr("by 31 December 2026</small>"));
}

TEST_F(Report, ShowsWhatASumCameToOnAnAxisOfItsOwn) {
  const std::string target = "    target: {measure: total, start: 2026-06-01, to: 20000, by: 2026-08-31}\n";
  program_.write("rules.yaml", kRules + ("  summed:\n    title: Summed\n    value: web.visits\n" + target));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  const double sum = 30 * 200 + 30 * 200 + 220 + 26 * 200 + 2 * 140;  // June, July with a corrected day, August's 28
  const json found = line(document({"--quarter", "2026-Q3"}), "summed")["target"];
  EXPECT_EQ(found["status"], "missed");
  EXPECT_EQ(found["actual"], sum);
  const std::string html = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(html, HasSubstr("The target was missed: 17,700 visits instead of 20,000 visits."));
  const std::string page = html.substr(html.find("id=\"kpi-summed\""));
  const std::size_t second = page.find("aria-label=\"Summed, so far: 62 periods, from");
  ASSERT_NE(second, std::string::npos);
  EXPECT_EQ(page.substr(0, second).find("<path class=\"path\""), std::string::npos);
  EXPECT_NE(page.substr(second).find("<path class=\"path\""), std::string::npos);
  EXPECT_THAT(page.substr(second), HasSubstr("highest 17,700 visits."));
}

TEST_F(Report, SaysWhichPartsATotalLacksAndWhatWasMissed) {
  const std::string quarter = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(quarter, HasSubstr("<li>3 of 92 periods have no data"));
  EXPECT_THAT(quarter, HasSubstr("<li>9 of 89 judged periods were missed"));
  EXPECT_THAT(quarter, Not(HasSubstr("Segments with periods without data")));  // there was nothing at all on those days

  std::string csv = web_csv(100);
  for (const std::string day : {"2026-09-10", "2026-09-11"}) {
    csv.erase(csv.find(day + ",SE"), (day + ",SE,100,3\n").size());
  }
  program_.write("web.csv", csv);
  program_.write("kpid.yaml", std::string(kConfig).replace(std::string(kConfig).find("history.db"), 10, "parts.db"));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  const std::string lacking = "Segments with periods without data: SE (5). The total lacks their part.";
  const std::string html = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(html, HasSubstr("<li>" + lacking));
  EXPECT_THAT(html, HasSubstr("<p>" + lacking));
}

TEST_F(Report, WritesChangesOfTargetsInTheLanguage) {
  program_.write(
      "rules.yaml",
      kRules + std::string("  aimed:\n    title: Aimed\n    unit: \"%\"\n    value: web.orders / web.visits\n"
                           "    target: {from: 2%, start: 2026-05-01, to: 3%, by: 2026-12-31, changes: [{date: "
                           "2026-08-01, to: 2.6%, by: 2027-03-31, why: Q}]}\n"));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--language", "sv", "--format", "md"}).out,
              HasSubstr("mål 3\u00A0%, slutdatum 31 december 2026 → mål 2,6\u00A0%, slutdatum 31 mars 2027 (Q)"));
}

TEST_F(Report, WritesTheGoalOfAShareOfPeriodsAsAShare) {
  const auto shared = [](const std::string& keys) {
    return std::string(kRules) +
           "  shared:\n    title: Shared\n    unit: visits\n    value: web.visits\n    thresholds: {warning: 150}\n"
           "    target: {measure: share_met, start: 2026-05-01, by: 2026-12-31, " +
           keys + "}\n";
  };
  program_.write("rules.yaml", shared("to: 90%, changes: [{date: 2026-08-01, to: 80%, why: Q}]"));
  ASSERT_EQ(program_.once("2026-10-04T09:00:00Z"), 0);
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out,
              HasSubstr("**Shared**: goal 90% of periods met → goal 80% of periods met (Q)"));
  EXPECT_THAT(run({"--quarter", "2026-Q3"}).out, HasSubstr("<td>goal 80% of periods met</td>"));
  program_.write("rules.yaml", shared("to: 70%"));
  ASSERT_EQ(program_.once("2026-10-05T08:00:00Z"), 0);
  EXPECT_THAT(run({"--quarter", "2026-Q4", "--format", "md", "--language", "sv"}).out,
              HasSubstr("mål 90\u00A0% klarade perioder → mål 70\u00A0% klarade perioder"));
}

TEST_F(Report, TellsOfARuleThatWasEdited) {
  std::string rules = kRules;
  rules.replace(rules.find("warning: 150"), 12, "warning: 170");
  program_.write("rules.yaml", rules);
  ASSERT_EQ(program_.once("2026-10-05T08:00:00Z"), 0);
  const json changes = line(document({"--quarter", "2026-Q4"}), "visits")["rule_changes"];
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0]["date"], "2026-10-05");
  EXPECT_EQ(changes[0]["from"], json::array({"warning: 150"}));
  EXPECT_EQ(changes[0]["to"], json::array({"warning: 170"}));
  EXPECT_THAT(run({"--quarter", "2026-Q4", "--format", "md"}).out,
              HasSubstr("5 October 2026, **Visits**: warning: 150 → warning: 170 (the rule was edited)"));
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out, Not(HasSubstr("the rule was edited")));
}

TEST_F(Report, LeavesOutMarksThatTurnTheReadingOrder) {
  ASSERT_EQ(program_.on_folder({"note", "visits", "2026-08-20", "safe \u202Eelas\u202C sign \u2192"}).code, 0);
  const std::string html = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(html, HasSubstr("safe elas sign \u2192"));
}

TEST_F(Report, TellsOfAnOpenAlertOnlyWhileItIsOpen) {
  const std::vector<std::string> to_the_low_days{"--from", "2026-08-01", "--to", "2026-09-03"};
  const std::string ended = run(to_the_low_days).out;
  EXPECT_THAT(ended, HasSubstr("SE: An alert has been open since 1 April 2026"));
  EXPECT_THAT(ended, Not(HasSubstr("An alert has been open since 30 August")));  // it was open then, and has ended
  const json total = line(document(to_the_low_days), "visits");
  EXPECT_EQ(total["episodes"].back()["since"], "2026-08-29T22:00:00Z");
  EXPECT_LT(total["episodes"].back()["firing"], "2026-09-02T22:00:00Z");

  program_.write("web.csv", web_csv(120) + "2026-10-01,SE,10,3\n2026-10-02,SE,10,3\n2026-10-03,SE,10,3\n");
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  EXPECT_THAT(run({"--quarter", "2026-Q4"}).out, HasSubstr("An alert has been open since"));
  EXPECT_TRUE(line(document({"--quarter", "2030-Q1"}), "visits")["episodes"].empty());
}

TEST_F(Report, TellsANoteOfAllKpisOnceAndShowsItInEachChart) {
  ASSERT_EQ(program_.on_folder({"note", "all", "2026-08-20", "Summer sale"}).code, 0);
  const Ended far = program_.on_folder({"note", "all", "2099-01-01", "Far"});
  EXPECT_EQ(far.code, 2);
  EXPECT_THAT(far.err, HasSubstr("2099-01-01 lies more than a year ahead"));
  EXPECT_THAT(program_.on_folder({"note", "visits", "2026-12-24", "Closed"}).out, HasSubstr("a day to come"));
  const std::string md = run({"--quarter", "2026-Q3", "--format", "md"}).out;
  EXPECT_EQ(md.find("Summer sale"), md.rfind("Summer sale"));
  EXPECT_THAT(md, HasSubstr("- 20 August 2026, **All KPIs**: Summer sale\n"));
  const json document = this->document({"--quarter", "2026-Q3"});
  EXPECT_EQ(document["notes"].size(), 1U);
  EXPECT_EQ(line(document, "smooth")["notes"].size(), 1U);
}

TEST_F(Report, OfAYearHasTheYearBeforeOnce) {
  EXPECT_THAT(run({"--year", "2026"}).out, Not(HasSubstr("Year before")));
  const std::string md = run({"--year", "2026", "--format", "md"}).out;
  EXPECT_THAT(md, HasSubstr("Compared with 2025. Figures as of"));
  EXPECT_THAT(md, HasSubstr("| Period before | Periods met |"));
  EXPECT_THAT(run({"--quarter", "2026-Q3"}).out, HasSubstr("Year before"));
}

TEST_F(Report, CallsTheRulesOfAlertsByTheirWords) {
  const std::string html = run({"--quarter", "2026-Q3", "--language", "sv"}).out;
  EXPECT_THAT(html, HasSubstr(">data saknas</span>"));
  EXPECT_THAT(html, HasSubstr(">gräns</span>"));
  EXPECT_THAT(html, Not(HasSubstr("no_data</span>")));
}

TEST_F(Report, SpeaksTheLanguageThatIsAskedFor) {
  EXPECT_TRUE(
      matches_golden("cli/report_sv.md", run({"--quarter", "2026-Q3", "--format", "md", "--language", "sv"}).out));
}

TEST_F(Report, LeavesHostileTextsInert) {
  std::string rules = kRules;
  rules.replace(rules.find("title: Visits"), 13, "title: \"<script>alert(1)</script>=cmd|'/c calc'!A0\"");
  rules.replace(rules.find("owner: growth"), 13, "owner: \"=1+1\"");
  program_.write("rules.yaml", rules);
  const std::string html = run({"--quarter", "2026-Q3"}).out;
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "csv"}).out, HasSubstr(",'=1+1,"));
  EXPECT_THAT(run({"--quarter", "2026-Q3", "--format", "md"}).out, HasSubstr("\\<script\\>"));
}

TEST_F(Report, IsOfTheLastWholeQuarterAndGoesWhereItIsTold) {
  EXPECT_EQ(run({"--out", program_.path("review.json")}), (Ended{0, "", "DIR/review.json: the review of 2026-Q3\n"}));
  EXPECT_EQ(json::parse(program_.read("review.json"))["period"]["name"], "2026-Q3");
  EXPECT_THAT(run({}).out, HasSubstr("<h1>KPI review: Q3 2026</h1>"));
  EXPECT_EQ(run({"--out", "-", "--format", "csv"}), run({"--format", "csv"}));
}

TEST_F(Report, SaysWhatIsWrongWithTheCommandLine) {
  EXPECT_EQ(run({"--quarter", "Q3"}), (Ended{2, "", "kpid: \"Q3\" is no quarter; write 2026-Q3\n"}));
  EXPECT_EQ(run({"--quarter", "2026-Q3", "--year", "2026"}).code, 2);
  EXPECT_EQ(
      run({"--from", "2026-07-01"}),
      (Ended{2, "", "kpid: --to wants a date such as 2026-07-01, got \"\"; a range needs both --from and --to\n"}));
  EXPECT_EQ(run({"--format", "pdf"}), (Ended{2, "", "kpid: --format wants html, json, csv or md, got \"pdf\"\n"}));
  EXPECT_EQ(run({"--out", program_.path("q3.pdf")}),
            (Ended{2,
                   "",
                   "kpid: --out ends in .pdf, and a report is html, json, csv or md: end it so, or name one with "
                   "--format\n"}));
  EXPECT_EQ(run({"--out", program_.path("q3.pdf"), "--format", "html"}).code, 0);
  EXPECT_EQ(run({"--out", program_.path("q3.htm")}).code, 0);
  EXPECT_EQ(run({"--language", "fi"}), (Ended{2, "", "kpid: --language wants en, sv, da or nb, got \"fi\"\n"}));
  EXPECT_EQ(Program("2026-10-04T08:00:00Z").run({"report"}).code, 1);
}

}  // namespace
}  // namespace kpi::test

// The review of a time that is over keeps what was judged in it: KPIs that have left the rules since or have another
// name or other periods now, and targets that were removed or followed by others.

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
channels: {terminal: {type: console}}
routes: [{match: {}, to: [terminal]}]
)yaml";

constexpr const char* kShop = R"yaml(  shop:
    plugin: csv
    path: shop.csv
    metrics:
      orders: {kind: flow, unit: orders}
)yaml";

constexpr const char* kVisits = R"yaml(  visits:
    title: Visits
    owner: growth
    unit: visits
    value: web.visits
    split_by: [country]
    thresholds: {warning: 150}
)yaml";

/// A KPI that stays, with or without a target.
std::string smooth(const std::string& target = "") {
  return "  smooth:\n    title: Smooth\n    unit: visits\n    value: web.visits\n" +
         (target.empty() ? "" : "    target: " + target + "\n");
}

std::string rules(const std::string& kpis) {
  return "kpis:\n" + kpis;
}

/// From 1 April to 30 September 2026, a hundred visits a day in each of two countries; in September 40 of one.
std::string web_csv() {
  std::string text = "Date,country,visits\n";
  for (int i = 0; i < 183; ++i) {
    const Date day{std::chrono::sys_days{std::chrono::year(2026) / 4 / 1} + std::chrono::days{i}};
    text += date_text(day) + ",SE," + (i >= 153 ? "40" : "100") + "\n" + date_text(day) + ",NO,100\n";
  }
  return text;
}

std::string shop_csv() {
  std::string text = "Date,orders\n";
  for (int i = 0; i < 183; ++i) {
    const Date day{std::chrono::sys_days{std::chrono::year(2026) / 4 / 1} + std::chrono::days{i}};
    text += date_text(day) + "," + std::to_string(3 + i % 2) + "\n";
  }
  return text;
}

class PastReview : public testing::Test {
 protected:
  /// The history of `kpis` until the fourth of October, and then a day of `later` in their place.
  void judge(const std::string& kpis, const std::string& later) {
    program_.write("kpid.yaml", std::string(kConfig));
    program_.write("web.csv", web_csv());
    program_.write("rules.yaml", rules(kpis));
    ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
    program_.write("rules.yaml", rules(later));
    ASSERT_EQ(program_.once("2026-10-05T08:00:00Z"), 0);
  }

  std::string text(const std::string& format, std::vector<std::string> words = {"--quarter", "2026-Q3"}) {
    words.insert(words.begin(), "report");
    words.insert(words.end(), {"--format", format});
    const Ended ended = program_.on_folder(std::move(words));
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  }

  json line(const std::string& id,
            const json& segment = json::object(),
            std::vector<std::string> words = {"--quarter", "2026-Q3"}) {
    const json document = json::parse(text("json", std::move(words)), nullptr, false);
    for (const json& kpi : document["kpis"]) {
      if (kpi["id"] == id && kpi["segment"] == segment) {
        return kpi;
      }
    }
    return nullptr;
  }

  json target(const std::string& id) { return line(id)["target"]; }

  Program program_{"2026-10-05T08:00:00Z"};
};

TEST_F(PastReview, HasAKpiThatIsNoLongerInTheRulesAsItStoodThen) {
  judge(kVisits + smooth(), smooth());
  const json visits = line("visits");
  ASSERT_NE(visits, nullptr);
  EXPECT_EQ(visits["removed"], true);
  EXPECT_EQ(visits["removed_on"], "2026-10-05");
  EXPECT_EQ(visits["value"], 62 * 200 + 30 * 140);
  EXPECT_EQ(visits["previous"], 91 * 200);
  EXPECT_EQ(visits["basis"], "formula");
  EXPECT_EQ(visits["met"], 62);
  EXPECT_EQ(visits["missed"], 30);
  EXPECT_EQ(visits["periods"], 92);
  ASSERT_EQ(visits["episodes"].size(), 1U);
  EXPECT_EQ(visits["episodes"][0]["rule"], "thresholds");
  EXPECT_EQ(line("visits", {{"country", "SE"}})["value"], 62 * 100 + 30 * 40);
  EXPECT_EQ(line("smooth")["removed"], false);
  EXPECT_EQ(line("smooth")["removed_on"], nullptr);
}

TEST_F(PastReview, MarksAKpiThatIsNoLongerInTheRulesInEveryFormat) {
  judge(kVisits + smooth(), smooth());
  EXPECT_THAT(text("csv"), HasSubstr("earlier_targets,removed,removed_on\r\n"));
  EXPECT_THAT(text("csv"), HasSubstr("visits,visits,,,,visits,16600,18200,"));
  EXPECT_THAT(text("csv"), HasSubstr(",true,2026-10-05\r\n"));
  EXPECT_THAT(text("csv"), HasSubstr(",false,\r\n"));
  const std::string md = text("md");
  EXPECT_THAT(md, HasSubstr("| visits (removed since) |  | 16,600 visits | 18,200 visits"));
  EXPECT_THAT(md, HasSubstr("Removed from the rules on 5 October 2026: shown by its last recorded rule."));
  const std::string html = text("html");
  EXPECT_THAT(html, HasSubstr("<th scope=\"rowgroup\" colspan=\"7\">Removed since</th>"));
  EXPECT_THAT(html, HasSubstr("<span class=\"chip info\">removed since</span>"));
  EXPECT_THAT(html, HasSubstr("Removed from the rules on 5 October 2026: shown by its last recorded rule."));
  EXPECT_THAT(text("md", {"--quarter", "2026-Q3", "--language", "sv"}), HasSubstr("visits (borttagen sedan dess)"));
}

TEST_F(PastReview, AsksForNothingOfAKpiThatIsNoLongerInTheRules) {
  judge(kVisits + smooth(), smooth());
  const std::string html = text("html");
  const std::string decisions =
      html.substr(html.find("id=\"decisions\""), html.find("id=\"changes\"") - html.find("id=\"decisions\""));
  EXPECT_THAT(decisions, HasSubstr("Nothing: every target"));
  EXPECT_EQ(line("visits")["review_overdue"], false);
  EXPECT_EQ(line("visits")["smart_gaps"], json::array());
}

TEST_F(PastReview, HasAKpiOnlyWhereItWasJudged) {
  judge(kVisits + smooth(), smooth());
  EXPECT_NE(line("visits", json::object(), {"--quarter", "2026-Q2"}), nullptr);
  EXPECT_EQ(line("visits", json::object(), {"--quarter", "2026-Q1"}), nullptr);
  EXPECT_NE(line("smooth", json::object(), {"--quarter", "2026-Q1"}), nullptr);
}

TEST_F(PastReview, HasAKpiThatLeftTheRulesBeforeTheDaemonLookedAtThem) {
  judge(kVisits + smooth(), kVisits + smooth());
  program_.write("rules.yaml", rules(smooth()));
  EXPECT_EQ(line("visits")["removed"], true);
  EXPECT_EQ(line("visits")["removed_on"], nullptr);
  EXPECT_EQ(line("visits")["value"], 16'600);
  EXPECT_THAT(text("md"), HasSubstr("No longer in the rules: shown by its last recorded rule."));
}

TEST_F(PastReview, HasAKpiWhoseSourceWentWithIt) {
  program_.write("kpid.yaml", std::string(kConfig).replace(std::string(kConfig).find("channels:"), 0, kShop));
  program_.write("web.csv", web_csv());
  program_.write("shop.csv", shop_csv());
  const std::string orders =
      "  orders:\n    unit: orders\n    value: shop.orders\n    thresholds: {warning: 4}\n"
      "    target: {measure: total, start: 2026-07-01, to: 1000, by: 2026-08-31}\n"
      "  per_visit:\n    value: orders / web.visits\n    every: week\n";
  program_.write("rules.yaml", rules(smooth() + orders));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  const json before = line("orders");
  program_.write("kpid.yaml", kConfig);
  program_.write("rules.yaml", rules(smooth()));
  ASSERT_EQ(program_.once("2026-10-05T08:00:00Z"), 0);

  const json after = line("orders");
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after["removed"], true);
  EXPECT_EQ(after["basis"], "last");
  EXPECT_EQ(after["value"], 3);  // of 30 September, which is day 182
  EXPECT_EQ(after["unit"], "orders");
  for (const char* same : {"periods", "met", "missed", "no_data", "targets"}) {
    EXPECT_EQ(after[same], before[same]) << same;
  }
  EXPECT_EQ(after["target"]["status"], "missed");
  EXPECT_EQ(after["target"]["actual"], 31 * 3 + 31 * 4);
  EXPECT_EQ(after["target"]["deadline"], "2026-08-31");
  EXPECT_EQ(line("per_visit")["periods"], 13);
  EXPECT_THAT(text("html"), HasSubstr("That rule does not load with the sources of now"));
}

TEST_F(PastReview, OfATargetThatWasRemovedHasWhatItCameTo) {
  judge(smooth("{from: 190, start: 2026-05-01, to: 900, by: 2026-08-31}"), smooth());
  const json found = target("smooth");
  EXPECT_EQ(found["status"], "missed");
  EXPECT_EQ(found["goal"], 900);
  EXPECT_EQ(found["actual"], 200);
  EXPECT_EQ(found["deadline"], "2026-08-31");
  EXPECT_THAT(text("md"), HasSubstr("missed, latest 200 visits, goal 900 visits, by 31 August 2026"));
}

TEST_F(PastReview, OfATargetThatGaveWayToAnotherHasWhatItCameTo) {
  judge(smooth("{from: 190, start: 2026-05-01, to: 900, by: 2026-08-31}"),
        smooth("{from: 190, start: 2026-05-01, to: 900, by: 2026-12-31}"));
  const json found = target("smooth");
  EXPECT_EQ(found["status"], "missed");
  EXPECT_EQ(found["actual"], 200);
  EXPECT_EQ(found["deadline"], "2026-08-31");
}

TEST_F(PastReview, OfASumThatGaveWayToALaterOneHasTheWholeSum) {
  judge(smooth("{measure: total, start: 2026-06-01, to: 20000, by: 2026-08-31}"),
        smooth("{measure: total, start: 2026-10-01, to: 30000, by: 2026-12-31}"));
  const json found = target("smooth");
  EXPECT_EQ(found["status"], "missed");
  EXPECT_EQ(found["goal"], 20'000);
  EXPECT_EQ(found["actual"], 92 * 200);  // June too
  EXPECT_EQ(found["deadline"], "2026-08-31");
  EXPECT_THAT(text("html"), HasSubstr("The target was missed: 18,400 visits instead of 20,000 visits."));
  EXPECT_THAT(text("csv"), HasSubstr("2026-08-31,1,1,"));
}

/// A KPI that is judged over `every`, with a target that is due in the middle of September.
std::string paced(const std::string& every) {
  return "  paced:\n    title: Paced\n    unit: visits\n    value: web.visits\n    every: " + every +
         "\n    thresholds: {warning: 150}\n    target: {from: 190, start: 2026-05-01, to: 900, by: 2026-09-15}\n";
}

TEST_F(PastReview, CountsAPeriodWhereItEndedThoughTheKpiHasLongerOnesNow) {
  judge(paced("day"), paced("day"));
  const json before = line("paced");
  ASSERT_EQ(before["periods"], 92);
  ASSERT_EQ(before["met"], 62);
  ASSERT_EQ(before["target"]["actual"], 140);
  program_.write("rules.yaml", rules(paced("month")));
  const json after = line("paced");
  for (const char* same : {"periods", "met", "missed", "no_data", "value", "previous", "target"}) {
    EXPECT_EQ(after[same], before[same]) << same;
  }
  EXPECT_EQ(line("paced", json::object(), {"--from", "2026-09-30", "--to", "2026-10-01"})["periods"], 1);
}

TEST_F(PastReview, CountsAPeriodWhereItEndedThoughTheKpiHasShorterOnesNow) {
  judge(paced("quarter"), paced("quarter"));
  const std::vector<std::string> september{"--month", "2026-09"};
  ASSERT_EQ(line("paced", json::object(), september)["periods"], 1);
  program_.write("rules.yaml", rules(paced("day")));
  EXPECT_EQ(line("paced", json::object(), september)["periods"], 1);
  EXPECT_EQ(line("paced", json::object(), {"--month", "2026-07"})["periods"], 0);
  EXPECT_EQ(line("paced", json::object(), {"--month", "2026-10"})["periods"], 0);
}

TEST_F(PastReview, EndsWithTheLongPeriodThatTookThePlaceOfItsFirstDay) {
  program_.write("kpid.yaml", kConfig);
  program_.write("web.csv", web_csv());
  program_.write("rules.yaml", rules(paced("day")));
  ASSERT_EQ(program_.once("2026-09-12T08:00:00Z"), 0);
  const json days = line("paced", json::object(), {"--from", "2026-09-01", "--to", "2026-09-12"});
  ASSERT_EQ(days["periods"], 11);
  program_.write("rules.yaml", rules(paced("month")));
  ASSERT_EQ(program_.once("2026-10-04T08:00:00Z"), 0);
  const json month = line("paced", json::object(), {"--month", "2026-09"});
  EXPECT_EQ(month["periods"], 11);  // the month, and the days but its first
  EXPECT_EQ(month["restated"], json::array());
  EXPECT_EQ(month["target"]["status"], "missed");
  EXPECT_EQ(line("paced", json::object(), {"--from", "2026-09-01", "--to", "2026-09-12"})["periods"], 10);
}

TEST_F(PastReview, FindsAKpiUnderItsFormerNameBeforeTheDaemonTookItsNewOneUp) {
  const std::string rule =
      "    title: Visits\n    unit: visits\n    value: web.visits\n    split_by: [country]\n"
      "    thresholds: {warning: 150}\n    alerts: [{name: odd, when: unusual(value)}]\n"
      "    target: {measure: total, to: 30000, by: 2026-12-31}\n";
  program_.write("kpid.yaml", kConfig);
  program_.write("web.csv", web_csv());
  program_.write("rules.yaml", rules("  visits:\n" + rule));
  ASSERT_EQ(program_.once("2026-08-01T08:00:00Z"), 0);
  ASSERT_EQ(program_.once("2026-10-05T08:00:00Z"), 0);
  const json before = line("visits");
  ASSERT_EQ(before["periods"], 92);
  ASSERT_EQ(before["target"]["actual"], 31 * 200 + 30 * 140);  // since it was first loaded
  const json of_se = line("visits", {{"country", "SE"}});
  program_.write("rules.yaml", rules("  sessions:\n    was: [visits]\n" + rule));
  const std::vector<const char*> same{
      "periods", "met", "missed", "no_data", "value", "previous", "target", "episodes", "history", "removed"};
  const json after = line("sessions");
  for (const char* key : same) {
    EXPECT_EQ(after.value(key, json()), before.value(key, json())) << key;
  }
  for (const char* key : same) {
    EXPECT_EQ(line("sessions", {{"country", "SE"}}).value(key, json()), of_se.value(key, json())) << key;
  }
  EXPECT_EQ(line("visits"), nullptr);
  ASSERT_EQ(program_.once("2026-10-05T09:00:00Z"), 0);
  for (const char* key : same) {
    EXPECT_EQ(line("sessions").value(key, json()), before.value(key, json())) << key;
  }
}

TEST_F(PastReview, UnderAFormerNameHasOnlyTheSegmentsThatTheKpiStillHas) {
  judge(kVisits, kVisits);
  program_.write("rules.yaml", rules("  sessions:\n    was: [visits]\n    value: web.visits\n"));
  EXPECT_EQ(line("sessions")["periods"], 92);
  EXPECT_EQ(line("sessions", {{"country", "SE"}}), nullptr);
}

}  // namespace
}  // namespace kpi::test

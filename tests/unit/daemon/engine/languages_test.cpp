// One story told in every language: what a marketer in Stockholm, Copenhagen, Oslo or London gets, message by message,
// kept as one golden file each, to be read by somebody who speaks it.

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/text_message.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <set>

namespace kpi::test {
namespace {

const std::string kConfig =
    "timezone: Europe/Stockholm\n"
    "public_url: https://kpi.example.com\n"
    "sources:\n"
    "  web: {plugin: csv, path: web.csv, timezone: Europe/Stockholm,\n"
    "        metrics: {visits: {unit: visits}, orders: {unit: orders}, cost: {unit: SEK}, score: {kind: mean}}}\n"
    "channels:\n"
    "  en: {type: console, language: en}\n"
    "  sv: {type: console, language: sv}\n"
    "  da: {type: console, language: da}\n"
    "  nb: {type: console, language: nb}\n"
    "routes: [{match: {}, to: [en, sv, da, nb], repeat: 2 days}]\n"
    "digests: [{to: [en, sv, da, nb], every: week, at: \"monday 08:00\", kpis: {}}]\n";

const std::string kRules =
    "kpis:\n"
    "  visits:\n"
    "    title: Visits\n"
    "    description: Sessions of people, without bots\n"
    "    owner: growth\n"
    "    objective: More customers\n"
    "    value: web.visits\n"
    "    unit: visits\n"
    "    thresholds: {warning: 1000, critical: 500}\n"
    "    alerts: [{name: sudden drop, when: \"change(value, 1 day) < -50%\", severity: info}]\n"
    "    runbook: https://wiki.example.com/visits\n"
    "  conversion:\n"
    "    title: Conversion rate\n"
    "    value: web.orders / web.visits\n"
    "    unit: \"%\"\n"
    "    thresholds: {warning: 2.2%, recover: 2.4%}\n"
    "  cost: {title: Advertising cost, value: web.cost, unit: SEK, better: lower, thresholds: {warning: 1500}}\n"
    "  score: {title: Satisfaction, value: web.score, unit: points, better: {within: [3, 5]}, thresholds: {}}\n"
    "  orders:\n"
    "    title: Orders\n"
    "    value: web.orders\n"
    "    unit: orders\n"
    "    target: {from: 0, to: 700, start: 2026-03-02, by: 2026-03-29, measure: total, judge: pace, remind: [7 "
    "days]}\n";

struct Day {
  const char* date;
  double visits;  ///< Below zero: nothing came.
  double orders;
  double cost;
};

/// A month in which about everything goes wrong once.
constexpr std::array kDays{
    Day{"2026-03-02", 1500, 40, 1200},
    Day{"2026-03-03", 1480, 38, 1250},
    Day{"2026-03-04", 900, 20, 1600},
    Day{"2026-03-05", 420, 8, 1700},
    Day{"2026-03-06", 450, 10, 1400},
    Day{"2026-03-07", 1300, 30, 1300},
    Day{"2026-03-08", 1400, 34, 1300},
    Day{"2026-03-09", 1500, 34, 1300},
    Day{"2026-03-10", 1500, 45, 1300},
    // Nothing comes of the 11th and the 12th.
    Day{"2026-03-11", -1, 0, 0},
    Day{"2026-03-12", -1, 0, 0},
    Day{"2026-03-13", 1500, 30, 1300},
    Day{"2026-03-14", 1500, 20, 1300},
    Day{"2026-03-15", 1500, 20, 1300},
    Day{"2026-03-16", 1500, 20, 1300},
    Day{"2026-03-17", 1500, 90, 1300},
    Day{"2026-03-18", 1500, 90, 1300},
    Day{"2026-03-19", 1500, 90, 1300},
    Day{"2026-03-20", 1500, 40, 1300},
    Day{"2026-03-21", 1500, 40, 1300},
    Day{"2026-03-22", 1500, 40, 1300},
    Day{"2026-03-23", 1500, 40, 1300},
    Day{"2026-03-24", 1500, 40, 1300},
};

class Languages : public testing::TestWithParam<const char*> {
 public:
  static std::map<std::string, std::string> told;
  static std::set<MessageType> types;

  static void SetUpTestSuite() {
    told.clear();
    Story story(kConfig, kRules);
    const auto keep = [&] {
      for (const Message& message : story.messages()) {
        types.insert(message.type);
        told[message.channel] +=
            headline(message) + "\n\n" + text_rule(message) + "\n" + text_message(message) + "\n\n";
      }
    };
    for (const Day& day : kDays) {
      if (day.visits >= 0) {
        story.put("web.visits", day.date, day.visits);
        story.put("web.orders", day.date, day.orders);
        story.put("web.cost", day.date, day.cost);
        story.put("web.score", day.date, day.orders < 10 ? 2 : 4);
      }
      const auto next = std::chrono::sys_days{parse_date(day.date).value()} + std::chrono::days{1};
      if (!story.step(date_text(Date{next}) + " 05:00").empty()) {
        keep();
      }
      if (!story.pass(date_text(Date{next}) + " 07:30").empty()) {
        keep();
      }
    }
    story.fail_source("web", ErrorKind::kInvalid);
    if (!story.step("2026-03-25 08:00").empty()) {
      keep();
    }
    if (!story.step("2026-03-25 09:00").empty()) {
      keep();
    }
  }
};

std::map<std::string, std::string> Languages::told;
std::set<MessageType> Languages::types;

TEST_P(Languages, TellTheWholeStory) {
  const std::string language = GetParam();
  ASSERT_TRUE(told.contains(language));
  EXPECT_TRUE(matches_golden("text/story_" + language + ".txt", told[language]));
}

TEST_P(Languages, HaveAMessageOfEachKindThatADayCanBring) {
  for (const MessageType type : {MessageType::kAlertFiring,
                                 MessageType::kAlertResolved,
                                 MessageType::kAlertNoData,
                                 MessageType::kTargetStatus,
                                 MessageType::kSourceError,
                                 MessageType::kSourceRecovered,
                                 MessageType::kDigest}) {
    EXPECT_TRUE(types.contains(type)) << name_of(type);
  }
}

// --- what goes wrong more seldom: nobody answers, it comes and goes, a goal is missed, new rules are refused ---

const std::string kTroubleRoutes =
    "routes: [{match: {}, to: [en, sv, da, nb], repeat: 30 days, escalate: [{after: 2 days, to: [en, sv, da, nb]}]}]\n";

const std::string kTroubleRules =
    "kpis:\n"
    "  leads:\n"
    "    title: Leads\n"
    "    owner: sales\n"
    "    value: web.visits\n"
    "    unit: leads\n"
    "    split_by: [country]\n"
    "    thresholds: {warning: 100}\n"
    "    target: {from: 0, to: 9000, start: 2026-03-01, by: 2026-03-31, measure: total, judge: pace, remind: [7 "
    "days]}\n";

class Troubles : public testing::TestWithParam<const char*> {
 public:
  static std::map<std::string, std::string> told;
  static std::set<MessageType> types;

  static void SetUpTestSuite() {
    told.clear();
    std::string config = kConfig.substr(0, kConfig.find("routes:")) + kTroubleRoutes;
    config.replace(config.find("path: web.csv,"), 14, "path: web.csv, labels: {country: Country},");
    Story story(config, kTroubleRules);
    const auto keep = [&] {
      for (const Message& message : story.messages()) {
        types.insert(message.type);
        told[message.channel] +=
            headline(message) + "\n\n" + text_rule(message) + "\n" + text_message(message) + "\n\n";
      }
    };
    for (int day = 1; day <= 31; ++day) {
      const Date date = std::chrono::year{2026} / 3 / day;
      const bool comes_and_goes = day > 8 && day < 22 && day % 2 == 1;
      story.put("web.visits", date_text(date), day >= 3 && day <= 7 ? 60 : 140, {{"country", "SE"}});
      story.put("web.visits", date_text(date), comes_and_goes ? 90 : 120, {{"country", "DK"}});
      const auto next = std::chrono::sys_days{date} + std::chrono::days{1};
      if (!story.step(date_text(Date{next}) + " 05:00").empty()) {
        keep();
      }
    }
    story.engine().receive_config_error(
        "rules.yaml:4:5: error: unknown key \"treshold\"; did you mean \"thresholds\"?\n    treshold: 5\n    ^~~~~~~~\n"
        "the configuration has errors; the last good one goes on");
    if (!story.pass("2026-04-01 06:00").empty()) {
      keep();
    }
  }
};

std::map<std::string, std::string> Troubles::told;
std::set<MessageType> Troubles::types;

TEST_P(Troubles, AreToldInFull) {
  const std::string language = GetParam();
  EXPECT_TRUE(matches_golden("text/troubles_" + language + ".txt", told[language]));
}

TEST_P(Troubles, HaveAMessageOfEachKindThatIsSeldom) {
  for (const MessageType type : {MessageType::kAlertEscalated,
                                 MessageType::kAlertFlapping,
                                 MessageType::kTargetReminder,
                                 MessageType::kTargetStatus,
                                 MessageType::kConfigError}) {
    EXPECT_TRUE(types.contains(type)) << name_of(type);
  }
}

// --- what data does: segments stop, a source is late and breaks, kpid was down, what was told is restated ---

const std::string kGapRules =
    "kpis:\n"
    "  leads:\n"
    "    title: Leads\n"
    "    owner: sales\n"
    "    value: web.visits\n"
    "    unit: leads\n"
    "    split_by: [country]\n"
    "    expect: {country: [DK, SE]}\n"
    "    no_data: {after: 0 days, severity: critical}\n"
    "    thresholds: {warning: 200, segments: [{match: {country: [DK, SE]}, warning: 50}]}\n"
    "    alerts: [{name: far below last week, when: \"change(value, 7 days) < -40%\", severity: warning}]\n"
    "    target: {from: 0, to: 9000, start: 2026-03-01, by: 2026-03-31, measure: total, judge: pace}\n";

struct GapDay {
  int day;
  double se;  ///< Below zero: nothing came.
  double dk;
};

class Gaps : public testing::TestWithParam<const char*> {
 public:
  static std::map<std::string, std::string> told;

  static void keep(Story& story, const std::vector<std::string>& now) {
    for (const Message& message : now.empty() ? std::vector<Message>() : story.messages()) {
      told[message.channel] += headline(message) + "\n\n" + text_rule(message) + "\n" + text_message(message) + "\n\n";
    }
  }

  static void put(Story& story, const GapDay& day) {
    const std::string date = date_text(std::chrono::year{2026} / 3 / day.day);
    if (day.se >= 0) {
      story.put("web.visits", date, day.se, {{"country", "SE"}});
    }
    if (day.dk >= 0) {
      story.put("web.visits", date, day.dk, {{"country", "DK"}});
    }
  }

  static void SetUpTestSuite() {
    told.clear();
    std::string config = kConfig;
    config.replace(config.find("path: web.csv,"), 14, "path: web.csv, stale: 1 day, labels: {country: Country},");
    Story story(config, kGapRules);
    const auto step = [&](int day, const char* time) {
      keep(story, story.step(date_text(std::chrono::year{2026} / 3 / day) + " " + time));
    };
    for (int day = 1; day <= 8; ++day) {
      put(story, {day, 150, 150});
      step(day + 1, "05:00");
    }
    for (const GapDay& day : {GapDay{9, -1, 150}, GapDay{10, -1, 40}, GapDay{11, 150, 150}, GapDay{12, 30, 150}}) {
      put(story, day);  // Sweden does not report for two days, and Denmark falls
      step(day.day + 1, "05:00");
    }
    put(story, {12, 160, 150});  // it was not 30
    step(13, "06:00");
    for (const GapDay& day : {GapDay{13, 150, 150}, GapDay{14, 20, 150}, GapDay{15, 150, 150}}) {
      put(story, day);  // came and went while nobody looked
    }
    story.restart();
    step(16, "05:00");
    step(18, "05:00");  // nothing came for two days
    for (const GapDay& day : {GapDay{16, 150, 150}, GapDay{17, 150, 150}}) {
      put(story, day);
    }
    step(18, "06:00");
    put(story, {18, 30, 40});
    step(19, "05:00");
    story.restart(config, kGapRules.substr(0, kGapRules.find("    alerts:")));  // a rule is taken away
    put(story, {19, 30, 40});
    step(20, "05:00");
  }
};

std::map<std::string, std::string> Gaps::told;

TEST_P(Gaps, AreToldInFull) {
  const std::string language = GetParam();
  EXPECT_TRUE(matches_golden("text/gaps_" + language + ".txt", told[language]));
}

INSTANTIATE_TEST_SUITE_P(Each, Gaps, testing::Values("en", "sv", "da", "nb"), [](const auto& row) {
  return std::string(row.param);
});

INSTANTIATE_TEST_SUITE_P(Each, Troubles, testing::Values("en", "sv", "da", "nb"), [](const auto& row) {
  return std::string(row.param);
});

INSTANTIATE_TEST_SUITE_P(Each, Languages, testing::Values("en", "sv", "da", "nb"), [](const auto& row) {
  return std::string(row.param);
});

}  // namespace
}  // namespace kpi::test

#include "daemon/cli/backtest_report.hpp"
#include "daemon/engine/recorded_rules.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/records.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

constexpr const char* kMorning = "2026-03-15T06:00:00Z";

// --- the verb ---

class BacktestVerb : public testing::Test {
 protected:
  void SetUp() override {
    write_site(program_);
    ASSERT_EQ(program_.once(kMorning), 0);
  }

  Ended run(std::vector<std::string> words) {
    words.insert(words.begin(), {"backtest", "--from", "2026-03-01", "--to", "2026-03-16"});
    return program_.on_folder(std::move(words));
  }

  Program program_{kMorning};
};

TEST_F(BacktestVerb, ShowsTheEpisodesAndATimeline) {
  const Ended ended = run({});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/backtest.txt", ended.out));
}

TEST_F(BacktestVerb, SaysWhereTheHistoryEnds) {
  const Ended ended = program_.on_folder({"backtest", "--from", "2026-03-01", "--to", "2026-05-01"});
  EXPECT_NE(ended.err.find("nothing is known of what comes after 2026-03-15"), std::string::npos) << ended.err;
}

TEST_F(BacktestVerb, SaysHowOtherRulesDiffer) {
  std::string rules = program_.read("rules.yaml");
  const std::string limits = "{warning: 4%, critical: 3%}";
  const std::size_t at = rules.find(limits);
  ASSERT_NE(at, std::string::npos);
  program_.write("try.yaml", rules.replace(at, limits.size(), "{warning: 2.5%}"));
  const Ended ended = run({"--rules", program_.path("try.yaml")});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/backtest_rules.txt", ended.out));
  const json document = json::parse(run({"--rules", program_.path("try.yaml"), "--json"}).out);
  ASSERT_FALSE(document["changes"].empty());
  EXPECT_EQ(document["changes"][0]["change"], "removed");
  EXPECT_EQ(document["changes"][0]["after"], nullptr);
}

TEST(BacktestChanges, SayWhenAnEpisodeIsToldEarlier) {
  BacktestEpisode before;
  before.kpi = "visits";
  before.rule = "thresholds";
  before.severity = Severity::kWarning;
  before.since = *parse_rfc3339("2026-03-01T00:00:00Z");
  before.firing = *parse_rfc3339("2026-03-03T00:00:00Z");
  BacktestEpisode after = before;
  after.firing = *parse_rfc3339("2026-03-02T00:00:00Z");
  EXPECT_EQ(changes_text({{EpisodeChange::Kind::kLonger, before, after}}, Zone(), 0),
            "longer  visits  thresholds  warning  2026-03-01 on, told 2026-03-02, was 2026-03-03\n");
}

TEST_F(BacktestVerb, IsOneJsonDocumentOnRequest) {
  const Ended ended = run({"--json"});
  EXPECT_TRUE(json::accept(ended.out));
  EXPECT_TRUE(matches_golden("cli/backtest.json", ended.out));
}

TEST_F(BacktestVerb, ReadsASourceAfreshOnRequest) {
  const std::string recorded = run({"--json"}).out;
  program_.write("web.csv", program_.read("web.csv") + "2026-03-15,SE,660,1\n");
  program_.write("mail.csv", "date,signups\n2026-03-01,21\n");
  EXPECT_EQ(run({"--json"}).out, recorded);  // the history is what it was
  const json afresh = json::parse(run({"--json", "--source", "web", "--source", "mail"}).out);
  const auto gap = [](const json& episode) { return episode["kpi"] == "signups" && episode["rule"] == "no_data"; };
  const json before = json::parse(recorded)["episodes"];
  const json after = afresh["episodes"];
  const auto recorded_gap = std::ranges::find_if(before, gap);
  const auto afresh_gap = std::ranges::find_if(after, gap);
  ASSERT_NE(recorded_gap, before.end()) << recorded;
  ASSERT_NE(afresh_gap, after.end()) << afresh;
  EXPECT_EQ((*recorded_gap)["since"], "2026-03-09T23:00:00Z");
  EXPECT_EQ((*afresh_gap)["since"], "2026-03-01T23:00:00Z");
}

TEST_F(BacktestVerb, LeavesTheHistoryAndTheReceiversAlone) {
  const auto reader = open_history_reader(program_.path("history.db"));
  ASSERT_TRUE(reader) << reader.error().message;
  const auto before = (*reader)->last_step().value();
  run({});
  EXPECT_EQ((*reader)->last_step().value(), before);
  EXPECT_EQ(before, parse_rfc3339(kMorning));
}

/// A history of two looks, on 6 and 12 March, at values of each day; `no_data` is the KPI's own.
void write_paused(Program& program, const std::string& no_data) {
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n  web:\n    plugin: csv\n    path: web.csv\n"
                "    metrics: {visits: {}}\nchannels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  const std::string rule = "kpis:\n  visits: {value: web.visits, thresholds: {warning: 100}, no_data: {after: ";
  program.write("rules.yaml", rule + no_data + "}}\n");
  program.write("same.yaml", rule + no_data + "}}\n");
  program.write("try.yaml", rule + "1 day}}\n");
  std::string text = "Date,visits\n2026-03-01,120\n2026-03-02,120\n2026-03-03,120\n2026-03-04,120\n2026-03-05,120\n";
  program.write("web.csv", text);
  ASSERT_EQ(program.once("2026-03-06T06:00:00Z"), 0);
  text += "2026-03-06,120\n2026-03-07,90\n2026-03-08,120\n2026-03-09,120\n2026-03-10,120\n2026-03-11,120\n";
  program.write("web.csv", text);
  ASSERT_EQ(program.once("2026-03-12T06:00:00Z"), 0);
}

json backtest_with(Program& program, const std::string& rules) {
  return json::parse(
      program
          .on_folder(
              {"backtest", "--from", "2026-03-01", "--to", "2026-03-13", "--rules", program.path(rules), "--json"})
          .out);
}

TEST(BacktestPause, OfTheSameRulesIsWhatWasRecordedAndNothingIsMissedWhileKpidWasOff) {
  Program program("2026-03-12T06:00:00Z");
  write_paused(program, "1 day");
  const json found = backtest_with(program, "same.yaml");
  EXPECT_EQ(found["changes"], json::array());
  ASSERT_EQ(found["episodes"].size(), 1U) << found.dump(1);
  EXPECT_EQ(found["episodes"][0]["rule"], "thresholds");
}

TEST(BacktestPause, OfLessPatientRulesShowsNoGapWhileKpidWasOff) {
  Program program("2026-03-12T06:00:00Z");
  write_paused(program, "20 days");
  const json found = backtest_with(program, "try.yaml");
  EXPECT_EQ(found["changes"], json::array()) << found["changes"].dump(1);
}

// --- metrics that are converted ---

/// A shop that sells in two currencies, with the rates of two days; one look, on 5 March.
void write_currencies(Program& program) {
  program.write("kpid.yaml",
                "timezone: UTC\nrules: [rules.yaml]\nhistory: sqlite:history.db\nsources:\n"
                "  shop:\n    plugin: csv\n    path: shop.csv\n    labels: {country: Country}\n    metrics:\n"
                "      revenue: {kind: flow, unit: {column: Currency}, convert: {to: SEK, rates: fx}}\n"
                "  fx: {plugin: csv, path: fx.csv, metrics: {eur: {kind: level, unit: SEK/EUR}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml",
                "kpis: {revenue: {value: shop.revenue, unit: SEK, split_by: [country], thresholds: {warning: 50}}}\n");
  program.write("shop.csv",
                "Date,Country,revenue,Currency\n2026-03-01,SE,90,SEK\n2026-03-01,FI,10,EUR\n2026-03-02,SE,80,SEK\n"
                "2026-03-02,FI,4,EUR\n2026-03-03,SE,40,SEK\n2026-03-03,FI,9,EUR\n2026-03-04,FI,8,EUR\n");
  program.write("fx.csv", "Date,eur\n2026-02-27,11\n2026-03-03,12\n");
  ASSERT_EQ(program.once("2026-03-05T06:00:00Z"), 0);
}

std::vector<std::string> of_the_first_days(std::vector<std::string> more) {
  more.insert(more.begin(), {"backtest", "--from", "2026-03-01", "--to", "2026-03-05", "--json"});
  return more;
}

TEST(BacktestOfCurrencies, FindsWhatWasRecorded) {
  Program program("2026-03-05T06:00:00Z");
  write_currencies(program);
  const auto reader = open_history_reader(program.path("history.db"));
  ASSERT_TRUE(reader) << reader.error().message;
  std::size_t verdicts = 0;
  std::set<std::string> recorded;
  ASSERT_TRUE((*reader)->verdicts({"revenue"}, [&](const KpiVerdict& /*verdict*/) { ++verdicts; }));
  ASSERT_TRUE((*reader)->episodes({}, [&](const KpiEpisode& episode) {
    recorded.insert(labels_text(episode.segment) + " " + episode.row.rule + " " + rfc3339(episode.row.since));
  }));
  const json found = json::parse(program.on_folder(of_the_first_days({})).out);
  EXPECT_EQ(found["evaluations"], verdicts);
  EXPECT_GE(verdicts, 11U);  // a total and two countries, of which one waits for its last row
  std::set<std::string> replayed;
  for (const json& episode : found["episodes"]) {
    const json& segment = episode["segment"];
    const Labels labels = segment.empty() ? Labels{} : Labels{{"country", segment["country"].get<std::string>()}};
    replayed.insert(labels_text(labels) + " " + episode["rule"].get<std::string>() + " " +
                    episode["since"].get<std::string>());
  }
  EXPECT_EQ(replayed, recorded);
  EXPECT_FALSE(recorded.empty());
}

TEST(BacktestOfCurrencies, ConvertsWhatIsReadAfreshAtTheRatesOfTheHistoryOrOfNow) {
  Program program("2026-03-05T06:00:00Z");
  write_currencies(program);
  program.write("shop.csv", program.read("shop.csv") + "2026-03-04,SE,40,SEK\n");
  for (const std::vector<std::string>& afresh :
       {std::vector<std::string>{"--source", "shop"}, {"--source", "fx", "--source", "shop"}}) {
    const json found = json::parse(program.on_folder(of_the_first_days(afresh)).out);
    EXPECT_EQ(found["evaluations"], 12);
    // SE falls below 50 on 3 March, FI (in SEK: 110, 44, 108, 96) for one day.
    ASSERT_EQ(found["episodes"].size(), 2U) << found.dump(1);
    EXPECT_EQ(found["episodes"][0]["segment"], json::parse(R"({"country": "FI"})"));
    EXPECT_EQ(found["episodes"][0]["resolved"], "2026-03-04T00:00:00Z");
    EXPECT_EQ(found["episodes"][1]["since"], "2026-03-03T00:00:00Z");
  }
}

// --- sources that are read afresh ---

TEST_F(BacktestVerb, OfSourcesReadAfreshJudgesTheLastPeriodToo) {
  const auto of_one_day = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"backtest", "--from", "2026-03-12", "--to", "2026-03-13", "--json"});
    return json::parse(program_.on_folder(more).out)["evaluations"];
  };
  EXPECT_EQ(of_one_day({}), 6);
  EXPECT_EQ(of_one_day({"--source", "web", "--source", "mail"}), 6);
}

TEST_F(BacktestVerb, OfSourcesReadAfreshNeedsNoHistory) {
  const std::vector<std::string> afresh{"--source", "web", "--source", "mail", "--json"};
  const std::string with_history = run(afresh).out;
  program_.remove("history.db");
  EXPECT_EQ(run(afresh).out, with_history);
  const Ended one = run({"--source", "web", "--json"});
  EXPECT_EQ(one.code, 0);
  EXPECT_EQ(one.err, "kpid: there is no history yet: only web is looked at\n");
  EXPECT_GT(json::parse(one.out)["evaluations"], 0);
  EXPECT_EQ(run({}).code, 3);
}

TEST_F(BacktestVerb, SaysNothingOfDaysToCome) {
  for (const std::vector<std::string>& afresh : {std::vector<std::string>{}, {"--source", "web", "--source", "mail"}}) {
    const auto until = [&](const char* to) {
      std::vector<std::string> words{"backtest", "--from", "2026-03-01", "--to", to, "--json"};
      words.insert(words.end(), afresh.begin(), afresh.end());
      return json::parse(program_.on_folder(words).out)["episodes"];
    };
    EXPECT_EQ(until("2026-04-01"), until("2026-03-15"));  // the clock stands at six on the 15th
  }
}

struct WrongCase {
  const char* name;
  std::vector<std::string> words;
  std::string message;
};

class WrongBacktest : public BacktestVerb, public testing::WithParamInterface<WrongCase> {};

TEST_P(WrongBacktest, IsRefusedWithTheRemedy) {
  std::vector<std::string> words = GetParam().words;
  words.insert(words.begin(), "backtest");
  EXPECT_EQ(program_.on_folder(words), (Ended{2, "", "kpid: " + GetParam().message + "\n"}));
}

INSTANTIATE_TEST_SUITE_P(
    Backtest,
    WrongBacktest,
    testing::Values(
        WrongCase{"from", {"--from", "soon", "--to", "2026-03-16"}, "--from soon is no time; write 2026-03-31"},
        WrongCase{"order", {"--from", "2026-03-16", "--to", "2026-03-16"}, "--from does not lie before --to"},
        WrongCase{"source",
                  {"--from", "2026-03-01", "--to", "2026-03-16", "--source", "wbe"},
                  "there is no source \"wbe\"; did you mean \"web\"?"}),
    [](const auto& one) { return one.param.name; });

// --- rules that were edited ---

Entries first_rules() {
  return {{"visits", "{value: shop.visits, thresholds: {warning: 60, critical: 45}}"},
          {"orders",
           "{value: shop.orders, split_by: [country], thresholds: {warning: 4, for: 2 days}, target: {from: 8, to: 20, "
           "start: 2026-03-01, by: 2026-04-30, judge: pace}}"},
          {"rate", "{value: shop.orders / shop.visits, thresholds: {warning: 8%}}"},
          {"calls", "{value: phone.calls, no_data: {after: 1 day}}"},
          {"paced", "{value: shop.visits, alerts: [{name: fall, when: 'value < 0.9 * prev(value, 1 week)'}]}"}};
}

/// What is done to the rules before the look of a day.
void edit(Entries& rules, int day) {
  switch (day) {
    case 6:
      rules["visits"] = "{value: shop.visits, thresholds: {warning: 90, critical: 45}}";
      break;
    case 8:
      rules["growth"] =
          "{value: shop.visits, thresholds: {warning: 70}, target: {from: measured, to: 200, by: 30 days, judge: "
          "pace}}";
      break;
    case 9:
      rules["paced"] = "{value: shop.visits, every: week, thresholds: {warning: 700}}";
      break;
    case 26:
      rules["paced"] = "{value: shop.visits, thresholds: {warning: 80}}";
      break;
    case 10:
      rules.erase("rate");
      break;
    case 12:
      rules["orders"] =
          "{value: shop.orders, split_by: [country], thresholds: {warning: 6}, target: {from: 8, to: 30, "
          "start: 2026-03-01, by: 2026-04-30, judge: pace}}";
      break;
    case 14:
      rules["calls"] = "{value: phone.calls, no_data: {after: 3 days}, alerts: [{name: few, when: value < 12}]}";
      break;
    case 17:
      rules["rate"] = "{value: shop.orders / shop.visits, thresholds: {warning: 8%}}";
      rules["per_call"] = "{value: orders / calls, thresholds: {warning: 0.8}}";
      break;
    case 20:
      rules["orders"] = "{value: shop.orders, thresholds: {warning: 12}, title: Orders}";
      break;
    case 22:
      rules["views"] = "{value: shop.visits, thresholds: {warning: 90, critical: 45}, was: [visits]}";
      rules.erase("visits");
      break;
    case 25:
      rules["growth"] = "{value: shop.visits * 2, thresholds: {warning: 140}}";
      rules["calls"] = "{title: Calls, value: phone.calls, no_data: {after: 1 day}}";
      break;
    default:
      break;
  }
}

/// From the 2nd to the 30th of March, with rows that come late, are restated and stay away.
Entries live_with_edits(Program& program, unsigned seed) {
  std::mt19937 random(seed);
  const auto chance = [&](double share) { return std::uniform_real_distribution(0.0, 1.0)(random) < share; };
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n"
                "  shop: {plugin: csv, path: shop.csv, labels: {country: Country}, metrics: {visits: {}, orders: {}}}\n"
                "  phone: {plugin: csv, path: phone.csv, missing: zero, metrics: {calls: {}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  std::map<std::string, std::string> shop;
  std::map<std::string, std::string> phone;
  Entries rules = first_rules();
  for (int day = 2; day <= 30; ++day) {
    for (int of = std::max(1, day - 3); of < day; ++of) {
      for (const std::string country : {"SE", "NO"}) {
        const std::string key = day_of_march(of) + "," + country;
        if ((!shop.contains(key) && chance(0.7)) || chance(0.05)) {
          const std::string orders = std::to_string(1 + random() % 9);  // each compiler draws in the same order
          shop[key] = std::to_string(20 + random() % 50) + "," + orders;
        }
      }
      if (of == day - 1 && chance(0.6)) {
        phone[day_of_march(of)] = std::to_string(5 + random() % 20);
      }
    }
    std::string text = "Date,Country,visits,orders\n";
    for (const auto& [key, row] : shop) {
      text += key + "," + row + "\n";
    }
    program.write("shop.csv", text);
    text = "Date,calls\n";
    for (const auto& [key, row] : phone) {
      text += key + "," + row + "\n";
    }
    program.write("phone.csv", text);
    edit(rules, day);
    write_rules(program, rules);
    EXPECT_EQ(program.once(day_of_march(day) + "T06:00:00Z"), 0);
  }
  return rules;
}

class BacktestOfEditedRules : public testing::TestWithParam<unsigned> {};

TEST_P(BacktestOfEditedRules, JudgesByTheRulesOfEachTime) {
  Program program("2026-03-02T06:00:00Z");
  live_with_edits(program, GetParam());
  const Records records = records_of(program, "2026-03-30T06:00:00Z");
  EXPECT_GT(records.recorded.size(), 150U);
  expect_equal(records);
}

TEST_P(BacktestOfEditedRules, PrintsTheEpisodesOfTheHistory) {
  Program program("2026-03-02T06:00:00Z");
  live_with_edits(program, GetParam());
  const Ended ended = program.on_folder({"backtest", "--from", "2026-02-01", "--to", "2026-03-31", "--json"});
  EXPECT_EQ(ended.err, "");
  std::set<std::string> found;
  const json document = json::parse(ended.out);
  for (const json& episode : document["episodes"]) {
    found.insert(episode["kpi"].get<std::string>() + " " + episode["segment"].dump() + " " +
                 episode["rule"].get<std::string>() + " " + episode["since"].get<std::string>() + " " +
                 episode["firing"].get<std::string>() + " " + episode["resolved"].dump());
  }
  std::set<std::string> recorded;
  const auto reader = open_history_reader(program.path("history.db"));
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE((*reader)->episodes({}, [&](const KpiEpisode& episode) {
    json segment = json::object();
    for (const auto& [name, value] : episode.segment) {
      segment[name] = value;
    }
    if (episode.row.firing && episode.row.line != 0) {
      recorded.insert(episode.kpi + " " + segment.dump() + " " + episode.row.rule + " " + rfc3339(episode.row.since) +
                      " " + rfc3339(*episode.row.firing) + " " +
                      (episode.row.resolved ? json(rfc3339(*episode.row.resolved)) : json(nullptr)).dump());
    }
  }));
  EXPECT_EQ(join(std::vector(found.begin(), found.end()), "\n"),
            join(std::vector(recorded.begin(), recorded.end()), "\n"));
}

INSTANTIATE_TEST_SUITE_P(Backtest, BacktestOfEditedRules, testing::Range(1U, 5U));

/// Where the periods of a KPI's ledger begin, and how many days they have.
std::vector<std::string> periods_of(const Program& program, const std::string& kpi) {
  std::vector<std::string> found;
  const auto reader = open_history_reader(program.path("history.db"));
  EXPECT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE((*reader)->verdicts({kpi}, [&](const KpiVerdict& verdict) {
    const auto days = std::chrono::floor<std::chrono::days>(verdict.row.period.end - verdict.row.period.start);
    found.push_back(rfc3339(verdict.row.period.start).substr(8, 2) + "+" + std::to_string(days.count()));
  }));
  return found;
}

TEST(LedgerOfAnEditedPeriod, GoesOnWithTheFirstThatIsNotJudgedWhole) {
  Program program("2026-03-02T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources: {web: {plugin: csv, path: web.csv, metrics: {visits: {}}}}\n");
  std::string rows = "Date,visits\n";
  for (int day = 1; day <= 30; ++day) {
    rows += day_of_march(day) + ",7\n";
  }
  program.write("web.csv", rows);
  write_rules(program, {{"k", "{value: web.visits}"}});
  ASSERT_EQ(program.once("2026-03-05T06:00:00Z"), 0);
  write_rules(program, {{"k", "{value: web.visits, every: week}"}});  // they begin on 2 and 9 March
  for (const char* now : {"2026-03-06T06:00:00Z", "2026-03-10T06:00:00Z", "2026-03-17T06:00:00Z"}) {
    ASSERT_EQ(program.once(now), 0);
  }
  EXPECT_EQ(periods_of(program, "k"), (std::vector<std::string>{"01+1", "02+7", "03+1", "04+1", "09+7"}));
  write_rules(program, {{"k", "{value: web.visits}"}});
  for (const char* now : {"2026-03-17T07:00:00Z", "2026-03-18T06:00:00Z"}) {
    ASSERT_EQ(program.once(now), 0);
  }
  EXPECT_EQ(periods_of(program, "k"),
            (std::vector<std::string>{"01+1", "02+7", "03+1", "04+1", "09+7", "16+1", "17+1"}));
}

class BacktestOfRulesThatChanged : public testing::Test {
 protected:
  void SetUp() override { rules_ = live_with_edits(program_, 7); }

  Ended run(std::vector<std::string> more) {
    more.insert(more.begin(), {"backtest", "--from", "2026-03-01", "--to", "2026-03-31"});
    return program_.on_folder(std::move(more));
  }

  Program program_{"2026-03-02T06:00:00Z"};
  Entries rules_;
};

TEST_F(BacktestOfRulesThatChanged, SaysWhichEditsAreNotInIt) {
  const Ended before = run({});
  rules_["rate"] = "{value: shop.orders / shop.visits, thresholds: {warning: 9%}}";
  rules_["fresh"] = "{value: shop.visits}";
  rules_.erase("calls");
  rules_.erase("per_call");
  rules_["views"].insert(1, "owner: anna, ");  // judges as before
  write_rules(program_, rules_);
  const Ended after = run({});
  EXPECT_EQ(after.out, before.out);
  EXPECT_EQ(after.err,
            "kpid: not judged by yet, and not in this: the rules of fresh, rate, calls, per_call as they are now; "
            "--rules FILE tries them\n");
}

TEST_F(BacktestOfRulesThatChanged, ComparesOtherRulesWithThoseOfTheTime) {
  write_rules(program_, rules_, "same.yaml");
  const Ended ended = run({"--rules", program_.path("same.yaml"), "--json"});
  EXPECT_EQ(ended.err, "");
  const json document = json::parse(ended.out);
  const auto is_added = [](const json& change) {  // a limit of 90 was one of 60 until the 6th
    return change["change"] == "added" && change["after"]["kpi"] == "views" &&
           change["after"]["since"] < "2026-03-05T00:00:00Z";
  };
  EXPECT_TRUE(std::ranges::any_of(document["changes"], is_added)) << document["changes"].dump(1);
}

TEST_F(BacktestOfRulesThatChanged, LeavesOutWhatDoesNotLoadAnyMore) {
  rules_.erase("calls");
  rules_.erase("per_call");
  write_rules(program_, rules_);
  std::string config = program_.read("kpid.yaml");
  const std::size_t at = config.find("  phone:");
  config.erase(at, config.find('\n', at) + 1 - at);
  program_.write("kpid.yaml", config);
  const Ended ended = run({});
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.err.find("kpid: calls as it was on 2026-03-02 is left out, for it does not load with the sources and "
                           "the calendar of now: "),
            std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("kpid: per_call as it was on 2026-03-17 is left out"), std::string::npos) << ended.err;
  EXPECT_NE(ended.out.find("views"), std::string::npos);
}

// --- how episodes differ ---

Instant day(int number) {
  return Instant{std::chrono::days{number}};
}

BacktestEpisode episode(int since, std::optional<int> resolved, const std::string& kpi = "visits") {
  BacktestEpisode result;
  result.kpi = kpi;
  result.rule = "thresholds";
  result.severity = Severity::kWarning;
  result.since = day(since);
  result.resolved = resolved ? std::optional(day(*resolved)) : std::nullopt;
  return result;
}

BacktestEpisode fired(int since, int firing, int resolved) {
  BacktestEpisode result = episode(since, resolved);
  result.firing = day(firing);
  return result;
}

BacktestEpisode graded(Severity severity) {
  BacktestEpisode result = episode(1, 3);
  result.severity = severity;
  return result;
}

struct Difference {
  const char* name;
  std::vector<BacktestEpisode> before;
  std::vector<BacktestEpisode> after;
  std::vector<EpisodeChange> changes;
};

void PrintTo(const Difference& difference, std::ostream* out) {
  *out << difference.name;
}

class Differences : public testing::TestWithParam<Difference> {};

TEST_P(Differences, AreFoundByTheTimeThatOverlaps) {
  const Backtest before{day(0), day(30), 0, GetParam().before};
  const Backtest after{day(0), day(30), 0, GetParam().after};
  EXPECT_TRUE(compare_backtests(before, after) == GetParam().changes);
}

using Kind = EpisodeChange::Kind;

INSTANTIATE_TEST_SUITE_P(
    Backtest,
    Differences,
    testing::Values(
        Difference{"None", {episode(1, 3)}, {episode(1, 3)}, {}},
        Difference{"Longer", {episode(1, 3)}, {episode(1, 5)}, {{Kind::kLonger, episode(1, 3), episode(1, 5)}}},
        Difference{"Shorter", {episode(1, 5)}, {episode(2, 5)}, {{Kind::kShorter, episode(1, 5), episode(2, 5)}}},
        Difference{"Moved", {episode(1, 5)}, {episode(2, 6)}, {{Kind::kMoved, episode(1, 5), episode(2, 6)}}},
        Difference{
            "FiresEarlier", {fired(1, 3, 5)}, {fired(1, 2, 5)}, {{Kind::kLonger, fired(1, 3, 5), fired(1, 2, 5)}}},
        Difference{
            "FiresLater", {fired(1, 2, 5)}, {fired(1, 3, 5)}, {{Kind::kShorter, fired(1, 2, 5), fired(1, 3, 5)}}},
        Difference{"FiresAsLong", {fired(1, 2, 5)}, {fired(2, 3, 6)}, {{Kind::kMoved, fired(1, 2, 5), fired(2, 3, 6)}}},
        Difference{
            "TellsOfMore", {fired(2, 3, 5)}, {fired(1, 3, 5)}, {{Kind::kLonger, fired(2, 3, 5), fired(1, 3, 5)}}},
        Difference{"Milder",
                   {graded(Severity::kCritical)},
                   {graded(Severity::kWarning)},
                   {{Kind::kMilder, graded(Severity::kCritical), graded(Severity::kWarning)}}},
        Difference{"Apart",
                   {episode(1, 3)},
                   {episode(3, 5)},
                   {{Kind::kRemoved, episode(1, 3), std::nullopt}, {Kind::kAdded, std::nullopt, episode(3, 5)}}},
        Difference{"Split",
                   {episode(1, 9)},
                   {episode(1, 3), episode(6, 9)},
                   {{Kind::kShorter, episode(1, 9), episode(1, 3)}, {Kind::kAdded, std::nullopt, episode(6, 9)}}},
        Difference{"StillOn",
                   {episode(20, std::nullopt)},
                   {episode(20, 25)},
                   {{Kind::kShorter, episode(20, std::nullopt), episode(20, 25)}}},
        Difference{
            "OfAnotherKpi",
            {episode(1, 3, "leads")},
            {episode(1, 3)},
            {{Kind::kRemoved, episode(1, 3, "leads"), std::nullopt}, {Kind::kAdded, std::nullopt, episode(1, 3)}}}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace kpi::test

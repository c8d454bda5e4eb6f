#include "daemon/cli/backtest_report.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "daemon/store/history_reader.hpp"
#include "rules/base/text.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

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

TEST(BacktestPause, OfLessPatientRulesShowsTheGapThatTheOwnRulesWaitedFor) {
  Program program("2026-03-12T06:00:00Z");
  write_paused(program, "20 days");  // nothing says that kpid was off
  const json found = backtest_with(program, "try.yaml");
  ASSERT_FALSE(found["changes"].empty());
  const auto is_gap = [](const json& change) {
    return change["change"] == "added" && change["after"]["rule"] == "no_data" &&
           change["after"]["since"] == "2026-03-06T00:00:00Z";
  };
  EXPECT_TRUE(std::ranges::any_of(found["changes"], is_gap)) << found["changes"].dump(1);
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

// --- the promise ---

/// Each verdict and episode as a line of text.
std::string text_of(const std::string& kpi, const Labels& segment, const VerdictRow& row) {
  return kpi + " " + labels_text(segment) + " " + rfc3339(row.period.start) + " value " + number_text(row.value) +
         " limit " + number_text(row.limit) + " " + std::string(name_of(row.verdict)) + " " +
         std::string(name_of(row.severity)) + " " + std::string(name_of(row.state)) + " " +
         std::string(name_of(row.reason)) + " expected " + number_text(row.expected) + " " +
         std::string(name_of(row.target_status)) + " " + row.episode;
}

std::string text_of(const std::string& kpi, const Labels& segment, const EpisodeRow& row) {
  return row.id + " " + kpi + " " + labels_text(segment) + " " + row.rule + " " + std::string(name_of(row.severity)) +
         " since " + rfc3339(row.since) + " firing " + (row.firing ? rfc3339(*row.firing) : "-") + " resolved " +
         (row.resolved ? rfc3339(*row.resolved) : "-") + (row.restated ? " restated " : " ") +
         std::string(name_of(row.reason));
}

class BacktestOfARecord : public testing::TestWithParam<unsigned> {};

/// A site whose rows come late, are restated and stay away, day by day.
void live(Program& program, unsigned seed) {
  std::mt19937 random(seed);
  const auto chance = [&](double share) { return std::uniform_real_distribution(0.0, 1.0)(random) < share; };
  write_site(program);
  const std::string whole = program.read("web.csv");
  const std::vector<std::string_view> rows = split(whole, '\n');
  std::map<std::string, std::string> known;  // by date and country
  for (int day = 2; day <= 15; ++day) {
    for (std::size_t i = 1; i < rows.size() && i <= 3U * static_cast<unsigned>(day - 1); ++i) {
      const std::size_t end = rows[i].find(',', 11);
      if (rows[i].empty() || chance(0.15)) {
        continue;
      }
      std::string text(rows[i]);
      if (chance(0.1)) {
        text.replace(text.rfind(',') + 1, std::string::npos, std::to_string(random() % 40));
      }
      known.insert_or_assign(std::string(rows[i].substr(0, end)), text);
    }
    std::string file(rows[0]);
    for (const auto& [key, row] : known) {
      file += "\n" + row;
    }
    program.write("web.csv", file + "\n");
    const std::string date = (day < 10 ? "2026-03-0" : "2026-03-") + std::to_string(day);
    ASSERT_EQ(program.once(date + "T06:00:00Z"), 0);
  }
}

TEST_P(BacktestOfARecord, WritesTheLedgerThatWasWritten) {
  Program program("2026-03-01T06:00:00Z");
  live(program, GetParam());
  FileHost host;
  const ConfigLoad load = load_config(program.path("kpid.yaml"), Secrets::kIgnored, host);
  ASSERT_TRUE(load.config) << load.diagnostics.text();
  const auto reader = open_history_reader(program.path("history.db"));
  ASSERT_TRUE(reader) << reader.error().message;
  const Instant end = *parse_rfc3339("2026-03-15T06:00:00.001Z");
  auto script = read_script(**reader, *load.config, {}, end);
  ASSERT_TRUE(script) << script.error().message;

  std::set<std::string> expected;
  for (const Kpi& kpi : load.config->rules.kpis) {
    ASSERT_TRUE((*reader)->verdicts(
        {kpi.id}, [&](const KpiVerdict& verdict) { expected.insert(text_of(kpi.id, verdict.segment, verdict.row)); }));
  }
  ASSERT_TRUE((*reader)->episodes(
      {}, [&](const KpiEpisode& episode) { expected.insert(text_of(episode.kpi, episode.segment, episode.row)); }));

  Rehearsal rehearsal(load.config, std::move(*script));
  std::map<std::pair<std::uint32_t, Slot>, VerdictRow> rows;
  rehearsal.on_verdict = [&](const VerdictRow& row) { rows.insert_or_assign({row.line, row.slot}, row); };
  const auto advanced = rehearsal.advance(*parse_rfc3339("2026-03-15T06:00:00Z"));
  ASSERT_TRUE(advanced) << advanced.error().message;
  std::set<std::string> got;
  for (const auto& [key, row] : rows) {
    got.insert(text_of(rehearsal.line(row.line).kpi, rehearsal.line(row.line).segment, row));
  }
  for (const auto& [id, row] : rehearsal.episodes()) {
    got.insert(text_of(rehearsal.line(row.line).kpi, rehearsal.line(row.line).segment, row));
  }
  EXPECT_GT(expected.size(), 60U);
  EXPECT_EQ(join(std::vector(got.begin(), got.end()), "\n"), join(std::vector(expected.begin(), expected.end()), "\n"));
}

INSTANTIATE_TEST_SUITE_P(Backtest, BacktestOfARecord, testing::Range(1U, 6U));

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

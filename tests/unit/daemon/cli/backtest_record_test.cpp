#include "daemon/engine/engine.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/daemon/cli/records.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kpi::test {
namespace {

using nlohmann::json;

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
    ASSERT_EQ(program.once(day_of_march(day) + "T06:00:00Z"), 0);
  }
}

TEST_P(BacktestOfARecord, WritesTheLedgerThatWasWritten) {
  Program program("2026-03-01T06:00:00Z");
  live(program, GetParam());
  const Records records = records_of(program, "2026-03-15T06:00:00Z");
  EXPECT_GT(records.recorded.size(), 60U);
  expect_equal(records);
}

/// A segment gets another name in the middle, and an old one back.
TEST(Backtest, KnowsWhatAnEditOfTheSourceTookOut) {
  Program program("2026-03-01T06:00:00Z");
  write_rules(program,
              {{"visits", "{value: web.visits, split_by: [country], thresholds: {critical: 50}}"},
               {"twice", "{value: 2 * visits, split_by: [country], thresholds: {critical: 200}}"}});
  for (int day = 2; day <= 12; ++day) {
    const bool is_renamed = day >= 5 && day != 9;
    program.write("kpid.yaml",
                  std::string("rules: [rules.yaml]\nsources: {web: {plugin: csv, path: web.csv, labels: {country: "
                              "Country}, rename: {country: {") +
                      (is_renamed ? "DK: Denmark" : "") + "}}, metrics: {visits: {}}}}\n");
    std::string rows = "Date,Country,visits\n";
    for (int of = day < 7 ? 1 : 3; of < day; ++of) {
      rows += day_of_march(of) + ",SE,60\n" + day_of_march(of) + ",DK," + std::to_string(40 + of) + "\n";
    }
    program.write("web.csv", rows);
    ASSERT_EQ(program.once(day_of_march(day) + "T06:00:00Z"), 0);
  }
  const Records records = records_of(program, "2026-03-12T06:00:00Z");
  EXPECT_GT(records.recorded.size(), 40U);
  expect_equal(records);
}

INSTANTIATE_TEST_SUITE_P(Backtest, BacktestOfARecord, testing::Range(1U, 6U));

// --- what is zero where it is missing ---

struct Zeros {
  const char* name;
  bool is_whole;          ///< The files have the days to come from the first look on.
  const char* of_orders;  ///< More keys of the source whose gaps are zeros; its first row is of the 6th.
  const char* of_visits;
};

void PrintTo(const Zeros& zeros, std::ostream* out) {
  *out << zeros.name;
}

class BacktestOfZeros : public testing::TestWithParam<Zeros> {};

void write_shop_until(const Program& program, int day) {
  std::string orders = "Date,Country,orders\n";
  std::string visits = "Date,visits\n";
  for (int of = 1; of < day; ++of) {
    if (of >= 6 && of % 3 != 1) {
      orders += day_of_march(of) + "," + (of % 2 == 0 ? "SE" : "NO") + "," + std::to_string(of) + "\n";
    }
    visits += day_of_march(of) + "," + std::to_string(40 + of) + "\n";
  }
  program.write("shop.csv", orders);
  program.write("web.csv", visits);
}

TEST_P(BacktestOfZeros, FindsNoGapWhereThereWasNone) {
  Program program("2026-03-02T06:00:00Z");
  const std::string source = "{plugin: csv, ";
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n  shop: " + source + "path: shop.csv, missing: zero, " +
                    GetParam().of_orders + "labels: {country: Country}, metrics: {orders: {}}}\n  web: " + source +
                    "path: web.csv, " + GetParam().of_visits + "metrics: {visits: {}}}\n" +
                    "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml",
                "kpis:\n"
                "  rate: {value: shop.orders / web.visits}\n"
                "  both: {value: shop.orders + web.visits, no_data: {after: 0 days}, thresholds: {warning: 55}}\n"
                "  of_segments: {value: shop.orders / all(web.visits), split_by: [country]}\n"
                "  weekly: {value: web.visits - shop.orders, every: week, no_data: {after: 1 day}}\n"
                "  monthly: {value: shop.orders / web.visits, every: month}\n"
                "  on_it: {value: rate + shop.orders, thresholds: {warning: 2}}\n");
  for (int day = 2; day <= 30; ++day) {
    write_shop_until(program, GetParam().is_whole ? 31 : day);
    ASSERT_EQ(program.once(day_of_march(day) + "T06:00:00Z"), 0);
  }
  const Records records = records_of(program, "2026-03-30T06:00:00Z");
  EXPECT_GT(records.recorded.size(), 100U);
  expect_equal(records);
  for (const std::string& text : records.recorded) {
    EXPECT_EQ(text.find(" no_data warning since"), std::string::npos) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Backtest,
                         BacktestOfZeros,
                         testing::Values(Zeros{"grow", false, "", ""},
                                         Zeros{"whole", true, "", ""},
                                         Zeros{"settle", true, "settle: 1 day, ", ""},
                                         Zeros{"patience", false, "every: 12h, ", "every: 1h, settle: 2 days, "},
                                         Zeros{
                                             "zones", false, "timezone: America/New_York, ", "timezone: Asia/Tokyo, "}),
                         [](const auto& one) { return one.param.name; });

/// What a poll brings: one value of a source's only metric, or nothing.
Poll brought(int day, std::optional<double> value) {
  Poll poll;
  if (value) {
    poll.series.push_back({0, {}});
    poll.samples.push_back({0, slot_of(*parse_date(day_of_march(day))), *value});
  }
  return poll;
}

/// The desk's day has ended too when the web is read, and nobody knows yet what it brings: on every fourth day,
/// nothing. On days that are `silent` nobody reads the desk.
void live_by_daemon(Program& program, const Entries& rules, const std::set<int>& silent) {
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n"
                "  web: {plugin: csv, path: web.csv, metrics: {visits: {}}}\n"
                "  desk: {plugin: csv, path: desk.csv, missing: zero, metrics: {calls: {}}}\n");
  write_rules(program, rules);
  FileHost host;
  const ConfigLoad load = load_config(program.path("kpid.yaml"), Secrets::kIgnored, host);
  ASSERT_TRUE(load.config) << load.diagnostics.text();
  const auto store = open_sqlite_store(program.path("history.db"));
  ASSERT_TRUE(store) << store.error().message;
  Engine engine(load.config, **store);
  ASSERT_TRUE(engine.restore(*parse_rfc3339("2026-03-02T00:00:00Z")));
  for (int day = 2; day <= 20; ++day) {
    const Instant first = *parse_rfc3339(day_of_march(day) + "T00:05:00Z");
    engine.receive(PollResult{0, first, brought(day - 1, 50)});
    ASSERT_TRUE(engine.step(first));
    if (silent.contains(day)) {
      continue;
    }
    const Instant second = *parse_rfc3339(day_of_march(day) + "T00:20:00Z");
    engine.receive(PollResult{1, second, brought(day - 1, day % 4 == 0 ? std::nullopt : std::optional(9.0))});
    ASSERT_TRUE(engine.step(second));
  }
}

TEST(BacktestOfADaemon, KnowsWhenASourceWasReadThatBringsNothing) {
  Program program("2026-03-20T06:00:00Z");
  live_by_daemon(program,
                 {{"calls", "{value: desk.calls, thresholds: {warning: 5}}"},
                  {"both", "{value: desk.calls + web.visits, thresholds: {warning: 52}}"}},
                 {});
  const Records records = records_of(program, "2026-03-20T00:20:00Z");
  EXPECT_GT(records.recorded.size(), 30U);
  expect_equal(records);
  const Ended ended = program.on_folder({"backtest", "--from", "2026-03-01", "--to", "2026-03-21", "--json"});
  EXPECT_EQ(json::parse(ended.out)["episodes"].size(), 10U) << ended.out;  // two of each day without a call
}

TEST(BacktestOfADaemon, LearnsNothingOfASourceFromAValueThatDoesWithoutIt) {
  Program program("2026-03-20T06:00:00Z");
  live_by_daemon(program,
                 {{"calls", "{value: desk.calls, thresholds: {warning: 5}, no_data: {after: 3 days}}"},
                  {"perhaps", "{value: \"coalesce(desk.calls, 0) + web.visits\", thresholds: {warning: 52}}"}},
                 {9, 10, 11, 12});
  const Records records = records_of(program, "2026-03-20T00:20:00Z");
  EXPECT_GT(records.recorded.size(), 30U);
  expect_equal(records);
}

// --- sources that fail, polls that bring nothing, starts ---

/// A daemon's life of five days, from whatever a seed draws: values that come late or never, sources that fail for a
/// while, polls that take their time, down time, reloads.
class DaemonLife {
 public:
  DaemonLife(const Program& program, unsigned seed) : random_(seed) {
    FileHost host;
    const ConfigLoad load = load_config(program.path("kpid.yaml"), Secrets::kIgnored, host);
    EXPECT_TRUE(load.config) << load.diagnostics.text();
    config_ = load.config;
    store_ = *open_sqlite_store(program.path("history.db"));
  }

  /// Returns the last step.
  Instant run(Instant begin, Instant end) {
    start(begin, false);
    while (now_ < end) {
      turn();
    }
    EXPECT_TRUE(engine_->step(now_));
    return now_;
  }

 private:
  struct Poller {
    Instant next;
    std::optional<Instant> begun;
    Instant ends;
    Instant fails_until;
    Slot known{0};  // values before it were brought, or will not come
  };

  double draw() { return std::uniform_real_distribution(0.0, 1.0)(random_); }

  Duration draw(Duration most) {
    return Duration{static_cast<Duration::rep>(draw() * static_cast<double>(most.count()))};
  }

  void start(Instant at, bool is_reload) {
    now_ = at;
    engine_ = std::make_unique<Engine>(config_, *store_);
    ASSERT_TRUE(engine_->restore(now_, is_reload));
    pollers_.resize(config_->sources.size());
    for (Poller& poller : pollers_) {
      poller.next = now_;
      poller.begun.reset();
    }
  }

  /// The next thing that happens: a poll begins or ends, or the engine has something to do.
  void turn() {
    if (draw() < 0.002) {
      EXPECT_TRUE(engine_->step(now_));
      const bool is_reload = draw() < 0.3;
      start(now_ + (is_reload ? Duration{1} : draw(std::chrono::hours{7})), is_reload);
    }
    Instant at = engine_->next_event();
    for (const Poller& poller : pollers_) {
      at = std::min(at, poller.begun ? poller.ends : poller.next);
    }
    now_ = std::max(at, now_ + Duration{1});
    for (std::uint32_t i = 0; i < pollers_.size(); ++i) {
      Poller& poller = pollers_[i];
      if (poller.begun && poller.ends <= now_) {
        engine_->receive(PollResult{i, *poller.begun, answer(i)});
        poller.begun.reset();
      } else if (!poller.begun && poller.next <= now_) {
        const Duration every = config_->sources[i].every;
        poller.begun = now_;
        poller.ends = now_ + draw(std::chrono::minutes{2});
        poller.next = Instant{(now_.time_since_epoch() / every + 1) * every} + (i + 1) * std::chrono::seconds{7};
      }
    }
    EXPECT_TRUE(engine_->step(now_));
  }

  Result<Poll> answer(std::uint32_t source) {
    Poller& poller = pollers_[source];
    if (poller.fails_until < now_ && draw() < 0.01) {
      poller.fails_until = now_ + draw(std::chrono::hours{9});
    }
    if (poller.fails_until >= now_) {
      return fail(ErrorKind::kUnavailable, "no route to host");
    }
    Poll poll;
    poll.series.push_back({0, {}});
    const std::int64_t hour = std::chrono::milliseconds{std::chrono::hours{1}}.count();
    const std::int64_t ended = now_.time_since_epoch().count() / hour * hour;
    poller.known.ms = std::max(poller.known.ms, ended - 12 * hour);
    while (poller.known.ms < ended && draw() < 0.6) {
      if (draw() < 0.8) {
        poll.samples.push_back({0, poller.known, std::floor(draw() * 100)});
      }
      poller.known.ms += hour;
    }
    return poll;
  }

  std::mt19937 random_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  std::vector<Poller> pollers_;
  Instant now_;
};

Entries hourly_rules() {
  return {{"visits", "{value: web.visits, thresholds: {warning: 30, for: 2h}, no_data: {after: 2h}}"},
          {"calls", "{value: desk.calls, thresholds: {warning: 20}, no_data: {after: 1h}}"},
          {"sales", "{value: till.sales, thresholds: {warning: 20}, no_data: {after: 3h, then: hold}}"},
          {"lenient", "{value: till.sales + web.visits, thresholds: {warning: 60}, no_data: {then: ok}}"},
          {"rate", "{value: desk.calls / web.visits, thresholds: {warning: 0.4}}"},
          {"perhaps", "{value: \"coalesce(till.sales, 0) + web.visits\", thresholds: {warning: 50}}"},
          {"moving", "{value: web.visits, thresholds: {warning: till.sales}}"},
          {"of_both", "{value: calls + sales, thresholds: {warning: 45}}"},
          {"daily", "{value: desk.calls, every: day, alerts: [{name: few, when: value < 900}], no_data: {after: 1h}}"}};
}

class BacktestOfADaemonsLife : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml",
                   "timezone: UTC\nrules: [rules.yaml]\nsources:\n"
                   "  web: {plugin: csv, path: a.csv, every: 10m, grain: hour, metrics: {visits: {}}}\n"
                   "  desk: {plugin: csv, path: b.csv, every: 15m, grain: hour, missing: zero, metrics: {calls: {}}}\n"
                   "  till: {plugin: csv, path: c.csv, every: 1h, grain: hour, metrics: {sales: {}}}\n");
    write_rules(program_, hourly_rules());
    DaemonLife life(program_, GetParam());
    end_ = life.run(*parse_rfc3339("2026-03-02T00:00:00Z"), *parse_rfc3339("2026-03-07T00:00:00Z"));
  }

  json changes_with(const Entries& rules) {
    write_rules(program_, rules, "try.yaml");
    const Ended ended = program_.on_folder(
        {"backtest", "--from", "2026-03-01", "--to", "2026-03-08", "--json", "--rules", program_.path("try.yaml")});
    EXPECT_EQ(ended.err, "");
    return json::parse(ended.out)["changes"];
  }

  Program program_{"2026-03-08T06:00:00Z"};
  Instant end_;
};

TEST_P(BacktestOfADaemonsLife, SeesEachSourceAsItWasSeenThen) {
  const Records records = records_of(program_, rfc3339(end_));
  EXPECT_GT(records.recorded.size(), 500U);
  expect_equal(records);
}

TEST_P(BacktestOfADaemonsLife, WithTheSameRulesFindsNoDifference) {
  EXPECT_EQ(changes_with(hourly_rules()), json::array());
}

TEST_P(BacktestOfADaemonsLife, WithOneOtherRuleFindsDifferencesOfThatAlone) {
  Entries rules = hourly_rules();
  rules["visits"] = "{value: web.visits, thresholds: {warning: 60}, no_data: {after: 20m}}";
  const json changes = changes_with(rules);
  EXPECT_FALSE(changes.empty());
  for (const json& change : changes) {
    const json& episode = change["after"].is_null() ? change["before"] : change["after"];
    EXPECT_EQ(episode["kpi"], "visits") << change.dump(1);
  }
}

INSTANTIATE_TEST_SUITE_P(Backtest, BacktestOfADaemonsLife, testing::Range(1U, 4U));

// --- rules that are edited ---

/// What a KPI may become: another formula, limit, patience or policy, or nothing at all.
const std::map<std::string, std::vector<std::string>>& forms() {
  static const std::map<std::string, std::vector<std::string>> all{
      {"visits",
       {"{value: web.visits, split_by: [country], thresholds: {warning: 70}}",
        "{value: web.visits * 2, split_by: [country], thresholds: {warning: 150, for: 2 days}}",
        "{value: web.visits, split_by: [country], thresholds: {warning: 90, critical: 60, recover_for: 2 days}, "
        "no_data: {then: hold}}",
        ""}},
      {"week",
       {"{value: web.visits, over: 7 days, thresholds: {warning: 1000, for: 3 days}, no_data: {after: 2 days}}",
        "{value: web.visits, over: 3 days, thresholds: {warning: 450}, no_data: {then: ok}}",
        "{value: web.visits, target: {from: 100, start: 2026-03-05, to: 200, by: 2026-03-20, judge: pace}}"}},
      {"sum",
       {"{value: visits + week, thresholds: {warning: 1200}}",
        "{value: 2 * week, alerts: [{name: low, when: \"value < 2000\", for: 2 days}]}",
        ""}}};
  return all;
}

class BacktestOfEdits : public testing::TestWithParam<unsigned> {};

TEST_P(BacktestOfEdits, FindsWhatWasRecorded) {
  Program program("2026-03-02T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources: {web: {plugin: csv, path: web.csv, date: {column: Date}, labels: "
                "{country: Country}, metrics: {visits: {column: Visits}}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  std::mt19937 random(GetParam());
  const auto chance = [&](double share) { return std::uniform_real_distribution(0.0, 1.0)(random) < share; };
  std::map<std::string, std::size_t> form{{"visits", random() % 4}, {"week", 0}, {"sum", 2}};
  std::map<std::pair<int, std::string>, int> known;
  for (int day = 2; day <= 25; ++day) {
    for (int of = 1; of < day; ++of) {
      for (const char* country : {"NO", "SE"}) {
        const bool is_new = !known.contains({of, country});
        const bool comes = chance(is_new ? 0.8 : 0.05);
        const int value = 40 + static_cast<int>(random() % 80);
        if (comes) {
          known[{of, country}] = value;
        }
      }
    }
    std::string rows = "Date,Country,Visits\n";
    for (const auto& [key, value] : known) {
      rows += day_of_march(key.first) + "," + key.second + "," + std::to_string(value) + "\n";
    }
    program.write("web.csv", rows);
    const bool is_edited = chance(0.3);
    const auto which = std::next(form.begin(), random() % 3);
    const std::size_t to = random() % forms().at(which->first).size();
    which->second = is_edited ? to : which->second;
    Entries entries;
    for (const auto& [kpi, at] : form) {
      const std::string& entry = forms().at(kpi).at(at);
      const bool needs_visits = kpi == "sum" && at == 0 && forms().at("visits").at(form.at("visits")).empty();
      if (!entry.empty() && !needs_visits) {
        entries.emplace(kpi, entry);
      }
    }
    write_rules(program, entries);
    ASSERT_EQ(program.once(day_of_march(day) + "T06:00:00Z"), 0);
  }
  const Records records = records_of(program, "2026-03-25T06:00:00Z");
  EXPECT_GT(records.recorded.size(), 30U);
  expect_equal(records);
}

INSTANTIATE_TEST_SUITE_P(Backtest, BacktestOfEdits, testing::Range(1U, 13U));

TEST(BacktestOfTheFirstKpi, KnowsThatThereWasNoneBefore) {
  Program program("2026-03-02T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources: {web: {plugin: csv, path: web.csv, date: {column: Date}, metrics: "
                "{visits: {column: Visits}}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  const std::string rows = "2026-03-01,100\n2026-03-03,100\n2026-03-04,100\n";
  program.write("rules.yaml", "kpis: {}\n");
  program.write("web.csv", "Date,Visits\n" + rows);
  ASSERT_EQ(program.once("2026-03-05T06:00:00Z"), 0);
  program.write("web.csv", "Date,Visits\n2026-03-02,100\n" + rows);
  ASSERT_EQ(program.once("2026-03-06T06:00:00Z"), 0);
  write_rules(program, {{"visits", "{value: web.visits, thresholds: {warning: 50}}"}});
  ASSERT_EQ(program.once("2026-03-07T06:00:00Z"), 0);
  const Records records = records_of(program, "2026-03-07T06:00:00Z");
  EXPECT_GE(records.recorded.size(), 4U);
  expect_equal(records);
}

// --- segments that retire ---

/// Forty days of four countries that fall silent and come back, whose rows come late or all at once, of a file that is
/// not there for days.
void live_with_silences(Program& program, unsigned seed) {
  std::mt19937 random(seed);
  const auto chance = [&](double share) { return std::uniform_real_distribution(0.0, 1.0)(random) < share; };
  program.write("kpid.yaml",
                "timezone: UTC\nrules: [rules.yaml]\nsources:\n"
                "  web: {plugin: csv, path: web.csv, labels: {country: Country}, metrics: {visits: {}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  write_rules(program,
              {{"short", "{value: web.visits, split_by: [country], retire: 3 days, thresholds: {warning: 20}}"},
               {"long",
                "{value: web.visits, split_by: [country], retire: 6 days, no_data: {after: 2 days}, alerts: [{name: "
                "fall, when: 'value < 0.7 * prev(value, 2 days)'}]}"},
               {"of_it", "{value: short * 2, thresholds: {warning: 150}}"}});
  std::set<std::pair<Date, std::string>> late;
  std::map<std::string, int> silent_until;
  std::map<std::pair<Date, std::string>, std::string> rows;
  const std::chrono::sys_days first{std::chrono::year{2026} / 3 / 1};
  int missing_until = 0;
  for (int day = 1; day <= 40; ++day) {
    const Date date{first + std::chrono::days{day - 1}};
    for (const std::string country : {"DK", "FI", "NO", "SE"}) {
      if (chance(0.08)) {
        silent_until[country] = day + 2 + static_cast<int>(random() % 8);
      }
      const std::string value = std::to_string(5 + random() % 60);
      if (country == "SE" || day >= silent_until[country]) {
        if (chance(0.1)) {
          late.emplace(date, country);
        }
        rows[{date, country}] = value;
      } else if (chance(0.1)) {
        rows[{date, country}] = value;
        late.emplace(date, country);
      }
    }
    std::string text = "Date,Country,visits\n";
    for (const auto& [key, value] : rows) {
      if (late.contains(key) && chance(0.2)) {
        late.erase(key);
      }
      text += late.contains(key) ? "" : date_text(key.first) + "," + key.second + "," + value + "\n";
    }
    missing_until = chance(0.06) ? day + static_cast<int>(random() % 7) : missing_until;
    if (day < missing_until) {
      program.remove("web.csv");
    } else {
      program.write("web.csv", text);
    }
    program.once(rfc3339(Instant{first + std::chrono::days{day}} + std::chrono::hours{6}));
  }
}

class BacktestOfRetiringSegments : public testing::TestWithParam<unsigned> {};

TEST_P(BacktestOfRetiringSegments, EndsTheirAlertsWhenTheRecordDid) {
  Program program("2026-03-02T06:00:00Z");
  live_with_silences(program, GetParam());
  const Records records = records_of(program, "2026-04-10T06:00:00Z");
  EXPECT_GT(records.recorded.size(), 300U);
  expect_equal(records);
}

INSTANTIATE_TEST_SUITE_P(Backtest, BacktestOfRetiringSegments, testing::Range(1U, 6U));

}  // namespace
}  // namespace kpi::test

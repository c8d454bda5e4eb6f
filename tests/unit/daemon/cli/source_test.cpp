// `source test`, `import` and `init --source`: sources looked at by themselves.

#include "plugins/source.hpp"

#include "daemon/config/connectors.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace kpi::test {
namespace {

using nlohmann::json;

constexpr const char* kConfig = R"(
timezone: UTC
rules: [rules.yaml]
sources:
  web:
    {plugin: csv, path: web.csv, since: 2026-03-01, every: 1h, labels: {country: Country},
     metrics: {visits: {kind: flow, unit: visits}, rate: {kind: mean, unit: "%", scale: percent, across: mean}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

constexpr const char* kRules = R"(
kpis:
  visits:
    {title: Visits, description: Of a day, owner: anna, objective: More, unit: visits, value: web.visits,
     thresholds: {warning: 100}}
)";

constexpr const char* kRows =
    "date,Country,visits,rate\n2026-02-27,SE,700,\n2026-03-13,SE,1500,4.5\n2026-03-14,DK,x,\n2026-03-14,SE,90,\n"
    "2026-03-15,SE,20,1\n";

class Sources : public testing::Test {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml", kConfig);
    program_.write("rules.yaml", kRules);
    program_.write("web.csv", kRows);
  }

  Program program_{"2026-03-15T06:00:00Z"};
};

TEST_F(Sources, AreTestedWithoutAHistory) {
  const Ended ended = program_.on_folder({"source", "test", "web"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::string rows =
      "source web (csv) answered in 0 s: 8 values of 4 series, 2026-03-13 to 2026-03-15\n"
      "period      metric  labels             value\n"
      "2026-03-13  visits  country=SE  1,500 visits\n"
      "2026-03-13  rate    country=SE          4.5%\n"
      "2026-03-14  visits  country=SE     90 visits\n"
      "2026-03-14  rate    country=SE      no value\n"
      "2026-03-14  visits  country=DK      no value\n"
      "2026-03-14  rate    country=DK      no value\n"
      "2026-03-15  visits  country=SE     20 visits  has not ended: not stored yet\n"
      "2026-03-15  rate    country=SE            1%  has not ended: not stored yet\n"
      "1 row could not be used:\n";
  EXPECT_EQ(ended.out.substr(0, rows.size()), rows);
  EXPECT_NE(ended.out.find("web.csv:4:15: \"x\" is not a number"), std::string::npos) << ended.out;
  EXPECT_TRUE(ended.out.ends_with("polled every 1h, that is 24 polls a day\n")) << ended.out;
  EXPECT_FALSE(program_.has("history.db"));
}

TEST_F(Sources, AreTestedWithoutRulesAndRoutes) {
  const Ended whole = program_.on_folder({"source", "test", "web"});
  program_.write("kpid.yaml",
                 std::string(kConfig) + "heartbeat: {url: \"${env:KPID_TEST_NO_SUCH_NAME}\", every: 5m}\n");
  program_.remove("rules.yaml");
  const Ended ended = program_.on_folder({"source", "test", "web"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, whole.out);
  EXPECT_NE(program_.on_folder({"check"}).code, 0) << "what is not there is an error of check";
}

TEST_F(Sources, AreTestedWhateverIsWrongWithOthers) {
  const std::string fx = "  fx: {plugin: csv, path: fx.csv, metrics: {eur: {kind: level, unit: SEK/EUR}}}\n";
  const std::string shop =
      "  shop: {plugin: csv, path: shop.csv, metrics: {worth: {unit: {column: Cur}, convert: {to: SEK, rates: fx}}}}\n";
  const std::string wrong =
      "  crm: {plugin: http, auth: {type: bearer, token: \"${env:KPID_TEST_NO_SUCH_NAME}\"},\n"
      "        request: {url: \"https://crm.example.com\"}, metrics: {leads: {}}}\n"
      "  ads: {plugin: adds, metrics: {clicks: {}}}\n";
  program_.write("shop.csv", "date,Cur,worth\n2026-03-13,EUR,2\n");
  program_.write("fx.csv", "date,eur\n2026-03-13,11\n");
  program_.write("rules.yaml", "sources:\n" + wrong + shop + fx);
  const Ended ended = program_.on_folder({"source", "test", "web"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  const Ended converted = program_.on_folder({"source", "test", "shop"});
  EXPECT_EQ(converted.code, 0) << converted.err;
  EXPECT_NE(converted.out.find("22 SEK, 11 of 2026-03-13"), std::string::npos) << converted.out;
  const Ended refused = program_.on_folder({"source", "test", "crm"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("KPID_TEST_NO_SUCH_NAME is not set"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find("adds"), std::string::npos) << refused.err;
}

TEST_F(Sources, AreTestedForPrograms) {
  const Ended ended = program_.on_folder({"source", "test", "web", "--json", "--from", "2026-03-15"});
  EXPECT_EQ(ended.code, 0);
  const json document = json::parse(ended.out);
  ASSERT_EQ(document["rows"].size(), 2U);
  EXPECT_EQ(document["rows"][0],
            json::parse(R"({"period": "2026-03-15", "metric": "visits", "labels": {"country": "SE"}, "value": 20.0,
                            "stored": false})"));
}

TEST_F(Sources, ThatFailSaySo) {
  program_.remove("web.csv");
  EXPECT_EQ(program_.on_folder({"source", "test", "web"}),
            (Ended{3, "", "kpid: source web: DIR/web.csv: no such file: correct the path, or put the file there\n"}));
  EXPECT_EQ(program_.on_folder({"source", "test", "web", "--json"}).out,
            "{\n  \"source\": \"web\",\n  \"error\": \"DIR/web.csv: no such file: correct the path, or put the file "
            "there\"\n}\n");
  EXPECT_EQ(program_.on_folder({"source"}).err, "kpid: `kpid source` wants one of: test\n");
  EXPECT_EQ(program_.on_folder({"source", "test", "wep"}),
            (Ended{2, "", "kpid: there is no source \"wep\"; did you mean \"web\"?\n"}));
}

TEST_F(Sources, AreImportedFromBeforeTheirSince) {
  EXPECT_EQ(program_.once("2026-03-15T06:00:00Z"), 0);
  const Ended ended = program_.on_folder({"import", "--source", "web", "--from", "2026-02-01"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("web: 2 new samples, 0 restated, "), std::string::npos) << ended.out;
  const Ended ledger = program_.on_folder({"history", "export", "visits", "--format", "csv"});
  EXPECT_NE(ledger.out.find("2026-02-27"), std::string::npos) << ledger.out;
}

TEST_F(Sources, AreNotImportedFromTheFuture) {
  const Ended ended = program_.on_folder({"import", "--source", "web", "--from", "2026-03-16"});
  EXPECT_EQ(ended,
            (Ended{2, "", "kpid: --from 2026-03-16 lies in the future: there is nothing to read from then on\n"}));
}

TEST_F(Sources, AreImportedAsOfATimeSoThatAReplayGoesOnFromThere) {
  program_.set_time("2026-11-28T12:00:00Z");
  const Ended ended = program_.on_folder({"import", "--source", "web", "--now", "2026-03-14 06:00"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(program_.once("2026-03-15T06:00:00Z"), 0);
  EXPECT_EQ(program_.on_folder({"import", "--source", "web", "--now", "soon"}).code, 2);
}

TEST(Imports, SayWhatIsOlderThanRetentionKeeps) {
  Program program("2026-03-31T06:00:00Z");
  program.write("kpid.yaml",
                "history: sqlite:history.db\nrules: [rules.yaml]\nretention: {samples: 10 days}\n"
                "sources: {web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}}\n");
  program.write("rules.yaml", "kpis: {visits: {value: web.visits}}\n");
  std::string csv = "date,visits\n";
  for (int day = 10; day <= 30; ++day) {
    csv += "2026-03-" + std::to_string(day) + ",5\n";
  }
  program.write("web.csv", csv);
  ASSERT_EQ(program.once("2026-03-31T06:00:00Z"), 0);
  EXPECT_EQ(program.on_folder({"import", "--source", "web"}),
            (Ended{0,
                   "web: 0 new samples, 0 restated, 0 periods judged\n"
                   "11 samples not taken: older than retention keeps\n",
                   ""}));
}

TEST_F(Sources, ARunGoesOnWhereTheClockWasSetBackALittle) {
  EXPECT_EQ(program_.once("2026-03-15T06:00:00Z"), 0);
  program_.set_time("2026-03-15T05:59:30Z");
  EXPECT_EQ(program_.on_folder({"run", "--once"}).code, 0);
  program_.set_time("2026-03-14T06:00:00Z");
  const Ended ended = program_.on_folder({"run", "--once"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_NE(ended.err.find("the clock says 2026-03-14T06:00:00Z, and the last step was at 2026-03-15T06:00:00Z"),
            std::string::npos)
      << ended.err;
}

/// Whether nothing is wrong but that the secrets of a block are not set here.
bool lacks_secrets_at_most(const Ended& checked) {
  std::size_t errors = 0;
  for (std::size_t at = checked.err.find(": error: "); at != std::string::npos;
       at = checked.err.find(": error: ", at + 1)) {
    ++errors;
  }
  for (std::size_t at = checked.err.find("help: set it here too"); at != std::string::npos;
       at = checked.err.find("help: set it here too", at + 1)) {
    --errors;
  }
  return errors == 0;
}

/// The block with every key that may be added added: `# key: value`. Steps stand instead of the request.
std::string uncommented(const std::string& block, const Plugin& plugin) {
  std::vector<std::string> keys{"timezone", "settle", "stale", "since", "labels"};
  for (const OptionSpec& option : plugin.options) {
    keys.push_back(option.key.substr(0, option.key.find('.')));
  }
  std::erase(keys, "steps");
  std::string text;
  for (const std::string_view line : split(block, '\n')) {
    const bool is_key =
        std::ranges::any_of(keys, [&](const std::string& key) { return line.starts_with("    # " + key + ": "); });
    text.append(is_key ? "    " : "").append(is_key ? line.substr(6) : line).append("\n");
  }
  return text;
}

TEST_F(Sources, OfEveryKindMayHaveEachLineThatIsSuggested) {
  std::vector<const Plugin*> all;
  for (const Plugin& plugin : plugins()) {
    all.push_back(&plugin);
  }
  for (const Connector& connector : connectors()) {
    all.push_back(&connector.plugin);
  }
  for (const Plugin* plugin : all) {
    const std::string block = uncommented(program_.run({"init", "--source", plugin->name}).out, *plugin);
    program_.write("kpid.yaml", block);
    const Ended checked = program_.on_folder({"check"});
    EXPECT_TRUE(lacks_secrets_at_most(checked)) << plugin->name << ": " << checked.out << checked.err << block;
  }
}

TEST_F(Sources, OfEveryKindHaveABlockToBeginWith) {
  for (const Plugin& plugin : plugins()) {
    const Ended ended = program_.run({"init", "--source", plugin.name});
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.err, "");
    for (const OptionSpec& option : plugin.options) {
      EXPECT_NE(ended.out.find(option.key.substr(0, option.key.find('.')) + ": "), std::string::npos)
          << plugin.name << " " << option.key;
    }
    program_.write("kpid.yaml", ended.out);
    const Ended checked = program_.on_folder({"check"});
    EXPECT_TRUE(lacks_secrets_at_most(checked)) << plugin.name << ": " << checked.out << checked.err;
  }
  for (const Connector& connector : connectors()) {
    program_.write("kpid.yaml", program_.run({"init", "--source", connector.plugin.name}).out);
    const Ended checked = program_.on_folder({"check"});
    EXPECT_TRUE(lacks_secrets_at_most(checked)) << connector.plugin.name << ": " << checked.out << checked.err;
  }
  const Ended connector = program_.run({"init", "--source", "ga4"});
  EXPECT_EQ(connector.code, 0);
  EXPECT_TRUE(connector.out.starts_with("# Google Analytics 4\n")) << connector.out;
  EXPECT_NE(connector.out.find("    plugin: ga4\n"), std::string::npos) << connector.out;
  EXPECT_NE(connector.out.find("    # filter: "), std::string::npos) << connector.out;
  EXPECT_EQ(program_.run({"init", "--source", "cvs"}),
            (Ended{2, "", "kpid: there is no plugin \"cvs\"; did you mean \"csv\"?\n"}));
}

}  // namespace
}  // namespace kpi::test

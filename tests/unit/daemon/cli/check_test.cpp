// `kpid check` opens the files of local sources, says what takes long, and finds conditions that can never be told.

#include "daemon/cli/shown_diagnostics.hpp"
#include "daemon/config/config.hpp"
#include "daemon/os/files.hpp"
#include "rules/load/yaml.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using testing::HasSubstr;

constexpr const char* kRules =
    "kpis:\n  visits: {title: V, description: D, owner: o, objective: g, unit: visits, reviewed: 2026-03-01, "
    "value: web.visits}\n";

Ended check(Program& program, const std::string& source, const std::string& more = "") {
  program.write("rules.yaml", kRules);
  program.write("kpid.yaml", "rules: [rules.yaml]\nsources:\n  web:\n" + source + more);
  return program.on_folder({"check"});
}

TEST(CheckSecrets, ShowsNoLineThatHoldsOne) {
  Program program("2026-03-15T06:00:00Z");
  write_site(program);
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources: {web: {plugin: csv, path: web.csv, metrics: {visits: {}}}}\n"
                "listen: 127.0.0.1:18470\ntoken: \"hush-hush-token-of-mine\"\n"
                "channels:\n  team: {type: slack, bogus: 1, url: \"https://chat.example.com/services/T0/hush\"}\n"
                "routes: [{match: {}, to: [team]}]\n");
  const Ended ended = program.on_folder({"check"});
  EXPECT_THAT(ended.err + ended.out, testing::HasSubstr("kpid.yaml:4:8: warning: a secret stands in the file"));
  EXPECT_THAT(ended.err + ended.out, testing::HasSubstr("unknown key \"bogus\""));
  EXPECT_THAT(ended.err + ended.out, testing::Not(testing::HasSubstr("hush")));
}

TEST(CheckSecrets, ShowsNoLineThatMayHoldOneOfAFileThatIsNoYaml) {
  Program program("2026-03-15T06:00:00Z");
  write_site(program);
  for (const char* line : {"  team: {type: slack, url: \"https://chat.example.com/services/T0/hush\"",
                           "  team: {type: smtp, password: hush, host: \"mail.example.com\"\" }",
                           "  team: {type: email, smtp: \"h:587\", password: @hush-hush9!}",
                           "  team: {type: email, smtp: \"h:587\", password: hush: X9}",
                           "  team: {type: email, smtp: \"h:587\", password: !hush-hush}",
                           "  team: {type: slack, url: \"https://hooks.example.com/services/T/B/hush\" extra}",
                           "  team: {type: email, smtp: \"h:587\", password: [hush-hush]}",
                           "  team: {type: email, smtp: \"h:587\", password: {hush-hush}}",
                           "  team: {type: telegram, tokn: xoxb-hush9hush9hush9, chat: \"1\"}",
                           "  team: {type: telegram, token hush9hush, chat: \"1\"}",
                           "  team:\n    type: telegram\n    token hush9hush",
                           "  team: {type: email, smpt: \"joe:hush9hush@smtp.example.com:587\"}",
                           "  team: {type: slak, url: \"https://hooks.example.com/services/hush9hush9hush9hush9\"}"}) {
    SCOPED_TRACE(line);
    program.write("kpid.yaml", std::string("channels:\n") + line + "\nroutes: [{match: {}, to: [team]}]\n");
    const Ended ended = program.on_folder({"check"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, testing::HasSubstr("kpid.yaml:"));
    EXPECT_THAT(ended.err + ended.out, testing::Not(testing::HasSubstr("hush")));
  }
}

TEST(CheckSecrets, NothingThatIsWrittenInSettingsGoesFartherThanATerminal) {
  for (const char* line : {"    password hush-hush",
                           "    routing_key: @hush-hush",
                           "    secret:\n      - @hush-hush",
                           "    token: *hush-hush",
                           "    \"password\": @hush-hush"}) {
    SourceSet texts;
    Diagnostics found;
    parse_yaml(texts.add("kpid.yaml", std::string("channels:\n  mail:\n    type: email\n") + line + "\n"), found);
    ASSERT_TRUE(found.has_errors()) << line;
    const std::string text = shown_text(without_values(found));
    EXPECT_THAT(text, testing::HasSubstr("kpid.yaml:"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("hush"))) << line;
  }
  // However the file is laid out.
  for (const char* text : {"{\"channels\": {\"tg\": {\"type\": \"telegram\" \"tokn\": \"hush-hush9\"}}}\n",
                           "  channels:\n    tg:\n      tokn: @hush-hush9\n",
                           "---\n\"channels\":\n  tg:\n    tokn: @hush-hush9\n"}) {
    SourceSet texts;
    Diagnostics found;
    parse_yaml(texts.add("kpid.yaml", text), found);
    ASSERT_TRUE(found.has_errors()) << text;
    EXPECT_THAT(shown_text(without_values(found)), testing::Not(testing::HasSubstr("hush"))) << text;
  }
  SourceSet texts;
  Diagnostics found;
  parse_yaml(texts.add("rules.yaml", "kpis:\n  visits:\n    title: Visits\n    value web.visits\n"), found);
  EXPECT_THAT(shown_text(without_values(found)), testing::HasSubstr("value web.visits"));
}

TEST(CheckSecrets, KnowsAPathFromAKeyAndAReferenceFromItsMisspelling) {
  Program program("2026-03-15T06:00:00Z");
  const auto text = [&](const std::string& key_file) {
    return check(program,
                 "    plugin: ga4\n    property: 1\n    key_file: " + key_file +
                     "\n    metrics: {visits: {unit: visits}}\n")
        .err;
  };
  EXPECT_THAT(text("k.json"), testing::Not(testing::HasSubstr("a secret stands")));
  EXPECT_THAT(text("'{\"private_key\": \"x\"}'"), testing::HasSubstr("a secret stands"));
  EXPECT_THAT(text("\"${evn:KEY}\""),
              testing::HasSubstr("kpid.yaml:6:15: error: \"${evn:KEY}\" is no reference to a secret; did you mean "
                                 "${env:…}?; write ${env:NAME}, ${file:path} or ${credential:name}"));
}

const std::string kCsv = "    plugin: csv\n    path: web.csv\n    metrics: {visits: {unit: visits}}\n";

TEST(Secrets, StandWithinTheTokenAndTheHeartbeatToo) {
  const Program program("2026-03-15T06:00:00Z");
  const ScopedVariable part("KPID_TEST_PART", "of sixteen bytes");
  program.write("web.csv", "date,visits\n2026-03-14,1\n");
  program.write("part", "in-a-file\n");
  program.write(
      "kpid.yaml",
      "token: \"a token ${env:KPID_TEST_PART}\"\n"
      "heartbeat: {url: \"https://beat.example.com/${file:part}/${env:KPID_TEST_PART}\"}\nsources:\n  web:\n" +
          kCsv);
  FileHost host;
  const ConfigLoad load = load_config(program.path("kpid.yaml"), Secrets::kRequired, host);
  ASSERT_TRUE(load.config) << load.diagnostics.text();
  EXPECT_EQ(load.config->web.token.reveal(), "a token of sixteen bytes");
  EXPECT_EQ(load.config->heartbeat->url.reveal(), "https://beat.example.com/in-a-file/of sixteen bytes");
}

TEST(CheckSecrets, MissesThoseWithinATextAndTakesNoneInAnAddressThatIsShown) {
  Program program("2026-03-15T06:00:00Z");
  const ScopedVariable none("KPID_TEST_PART", nullptr);
  for (const char* more : {"token: \"a token ${env:KPID_TEST_PART}\"\n",
                           "heartbeat: {url: \"https://beat.example.com/${env:KPID_TEST_PART}\"}\n"}) {
    const Ended ended = check(program, kCsv, more);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("error: the environment variable KPID_TEST_PART is not set"));
  }
  EXPECT_THAT(check(program, kCsv, "public_url: \"https://${env:KPID_TEST_PART}/\"\n").err,
              HasSubstr("error: public_url stands in messages and on the page: it is no secret"));
}

TEST(CheckSources, ShowWhichSignsMayBeChosen) {
  Program program("2026-03-15T06:00:00Z");
  EXPECT_THAT(
      check(program, "    plugin: csv\n    path: web.csv\n    decimal: comma\n    metrics: {visits: {unit: visits}}\n")
          .err,
      testing::HasSubstr("kpid.yaml:6:14: error: this wants one of \".\", \",\", got \"comma\""));
}

TEST(CheckOfFiles, NamesTheColumnThatAFileHasNot) {
  Program program("2026-03-10T06:00:00Z");
  program.write("web.csv", "Date,Country,Visits\n2026-03-09,SE,100\n");
  const Ended ended = check(program,
                            "    plugin: csv\n"
                            "    path: web.csv\n"
                            "    labels: {country: Cuontry}\n"
                            "    metrics: {visits: {column: Visit, unit: visits}, orders: {unit: orders}}\n");
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "1 KPI over 1 source: 3 warnings\n");
  EXPECT_EQ(ended.err,
            R"~(DIR/kpid.yaml:6:14: warning: DIR/web.csv has no column "Cuontry" for label country
  6 |     labels: {country: Cuontry}
    |              ^~~~~~~
  help: did you mean "Country"?
DIR/kpid.yaml:7:32: warning: DIR/web.csv has no column "Visit" for metric visits
  7 |     metrics: {visits: {column: Visit, unit: visits}, orders: {unit: orders}}
    |                                ^~~~~
  help: did you mean "Visits"?
DIR/kpid.yaml:7:54: warning: DIR/web.csv has no column "orders" for metric orders
  7 |     metrics: {visits: {column: Visit, unit: visits}, orders: {unit: orders}}
    |                                                      ^~~~~~
  help: its columns are Date, Country, Visits
)~");
}

TEST(CheckOfFiles, NamesTheFieldThatNoRecordHas) {
  Program program("2026-03-10T06:00:00Z");
  program.write("web.json",
                R"([{"day": "2026-03-08", "visits": 1}, {"day": "2026-03-09", "visits": 2, "land": "SE"}])");
  const Ended ended = check(program,
                            "    plugin: json\n"
                            "    path: web.json\n"
                            "    labels: {country: land}\n"
                            "    metrics: {visits: {column: visit, unit: visits}}\n");
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err,
            R"~(DIR/kpid.yaml:7:32: warning: no record of DIR/web.json has /visit for metric visits
  7 |     metrics: {visits: {column: visit, unit: visits}}
    |                                ^~~~~
  help: did you mean "visits"?
)~");
}

TEST(CheckOfFiles, SaysWhatAPollCouldNotRead) {
  Program program("2026-03-10T06:00:00Z");
  const std::string source = "    plugin: csv\n    path: web.csv\n    metrics: {visits: {unit: visits}}\n";
  EXPECT_THAT(check(program, "    plugin: csv\n    path: data/web.csv\n    metrics: {visits: {unit: visits}}\n").err,
              HasSubstr("kpid.yaml:5:11: warning: DIR/data/web.csv: no such file"));
  EXPECT_THAT(check(program, "    plugin: json\n    path: data/*.json\n    metrics: {visits: {unit: visits}}\n").err,
              HasSubstr("kpid.yaml:5:11: warning: DIR/data/"));
  EXPECT_THAT(check(program, source).err, HasSubstr("kpid.yaml:5:11: warning: DIR/web.csv: no such file"));
  EXPECT_THAT(check(program, source).err, HasSubstr("help: until it is there, the source fails at each poll\n"));
  program.write("webb.csv", "");
  EXPECT_THAT(check(program, source).err, HasSubstr("kpid.yaml:5:11: warning: DIR/web.csv: "));
  EXPECT_THAT(check(program, source).err, HasSubstr("help: did you mean \"webb.csv\"?\n"));
  program.write("web.csv", "Date,visits\n2026-03-08,100\n2026-03-09,many\n");
  EXPECT_THAT(check(program, source).err,
              HasSubstr("kpid.yaml:5:11: warning: 1 row or cell cannot be read: DIR/web.csv:3:12: "));
  program.write("web.csv", "Date,visits\n9/3/2026,100\n");
  EXPECT_THAT(check(program, source).err, HasSubstr("kpid.yaml:5:11: warning: DIR/web.csv"));
  program.write("web.csv", "Date,visits\n2026-03-09,100\n");
  EXPECT_EQ(check(program, source).err, "");
}

TEST(CheckOfDrivers, SaysThatTheFileIsNotThere) {
  Program program("2026-03-10T06:00:00Z");
  const std::string rest = "    metrics: {visits: {unit: visits}}\n";
  EXPECT_THAT(check(program, "    plugin: shared\n    library: visits.so\n" + rest).err,
              HasSubstr("kpid.yaml:5:14: warning: /usr/lib/kpid/plugins/visits.so: no such file\n"));
  EXPECT_THAT(check(program, "    plugin: shared\n    library: visits.so\n" + rest).err,
              HasSubstr("help: a name alone is looked for there; write ./visits.so for a file beside this one\n"));
  EXPECT_THAT(check(program, "    plugin: shared\n    library: ./visits.so\n" + rest).err,
              HasSubstr("kpid.yaml:5:14: warning: DIR/visits.so: no such file\n"));
}

/// What every poll would be refused is an error before the first one.
TEST(CheckOfAddresses, NamesThoseThatNoPollWouldConnectTo) {
  Program program("2026-03-10T06:00:00Z");
  const auto first_error = [&](const std::string& source) {
    const std::string text = check(program, source).err;
    return text.substr(0, text.find('\n'));
  };
  const std::string rest = "    rows: {kind: scalar}\n    metrics: {visits: {}}\n";
  EXPECT_EQ(first_error("    plugin: http\n    request: \"https://10.0.0.7:8443/n\"\n" + rest),
            "DIR/kpid.yaml:5:14: error: 10.0.0.7 is a private address; if it is meant, add a range that holds it to "
            "allow_private");
  EXPECT_EQ(first_error("    plugin: http\n    request: {url: \"http://kpi@[::1]/n\"}\n" + rest),
            "DIR/kpid.yaml:5:20: error: ::1 is a loopback address; if it is meant, add a range that holds it to "
            "allow_private");
  EXPECT_EQ(first_error("    plugin: prometheus\n    server: \"http://localhost:9090\"\n    metrics: {visits: {query: "
                        "x}}\n"),
            "DIR/kpid.yaml:5:13: error: 127.0.0.1 is a loopback address; if it is meant, add a range that holds it to "
            "allow_private");
  EXPECT_EQ(
      first_error("    plugin: http\n    request: \"https://10.0.0.7/n\"\n    allow_private: [10.0.0.0/8]\n" + rest),
      "");
  EXPECT_EQ(first_error("    plugin: http\n    request: {url: \"https://a.example.com/n\", query: {site: "
                        "\"http://10.0.0.7/\"}}\n" +
                        rest),
            "")
      << "one that is not asked";
}

TEST(CheckOfHeaders, NamesTheLineBreakInOne) {
  Program program("2026-03-10T06:00:00Z");
  const std::string rest = "    rows: {kind: scalar}\n    metrics: {visits: {}}\n";
  EXPECT_THAT(check(program,
                    "    plugin: http\n    request: {url: \"https://a.example.com/n\", headers: {x-a: "
                    "\"b\\r\\nc: d\"}}\n" +
                        rest)
                  .err,
              HasSubstr("kpid.yaml:5:62: error: request.headers.x-a holds a line break or another control byte\n"));
  EXPECT_THAT(check(program,
                    "    plugin: http\n    auth: {type: header, name: x-a, value: \"b\\nc\"}\n    request: "
                    "\"https://a.example.com/n\"\n" +
                        rest)
                  .err,
              HasSubstr("kpid.yaml:5:44: error: auth.value holds a line break or another control byte\n"));
}

TEST(CheckOfAReminder, TellsOnceWhatIsWrongWithIt) {
  Program program("2026-03-10T06:00:00Z");
  const Ended ended = check(program, "    plugin: manual\n    remind: 5 parsecs\n    metrics: {visits: {}}\n");
  EXPECT_THAT(ended.err,
              HasSubstr("kpid.yaml:5:13: error: remind wants a length of time such as 7 days, 1 month or 5m, got \"5 "
                        "parsecs\"\n"));
  EXPECT_THAT(ended.err, HasSubstr("1 error"));
}

TEST(CheckOfAWeight, WantsACountOfTheSameSource) {
  Program program("2026-03-10T06:00:00Z");
  program.write("web.csv", "Date,visits,score,answers\n2026-03-09,100,4,20\n");
  const auto errors = [&](const std::string& metrics) {
    return check(program,
                 "    plugin: csv\n    path: web.csv\n    metrics: {visits: {unit: visits}, " + metrics + "}\n")
        .err;
  };
  EXPECT_EQ(errors("score: {kind: mean, weight: answers}, answers: {}"), "");
  EXPECT_THAT(errors("score: {kind: mean, weight: answer}, answers: {}"),
              HasSubstr("error: a mean is weighted by a count of the same source, and web has no count \"answer\"\n"));
  EXPECT_THAT(errors("score: {kind: mean, weight: answer}, answers: {}"), HasSubstr("help: did you mean \"answers\"?"));
  EXPECT_THAT(errors("score: {kind: mean, weight: score}"), HasSubstr("web has no count \"score\""));
  EXPECT_THAT(errors("score: {kind: flow, weight: visits}"),
              HasSubstr("error: only a mean has a weight, web.score is of the kind flow"));
}

TEST(CheckOfConditions, FindsThoseThatCanNeverBeTold) {
  Program program("2026-03-20T06:00:00Z");
  std::string rows = "Date,visits,orders\n";
  for (int day = 10; day < 20; ++day) {
    rows += "2026-03-" + std::to_string(day) + ",100,\n";
  }
  program.write("web.csv", rows);
  const std::string source = "    plugin: csv\n    path: web.csv\n    metrics: {visits: {unit: visits}, orders: {}}\n";
  check(program, source);
  program.write(
      "rules.yaml",
      std::string(kRules).substr(0, std::string(kRules).size() - 2) +
          ", alerts: [{name: few, when: web.orders < 3}, {name: low, when: value < 3}, "
          "{name: year, when: 'value < prev(value, 52 weeks)'}], thresholds: {warning: '0.8 * web.orders'}}\n");
  ASSERT_EQ(program.once("2026-03-20T06:00:00Z"), 0);
  const std::string said = program.on_folder({"check"}).err;
  EXPECT_THAT(said,
              HasSubstr("the condition of \"few\" of visits was unknown in each of the last 10 periods (null): it "
                        "can never match"));
  EXPECT_THAT(said, HasSubstr("the limit warning of visits was unknown in each of the last 10 periods (null)"));
  EXPECT_THAT(said, testing::Not(HasSubstr("\"low\"")));
  EXPECT_THAT(said, testing::Not(HasSubstr("\"year\""))) << "it will be known in a year";
}

/// As a full disk or half a deployment leaves it.
TEST(Check, RefusesAFileInWhichNothingStands) {
  Program program("2026-03-15T06:00:00Z");
  program.write("kpid.yaml", "\n");
  Ended ended = program.on_folder({"check"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out + ended.err, HasSubstr("kpid.yaml:1:1: error: the file is empty"));
  program.write("kpid.yaml", "# to be written\n");
  EXPECT_EQ(program.on_folder({"check"}).code, 1);
  program.write("kpid.yaml", "rules: [rules.yaml]\n");
  program.write("rules.yaml", "");
  ended = program.on_folder({"check"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out + ended.err, HasSubstr("rules.yaml:1:1: error: the file is empty"));
  program.write("rules.yaml", "# none yet\n");
  EXPECT_EQ(program.on_folder({"check"}).code, 0);
}

TEST(Check, ShowsAMistakeThatIsMadeManyTimesTwentyTimes) {
  Program program("2026-03-10T06:00:00Z");
  std::string rules = "kpis:\n";
  for (int i = 0; i < 100; ++i) {
    rules += "  k" + std::to_string(i) + ": {value: web.visits, colour: red}\n";
  }
  program.write("rules.yaml", rules + "  other: {value: web.orders, colour: red}\n");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n  web: {plugin: csv, path: web.csv, metrics: {visits: {}}}\n");
  const auto times = [](const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++count;
    }
    return count;
  };
  const Ended ended = program.on_folder({"check"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(times(ended.err, "error: unknown key \"colour\""), 20U) << ended.err;
  EXPECT_EQ(times(ended.err, "  and 81 more like it\n"), 1U) << ended.err;
  EXPECT_EQ(times(ended.err, "web.orders"), 1U + 1U) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("102 errors"));
  const Ended whole = program.on_folder({"check", "--json"});
  EXPECT_GE(times(whole.out, "unknown key"), 101U);
}

TEST(CheckTiming, SaysWhatEachStepTook) {
  Program program("2026-03-10T06:00:00Z");
  program.write("web.csv", "Date,visits\n2026-03-09,100\n");
  check(program, "    plugin: csv\n    path: web.csv\n    metrics: {visits: {unit: visits}}\n");
  ASSERT_EQ(program.once("2026-03-10T06:00:00Z"), 0);
  EXPECT_EQ(program.on_folder({"check", "--timing"}),
            (Ended{0,
                   "1 KPI over 1 source: fine\n"
                   "        0 us  read and compile DIR/kpid.yaml\n"
                   "        0 us  look at source web\n"
                   "        0 us  read the history\n"
                   "        0 us  hold the rules against it\n"
                   "judging one period takes longest of:\n"
                   "        0 us  visits, 1 line\n",
                   ""}));
  const auto document = nlohmann::json::parse(program.on_folder({"check", "--timing", "--json"}).out);
  EXPECT_EQ(document["timing"]["steps"].size(), 4U);
  EXPECT_EQ(document["timing"]["kpis"][0]["kpi"], "visits, 1 line");
}

TEST(ChannelTest, SaysWhichVariableIsNotSetHereAndNeedsNoOthers) {
  Program program("2026-03-10T06:00:00Z");
  program.write("web.csv", "date,visits\n2026-03-09,100\n");
  program.write("rules.yaml", kRules);
  program.write("kpid.yaml",
                "rules: [rules.yaml]\nsources:\n"
                "  web: {plugin: csv, path: web.csv, metrics: {visits: {unit: visits}}}\n"
                "channels:\n"
                "  chat:\n    type: slack\n    url: \"${env:KPID_NOT_SET_HERE}\"\n"
                "  mail: {type: slack, url: \"${env:KPID_NEITHER_SET_HERE}\"}\n"
                "  out: {type: console}\n"
                "routes: [{match: {}, to: [chat]}]\n");
  const Ended chat = program.on_folder({"channel", "test", "chat"});
  EXPECT_EQ(chat.code, 3);
  EXPECT_EQ(chat.err,
            "kpid: chat: the environment variable KPID_NOT_SET_HERE is not set; test it where the daemon's variables "
            "and credentials are\n");
  EXPECT_EQ(program.on_folder({"channel", "test", "out"}).code, 0);
}

}  // namespace
}  // namespace kpi::test

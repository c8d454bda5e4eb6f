// `kpid config`: all files as one, where each line comes from, and no secret.

#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

class ConfigVerb : public testing::Test {
 protected:
  Program program_{"2026-03-15T06:00:00Z"};
};

constexpr std::string_view kMain = R"(timezone: Europe/Stockholm
rules: [rules.yaml]
packs:
  - {use: seo, sources: {search: web}, only: [organic_clicks], change: {organic_clicks: {owner: growth}}}
channels:
  team: {type: slack, url: "https://hooks.example.com/T0/B0/letmein"}
  hook: {type: webhook, url: "https://a.example.com/x", secret: "${env:HOOK}"}
routes:
  - {match: {}, to: [team]}
)";

constexpr std::string_view kRules = R"(sources:
  web:
    plugin: csv
    path: web.csv
    date: {column: Date}
    metrics:
      visits: {column: Visits}
kpis:
  visits:
    value: web.visits
    thresholds: {warning: "10"}
)";

TEST_F(ConfigVerb, ShowsAllFilesWithTheOriginOfEachLine) {
  program_.write("kpid.yaml", kMain.substr(0, kMain.find("packs:")));
  program_.write("rules.yaml", kRules);
  const Ended ended = program_.on_folder({"config"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto has = [&](const std::string& text, const std::string& origin) {
    const std::string padded = text + std::string(64 - text.size(), ' ') + " # DIR/" + origin + "\n";
    EXPECT_NE(ended.out.find(padded), std::string::npos) << padded << ended.out;
  };
  has("timezone: Europe/Stockholm", "kpid.yaml:1");
  has("  web:", "rules.yaml:2");
  has("    date:", "rules.yaml:5");
  has("      column: Date", "rules.yaml:5");
  has("    value: web.visits", "rules.yaml:10");
  has("      warning: \"10\"", "rules.yaml:11");
}

TEST_F(ConfigVerb, ShowsNoSecretButReferencesToThem) {
  program_.write("kpid.yaml", std::string(kMain));
  program_.write("rules.yaml", kRules);
  const Ended ended = program_.on_folder({"config"});
  EXPECT_EQ(ended.out.find("letmein"), std::string::npos);
  EXPECT_NE(ended.out.find("url: \"(hidden)\""), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("secret: \"${env:HOOK}\""), std::string::npos) << ended.out;
}

/// Each of these is a secret to `kpid check`, so it is one here: also where its key says nothing.
TEST_F(ConfigVerb, ShowsNothingThatCheckTakesForASecret) {
  constexpr std::string_view kHttp =
      "request: {url: \"https://x.example/d\"}, rows: {kind: records, path: /d, date: {field: day}}, metrics: {n: "
      "{}}}\n";
  program_.write(
      "kpid.yaml",
      "sources:\n"
      "  a: {plugin: stripe, key: letmein, metrics: {amount: {unit: SEK}}}\n"
      "  b: {plugin: rule, key: letmein, metrics: {sent: {}}}\n"
      "  c: {plugin: semrush, key: letmein, domain: x.com, metrics: {Or: {kind: level}}}\n"
      "  d: {plugin: http, auth: {type: query, name: k, value: letmein}, " +
          std::string(kHttp) +
          "  e: {plugin: http, auth: {type: session, login: {url: \"https://x.example/l\", json: {user: {name: bob, "
          "pass: letmein}}}, token: /where}, " +
          std::string(kHttp) +
          "  f: {plugin: http, auth: {type: session, login: {url: \"https://x.example/l\", text: \"u=bob&p=letmein\"}, "
          "token: /where}, " +
          std::string(kHttp) +
          "  g: {plugin: exec, command: [/bin/echo, --password=letmein, --count=7], environment: [HOME, "
          "\"SHOP=letmein\"], metrics: {n: {}}}\n"
          "  h: {plugin: rule, key: \"${env:RULE}\", metrics: {sent: {}}}\n"
          "  i: {plugin: shared, library: /x.so, settings: {shop: {pass: letmein}, size: 7}, metrics: {n: {}}}\n");
  const Ended ended = program_.on_folder({"config"});
  EXPECT_EQ(ended.out.find("letmein"), std::string::npos) << ended.out;
  for (const char* shown :
       {"key: \"${env:RULE}\"", "name: bob", "- HOME", "- \"--count=7\"", "size: 7", "domain: x.com"}) {
    EXPECT_NE(ended.out.find(shown), std::string::npos) << shown << "\n" << ended.out;
  }
  const std::string warnings = program_.on_folder({"check"}).err;
  EXPECT_EQ(warnings.find("letmein"), std::string::npos) << warnings;
  std::size_t count = 0;
  for (std::size_t at = warnings.find("a secret stands"); at != std::string::npos;
       at = warnings.find("a secret stands", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 9U) << warnings;
}

TEST_F(ConfigVerb, ShowsWhatIsWrongTooAndSaysSo) {
  program_.write("kpid.yaml", "timezone: Mars/Olympus\n");
  const Ended ended = program_.on_folder({"config"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("timezone: Mars/Olympus"), std::string::npos);
  EXPECT_EQ(ended.err, "kpid: there are errors in it; `kpid check` names them\n");
}

}  // namespace
}  // namespace kpi::test

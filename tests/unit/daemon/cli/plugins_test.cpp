#include "daemon/config/connectors.hpp"
#include "daemon/notify/channel.hpp"
#include "plugins/source.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

class Plugins : public testing::Test {
 protected:
  Program program_{"2026-03-15T06:00:00Z"};
};

TEST_F(Plugins, OfOneNameAreShownWithTheirKeys) {
  const Ended ended = program_.run({"plugins", "csv"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/plugins_csv.txt", ended.out));
  EXPECT_TRUE(matches_golden("cli/plugins_webhook.txt", program_.run({"plugins", "webhook"}).out));
}

TEST_F(Plugins, AllAreInTheJsonEachKeyWithHelp) {
  const Ended ended = program_.run({"plugins", "--json"});
  EXPECT_EQ(ended.code, 0);
  const json document = json::parse(ended.out);
  ASSERT_EQ(document["sources"].size(), source_kinds().size());
  ASSERT_EQ(document["channels"].size(), channel_kinds().size());
  for (const auto& [kind, items] : document.items()) {
    for (const json& item : items) {
      EXPECT_NE(item["help"], "") << item;
      for (const json& key : item["keys"]) {
        EXPECT_NE(key["help"], "") << kind << " " << item["name"] << ": " << key;
      }
    }
  }
  for (std::size_t i = 0; i < channel_kinds().size(); ++i) {
    EXPECT_EQ(document["channels"][i]["keys"].size(), channel_kinds()[i].keys.size());
  }
}

TEST_F(Plugins, InTheJsonSayWhatIsRequiredAndWhatTheDefaultIs) {
  const json keys = json::parse(program_.run({"plugins", "csv", "--json"}).out)["sources"][0]["keys"];
  EXPECT_EQ(keys[0]["key"], "path");
  EXPECT_EQ(keys[0]["required"], true);
  EXPECT_EQ(keys[0]["default"], nullptr);
  EXPECT_EQ(keys[2], json::parse(R"({"key": "decimal", "type": "one of \".\", \",\"", "required": false,
                                     "default": ".", "help": "The decimal sign of the numbers."})"));
}

TEST_F(Plugins, ThatAreConnectorsHaveAPageOfDocumentationAndATemplate) {
  for (const Connector& connector : connectors()) {
    const std::string& name = connector.plugin.name;
    EXPECT_TRUE(
        matches_golden("../../docs/connectors/" + name + ".md", program_.run({"plugins", name, "--markdown"}).out));
    EXPECT_EQ(program_.run({"plugins", name, "--yaml"}).out, connector.text);
  }
  EXPECT_EQ(program_.run({"plugins", "csv", "--yaml"}),
            (Ended{2, "", "kpid: --yaml and --markdown show one connector, such as ga4: kpid plugins ga4 --yaml\n"}));
}

TEST_F(Plugins, ThatAreNotThereAreAnErrorWithTheNearestName) {
  EXPECT_EQ(program_.run({"plugins", "slak"}),
            (Ended{2, "", "kpid: there is no plugin or channel type \"slak\"; did you mean \"slack\"?\n"}));
}

}  // namespace
}  // namespace kpi::test

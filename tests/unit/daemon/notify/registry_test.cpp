#include "daemon/notify/text_message.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(ChannelKinds, AreSaidByNameWithKeysThatAreKnown) {
  std::vector<std::string> names;
  for (const ChannelKind& kind : channel_kinds()) {
    names.push_back(kind.name);
    EXPECT_TRUE(kind.help.ends_with('.')) << kind.name;
    for (const std::string& key : kind.required) {
      EXPECT_THAT(kind.keys, testing::Contains(key));
    }
    for (const std::string& key : kind.keys) {
      EXPECT_TRUE(std::ranges::any_of(channel_keys(), [&](const ChannelKey& known) { return known.name == key; }))
          << key;
    }
  }
  EXPECT_THAT(names,
              testing::ElementsAre("alertmanager",
                                   "console",
                                   "discord",
                                   "email",
                                   "exec",
                                   "file",
                                   "google_chat",
                                   "mattermost",
                                   "ntfy",
                                   "opsgenie",
                                   "pagerduty",
                                   "rocketchat",
                                   "slack",
                                   "teams",
                                   "telegram",
                                   "webhook"));
}

TEST(ChannelKinds, AreFoundByName) {
  ASSERT_NE(find_channel_kind("slack"), nullptr);
  EXPECT_EQ(find_channel_kind("slack")->name, "slack");
  EXPECT_EQ(find_channel_kind("pigeon"), nullptr);
}

struct SettingsRow {
  const char* name;
  const char* type;
  const char* url;
  const char* secret;
  std::vector<std::string> allow_private;
  std::vector<Diagnostic> expected;
};

class ChannelSettingsTable : public testing::TestWithParam<SettingsRow> {};

TEST_P(ChannelSettingsTable, AreCheckedBeforeAChannelIsBuilt) {
  ChannelSettings settings;
  settings.name = "ops";
  settings.type = GetParam().type;
  settings.url = Secret(GetParam().url);
  settings.secret = Secret(GetParam().secret);
  settings.allow_private = GetParam().allow_private;
  settings.position.line = 7;
  Diagnostics diagnostics;
  const std::unique_ptr<Channel> channel = find_channel_kind(GetParam().type)->create(settings, diagnostics);
  EXPECT_EQ(channel != nullptr, GetParam().expected.empty());
  EXPECT_EQ(diagnostics.items(), GetParam().expected);
}

TEST(ShortSecret, IsWarnedOf) {
  ChannelSettings settings;
  settings.name = "ops";
  settings.url = Secret("https://example.com");
  settings.secret = Secret("topsecret");
  Diagnostics diagnostics;
  EXPECT_NE(find_channel_kind("webhook")->create(settings, diagnostics), nullptr);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].severity, Diagnostic::Severity::kWarning);
}

Diagnostic error(std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.position.line = 7;
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return diagnostic;
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    ChannelSettingsTable,
    testing::Values(
        SettingsRow{"Console", "console", "", "", {}, {}},
        SettingsRow{"Slack", "slack", "https://hooks.slack.example/services/x", "", {}, {}},
        SettingsRow{"Webhook", "webhook", "http://127.0.0.1:8080/", "exactly-twenty-four-byte", {"127.0.0.0/8"}, {}},
        SettingsRow{"NoUrl",
                    "slack",
                    "",
                    "",
                    {},
                    {error("channel ops: url is missing",
                           "add url: with the receiver's address, best as a reference such as ${env:NAME}")}},
        SettingsRow{"UrlThatIsNone",
                    "webhook",
                    "hooks.example.com/topsecret",
                    "",
                    {},
                    {error("channel ops: url is not an http or https address", "write it as https://host/path")}},
        SettingsRow{"BadRange",
                    "webhook",
                    "https://example.com",
                    "",
                    {"10.0.0.0/8", "intranet"},
                    {error("channel ops: allow_private: \"intranet\" is not an address range; write a range such as "
                           "10.0.0.0/8 or fd00::/8",
                           "")}},
        SettingsRow{"SecretWithoutAKey",
                    "webhook",
                    "https://example.com",
                    "whsec_",
                    {},
                    {error("channel ops: secret has nothing after \"whsec_\"",
                           "make one with: echo \"whsec_$(openssl rand -base64 32)\"")}}),
    [](const auto& row) { return row.param.name; });

TEST(ConsoleChannel, PrintsTheTextUnderARule) {
  test::FakeChannelHost fake;
  Diagnostics diagnostics;
  const Message message = test::sample_message("firing");
  const std::unique_ptr<Channel> channel = find_channel_kind("console")->create({}, diagnostics);
  EXPECT_EQ(channel->deliver(message, fake.host, {}), (Outcome{Outcome::Kind::kDelivered, "", {}}));
  EXPECT_EQ(fake.console.str(), text_rule(message) + "\n" + text_message(message) + "\n");
}

TEST(ConsoleChannel, TriesAgainWhenNothingCanBeWritten) {
  test::FakeChannelHost fake;
  Diagnostics diagnostics;
  const std::unique_ptr<Channel> channel = find_channel_kind("console")->create({}, diagnostics);
  fake.console.setstate(std::ios::badbit);
  EXPECT_EQ(channel->deliver(test::sample_message("test"), fake.host, {}).kind, Outcome::Kind::kRetry);
}

}  // namespace
}  // namespace kpi

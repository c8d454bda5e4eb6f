#include "daemon/notify/channels/slack.hpp"

#include "daemon/notify/channels/slack_blocks.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Every text and URL that stands in a payload, with its limit.
void expect_limits(const Json& json, std::size_t& sum) {
  if (json.is_object() && json.contains("text") && json["text"].is_string()) {
    sum += code_points(json["text"].get<std::string>());
  }
  if (json.is_object() && json.value("type", "") == "header") {
    EXPECT_LE(code_points(json["text"]["text"].get<std::string>()), 150U);
  }
  if (json.is_object() && json.value("type", "") == "section" && json.contains("text")) {
    EXPECT_LE(code_points(json["text"]["text"].get<std::string>()), 3000U);
    EXPECT_GE(code_points(json["text"]["text"].get<std::string>()), 1U);
  }
  if (json.is_object() && json.contains("fields")) {
    EXPECT_LE(json["fields"].size(), 10U);
    for (const Json& field : json["fields"]) {
      EXPECT_LE(code_points(field["text"].get<std::string>()), 2000U);
    }
  }
  if (json.is_structured()) {
    for (const Json& item : json) {
      expect_limits(item, sum);
    }
  }
}

class SlackPayload : public testing::TestWithParam<test::SampleMessage> {};

TEST_P(SlackPayload, ReadsAsItShould) {
  EXPECT_TRUE(test::matches_golden("slack/" + GetParam().name + ".json",
                                   Json::parse(slack_payload(GetParam().message)).dump(2) + "\n"));
}

TEST_P(SlackPayload, KeepsToTheLimits) {
  const Json payload = Json::parse(slack_payload(GetParam().message));
  EXPECT_LE(payload["blocks"].size(), 50U);
  std::size_t sum = 0;
  expect_limits(payload["blocks"], sum);
  EXPECT_LE(sum, 12'000U);
  EXPECT_GE(sum, 1U);
}

INSTANTIATE_TEST_SUITE_P(Samples, SlackPayload, testing::ValuesIn(test::sample_messages()), [](const auto& sample) {
  return sample.param.name;
});

TEST(SlackText, LetsNobodyMentionOrLink) {
  const std::string payload = slack_payload(test::sample_message("hostile"));
  const Json json = Json::parse(payload);
  const std::string blocks = json["blocks"].dump();
  EXPECT_EQ(json["text"].get<std::string>().find('<'), std::string::npos);
  // The one place where the characters may stand is a button's URL, which is no markup.
  for (const Json& block : json["blocks"]) {
    if (block["type"] != "actions") {
      EXPECT_EQ(block.dump().find('<'), std::string::npos) << block.dump();
      EXPECT_EQ(block.dump().find('>'), std::string::npos) << block.dump();
    }
  }
  EXPECT_THAT(blocks, testing::HasSubstr("&lt;!channel&gt; *R&amp;D*"));
  EXPECT_THAT(blocks, testing::Not(testing::HasSubstr("\\u001b")));
}

TEST(SlackText, FormatsNothingThatATitleSays) {
  Message message = test::sample_message("firing");
  message.alerts.resize(1);
  message.alerts.front().title = "*now* _or_ `never`, web_visits 2*3 ~5 https://x.example.com/_a_ end";
  const Json payload = Json::parse(slack_payload(message));
  constexpr const char* kSaid =
      "\u200B*\u200Bnow\u200B*\u200B \u200B_\u200Bor\u200B_\u200B \u200B`\u200Bnever\u200B`\u200B, "
      "web_visits 2*3 \u200B~\u200B5 https://x.example.com/_a_ end";
  EXPECT_THAT(payload["text"].get<std::string>(), testing::HasSubstr(kSaid));
  message.alerts.push_back(message.alerts.front());
  EXPECT_THAT(Json::parse(slack_payload(message))["blocks"][1]["text"]["text"].get<std::string>(),
              testing::HasSubstr(kSaid));
}

TEST(SlackText, OfWhatWasNotDeliveredFormatsItsOwnCommandsAlone) {
  Message message = test::sample_message("delivery_failed");
  message.text = "growth did not take: *now* fell.\nIt is kept: `kpid deadletter list`.";
  EXPECT_EQ(Json::parse(slack_payload(message))["blocks"][1]["text"]["text"],
            "growth did not take: \u200B*\u200Bnow\u200B*\u200B fell.\nIt is kept: `kpid deadletter list`.\n");
}

TEST(SlackText, CountsTheAlertsThatFindNoRoom) {
  Message message = test::sample_message("many");
  const Json blocks = Json::parse(slack_payload(message))["blocks"];
  const auto told = static_cast<std::size_t>(
      std::ranges::count_if(blocks, [](const Json& block) { return block["type"] == "section"; }));
  ASSERT_LT(told, message.alerts.size());
  EXPECT_EQ(blocks.back()["elements"][0]["text"], "and " + std::to_string(message.alerts.size() - told) + " more");
}

TEST(SlackText, CountsTheLinesThatFindNoRoom) {
  Message message = test::sample_message("config_error");
  message.text.clear();
  for (int i = 0; i < 1000; ++i) {
    message.text += "line " + std::to_string(i) + " of a long list of errors\n";
  }
  const Json blocks = Json::parse(slack_payload(message))["blocks"];
  std::ptrdiff_t told = 0;
  for (const Json& block : blocks) {
    if (block["type"] == "section") {
      const std::string text = block["text"]["text"];
      told += std::ranges::count(text, '\n');
    }
  }
  ASSERT_GT(told, 100);
  EXPECT_EQ(blocks.back()["elements"][0]["text"], "and " + std::to_string(1000 - told) + " more lines");
}

TEST(SlackText, GivesAnOverlongTitleAShorterHeader) {
  Message message = test::sample_message("firing");
  message.alerts[0].title = std::string(200, 'x');
  const Json blocks = Json::parse(slack_payload(message))["blocks"];
  EXPECT_EQ(blocks[0]["text"]["text"], "🟠 Warning: 1 alert");
  EXPECT_THAT(blocks[1]["text"]["text"].get<std::string>(), testing::HasSubstr(std::string(200, 'x')));
}

TEST(SlackText, MakesNoButtonOfWhatIsNoWebAddress) {
  Message message = test::sample_message("firing");
  message.alerts[0].url = "javascript:alert(1)";
  EXPECT_THAT(slack_payload(message), testing::Not(testing::HasSubstr("javascript")));
}

ChannelSettings slack_settings() {
  ChannelSettings settings;
  settings.name = "growth";
  settings.type = "slack";
  settings.url = Secret("https://hooks.slack.example/services/T0000000/B0000000/abcdefgh");
  return settings;
}

Outcome deliver(int status, const std::string& body) {
  test::FakeChannelHost fake;
  fake.http.answer_with(status, body);
  Diagnostics diagnostics;
  return create_slack_channel(slack_settings(), diagnostics)->deliver(test::sample_message("test"), fake.host, {});
}

struct SlackAnswerRow {
  const char* name;
  int status;
  const char* body;
  Outcome::Kind kind;
  const char* detail;
};

class SlackAnswer : public testing::TestWithParam<SlackAnswerRow> {};

TEST_P(SlackAnswer, DecidesTheOutcome) {
  EXPECT_EQ(deliver(GetParam().status, GetParam().body), (Outcome{GetParam().kind, GetParam().detail, {}}));
}

using Kind = Outcome::Kind;

INSTANTIATE_TEST_SUITE_P(
    Rows,
    SlackAnswer,
    testing::Values(
        SlackAnswerRow{"Ok", 200, "ok", Kind::kDelivered, "answered 200: ok"},
        SlackAnswerRow{"LoginPage",
                       200,
                       "<html>log in</html>",
                       Kind::kRefused,
                       "answered 200: <html>log in</html> (Slack would have said \"ok\")"},
        SlackAnswerRow{"Nothing", 200, "", Kind::kRefused, "answered 200 with nothing, where Slack says \"ok\""},
        SlackAnswerRow{"InvalidBlocks", 400, "invalid_blocks", Kind::kRefused, "answered 400: invalid_blocks"},
        SlackAnswerRow{"InvalidPayload", 400, "invalid_payload", Kind::kRefused, "answered 400: invalid_payload"},
        SlackAnswerRow{"NoText", 400, "no_text", Kind::kRefused, "answered 400: no_text"},
        SlackAnswerRow{"Forbidden", 403, "action_prohibited", Kind::kDisabled, "answered 403: action_prohibited"},
        SlackAnswerRow{"Token", 403, "invalid_token\n", Kind::kDisabled, "answered 403: invalid_token"},
        SlackAnswerRow{"NoService", 404, "no_service", Kind::kDisabled, "answered 404: no_service"},
        SlackAnswerRow{"NoChannel", 404, "channel_not_found", Kind::kDisabled, "answered 404: channel_not_found"},
        SlackAnswerRow{"NoTeam", 404, "no_team", Kind::kDisabled, "answered 404: no_team"},
        SlackAnswerRow{"NotFound", 404, "not found", Kind::kRefused, "answered 404: not found"},
        SlackAnswerRow{"Archived", 410, "channel_is_archived", Kind::kDisabled, "answered 410: channel_is_archived"},
        SlackAnswerRow{"Rollup", 500, "rollup_error", Kind::kRetry, "answered 500: rollup_error"},
        SlackAnswerRow{"LateToken", 503, "invalid_token", Kind::kRetry, "answered 503: invalid_token"}),
    [](const auto& row) { return row.param.name; });

TEST(SlackChannel, PostsThePayload) {
  test::FakeChannelHost fake;
  fake.http.answer_with(200, "ok");
  Diagnostics diagnostics;
  const Message message = test::sample_message("firing");
  ASSERT_EQ(create_slack_channel(slack_settings(), diagnostics)->deliver(message, fake.host, {}).kind,
            Kind::kDelivered);
  const HttpRequest& request = fake.http.requests.at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, slack_settings().url.reveal());
  EXPECT_EQ(request.body, slack_payload(message));
  EXPECT_THAT(request.headers, testing::ElementsAre(testing::Pair("content-type", "application/json")));
}

}  // namespace
}  // namespace kpi

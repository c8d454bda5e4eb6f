// What each kind of channel sends, as its receiver sees it, and what it makes of the answer.

#include "daemon/notify/message_card.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

ChannelSettings settings_of(const std::string& type) {
  ChannelSettings settings;
  settings.name = "ops";
  settings.type = type;
  const ChannelKind& kind = *find_channel_kind(type);
  for (const std::string& key : kind.keys) {
    settings.texts[key] = channel_key(key).fallback;
  }
  const bool has_own_address = type == "pagerduty" || type == "opsgenie" || type == "telegram" || type == "ntfy";
  settings.url = Secret(has_own_address ? "" : "https://example.com/hook/key-of-the-channel");
  settings.keys["routing_key"] = Secret("0123456789abcdef0123456789abcdef");
  settings.keys["api_key"] = Secret("genie-key-of-the-team");
  settings.keys["token"] = Secret(type == "telegram" ? "123456789:AAtoken" : "");
  settings.texts["chat"] = "-1001";
  settings.texts["topic"] = "acme-kpi";
  return settings;
}

std::unique_ptr<Channel> channel_of(const ChannelSettings& settings) {
  Diagnostics diagnostics;
  std::unique_ptr<Channel> channel = find_channel_kind(settings.type)->create(settings, diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  return channel;
}

/// Everything that was sent, readable.
std::string sent_text(const std::vector<HttpRequest>& requests) {
  std::string text;
  for (const HttpRequest& request : requests) {
    text += request.method + " " + request.url + "\n" + Json::parse(request.body).dump(2) + "\n";
  }
  return text;
}

struct SentRow {
  std::string type;
  std::string sample;
};

class Sent : public testing::TestWithParam<SentRow> {};

TEST_P(Sent, ReadsAsItShould) {
  test::FakeChannelHost fake;
  fake.http.answer_with(200, R"({"ok": true, "success": true, "result": {"message_id": 7}})");
  const Outcome outcome =
      channel_of(settings_of(GetParam().type))->deliver(test::sample_message(GetParam().sample), fake.host, {});
  EXPECT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.detail;
  EXPECT_TRUE(test::matches_golden("channels/" + GetParam().type + "/" + GetParam().sample + ".txt",
                                   sent_text(fake.http.requests)));
}

std::vector<SentRow> sent_rows() {
  std::vector<SentRow> rows;
  for (const char* type :
       {"alertmanager", "discord", "google_chat", "mattermost", "ntfy", "opsgenie", "pagerduty", "teams", "telegram"}) {
    for (const char* sample : {"firing", "firing_group", "resolved", "hostile", "test"}) {
      rows.push_back({type, sample});
    }
  }
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, Sent, testing::ValuesIn(sent_rows()), [](const auto& row) {
  return row.param.type + "_" + row.param.sample;
});

TEST(Sent, StaysWithinTheLimitsHoweverManyAlertsThereAre) {
  const std::map<std::string, std::size_t> limits{{"discord", 12'000},
                                                  {"google_chat", 32'000},
                                                  {"mattermost", 16'000},
                                                  {"ntfy", 4096},
                                                  {"teams", 20'500},
                                                  {"telegram", 16'000}};
  for (const auto& [type, limit] : limits) {
    for (const char* sample : {"many", "hostile", "config_error"}) {
      test::FakeChannelHost fake;
      fake.http.answer_with(200, R"({"ok": true})");
      channel_of(settings_of(type))->deliver(test::sample_message(sample), fake.host, {});
      ASSERT_EQ(fake.http.requests.size(), 1U);
      EXPECT_LE(fake.http.requests[0].body.size(), limit) << type << " " << sample;
      if (std::string_view(sample) == "many") {
        EXPECT_THAT(fake.http.requests[0].body, HasSubstr(" more")) << type;
      }
    }
  }
}

constexpr const char* kPage = "https://kpi.example.com/kpis/web_visits?segment=country%3DSE~1";

/// What was sent of two alerts with everything to go to.
std::string sent_of_two(const std::string& type, const std::string& text = "") {
  test::FakeChannelHost fake;
  fake.http.answer_with(200, R"({"ok": true, "success": true, "result": {"message_id": 7}})");
  Message message = test::sample_message("firing");
  message.alerts.push_back(message.alerts.front());
  for (std::size_t i = 0; i < 2; ++i) {
    AlertView& alert = message.alerts[i];
    const std::string id = "ep_0" + std::to_string(i);
    alert.id = id;
    alert.url = kPage;
    alert.runbook = "https://wiki.example.com/run_" + id;
    alert.acknowledge_url = "https://kpi.example.com/act/acknowledge/" + id + "?sign=a_b";
    alert.silence_url = "https://kpi.example.com/act/silence/" + id + "?sign=a_b";
  }
  message.text = text;
  channel_of(settings_of(type))->deliver(message, fake.host, {});
  std::string bodies;
  for (const HttpRequest& request : fake.http.requests) {
    bodies += request.body;
  }
  return bodies;
}

TEST(Sent, LeadsFromEachOfTwoAlertsToWhereItIsAcknowledgedAndSilenced) {
  for (const char* type :
       {"alertmanager", "discord", "google_chat", "mattermost", "ntfy", "opsgenie", "pagerduty", "teams", "telegram"}) {
    const std::string sent = sent_of_two(type);
    for (const char* id : {"ep_00", "ep_01"}) {
      EXPECT_THAT(sent, HasSubstr("/act/acknowledge/" + std::string(id) + "?sign=a_b")) << type;
      EXPECT_THAT(sent, HasSubstr("/act/silence/" + std::string(id) + "?sign=a_b")) << type;
      EXPECT_THAT(sent, HasSubstr("https://wiki.example.com/run_" + std::string(id))) << type;
    }
  }
}

TEST(Sent, AddressesInATemplateArriveUnaltered) {
  const std::string said = "a_b*c " + std::string(kPage) + " https://kpi.example.com/act/silence/ep_01?sign=a_b.";
  for (const char* type : {"discord", "google_chat", "mattermost", "ntfy", "teams", "telegram"}) {
    EXPECT_THAT(sent_of_two(type, said), HasSubstr(said.substr(said.find("https")))) << type;
  }
  EXPECT_THAT(sent_of_two("discord", said), HasSubstr(R"(a\\_b\\*c)")) << "all else is text";
  EXPECT_THAT(sent_of_two("mattermost", "https://else.example.com/a_b"), HasSubstr(R"(a\\_b)")) << "not ours";
}

TEST(NtfyChannel, RingsForWhatIsCriticalAlone) {
  const auto priority = [](Severity severity, MessageType type) {
    test::FakeChannelHost fake;
    fake.http.answer_with(200, "{}");
    Message message = test::sample_message("firing");
    message.type = type;
    message.alerts.front().severity = severity;
    message.alerts.front().target.emplace().status = TargetStatus::kOffTrack;
    channel_of(settings_of("ntfy"))->deliver(message, fake.host, {});
    return Json::parse(fake.http.requests.at(0).body)["priority"].get<int>();
  };
  EXPECT_EQ(priority(Severity::kCritical, MessageType::kAlertFiring), 5);
  EXPECT_EQ(priority(Severity::kWarning, MessageType::kTargetStatus), 4) << "off track, and a warning";
  EXPECT_EQ(priority(Severity::kCritical, MessageType::kAlertResolved), 3);
}

TEST(OpsgenieChannel, RaisesWhatHasBecomeCritical) {
  const auto requests = [](Severity severity) {
    test::FakeChannelHost fake;
    fake.http.answer_with(202, "{}");
    Message message = test::sample_message("firing");
    message.alerts.front().severity = severity;
    EXPECT_EQ(channel_of(settings_of("opsgenie"))->deliver(message, fake.host, {}).kind, Outcome::Kind::kDelivered);
    return fake.http.requests;
  };
  EXPECT_EQ(requests(Severity::kWarning).size(), 1U);
  const auto critical = requests(Severity::kCritical);
  ASSERT_EQ(critical.size(), 2U);
  EXPECT_EQ(critical[1].method, "PUT");
  EXPECT_THAT(critical[1].url,
              testing::EndsWith("/v2/alerts/" + test::sample_message("firing").alerts.front().id +
                                "/priority?identifierType=alias"));
  EXPECT_EQ(critical[1].body, R"({"priority":"P1"})");
}

TEST(SendEach, GoesOnWhereTheLastAttemptStopped) {
  test::FakeChannelHost fake;
  const Message message = test::sample_message("firing_group");
  const auto channel = channel_of(settings_of("pagerduty"));
  fake.http.answer_with(503, "");
  const Outcome failed = channel->deliver(message, fake.host, {});
  EXPECT_EQ(failed.kind, Outcome::Kind::kRetry);
  EXPECT_EQ(failed.progress, "0");
  fake.host.progress = "2";
  fake.http.requests.clear();
  fake.http.answer_with(202, "{}");
  EXPECT_EQ(channel->deliver(message, fake.host, {}).kind, Outcome::Kind::kDelivered);
  EXPECT_EQ(fake.http.requests.size(), 1U);
}

TEST(AlertmanagerChannel, EndsWhatHadOtherLabelsAndSaysAgainWhatBurns) {
  test::FakeChannelHost fake;
  fake.http.answer_with(200, "");
  const auto channel = channel_of(settings_of("alertmanager"));
  Message message = test::sample_message("firing");
  const Outcome first = channel->deliver(message, fake.host, {});
  ASSERT_EQ(first.remotes.size(), 1U);
  fake.host.remotes = first.remotes;
  message.alerts.front().severity = Severity::kCritical;
  channel->deliver(message, fake.host, {});
  const Json worse = Json::parse(fake.http.requests.at(1).body);
  ASSERT_EQ(worse.size(), 2U);
  EXPECT_EQ(worse[0]["labels"]["severity"], "warning");
  EXPECT_EQ(worse[0]["endsAt"], "2026-03-31T06:00:05.900Z");
  EXPECT_EQ(worse[1]["labels"]["severity"], "critical");
  EXPECT_EQ(channel->refresh_every(), std::chrono::seconds{60});
  channel->refresh(fake.host, {});
  const Json again = Json::parse(fake.http.requests.at(2).body);
  EXPECT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0]["endsAt"], "2026-03-31T07:00:05.900Z");
}

ChannelSettings slack_app() {
  ChannelSettings settings = settings_of("slack");
  settings.url = Secret("https://slack.example/api");
  settings.keys["token"] = Secret("xoxb-1");
  settings.texts["channel"] = "#ops";
  return settings;
}

TEST(SlackApp, AnswersInTheThreadAndShowsTheEndInTheFirstMessage) {
  test::FakeChannelHost fake;
  fake.http.answer_with(200, R"({"ok": true, "channel": "C1", "ts": "1795.1"})");
  const auto channel = channel_of(slack_app());
  const Outcome first = channel->deliver(test::sample_message("firing"), fake.host, {});
  EXPECT_EQ(first.kind, Outcome::Kind::kDelivered);
  const std::string id = test::sample_message("firing").alerts.front().id;
  EXPECT_THAT(first.remotes, ElementsAre(Pair(id, R"({"channel":"C1","ts":"1795.1","alerts":1})")));
  EXPECT_EQ(Json::parse(fake.http.requests[0].body)["channel"], "#ops");
  fake.host.remotes = first.remotes;
  EXPECT_EQ(channel->deliver(test::sample_message("resolved"), fake.host, {}).kind, Outcome::Kind::kDelivered);
  ASSERT_EQ(fake.http.requests.size(), 3U);
  const Json reply = Json::parse(fake.http.requests[1].body);
  EXPECT_EQ(reply["thread_ts"], "1795.1");
  EXPECT_EQ(reply["channel"], "C1");
  EXPECT_EQ(fake.http.requests[2].url, "https://slack.example/api/chat.update");
  EXPECT_EQ(Json::parse(fake.http.requests[2].body)["ts"], "1795.1");
}

TEST(SlackApp, KnowsWhatSlackSays) {
  const std::vector<std::pair<std::string, Outcome::Kind>> rows{{"not_in_channel", Outcome::Kind::kDisabled},
                                                                {"invalid_auth", Outcome::Kind::kDisabled},
                                                                {"ratelimited", Outcome::Kind::kRetry},
                                                                {"invalid_blocks", Outcome::Kind::kRefused}};
  for (const auto& [word, kind] : rows) {
    test::FakeChannelHost fake;
    fake.http.answer_with(200, R"({"ok": false, "error": ")" + word + "\"}");
    const Outcome outcome = channel_of(slack_app())->deliver(test::sample_message("test"), fake.host, {});
    EXPECT_EQ(outcome.kind, kind) << word;
    EXPECT_EQ(outcome.detail, "Slack said " + word);
  }
}

TEST(TelegramChannel, AnswersTheFirstMessageAndNeverShowsItsToken) {
  test::FakeChannelHost fake;
  fake.http.answer_with(429, R"({"ok": false, "error_code": 429, "parameters": {"retry_after": 17}})");
  const auto channel = channel_of(settings_of("telegram"));
  const Outcome limited = channel->deliver(test::sample_message("firing"), fake.host, {});
  EXPECT_EQ(limited.kind, Outcome::Kind::kRetry);
  EXPECT_EQ(limited.retry_after, std::chrono::seconds{17});
  EXPECT_THAT(limited.detail, testing::Not(HasSubstr("AAtoken")));
  fake.http.answer_with(200, R"({"ok": true, "result": {"message_id": 7}})");
  const Outcome first = channel->deliver(test::sample_message("firing"), fake.host, {});
  fake.host.remotes = first.remotes;
  channel->deliver(test::sample_message("resolved"), fake.host, {});
  EXPECT_EQ(Json::parse(fake.http.requests.back().body)["reply_parameters"]["message_id"], 7);
}

TEST(DiscordChannel, WaitsAsLongAsDiscordSays) {
  test::FakeChannelHost fake;
  fake.http.answer_with(429, R"({"message": "limited", "retry_after": 64.57, "global": false})");
  const Outcome outcome = channel_of(settings_of("discord"))->deliver(test::sample_message("test"), fake.host, {});
  EXPECT_EQ(outcome.kind, Outcome::Kind::kRetry);
  EXPECT_EQ(outcome.retry_after, std::chrono::seconds{65});
}

TEST(TeamsChannel, BelievesNotEvery200) {
  test::FakeChannelHost fake;
  fake.http.answer_with(200,
                        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429");
  EXPECT_EQ(channel_of(settings_of("teams"))->deliver(test::sample_message("test"), fake.host, {}).kind,
            Outcome::Kind::kRetry);
}

TEST(PlainText, IsWhatIsLeftWhenARichMessageIsRefused) {
  for (const char* type : {"discord", "mattermost", "slack", "teams", "telegram"}) {
    test::FakeChannelHost fake;
    fake.http.answer_with(200, type == std::string_view("slack") ? "ok" : R"({"ok": true})");
    const auto plain = channel_of(settings_of(type))->deliver_plain(test::sample_message("hostile"), fake.host, {});
    ASSERT_TRUE(plain) << type;
    EXPECT_EQ(plain->kind, Outcome::Kind::kDelivered) << type << plain->detail;
    EXPECT_FALSE(Json::parse(fake.http.requests[0].body).contains("blocks"));
  }
}

TEST(PlainText, OfTelegramEndsWithAWholeAlertAndHowManyMoreThereAre) {
  test::FakeChannelHost fake;
  fake.http.answer_with(200, R"({"ok": true, "result": {"message_id": 7}})");
  channel_of(settings_of("telegram"))->deliver_plain(test::sample_message("many"), fake.host, {});
  const Json body = Json::parse(fake.http.requests[0].body);
  EXPECT_FALSE(body.contains("parse_mode"));
  const auto text = body["text"].get<std::string>();
  EXPECT_THAT(text, testing::ContainsRegex("… and [0-9]+ more$|and [0-9]+ more$"));
  EXPECT_THAT(text, testing::Not(HasSubstr("<b>")));
  EXPECT_LE(code_points(text), 4096U);
}

/// A receiver that says everything back.
class Echo final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& /*stop*/) override {
    HttpResponse response;
    response.status = 400;
    response.body = "you said " + request.url;
    for (const auto& [name, value] : request.headers) {
      response.body += " " + value.substr(value.rfind(' ') + 1);
    }
    response.body += " " + request.body;
    return response;
  }
};

TEST(Secrets, StayOutOfWhatIsSaidOfAnAnswerThatEchoesThem) {
  for (const char* type : {"alertmanager",
                           "discord",
                           "google_chat",
                           "mattermost",
                           "ntfy",
                           "opsgenie",
                           "pagerduty",
                           "slack",
                           "teams",
                           "telegram",
                           "webhook"}) {
    ChannelSettings settings = settings_of(type);
    settings.keys["token"] =
        Secret(std::string_view(type) == "telegram" ? "123456789:AAtoken-of-the-bot" : "token-of-the-bot");
    settings.texts["channel"] = "#ops";
    test::FakeChannelHost fake;
    Echo echo;
    ChannelHost host{echo, fake.console, [&] { return fake.now; }};
    const Outcome outcome = channel_of(settings)->deliver(test::sample_message("test"), host, {});
    for (const char* secret : {"key-of-the-channel", "token-of-the-bot", "genie-key", "0123456789abcdef0123"}) {
      EXPECT_THAT(outcome.detail + outcome.complaint, testing::Not(HasSubstr(secret))) << type;
    }
  }
}

TEST(ShortenedText, CountsCharactersNotBytes) {
  EXPECT_EQ(shortened("åäö", 3), "åäö");
  EXPECT_EQ(shortened("åäöå", 3), "åä…");
}

}  // namespace
}  // namespace kpi
